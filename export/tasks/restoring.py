"""Taking implants out of a picture, learnt from pictures that show none: made anew, held against itself, painted over.

Then, from pictures on which it is known where some are, which of the differences are theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from edge_app.reading.canvas import letterbox, network_input
from edge_app.reading.card import Grade, Label, Structure
from export.architectures.restorer import Restorer
from export.augment import augmented, degraded, drawn_move, moved
from export.datasets.canvases import canvases, opened
from export.datasets.labelled import Labelled, label_matrix
from export.evaluation.answers import Answers
from export.evaluation.figures import Figures
from export.evaluation.labels import judge_labels
from export.evaluation.metrics import auroc
from export.losses import outlined
from export.recipe import Recipe, Stage
from export.tasks.labelling import undecided
from export.tasks.running import outputs_on
from export.tasks.task import Grey, Sees
from export.workplace import Workplace

_EDGES = 0.5
"""How much what changes from pixel to pixel counts against the pixels themselves."""
_COUNTS = 12.0
"""So many times a covered pixel counts while the judge learns: they are a hundredth of a picture."""
_METAL = 12
"""Of 255 greys: by so much a picture with implants differs from the same without where one is."""


def drawn_cover(side: int, random: np.random.Generator) -> NDArray[np.float32]:
    """(side, side) of 0 and 1: bars along a bent line and across it, as rods and screws lie, and patches like cages."""
    cover = np.zeros((side, side), dtype=np.uint8)
    for _ in range(int(random.integers(1, 4))):
        start = random.uniform(0.1, 0.9, 2) * side
        heading = random.uniform(0, 2 * np.pi) + np.cumsum(random.normal(0.0, 0.15, 8))
        steps = random.uniform(0.02, 0.06) * side * np.column_stack([np.cos(heading), np.sin(heading)])
        path = start + np.cumsum(steps, axis=0)
        thick = max(1, round(random.uniform(0.008, 0.025) * side))
        cv2.polylines(cover, [np.rint(path).astype(np.int32)], isClosed=False, color=1, thickness=thick)
        across = np.array([-steps[0][1], steps[0][0]]) / max(float(np.linalg.norm(steps[0])), 1e-6)
        for at in path[:: int(random.integers(1, 4))]:
            end = at + across * random.uniform(0.05, 0.16) * side * random.choice([-1.0, 1.0])
            cv2.line(
                cover,
                np.rint(at).astype(int).tolist(),
                np.rint(end).astype(int).tolist(),
                1,
                max(1, round(thick * random.uniform(0.8, 1.6))),
            )
    for _ in range(int(random.integers(0, 3))):
        middle, size = random.uniform(0.1, 0.9, 2) * side, random.uniform(0.01, 0.06, 2) * side
        cv2.ellipse(cover, (tuple(middle.tolist()), tuple((2 * size).tolist()), random.uniform(0, 180)), 1, -1)
    return cover.astype(np.float32)


@dataclass(frozen=True)
class Restoring:
    """``name`` is told to be there or not, by how much of the picture it covers.

    Attributes:
        narrow: channels of the bottleneck through which the picture is made anew.
        apart: the difference, of 0…1, from which on a pixel is taken to be covered.
        judging: whether it is learnt which differences are what is ``name``d, and nothing else, from pictures that show where it is.
    """

    name: str
    narrow: int = 16
    apart: float = 0.1
    judging: bool = False

    structures: tuple[Structure, ...] = ()
    grades: tuple[Grade, ...] = ()
    reach: bool = False
    places: bool = False
    repairs: bool = True
    unlike: bool = False

    @property
    def labels(self) -> tuple[Label, ...]:
        """See ``Task.labels``."""
        return (undecided(self.name),)

    @property
    def sees(self) -> Sees:
        """See ``Task.sees``."""
        return "picture"

    @property
    def facts(self) -> tuple[object, ...]:
        """See ``Task.facts``."""
        return self.name, "restored", self.narrow, self.apart, _EDGES, *(("judged", _COUNTS) if self.judging else ())

    def network(self, width: int) -> Restorer:
        """See ``Task.network``."""
        return Restorer(width, self.narrow, Recipe.mean, Recipe.std, self.apart, judged=self.judging)

    def shipped(self, model: nn.Module) -> nn.Module:
        """See ``Task.shipped``."""
        return model

    def lesson(self, place: Workplace) -> "RestoringLesson":
        """See ``Task.lesson``."""
        return RestoringLesson(self, place)

    def shown_to(self, place: Workplace, picture: Labelled) -> NDArray[np.float32] | None:
        """See ``Task.shown_to``."""
        return network_input(opened(picture.path), place.recipe.input)[0]

    def judged(self, place: Workplace, answers: Answers) -> Figures:
        """See ``Task.judged``."""
        return judge_labels(place, self.labels, answers)


def _edges(grey: Tensor) -> tuple[Tensor, Tensor]:
    return grey[..., 1:, :] - grey[..., :-1, :], grey[..., :, 1:] - grey[..., :, :-1]


class RestoringLesson:
    """See ``Lesson``. A target is (side, side): what is covered of the picture, for the painter by chance, for the judge as it is."""

    def __init__(self, task: Restoring, place: Workplace) -> None:
        self._task, self._recipe, self._cache = task, place.recipe, place.cache
        # Only of simulated pictures is it known where it is, and that it is nowhere else.
        self.pictures = tuple(picture for picture in place.taught if picture.simulated) if task.judging else place.taught
        self._validation = place.examined

    def prepare(self, stage: Stage) -> None:
        """See ``Lesson.prepare``."""
        self._canvases = canvases(self.pictures, stage.side, self._cache)
        self._validation_canvases = canvases(self._validation, stage.side, self._cache)
        self._plain = canvases([plain for plain in map(_without, self._validation) if plain is not None], stage.side, self._cache)

    def example(self, index: int, random: np.random.Generator) -> tuple[Grey, NDArray[np.float32]]:
        """See ``Lesson.example``."""
        how, canvas = self._recipe.augmentation_for(self.pictures[index]), self._canvases[index]
        if not self._task.judging:
            grey = augmented(canvas, how, random)
            return grey, drawn_cover(grey.shape[0], random)
        side = canvas.shape[0]
        move, file = drawn_move(side, how, random), self.pictures[index].masks.get(self._task.name)
        mask = None if file is None else cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        there = np.zeros((side, side), dtype=np.float32) if mask is None else letterbox(mask.astype(np.float32) / 255.0, side, side)
        return degraded(moved(canvas, move), how, random), np.asarray(move.of(there, cv2.INTER_LINEAR), dtype=np.float32)

    def loss(self, model: nn.Module, pictures: Tensor, targets: Tensor) -> Tensor:
        """See ``Lesson.loss``: what is made anew and what is painted are to be what was there, and so are their edges.

        Where it is judged, what is covered is to be outlined.
        """
        assert isinstance(model, Restorer)  # noqa: S101  (its own network)
        grey, covered = model.grey(pictures), targets[:, None]
        if self._task.judging:
            assert model.judge is not None  # noqa: S101  (its own network)
            return outlined(model.judge(model.compared(grey)).float(), covered, counts=_COUNTS)
        loss = self._off(model.remade(grey).float(), grey.float(), torch.ones_like(covered))
        painted: Tensor = loss + self._off(model.painter(grey, covered).float(), grey.float(), covered)
        return painted

    @staticmethod
    def _off(made: Tensor, grey: Tensor, where: Tensor) -> Tensor:
        amount = where.sum().clamp(min=1.0)
        loss = ((made - grey).abs() * where).sum() / amount
        for one, other, own in zip(_edges(made), _edges(grey), (where[..., 1:, :], where[..., :, 1:]), strict=True):
            loss = loss + _EDGES * ((one - other).abs() * own).sum() / amount
        return loss

    @cached_property
    def _truth(self) -> NDArray[np.float32]:
        return label_matrix(self._validation, (self._task.name,))

    def scores(self, model: nn.Module) -> Mapping[str, float]:
        """See ``Lesson.scores``: how far pixels under metal are off what lies beneath, of how far they were, then how well it is told."""
        before, after, at, logits = 0.0, 0.0, 0, list[NDArray[np.float32]]()
        shown = 0
        for given, maps in outputs_on(model, self._recipe, self._validation_canvases):
            logits.append(given)
            for restored in maps[:, -1]:
                picture = np.asarray(self._validation_canvases[shown], dtype=np.float32)
                if _without(self._validation[shown]) is not None:
                    plain = np.asarray(self._plain[at], dtype=np.float32)
                    metal = np.abs(picture - plain) >= _METAL
                    before += float(np.abs(picture - plain)[metal].sum())
                    after += float(np.abs(restored * 255.0 - plain)[metal].sum())
                    at += 1
                shown += 1
        area = auroc(np.concatenate(logits), self._truth) if logits else np.array([np.nan])
        return {"left": after / before if before else float("nan"), "auroc": float(area[0])}


def _without(picture: Labelled) -> Labelled | None:
    """The same picture without what covers it, where it was drawn on one."""
    if picture.drawn_on is None:
        return None
    return Labelled(picture.drawn_on, picture.patient, picture.source, picture.kind, simulated=picture.simulated)
