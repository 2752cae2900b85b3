"""Respiratory distress of newborns, told on the thorax alone: first as outlines that are given cut it out, then as the network's do."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.canvas import network_input
from export.augment import degraded, drawn_move, moved
from export.datasets.labelled import Labelled
from export.datasets.newborn_thorax import Shown, thorax_canvases, thorax_shown
from export.recipe import Stage
from export.tasks.task import Grey, Sees
from export.tasks.taught import Taught, TaughtLesson
from export.workplace import Workplace

_EDGE = 2.0 / 255.0
"""What is darker on a thorax is what was taken away around it."""


@dataclass(frozen=True)
class Distress(Taught):
    """``Taught`` on the thorax, shown by the ``outlines`` that come with drawn pictures or by the network's, with the ``strip`` or not."""

    outlines: bool = False
    strip: bool = False

    @property
    def facts(self) -> tuple[object, ...]:
        """See ``Task.facts``."""
        return *super().facts, "distress", self.shown

    @property
    def shown(self) -> Shown:
        """How a thorax is shown."""
        return Shown(self.outlines, self.strip)

    @property
    def sees(self) -> Sees:
        """See ``Task.sees``."""
        return "thorax"

    def lesson(self, place: Workplace) -> "DistressLesson":
        """See ``Task.lesson``."""
        return DistressLesson(self, place)

    def shown_to(self, place: Workplace, picture: Labelled) -> NDArray[np.float32] | None:
        """See ``Task.shown_to``: by the network's outlines, whatever it was taught by."""
        wanted = place.recipe.input
        thorax = thorax_shown(picture, Shown(strip=self.strip), place.finished_newborns, max(wanted.height, wanted.width))
        return None if thorax is None else network_input(thorax, wanted)[0]


class DistressLesson(TaughtLesson):
    """See ``Lesson``."""

    def __init__(self, task: Distress, place: Workplace) -> None:
        super().__init__(task, place)
        self._how, self._models = task, place.finished_newborns

    def prepare(self, stage: Stage) -> None:
        """See ``Lesson.prepare``; what is judged on is always shown as on the box."""
        self._canvases = thorax_canvases(self.pictures, self._how.shown, self._models, stage.side, self._cache)
        self._validation_canvases = thorax_canvases(self._validation, Shown(strip=self._how.strip), self._models, stage.side, self._cache)

    def example(self, index: int, random: np.random.Generator) -> tuple[Grey, NDArray[np.float32]]:
        """See ``Lesson.example``; the target is (targets,). What lies around the thorax stays black."""
        how = self._recipe.augmentation_for(self.pictures[index])
        grey = moved(self._canvases[index], drawn_move(self._canvases.shape[1], how, random))
        return np.where(grey > _EDGE, degraded(grey, how, random), np.float32(0.0)), self._targets[index]
