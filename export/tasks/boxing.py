"""Telling what is there on a whole picture, and where, from boxes that people drew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from edge_app.reading.activation import View
from edge_app.reading.canvas import Placement, place
from edge_app.reading.card import SIDES
from edge_app.reading.finding import Box
from edge_app.reading.regions import regions_of
from export.architectures.levels import HALF_RESNET
from export.architectures.located import MAP_STRIDE, LocatedNetwork
from export.augment import Move, degraded, drawn_move, moved
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled
from export.datasets.registry import boxes_below
from export.evaluation.detection import overlap
from export.recipe import Stage
from export.tasks.labelling import Labelling, LabellingLesson, known_entropy
from export.tasks.locating import balanced_regions, box_around, reach_loss, shares
from export.tasks.running import outputs_on
from export.tasks.task import Grey
from export.workplace import Workplace

MOST_BOXES = 4
"""So many boxes of one label are learnt from on one picture."""
LEAST_SEEN, MOST_HIDDEN = 0.75, 0.25
"""A box of which more is in view than the first makes its label true, one of which less is than the second makes it false."""
_REACH_WEIGHT = 1.0

Boxes = Mapping[Path, Sequence[tuple[str, Box]]]


def boxes_in(data: Path, names: Sequence[str]) -> Boxes:
    """The boxes of these labels on pictures of any set in the data folder, each with its label, in the pictures' own pixels."""
    return {path: [(box.label, Box(box.x, box.y, box.w, box.h)) for box in own] for path, own in boxes_below(data, names).items()}


@dataclass(frozen=True)
class Boxing(Labelling):
    """``Labelling`` of whole pictures with a map of each label that people's boxes have taught where it is and how far it reaches.

    Attributes:
        backbone: one of ``levels.BACKBONES``.
        turned: probability that a picture is shown lying on a side or upside down.
        both_ways: whether the network that ships looks at the mirror image as well.
    """

    reach: bool = True
    backbone: str = HALF_RESNET
    turned: float = 0.0
    both_ways: bool = True

    @property
    def facts(self) -> tuple[object, ...]:
        """See ``Task.facts``."""
        return *super().facts, "boxed", self.backbone, self.turned, MOST_BOXES, LEAST_SEEN, MOST_HIDDEN, _REACH_WEIGHT

    def network(self, width: int) -> LocatedNetwork:
        """See ``Task.network``."""
        return LocatedNetwork(width, len(self.names), len(self.auxiliary), backbone=self.backbone)

    def shipped(self, model: nn.Module) -> nn.Module:
        """See ``Task.shipped``."""
        assert isinstance(model, LocatedNetwork)  # noqa: S101  (its own network)
        model.auxiliary_head = None
        model.both_ways = self.both_ways
        return model

    def lesson(self, place: Workplace) -> "BoxingLesson":
        """See ``Task.lesson``."""
        return BoxingLesson(self, place)


