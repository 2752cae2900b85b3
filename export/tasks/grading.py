"""Grading how bad the lungs look, on a picture that they fill: scores as shares of their maxima."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from edge_app.reading.alignment import aligned
from edge_app.reading.anatomy import LEFT_LUNG, RIGHT_LUNG
from edge_app.reading.card import Grade, Label, Structure
from edge_app.reading.finding import Box
from edge_app.reading.severity import BRIXIA, GEOGRAPHIC_EXTENT, OPACITY, ZONES
from export.architectures.zoned import ZonedResNet
from export.augment import degraded, drawn_move, moved
from export.datasets.canvases import opened, part_canvases
from export.datasets.labelled import Labelled, label_matrix
from export.datasets.lung_boxes import lung_box_of, lung_boxes, outlined
from export.evaluation.answers import Answers
from export.evaluation.figures import Figures
from export.evaluation.grades import judge_grades
from export.recipe import Stage
from export.simulate.opacities import Opacified, opacified
from export.tasks.running import normalised
from export.tasks.task import Grey, Sees
from export.workplace import Workplace

MAXIMA: Mapping[str, float] = {GEOGRAPHIC_EXTENT: 8.0, OPACITY: 6.0, BRIXIA: 18.0, **dict.fromkeys(ZONES, 3.0)}
"""Of each score, in the order of the network's numbers."""
NAMES = tuple(MAXIMA)
WATCHED = (BRIXIA, GEOGRAPHIC_EXTENT, OPACITY)
_MIRRORED = (0, 1, 2, 6, 7, 8, 3, 4, 5)
"""The same scores as they are called on a picture in a mirror."""


def _shares(drawn: Opacified) -> NDArray[np.float32]:
    """The grades of a chest with drawn opacities, in the order of ``NAMES``."""
    return np.array([drawn.extent, drawn.opacity, drawn.zones.mean(), *drawn.zones], dtype=np.float32)


@dataclass(frozen=True)
class Grading:
    """``auxiliary`` labels are learnt beside the grades to shape the features, and dropped at export."""

    auxiliary: tuple[str, ...] = ()
    auxiliary_weight: float = 0.3

    labels: tuple[Label, ...] = ()
    structures: tuple[Structure, ...] = ()
    reach: bool = False
    repairs: bool = False
    places: bool = False
    unlike: bool = False

    @property
    def grades(self) -> tuple[Grade, ...]:
        """See ``Task.grades``."""
        return tuple(Grade(name=name, maximum=maximum, pictures=0) for name, maximum in MAXIMA.items())

    @property
    def sees(self) -> Sees:
        """See ``Task.sees``."""
        return "lungs"

    @property
    def facts(self) -> tuple[object, ...]:
        """See ``Task.facts``."""
        return NAMES, self.auxiliary, self.auxiliary_weight

    def network(self, width: int) -> ZonedResNet:
        """See ``Task.network``."""
        return ZonedResNet(width, len(self.auxiliary))

    def shipped(self, model: nn.Module) -> nn.Module:
        """See ``Task.shipped``."""
        assert isinstance(model, ZonedResNet)  # noqa: S101  (its own network)
        model.auxiliary_head = None
        return model

    def lesson(self, place: Workplace) -> "GradingLesson":
        """See ``Task.lesson``."""
        return GradingLesson(self, place)

    def shown_to(self, place: Workplace, picture: Labelled) -> NDArray[np.float32] | None:
        """See ``Task.shown_to``; None where the lungs were not found."""
        box = lung_box_of(picture.path, place.finished)
        return None if box is None else aligned(opened(picture.path), box, place.recipe.input)[0]

    def judged(self, place: Workplace, answers: Answers) -> Figures:
        """See ``Task.judged``."""
        return judge_grades(place, self.grades, answers)


def _found(pictures: Sequence[Labelled], place: Workplace) -> tuple[tuple[Labelled, ...], tuple[Box, ...]]:
    """The pictures whose lungs were found, and where."""
    boxes = lung_boxes(pictures, place.finished, place.cache)
    found = [(picture, box) for picture, box in zip(pictures, boxes, strict=True) if box is not None]
    return tuple(picture for picture, _ in found), tuple(box for _, box in found)


