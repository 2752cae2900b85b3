"""Telling what is there on a picture: one sigmoid a label, whatever is unknown teaching nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from edge_app.reading.canvas import network_input
from edge_app.reading.card import Grade, Label, Structure
from export.architectures.pyramid import PyramidNetwork
from export.architectures.residual import MappedResNet
from export.augment import augmented
from export.datasets.canvases import canvases, opened
from export.datasets.labelled import Labelled, label_matrix
from export.evaluation.answers import Answers
from export.evaluation.figures import Figures
from export.evaluation.labels import judge_labels
from export.evaluation.metrics import auroc
from export.recipe import Stage
from export.tasks.running import logits_on
from export.tasks.task import Grey, Sees
from export.workplace import Workplace

LARGEST_POSITIVE_WEIGHT = 6.0
QUESTIONS = 4.0


def undecided(name: str, group: str | None = None) -> Label:
    """A label of which nothing is known yet."""
    return Label(name=name, threshold=0.5, uncertain_from=0.5, uncertain_to=0.5, positives=0, negatives=0, group=group)


def positive_weights(targets: NDArray[np.float32]) -> Tensor:
    """(columns,) weight of a positive: the root of negatives per positive, at most ``LARGEST_POSITIVE_WEIGHT``."""
    positives = np.nansum(targets, axis=0)
    negatives = np.nansum(1.0 - targets, axis=0)
    weight = np.sqrt(np.maximum(negatives, 1.0) / np.maximum(positives, 1.0))
    return torch.tensor(np.clip(weight, 1.0, LARGEST_POSITIVE_WEIGHT), dtype=torch.float32)


def known_entropy(logits: Tensor, targets: Tensor, positive: Tensor, weight: Tensor) -> Tensor:
    """The binary cross-entropies of what is known of a picture, each times its column's ``weight``, summed; the mean over pictures.

    Summed, not averaged: a picture with all labels known teaches that much more, and is not drowned by those that answer one question.
    The constant keeps the size of a gradient near that of a single question.
    """
    known = (~torch.isnan(targets)).float() * weight
    entropy = functional.binary_cross_entropy_with_logits(logits, targets.nan_to_num(0.0), pos_weight=positive, reduction="none")
    return (entropy * known).sum(1).mean() / QUESTIONS


@dataclass(frozen=True)
class Labelling:
    """``names`` are shipped; ``auxiliary`` labels are learnt beside them to shape the features, and dropped at export.

    ``screens``: people are screened for them, so they are called as ``thresholds.screening_threshold`` says, and the card has their
    operating points for a site to choose from.
    """

    names: tuple[str, ...]
    auxiliary: tuple[str, ...] = ()
    auxiliary_weight: float = 1.0
    screens: bool = False

    structures: tuple[Structure, ...] = ()
    grades: tuple[Grade, ...] = ()
    reach: bool = False
    repairs: bool = False
    places: bool = False
    unlike: bool = False

    @property
    def labels(self) -> tuple[Label, ...]:
        """See ``Task.labels``."""
        return tuple(undecided(name) for name in self.names)

    @property
    def targets(self) -> tuple[str, ...]:
        """Every label learnt: those shipped, then the auxiliary ones."""
        return self.names + self.auxiliary

    @property
    def sees(self) -> Sees:
        """See ``Task.sees``."""
        return "picture"

    @property
    def facts(self) -> tuple[object, ...]:
        """See ``Task.facts``."""
        return self.names, self.auxiliary, self.auxiliary_weight

    def network(self, width: int) -> nn.Module:
        """See ``Task.network``."""
        return MappedResNet(width, len(self.names), len(self.auxiliary))

    def shipped(self, model: nn.Module) -> nn.Module:
        """See ``Task.shipped``."""
        assert isinstance(model, MappedResNet)  # noqa: S101  (its own network)
        model.auxiliary_head = None
        return model

    def lesson(self, place: Workplace) -> "LabellingLesson":
        """See ``Task.lesson``."""
        return LabellingLesson(self, place)

    def shown_to(self, place: Workplace, picture: Labelled) -> NDArray[np.float32] | None:
        """See ``Task.shown_to``."""
        return network_input(opened(picture.path), place.recipe.input)[0]

    def judged(self, place: Workplace, answers: Answers) -> Figures:
        """See ``Task.judged``."""
        return judge_labels(place, self.labels, answers, screens=self.screens)


class LabellingLesson:
    """See ``Lesson``."""

    def __init__(self, task: Labelling, place: Workplace) -> None:
        self._task, self._recipe, self._cache = task, place.recipe, place.cache
        self.pictures = place.taught
        self._validation = place.examined
        self._targets = label_matrix(self.pictures, task.targets)
        self._positive = positive_weights(self._targets)
        weights = [1.0] * len(task.names) + [task.auxiliary_weight] * len(task.auxiliary)
        self._weight = torch.tensor(weights, dtype=torch.float32)

    def prepare(self, stage: Stage) -> None:
        """See ``Lesson.prepare``."""
        self._canvases = canvases(self.pictures, stage.side, self._cache)
        self._validation_canvases = canvases(self._validation, stage.side, self._cache)

    def example(self, index: int, random: np.random.Generator) -> tuple[Grey, NDArray[np.float32]]:
        """See ``Lesson.example``; the target is (targets,)."""
        return augmented(self._canvases[index], self._recipe.augmentation_for(self.pictures[index]), random), self._targets[index]

    def loss(self, model: nn.Module, pictures: Tensor, targets: Tensor) -> Tensor:
        """See ``Lesson.loss``."""
        assert isinstance(model, MappedResNet | PyramidNetwork)  # noqa: S101  (its own network)
        device = targets.device
        return known_entropy(model.training_logits(pictures).float(), targets, self._positive.to(device), self._weight.to(device))

    @cached_property
    def _truth(self) -> NDArray[np.float32]:
        return label_matrix(self._validation, self._task.names)

    def scores(self, model: nn.Module) -> Mapping[str, float]:
        """See ``Lesson.scores``: the mean AUROC, then that of each label."""
        areas = auroc(logits_on(model, self._recipe, self._validation_canvases, len(self._task.names)), self._truth)
        mean = float(np.nanmean(areas)) if np.isfinite(areas).any() else float("nan")
        return {"mean_auroc": mean, **{name: float(area) for name, area in zip(self._task.names, areas, strict=True)}}