class BoxingLesson(LabellingLesson):
    """See ``Lesson``. A target is one row, in this order; what is not known is NaN.

    The labels; each label's boxes as shares of the map's cells; and ``MOST_BOXES`` boxes of each label (left, top, right, bottom in 0…1).
    """

    def __init__(self, task: Boxing, place: Workplace) -> None:
        super().__init__(task, place)
        self._how = task
        known = boxes_in(place.data, task.names)
        self._boxes = [_told_of(picture, known) for picture in self.pictures]
        self._validation_boxes = [_told_of(picture, known) for picture in self._validation]

    def prepare(self, stage: Stage) -> None:
        """See ``Lesson.prepare``."""
        super().prepare(stage)
        self._side, self._cells = stage.side, stage.side // MAP_STRIDE

    def example(self, index: int, random: np.random.Generator) -> tuple[Grey, NDArray[np.float32]]:
        """See ``Lesson.example``."""
        how, names = self._recipe.augmentation_for(self.pictures[index]), len(self._task.names)
        quarters = int(random.integers(1, 4)) if random.random() < self._how.turned else 0
        move = drawn_move(self._side, how, random, quarters=quarters)
        labels = self._targets[index].copy()
        cells = np.full((names, self._cells, self._cells), np.nan, dtype=np.float32)
        boxes = np.full((names, MOST_BOXES, SIDES), np.nan, dtype=np.float32)
        told = self._boxes[index]
        for at, name in enumerate(self._task.names):
            own = [] if told is None else [box for label, box in told.drawn if label == name]
            if labels[at] == 0.0:
                cells[at] = 0.0
            elif own and told is not None:
                labels[at], cells[at], boxes[at] = self._moved([told.on_canvas(box, self._side) for box in own], move)
        grey = degraded(moved(self._canvases[index], move), how, random)
        return grey, np.concatenate([labels, cells.ravel(), boxes.ravel()])

    def _moved(self, own: Sequence[NDArray[np.float64]], move: Move) -> tuple[float, NDArray[np.float32], NDArray[np.float32]]:
        """The label, its cells and its boxes, once boxes (left, top, right, bottom in canvas pixels) lie where a picture is moved to."""
        boxes = np.full((MOST_BOXES, SIDES), np.nan, dtype=np.float32)
        covered = np.zeros((self._side, self._side), dtype=np.float32)
        most = 0.0
        for at, box in enumerate(own):
            region = _ellipse(box, self._side)
            there = np.asarray(move.of(region, cv2.INTER_LINEAR), dtype=np.float32)
            seen = float(there.sum()) / (move.growth * float(region.sum()))
            most = max(most, seen)
            if seen >= LEAST_SEEN and at < MOST_BOXES:
                boxes[at] = box_around(there)
            covered = np.maximum(covered, there)
        label = 1.0 if most >= LEAST_SEEN else 0.0 if most <= MOST_HIDDEN else float("nan")
        cells = shares(covered, self._cells)
        if label != 1.0:
            # What is left of a box at the edge of the picture is neither to be found nor to be taken for nothing.
            cells[(cells > 0.0) | np.isnan(label)] = np.nan
        return label, cells, boxes

    def loss(self, model: nn.Module, pictures: Tensor, targets: Tensor) -> Tensor:
        """See ``Lesson.loss``."""
        assert isinstance(model, LocatedNetwork)  # noqa: S101  (its own network)
        device, names = targets.device, len(self._task.names)
        lengths = [self._targets.shape[1], names * self._cells**2, names * MOST_BOXES * SIDES]
        labels, cells, boxes = torch.split(targets, lengths, dim=1)
        said = model.training_outputs(pictures)
        activation = said.activation.float()
        loss = known_entropy(said.logits.float(), labels, self._positive.to(device), self._weight.to(device))
        loss = loss + balanced_regions(activation, cells.reshape(activation.shape))
        assert said.reach is not None  # noqa: S101  (its own network)
        each = boxes.reshape(-1, names, MOST_BOXES, SIDES)
        for at in range(MOST_BOXES):
            loss = loss + _REACH_WEIGHT * reach_loss(said.reach.float(), each[:, :, at])
        return loss

    def scores(self, model: nn.Module) -> Mapping[str, float]:
        """See ``Lesson.scores``: the mean overlap of the surest region with the nearest known box, then as ``Labelling``."""
        names, found = len(self._task.names), list[float]()
        wanted = self._recipe.input.model_copy(update={"height": self._side, "width": self._side})
        maps = [one for _, batch in outputs_on(model, self._recipe, self._validation_canvases) for one in batch]
        for told, own in zip(self._validation_boxes, maps, strict=True):
            for at, name in enumerate(self._task.names):
                boxes = [] if told is None else [box for label, box in told.drawn if label == name]
                if boxes and told is not None:
                    view = View(wanted, told.placement(self._side), told.rows, told.columns)
                    regions = regions_of(own[at], own[names + SIDES * at : names + SIDES * (at + 1)], view)
                    found.append(max((overlap(box, regions[0].box) for box in boxes), default=0.0) if regions else 0.0)
        return {"mean_overlap": float(np.mean(found)) if found else float("nan"), **super().scores(model)}


@dataclass(frozen=True)
class _Told:
    """The boxes of a picture of ``rows`` × ``columns``, each with its label."""

    rows: int
    columns: int
    drawn: tuple[tuple[str, Box], ...]

    def placement(self, side: int) -> Placement:
        """Where the picture lies on a canvas of ``side``²."""
        return place(self.rows, self.columns, side, side)

    def on_canvas(self, box: Box, side: int) -> NDArray[np.float64]:
        """(4,) left, top, right and bottom in pixels of a canvas of ``side``²."""
        where = self.placement(side)
        left, top = box.x * where.factor_x + where.offset_x, box.y * where.factor_y + where.offset_y
        return np.array([left, top, left + box.width * where.factor_x, top + box.height * where.factor_y])


def _told_of(picture: Labelled, known: Boxes) -> _Told | None:
    own = known.get(picture.path)
    if not own:
        return None
    shown = opened(picture.path)
    return _Told(shown.rows, shown.columns, tuple(own))


def _ellipse(edges: NDArray[np.float64], side: int) -> NDArray[np.float32]:
    """(side, side): what lies in the ellipse within a box, which keeps its size however it is turned, as the box around it does."""
    left, top, right, bottom = edges
    x, y = np.arange(side) + 0.5, np.arange(side)[:, None] + 0.5
    across, down = (x - (left + right) / 2) / max((right - left) / 2, 0.5), (y - (top + bottom) / 2) / max((bottom - top) / 2, 0.5)
    return np.asarray(across**2 + down**2 <= 1.0, dtype=np.float32)