class GradingLesson:
    """See ``Lesson``."""

    def __init__(self, task: Grading, place: Workplace) -> None:
        self._recipe, self._cache, self._auxiliary_weight = place.recipe, place.cache, task.auxiliary_weight
        self._models = place.finished
        self.pictures, self._boxes = _found(place.taught, place)
        self._targets = label_matrix(self.pictures, (*NAMES, *task.auxiliary))
        graded = [own for own in place.examined if own.source in place.figures_from]
        self._validation, self._validation_boxes = _found(graded, place)
        self._truth = label_matrix(self._validation, NAMES)
        clear = (self._targets[:, : len(NAMES)] == 0.0).all(1)
        drawn_on = clear & [place.recipe.augmentation_for(own).opacify > 0.0 for own in self.pictures]
        self._drawn_on = {int(at): row for row, at in enumerate(np.flatnonzero(drawn_on))}
        """Where the lungs of a picture lie among the outlined ones, for those on which opacities are drawn."""

    def prepare(self, stage: Stage) -> None:
        """See ``Lesson.prepare``."""
        self._canvases = part_canvases(self.pictures, self._boxes, stage.side, self._cache)
        self._validation_canvases = part_canvases(self._validation, self._validation_boxes, stage.side, self._cache)
        clear, boxes = [self.pictures[at] for at in self._drawn_on], [self._boxes[at] for at in self._drawn_on]
        self._lungs = outlined(clear, boxes, (RIGHT_LUNG, LEFT_LUNG), stage.side, self._models, self._cache)

    def example(self, index: int, random: np.random.Generator) -> tuple[Grey, NDArray[np.float32]]:
        """See ``Lesson.example``; the target is (grades + auxiliary,), shares of the maxima and labels."""
        how = self._recipe.augmentation_for(self.pictures[index])
        move = drawn_move(self._canvases.shape[1], how, random)
        target = self._targets[index].copy()
        if move.mirrored:
            target[: len(NAMES)] = target[list(_MIRRORED)]
        grey = moved(self._canvases[index], move)
        if index in self._drawn_on and random.random() < how.opacify:
            lungs = np.stack([move.of(own, cv2.INTER_NEAREST) for own in self._lungs[self._drawn_on[index]]]) > 0
            if lungs.any((1, 2)).all():
                drawn = opacified(grey, lungs[::-1] if move.mirrored else lungs, random)
                grey, target[: len(NAMES)] = drawn.picture, _shares(drawn)
        return degraded(grey, how, random), target

    def loss(self, model: nn.Module, pictures: Tensor, targets: Tensor) -> Tensor:
        """See ``Lesson.loss``: cross-entropy of the shares with the absolute error beside it, and the auxiliary labels' cross-entropy."""
        assert isinstance(model, ZonedResNet)  # noqa: S101  (its own network)
        grades, auxiliary = model.training_logits(pictures)
        count = grades.shape[1]
        loss = self._graded(grades.float(), targets[:, :count])
        if auxiliary is not None:
            known = ~torch.isnan(targets[:, count:])
            entropy = functional.binary_cross_entropy_with_logits(auxiliary.float(), targets[:, count:].nan_to_num(0.0), reduction="none")
            loss = loss + self._auxiliary_weight * (entropy * known).sum() / known.sum().clamp(min=1)
        return loss

    @staticmethod
    def _graded(logits: Tensor, targets: Tensor) -> Tensor:
        known = ~torch.isnan(targets)
        share = targets.nan_to_num(0.0)
        entropy = functional.binary_cross_entropy_with_logits(logits, share, reduction="none")
        apart = (torch.sigmoid(logits) - share).abs()
        return ((entropy + 2.0 * apart) * known).sum() / known.sum().clamp(min=1)

    @torch.no_grad()
    def scores(self, model: nn.Module) -> Mapping[str, float]:
        """See ``Lesson.scores``: the mean absolute error in points of Brixia's total, geographic extent and opacity."""
        model.eval()
        device = next(model.parameters()).device
        rows = [np.empty((0, len(NAMES)), dtype=np.float32)]
        for start in range(0, len(self._validation), 64):
            grey = np.asarray(self._validation_canvases[start : start + 64], dtype=np.float32) / np.float32(255.0)
            rows.append(torch.sigmoid(model(normalised(grey, self._recipe).to(device))).float().cpu().numpy())
        apart = np.abs(np.concatenate(rows) - self._truth) * np.array(list(MAXIMA.values()))
        watched = {name: apart[:, NAMES.index(name)] for name in WATCHED}
        return {f"{name}_mae": float(np.nanmean(own)) if np.isfinite(own).any() else float("nan") for name, own in watched.items()}
