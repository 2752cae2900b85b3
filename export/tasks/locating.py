"""Telling what is there on a picture that the lungs fill, and where: drawn findings teach the map, all pictures the labels."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from monai.losses.giou_loss import BoxGIoULoss
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from edge_app.reading.alignment import cut_out, shown
from edge_app.reading.anatomy import AIRWAYS, HEART, LEFT_LUNG, RIGHT_LUNG
from edge_app.reading.canvas import place as placed
from edge_app.reading.card import SIDES
from edge_app.reading.finding import Box
from export.architectures.averaged import AveragedNetwork
from export.architectures.levels import HALF_RESNET
from export.architectures.located import MAP_STRIDE, LevelsNetwork, Located, LocatedNetwork
from export.augment import Move, degraded, drawn_move, moved
from export.datasets.canvases import opened, part_canvases
from export.datasets.kept import kept_array
from export.datasets.labelled import Labelled, label_matrix, listed
from export.datasets.lung_boxes import lung_box_of, lung_boxes, outlined
from export.evaluation.answers import Answers
from export.evaluation.figures import Figures
from export.outside import outside_answers
from export.processing import processed
from export.recipe import Stage
from export.simulate.drawing import Drawing, drawn_regions
from export.simulate.lesion_chests import LESIONS
from export.tasks.grounds import Grounds
from export.tasks.labelling import QUESTIONS, Labelling, LabellingLesson, known_entropy
from export.tasks.task import Grey, Sees
from export.workplace import Workplace

WHOLE_EVERY = 6
"""Every so many pictures are learnt from whole as well, for the box shows the whole picture where it finds no lungs."""
_FINER = 4
"""How many pixels of a kept region lie in one cell of the network's map, along each side."""
_POSITIVE_CELL = 3.0
_REGIONS_WEIGHT = 4.0
_BALANCED_WEIGHT = 0.25
_REACH_WEIGHT = 0.5
_OUTLINES_WEIGHT = 1.0
OUTLINED = (RIGHT_LUNG, LEFT_LUNG, HEART, AIRWAYS)
_SWAPPED = (1, 0, 2, 3)
_OUTLINES_SIDE = 64
_UNLIKE = BoxGIoULoss(reduction="none")
UNTOLD = frozenset({"Consolidation", "Emphysema", "Fibrosis"})
"""Findings whose real look is more than what is drawn of it: their labels are withheld, and what is laid of them teaches no more than how
far it reaches. ``python -m export ablation`` holds that against telling them all."""


def _regions(pictures: Sequence[Labelled], parts: Sequence[Box | None], side: int, folder: Path) -> NDArray[np.uint8]:
    """(pictures, side, side) of drawn pictures: bit n says where the n-th finding is seen, on the canvas that ``part_canvases`` makes."""
    key = listed(pictures, parts)

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
    """``Labelling`` on the lungs, with a map of each label that drawn findings have taught where they lie and how far they reach.

    Attributes:
        backbone: one of ``levels.BACKBONES``.
        averaged: told by an ``AveragedNetwork``, which says nothing of how far a finding reaches.
        balanced: a region of one cell teaches as much as one of a hundred, and as much as all the cells around it. That is what small
            findings need, and what a network that has yet to learn what lungs look like makes nothing of.
        outlined: the outlines that the anatomy model draws are learnt beside, for what they make of the features.
        response: the weight that the teachers' probabilities have against the labels, 0…1; every picture is asked of as the pupil sees it
            (Beyer et al. 2022).
        attention: the weight of looking where the teachers look (Zagoruyko and Komodakis 2017).
        anew: whenever a chest with drawn findings is shown, others are drawn on it; what was drawn once is for judging alone, and for
            chests whose lungs are not found.
        untold: the drawn findings that no label tells of.
        drawing: what is drawn.
        learnt_from: the sources whose labels teach ``names``; None for all. One that has none with the finding, or none without it,
            would be told by how its pictures look; what else is known of its pictures is learnt all the same.
        places: with ``averaged``: nothing is learnt but where drawn findings lie, from what the network that it starts from sees.
    """

    reach: bool = True
    unlike: bool = True
    backbone: str = HALF_RESNET
    averaged: bool = False
    balanced: bool = False
    outlined: bool = False
    response: float = 0.0
    attention: float = 0.0
    anew: bool = True
    untold: frozenset[str] = UNTOLD
    drawing: Drawing = LESIONS
    learnt_from: frozenset[str] | None = None

    @property
    def facts(self) -> tuple[object, ...]:
        """See ``Task.facts``."""
        weights = (_BALANCED_WEIGHT,) if self.balanced else (_REGIONS_WEIGHT, _POSITIVE_CELL)
        beside = (_REACH_WEIGHT, self.outlined, _OUTLINES_WEIGHT, self.response, self.attention)
        drawing: tuple[object, ...] = (self.anew, sorted(self.untold))
        if self.drawing != LESIONS:
            drawing = (*drawing, self.drawing.source)
        if self.averaged:
            drawing = (*drawing, "averaged")
        if self.learnt_from is not None:
            drawing = (*drawing, sorted(self.learnt_from))
        if self.places:
            drawing = (*drawing, "places")
        return *super().facts, "located", self.backbone, self.balanced, weights, beside, drawing, WHOLE_EVERY

    def network(self, width: int) -> LevelsNetwork:
        """See ``Task.network``."""
        if self.averaged:
            return AveragedNetwork(width, len(self.names), len(self.auxiliary), backbone=self.backbone, places=self.places)
        outlines = len(OUTLINED) if self.outlined else 0
        return LocatedNetwork(width, len(self.names), len(self.auxiliary), outlines=outlines, backbone=self.backbone)

    def shipped(self, model: nn.Module) -> nn.Module:
        """See ``Task.shipped``."""
        assert isinstance(model, LevelsNetwork)  # noqa: S101  (its own network)
        model.auxiliary_head = model.outline_head = None
        model.both_ways = True
        return model

    @property
    def sees(self) -> Sees:
        """See ``Task.sees``."""
        return "lungs"

    def lesson(self, place: Workplace) -> "LocatingLesson":
        """See ``Task.lesson``."""
        return LocatingLesson(self, place)

    def judged(self, place: Workplace, answers: Answers) -> Figures:
        """See ``Task.judged``."""
        # Not at the top: likeness needs this very module's network.
        from export.likeness import judge_likeness

        labels = replace(answers, logits={form: own[:, : len(self.names)] for form, own in answers.logits.items()})
        return super().judged(place, labels).model_copy(update={"likeness": judge_likeness(place, answers)})

    def shown_to(self, place: Workplace, picture: Labelled) -> NDArray[np.float32]:
        """See ``Task.shown_to``."""
        return shown(opened(picture.path), lung_box_of(picture.path, place.finished), place.recipe.input)[0]


