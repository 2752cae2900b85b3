"""Telling what is there on a picture that the lungs fill, and where: drawn findings teach the map, all pictures the labels."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from edge_app.reading.alignment import cut_out, shown
from edge_app.reading.canvas import place as placed
from edge_app.reading.finding import Box
from export.architectures.located import MAP_STRIDE, LocatedResNet
from export.augment import degraded, drawn_move, moved
from export.datasets.canvases import opened, part_canvases
from export.datasets.kept import kept_array
from export.datasets.labelled import Labelled, label_matrix
from export.datasets.lung_boxes import lung_box_of, lung_boxes
from export.recipe import Stage
from export.simulate.lesion_chests import SOURCE as DRAWN
from export.simulate.lesion_chests import drawn_regions
from export.tasks.labelling import Labelling, LabellingLesson, known_entropy
from export.tasks.task import Grey, Sees
from export.workplace import Workplace

WHOLE_EVERY = 6
"""Every so many pictures are learnt from whole as well, for the box shows the whole picture where it finds no lungs."""
_FINER = 4
"""How many pixels of a kept region lie in one cell of the network's map, along each side."""
_POSITIVE_CELL = 3.0
_REGIONS_WEIGHT = 4.0
_BALANCED_WEIGHT = 0.25


def _regions(pictures: Sequence[Labelled], parts: Sequence[Box | None], side: int, folder: Path) -> NDArray[np.uint8]:
    """(pictures, side, side) of drawn pictures: bit n says where the n-th finding is seen, on the canvas that ``part_canvases`` makes."""
    key = "\n".join(f"{picture.path} {picture.path.stat().st_size} {part}" for picture, part in zip(pictures, parts, strict=True))

    def made() -> NDArray[np.uint8]:
        array = np.zeros((len(pictures), side, side), dtype=np.uint8)
        for own, picture, part in zip(array, pictures, parts, strict=True):
            bits = drawn_regions(picture.path)[1].astype(np.uint16)
            if part is not None:
                bits = cut_out(dataclasses.replace(opened(picture.path), pixels=bits), part).pixels
            where = placed(bits.shape[0], bits.shape[1], side, side)
            own[where.offset_y : where.offset_y + where.height, where.offset_x : where.offset_x + where.width] = cv2.resize(
                bits, (where.width, where.height), interpolation=cv2.INTER_NEAREST_EXACT
            )
        return array

    return kept_array(f"regions-{side}", f"{side}\n{len(pictures)}\n{key}", folder, made)


@dataclass(frozen=True)
class Locating(Labelling):
    """``Labelling`` on the lungs, with a map of each label that drawn findings have taught where they lie.

    ``balanced``: a region of one cell teaches as much as one of a hundred, and as much as all the cells around it. That is what small
    findings need, and what a network that has yet to learn what lungs look like makes nothing of.
    """

    balanced: bool = False

    @property
    def facts(self) -> tuple[object, ...]:
        """See ``Task.facts``."""
        weights = (_BALANCED_WEIGHT,) if self.balanced else (_REGIONS_WEIGHT, _POSITIVE_CELL)
        return *super().facts, "located", self.balanced, weights, WHOLE_EVERY

    def network(self, width: int) -> LocatedResNet:
        """See ``Task.network``."""
        return LocatedResNet(width, len(self.names), len(self.auxiliary))

    def shipped(self, model: nn.Module) -> nn.Module:
        """See ``Task.shipped``."""
        assert isinstance(model, LocatedResNet)  # noqa: S101  (its own network)
        model.auxiliary_head = None
        return model

    @property
    def sees(self) -> Sees:
        """See ``Task.sees``."""
        return "lungs"

    def lesson(self, place: Workplace) -> "LocatingLesson":
        """See ``Task.lesson``."""
        return LocatingLesson(self, place)

    def shown_to(self, place: Workplace, picture: Labelled) -> NDArray[np.float32]:
        """See ``Task.shown_to``."""
        return shown(opened(picture.path), lung_box_of(picture.path, place.finished), place.recipe.input)[0]


