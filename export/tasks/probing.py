"""Telling a finding from features that were learnt for others; only the last layer is learnt."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from export.architectures.located import LocatedNetwork
from export.architectures.probed import ProbedNetwork
from export.tasks.labelling import known_entropy, positive_weights
from export.tasks.locating import Locating, LocatingLesson
from export.workplace import Workplace


@dataclass(frozen=True)
class Probing(Locating):
    """``Locating`` by a ``ProbedNetwork``; no drawn finding teaches how far what it tells reaches, so its boxes come from its map.

    Attributes:
        learnt_from: the sources whose labels teach. One that has none with the finding, or none without it, would be told by how its
            pictures look; its pictures are seen all the same, for what is like a training picture and what is not.
    """

    reach: bool = False
    anew: bool = False
    learnt_from: frozenset[str] = frozenset()

    @property
    def facts(self) -> tuple[object, ...]:
        """See ``Task.facts``."""
        return *super().facts, "probed", sorted(self.learnt_from)

    def network(self, width: int) -> LocatedNetwork:
        """See ``Task.network``."""
        return ProbedNetwork(width, len(self.names), backbone=self.backbone)

    def lesson(self, place: Workplace) -> "ProbingLesson":
        """See ``Task.lesson``."""
        return ProbingLesson(self, place)


class ProbingLesson(LocatingLesson):
    """See ``Lesson``; a target is as ``LocatingLesson`` has it, of which the labels count."""

    def __init__(self, task: Probing, place: Workplace) -> None:
        super().__init__(task, place)
        silent = np.array([picture.source not in task.learnt_from for picture in self.pictures], dtype=np.bool_)
        self._targets[silent] = np.nan
        self._positive = positive_weights(self._targets)

    def loss(self, model: nn.Module, pictures: Tensor, targets: Tensor) -> Tensor:
        """See ``Lesson.loss``."""
        assert isinstance(model, ProbedNetwork)  # noqa: S101  (its own network)
        device = targets.device
        labels = targets[:, : self._targets.shape[1]]
        logits = model.training_outputs(pictures).logits
        return known_entropy(logits, labels, self._positive.to(device), self._weight.to(device))