class LocatingLesson(LabellingLesson):
    """See ``Lesson``. A target is one row, in this order; what is not known is NaN.

    The labels; what models trained elsewhere say of them; each label's drawn region as shares of the map's cells; the box around each
    region (left, top, right, bottom in 0…1); and where the anatomy is learnt beside, each structure as shares of the cells.
    """

    def __init__(self, task: Locating, place: Workplace) -> None:
        super().__init__(task, place)
        self._how, self._models = task, place.finished
        own = place.taught
        boxes = lung_boxes(own, place.finished, place.cache)
        self.pictures = (*own, *own[::WHOLE_EVERY])
        self._parts: list[Box | None] = [*boxes, *(None for _ in own[::WHOLE_EVERY])]
        self._targets = label_matrix(self.pictures, task.targets)
        self._untold = np.isin(task.targets, list(task.untold))
        self._validation_parts = lung_boxes(self._validation, place.finished, place.cache)
        drawn = [at for at, picture in enumerate(self.pictures) if picture.source == task.drawing.source]
        for at in drawn:
            self._targets[at, self._untold] = np.nan
        if task.learnt_from is not None:
            silent = np.array([picture.source not in task.learnt_from for picture in self.pictures], dtype=np.bool_)
            self._targets[silent, : len(task.names)] = np.nan
        self._row_of = {at: row for row, at in enumerate(drawn)}
        self._laid = [[task.names.index(name) for name in drawn_regions(self.pictures[at].path)[0]] for at in drawn]
        # Those that are learnt from whole stay as they were drawn.
        grounds = [at for at in drawn if task.anew and self._parts[at] is not None]
        self._ground_of = {at: row for row, at in enumerate(grounds)}
        self._grounds = Grounds([self.pictures[at] for at in grounds], place, task.drawing)
        # What the anatomy model makes of drawn findings is not what it makes of real ones.
        known = [at for at, part in enumerate(self._parts) if task.outlined and part is not None and not self.pictures[at].simulated]
        self._outline_of = {at: row for row, at in enumerate(known)}
        # Asked once, of the picture as it came: they want it larger than it is learnt from, and are too slow to be asked every time.
        answers = outside_answers(place.recipe.outside, own, task.names, place)
        self._answers = np.concatenate([answers, answers[::WHOLE_EVERY]])
        self._teachers = [teacher for teacher in place.taught_by() if isinstance(teacher, LevelsNetwork)]

    def prepare(self, stage: Stage) -> None:
        """See ``Lesson.prepare``."""
        self._canvases = part_canvases(self.pictures, self._parts, stage.side, self._cache)
        self._validation_canvases = part_canvases(self._validation, self._validation_parts, stage.side, self._cache)
        self._cells = stage.side // MAP_STRIDE
        drawn = list(self._row_of)
        pictures, parts = [self.pictures[at] for at in drawn], [self._parts[at] for at in drawn]
        self._regions = _regions(pictures, parts, self._cells * _FINER, self._cache)
        self._grounds.prepare(stage.side)
        known = list(self._outline_of)
        pictures, parts = [self.pictures[at] for at in known], [self._parts[at] for at in known]
        self._outlines = outlined(pictures, parts, OUTLINED, _OUTLINES_SIDE, self._models, self._cache) if known else None

    def example(self, index: int, random: np.random.Generator) -> tuple[Grey, NDArray[np.float32]]:
        """See ``Lesson.example``."""
        how = self._recipe.augmentation_for(self.pictures[index])
        move = drawn_move(self._canvases.shape[1], how, random)
        grey, labels, laid = self._shown(index, random)
        names, cells = len(self._task.names), self._cells
        regions = np.full((names, cells, cells), np.nan, dtype=np.float32)
        boxes = np.full((names, SIDES), np.nan, dtype=np.float32)
        if index in self._row_of:
            # Where a finding is not known, nor is where it lies.
            regions[labels[:names] == 0.0] = 0.0
            coarse = move.at(cells * _FINER)
            for name, region in laid:
                own = coarse.of(region, cv2.INTER_LINEAR)
                boxes[name] = box_around(own)
                if not np.isnan(labels[name]):
                    regions[name] = shares(own, cells)
        parts = [labels, self._answers[index], regions.ravel(), boxes.ravel()]
        if self._how.outlined:
            parts.append(self._outlined(index, move).ravel())
        turned = moved(grey, move)
        if self._recipe.processing is not None:
            turned = processed(turned, self._recipe.processing, random)
        return degraded(turned, how, random), np.concatenate(parts)

    def _shown(self, index: int, random: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.float32], list[tuple[int, Grey]]]:
        """A picture (side, side), its labels, and what is laid into it: the label's place and its region (cells × ``_FINER``)² in 0…1."""
        row, ground = self._row_of.get(index), self._ground_of.get(index)
        if row is None:
            return self._canvases[index], self._targets[index], []
        if ground is None or ground not in self._grounds:
            bits = self._regions[row]
            regions = [(name, ((bits >> bit) & 1).astype(np.float32)) for bit, name in enumerate(self._laid[row])]
            return self._canvases[index], self._targets[index], regions
        grey, told, seen = self._grounds.drawn(ground, random)
        labels = np.array([told.get(name, np.nan) for name in self._task.targets], dtype=np.float32)
        labels[self._untold] = np.nan
        finer = (self._cells * _FINER,) * 2
        shrunk = [(name, np.asarray(cv2.resize(own, finer, interpolation=cv2.INTER_AREA), dtype=np.float32)) for name, own in seen]
        return grey, labels, [(self._task.names.index(name), own) for name, own in shrunk]

    def _outlined(self, index: int, move: Move) -> NDArray[np.float32]:
        """(structures, cells, cells) share of each cell; NaN of structures that were not found. A mirror image swaps the lungs' sides."""
        told = np.full((len(OUTLINED), self._cells, self._cells), np.nan, dtype=np.float32)
        row = self._outline_of.get(index)
        if row is None or self._outlines is None:
            return told
        side = self._cells * _FINER
        coarse = move.at(side)
        for name, own in enumerate(self._outlines[row]):
            if own.any():
                sized = cv2.resize(own.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
                told[name] = shares(coarse.of(sized, cv2.INTER_LINEAR), self._cells)
        return told[list(_SWAPPED)] if move.mirrored else told

    def loss(self, model: nn.Module, pictures: Tensor, targets: Tensor) -> Tensor:
        """See ``Lesson.loss``: what is known of the labels and of the cells of drawn regions, and what teachers say."""
        assert isinstance(model, LevelsNetwork)  # noqa: S101  (its own network)
        device = targets.device
        names, area = len(self._task.names), self._cells**2
        lengths = [self._targets.shape[1], names, names * area, names * SIDES]
        labels, answers, cells, boxes, outlines = torch.split(targets, [*lengths, targets.shape[1] - sum(lengths)], dim=1)
        said = model.training_outputs(pictures)
        activation, cells = said.activation.float(), cells.reshape(said.activation.shape)
        if self._how.places:
            return plain_regions(activation, cells)
        loss = known_entropy(said.logits.float(), labels, self._positive.to(device), self._weight.to(device))
        if self._teachers or self._recipe.outside:
            loss = (1.0 - self._how.response) * loss + self._taught(said, pictures, answers)
        loss = loss + (balanced_regions if self._how.balanced else plain_regions)(activation, cells)
        if said.reach is not None:
            loss = loss + _REACH_WEIGHT * reach_loss(said.reach.float(), boxes.reshape(-1, names, SIDES))
        if said.outlines is not None:
            own = outlines.reshape(said.outlines.shape)
            loss = loss + _OUTLINES_WEIGHT * _known_shares(said.outlines.float(), own)
        return loss

    def _taught(self, said: Located, pictures: Tensor, answers: Tensor) -> Tensor:
        with torch.no_grad():
            teachers = [teacher.to(pictures.device).training_outputs(pictures) for teacher in self._teachers]
        return taught_loss(said, teachers, answers, self._how.response, self._how.attention)


def shares(mask: NDArray[np.float32], cells: int) -> NDArray[np.float32]:
    """(cells × n, cells × n) in 0…1 → (cells, cells) mean of each cell."""
    each = mask.shape[0] // cells
    return np.asarray(mask.reshape(cells, each, cells, each).mean((1, 3)), dtype=np.float32)


def box_around(mask: NDArray[np.float32]) -> NDArray[np.float32]:
    """(side, side) in 0…1 → left, top, right and bottom of what is at least half inside, as shares of the side; NaN of nothing."""
    rows, columns = np.nonzero(mask >= 0.5)
    if not rows.size:
        return np.full(SIDES, np.nan, dtype=np.float32)
    edges = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    return np.array(edges, dtype=np.float32) / np.float32(mask.shape[0])


def taught_loss(said: Located, teachers: Sequence[Located], answers: Tensor, response: float, attention: float) -> Tensor:
    """How far a pupil is from what its teachers say together: ``response`` of their labels, ``attention`` of where they look.

    ``answers`` (n, labels) in 0…1 are of teachers that were asked before, NaN where there is none; each of both counts as one teacher more.
    """
    names = answers.shape[1]
    own = [teacher.logits[:, :names].float() for teacher in teachers]
    said_so = [torch.sigmoid(torch.stack(own).mean(0))] if own else []
    told = torch.stack([*said_so, answers])
    known = ~torch.isnan(told)
    mean = told.nan_to_num(0.0).sum(0) / known.sum(0).clamp(min=1)
    entropy = functional.binary_cross_entropy_with_logits(said.logits[:, :names].float(), mean, reduction="none")
    loss = response * (entropy * known.any(0)).sum(1).mean() / QUESTIONS
    if attention and teachers:
        for level, features in enumerate(said.features):
            looked = torch.stack([_looked(teacher.features[level]) for teacher in teachers]).mean(0)
            loss = loss + attention * ((_looked(features) - looked) ** 2).sum(1).mean()
    return loss


def _looked(features: Tensor) -> Tensor:
    """(n, channels, h, w) → (n, h × w) of length 1: how strongly anything is seen in each cell."""
    strength: Tensor = functional.normalize((features.float() ** 2).mean(1).flatten(1), dim=1)
    return strength


def reach_loss(reach: Tensor, boxes: Tensor) -> Tensor:
    """How badly the cells within drawn findings' boxes tell those boxes: one minus the generalised overlap (Rezatofighi et al. 2019).

    ``reach`` (n, labels, 4, h, w) in 0…1; ``boxes`` (n, labels, 4) left, top, right, bottom in 0…1, NaN where there is none. The mean over
    a finding's cells, summed over the findings of a picture, the mean over pictures.
    """
    height, width = reach.shape[3:]
    x = (torch.arange(width, device=reach.device) + 0.5) / width
    y = (torch.arange(height, device=reach.device) + 0.5) / height

    def within(middle: Tensor, start: Tensor, end: Tensor) -> Tensor:
        # A box that holds no cell's middle belongs to the cell that it lies in.
        half = torch.clamp((end - start) / 2, min=0.5 / len(middle))
        return ((middle - ((start + end) / 2)[..., None]).abs() <= half[..., None]) & ~torch.isnan(start)[..., None]

    left, top, right, bottom = boxes.unbind(2)
    own = within(y, top, bottom)[..., :, None] & within(x, left, right)[..., None, :]
    picture, label, row, column = own.nonzero(as_tuple=True)
    if not picture.numel():
        return reach.sum() * 0.0
    to_left, to_top, to_right, to_bottom = reach.permute(0, 1, 3, 4, 2)[own].unbind(1)
    told = torch.stack([x[column] - to_left, y[row] - to_top, x[column] + to_right, y[row] + to_bottom], 1)
    lost = _UNLIKE(told, boxes[picture, label])
    each = own.sum((2, 3))[picture, label]
    loss: Tensor = (lost / each).sum() / reach.shape[0]
    return loss


def _known_shares(logits: Tensor, share: Tensor) -> Tensor:
    """Cross-entropy of (n, structures, h, w) logits with shares of cells, NaN where unknown: the mean over all cells of the batch."""
    known = ~torch.isnan(share)
    entropy = functional.binary_cross_entropy_with_logits(logits, share.nan_to_num(0.0), reduction="none")
    return (entropy * known).mean()


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
