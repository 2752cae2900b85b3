"""Whether a nasal bone is broken, told on the square around the nose: in training as people marked it, else as the box finds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.alignment import shown
from edge_app.reading.finding import Box
from edge_app.reading.nose import GROWN, NOSE, nose_part, square_around
from export.augment import degraded, drawn_move, moved
from export.datasets.canvases import opened, part_canvases
from export.datasets.labelled import Labelled
from export.datasets.nose_parts import nose_on, noses_of
from export.recipe import Stage
from export.tasks.boxing import boxes_in
from export.tasks.task import Grey, Sees
from export.tasks.taught import Taught, TaughtLesson
from export.workplace import Workplace

_ROOM = 1.5
"""So much more than is shown is kept around a nose, that it may be turned, shifted and shrunk without an edge coming into view."""


@dataclass(frozen=True)
class Nasal(Taught):
    """``Taught`` on the square around the nose; ``turned`` is the probability that it is shown lying on a side or upside down."""

    turned: float = 0.5

    @property
    def facts(self) -> tuple[object, ...]:
        """See ``Task.facts``."""
        return *super().facts, "nasal", self.turned, GROWN

    @property
    def sees(self) -> Sees:
        """See ``Task.sees``."""
        return "nose"

    def lesson(self, place: Workplace) -> "NasalLesson":
        """See ``Task.lesson``."""
        return NasalLesson(self, place)

    def shown_to(self, place: Workplace, picture: Labelled) -> NDArray[np.float32] | None:
        """See ``Task.shown_to``."""
        whole = opened(picture.path)
        nose = nose_on(whole, place.finished_noses)
        return None if nose is None else shown(whole, nose_part(whole, nose), place.recipe.input)[0]


def marked_noses(pictures: Sequence[Labelled], data: Path, models: Path) -> list[Box | None]:
    """The nose of each picture as people marked it, on what it was drawn on too; as the finder finds it where nobody did."""
    known = {path: own[0][1] for path, own in boxes_in(data, (NOSE,)).items()}
    found = [known.get(picture.drawn_on or picture.path) for picture in pictures]
    unknown = [at for at, box in enumerate(found) if box is None]
    for at, box in zip(unknown, noses_of([pictures[at] for at in unknown], models), strict=True):
        found[at] = box
    return found


class NasalLesson(TaughtLesson):
    """See ``Lesson``. A picture whose nose was not found teaches nothing."""

    def __init__(self, task: Nasal, place: Workplace) -> None:
        super().__init__(task, place)
        self._how = task
        boxes = marked_noses(self.pictures, place.data, place.finished_noses)
        found = [at for at, box in enumerate(boxes) if box is not None]
        self.pictures, self._targets = tuple(self.pictures[at] for at in found), self._targets[found]
        self._parts = [square_around(box, GROWN * _ROOM) for box in boxes if box is not None]
        noses = noses_of(self._validation, place.finished_noses)
        there = [at for at, box in enumerate(noses) if box is not None]
        self._validation = tuple(self._validation[at] for at in there)
        self._validation_parts = [square_around(box) for box in noses if box is not None]

    def prepare(self, stage: Stage) -> None:
        """See ``Lesson.prepare``."""
        self._side, self._room = stage.side, round(_ROOM * stage.side)
        self._canvases = part_canvases(self.pictures, self._parts, self._room, self._cache)
        self._validation_canvases = part_canvases(self._validation, self._validation_parts, stage.side, self._cache)

    def example(self, index: int, random: np.random.Generator) -> tuple[Grey, NDArray[np.float32]]:
        """See ``Lesson.example``; the target is (targets,)."""
        how = self._recipe.augmentation_for(self.pictures[index])
        quarters = int(random.integers(1, 4)) if random.random() < self._how.turned else 0
        move = drawn_move(self._room, how, random, quarters=quarters)
        start = (self._room - self._side) // 2
        grey = moved(self._canvases[index], move)[start : start + self._side, start : start + self._side]
        return degraded(np.ascontiguousarray(grey), how, random), self._targets[index]
