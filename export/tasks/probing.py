"""Telling a finding from features that were learnt for others; only the last layer is learnt."""

from dataclasses import dataclass

from export.architectures.located import LocatedNetwork
from export.architectures.probed import ProbedNetwork
from export.tasks.locating import Locating, LocatingLesson
from export.workplace import Workplace


@dataclass(frozen=True)
class Probing(Locating):
    """``Locating`` by a ``ProbedNetwork``; no drawn finding teaches how far what it tells reaches, so its boxes come from its map.

    Attributes:
        penalty: of the last layer's squared weights against the mean loss.
    """

    reach: bool = False
    anew: bool = False
    penalty: float = 0.05

    @property
    def facts(self) -> tuple[object, ...]:
        """See ``Task.facts``; the penalty is of no account for the features, which are kept by these."""
        return *super().facts, "probed in thirds, both ways at once"

    def network(self, width: int) -> LocatedNetwork:
        """See ``Task.network``."""
        return ProbedNetwork(width, len(self.names), backbone=self.backbone)

    def lesson(self, place: Workplace) -> "ProbingLesson":
        """See ``Task.lesson``."""
        return ProbingLesson(self, place)


class ProbingLesson(LocatingLesson):
    """See ``Lesson``; a target is as ``LocatingLesson`` has it, of which the labels count. Learnt by ``probe``, not by steps."""

    def __init__(self, task: Probing, place: Workplace) -> None:
        super().__init__(task, place)
        self.names = task.names
        # None is learnt from whole: where the box finds no lungs, it says neither present nor absent whatever this network tells.
        count = len(place.taught)
        self.pictures, self._parts, self._targets = self.pictures[:count], self._parts[:count], self._targets[:count]