class LocatingLesson(LabellingLesson):
    """See ``Lesson``. A target is (targets + labels × map's cells,): the labels, then the drawn regions, NaN on pictures nobody drew on."""

    def __init__(self, task: Locating, place: Workplace) -> None:
        super().__init__(task, place)
        self._balanced = task.balanced
        own = place.taught
        boxes = lung_boxes(own, place.finished, place.cache)
        self.pictures = (*own, *own[::WHOLE_EVERY])
        self._parts: list[Box | None] = [*boxes, *(None for _ in own[::WHOLE_EVERY])]
        self._targets = label_matrix(self.pictures, task.targets)
        self._validation_parts = lung_boxes(self._validation, place.finished, place.cache)
        drawn = [at for at, picture in enumerate(self.pictures) if picture.source == DRAWN]
        self._row_of = {at: row for row, at in enumerate(drawn)}
        self._laid = [[task.names.index(name) for name in drawn_regions(self.pictures[at].path)[0]] for at in drawn]

    def prepare(self, stage: Stage) -> None:
        """See ``Lesson.prepare``."""
        self._canvases = part_canvases(self.pictures, self._parts, stage.side, self._cache)
        self._validation_canvases = part_canvases(self._validation, self._validation_parts, stage.side, self._cache)
        self._cells = stage.side // MAP_STRIDE
        drawn = list(self._row_of)
        pictures, parts = [self.pictures[at] for at in drawn], [self._parts[at] for at in drawn]
        self._regions = _regions(pictures, parts, self._cells * _FINER, self._cache)

    def example(self, index: int, random: np.random.Generator) -> tuple[Grey, NDArray[np.float32]]:
        """See ``Lesson.example``."""
        how = self._recipe.augmentation_for(self.pictures[index])
        move = drawn_move(self._canvases.shape[1], how, random)
        labels = self._targets[index]
        names = len(self._task.names)
        regions = np.full((names, self._cells, self._cells), np.nan, dtype=np.float32)
        row = self._row_of.get(index)
        if row is not None:
            # Where a finding is not known, nor is where it lies.
            regions[labels[:names] == 0.0] = 0.0
            bits, coarse = self._regions[row], move.at(self._cells * _FINER)
            for bit, name in enumerate(self._laid[row]):
                own = coarse.of(((bits >> bit) & 1).astype(np.float32), cv2.INTER_LINEAR)
                regions[name] = own.reshape(self._cells, _FINER, self._cells, _FINER).mean((1, 3))
        return degraded(moved(self._canvases[index], move), how, random), np.concatenate([labels, regions.ravel()])

    def loss(self, model: nn.Module, pictures: Tensor, targets: Tensor) -> Tensor:
        """See ``Lesson.loss``: what is known of the labels, and of the cells of drawn regions."""
        assert isinstance(model, LocatedResNet)  # noqa: S101  (its own network)
        device, count = targets.device, self._targets.shape[1]
        logits, activation = model.training_outputs(pictures)
        loss = known_entropy(logits.float(), targets[:, :count], self._positive.to(device), self._weight.to(device))
        cells = targets[:, count:].reshape(activation.shape)
        return loss + (balanced_regions if self._balanced else plain_regions)(activation.float(), cells)


def plain_regions(activation: Tensor, cells: Tensor) -> Tensor:
    """Cross-entropy of (n, labels, h, w) logits with the shares of drawn cells, NaN where unknown; a cell of a finding counts thrice."""
    known, share = ~torch.isnan(cells), cells.nan_to_num(0.0)
    entropy = functional.binary_cross_entropy_with_logits(activation, share, reduction="none")
    weight = known * (1.0 + (_POSITIVE_CELL - 1.0) * share)
    # By all pictures, not by the drawn ones alone, so that a batch with few of them is not drowned in them.
    return _REGIONS_WEIGHT * (entropy * weight).sum((1, 2, 3)).mean() / float(activation[0].numel())


def balanced_regions(activation: Tensor, cells: Tensor) -> Tensor:
    """The same, but of each label of a picture the mean over the cells of its finding and the mean over all others."""
    known, share = (~torch.isnan(cells)).float(), cells.nan_to_num(0.0)
    outside = known * (1.0 - share)
    inside_loss = (functional.softplus(-activation) * share).sum((2, 3)) / share.sum((2, 3)).clamp(min=0.5)
    outside_loss = (functional.softplus(activation) * outside).sum((2, 3)) / outside.sum((2, 3)).clamp(min=1.0)
    return _BALANCED_WEIGHT * (inside_loss + outside_loss).sum(1).mean()
