"""Telling what kind of picture it is, and what is wrong with how it was taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from edge_app.reading.canvas import network_input
from edge_app.reading.card import Grade, Label, Structure
from edge_app.reading.finding import Flaw
from export.architectures.residual import MappedResNet
from export.augment import augmented, degraded
from export.datasets.canvases import canvases, kept_canvases, opened
from export.datasets.labelled import Labelled, label_matrix
from export.datasets.outlines import lungs_on_canvas
from export.evaluation.answers import Answers
from export.evaluation.figures import Figures
from export.evaluation.labels import judge_labels
from export.evaluation.metrics import auroc
from export.recipe import Stage
from export.simulate.flawed_chests import SOURCE as FLAWED
from export.simulate.flaws import flawed
from export.tasks.labelling import QUESTIONS, undecided
from export.tasks.running import logits_on
from export.tasks.task import Grey, Sees
from export.workplace import Workplace

KIND = "kind"
"""The group of the labels that share a softmax."""
FLAWS = tuple(Flaw)


def kept_lungs(pictures: Sequence[Labelled], side: int, folder: Path) -> NDArray[np.uint8]:
    """(pictures, side, side), 255 where lung was outlined; 0 throughout where nobody did."""

    def lungs(index: int) -> Grey:
        own = lungs_on_canvas(pictures[index], side)
        return np.zeros((side, side), dtype=np.float32) if own is None else own.astype(np.float32)

    listing = "\n".join(f"{picture.path} {sorted(picture.masks.items())}" for picture in pictures)
    return kept_canvases(f"lungs\n{listing}", len(pictures), side, folder, lungs)


@dataclass(frozen=True)
class Sorting:
    """``kinds`` exclude one another. Flaws are drawn on pictures of the ``upright`` kinds, which are taken to have none of their own."""

    kinds: tuple[str, ...]
    upright: frozenset[str]
    smoothing: float = 0.05
    flaw_weight: float = 0.5

    structures: tuple[Structure, ...] = ()
    grades: tuple[Grade, ...] = ()
    reach: bool = False
    repairs: bool = False
    places: bool = False
    unlike: bool = False

    @property
    def labels(self) -> tuple[Label, ...]:
        """See ``Task.labels``."""
        return (*(undecided(kind, KIND) for kind in self.kinds), *(undecided(flaw) for flaw in FLAWS))

    @property
    def sees(self) -> Sees:
        """See ``Task.sees``."""
        return "picture"

    @property
    def facts(self) -> tuple[object, ...]:
        """See ``Task.facts``."""
        return self.kinds, sorted(self.upright), self.smoothing, self.flaw_weight

    def network(self, width: int) -> MappedResNet:
        """See ``Task.network``."""
        return MappedResNet(width, len(self.kinds) + len(FLAWS))

    def shipped(self, model: nn.Module) -> nn.Module:
        """See ``Task.shipped``."""
        return model

    def lesson(self, place: Workplace) -> "SortingLesson":
        """See ``Task.lesson``."""
        return SortingLesson(self, place)

    def shown_to(self, place: Workplace, picture: Labelled) -> NDArray[np.float32]:
        """See ``Task.shown_to``."""
        return network_input(opened(picture.path), place.recipe.input)[0]

    def judged(self, place: Workplace, answers: Answers) -> Figures:
        """See ``Task.judged``."""
        return judge_labels(place, self.labels, answers)


class SortingLesson:
    """See ``Lesson``."""

    def __init__(self, task: Sorting, place: Workplace) -> None:
        self._task, self._recipe, self._cache = task, place.recipe, place.cache
        self.pictures = place.taught
        self._validation = place.examined
        self._names = tuple(label.name for label in task.labels)
        self._targets = label_matrix(self.pictures, self._names)

    def prepare(self, stage: Stage) -> None:
        """See ``Lesson.prepare``."""
        self._canvases = canvases(self.pictures, stage.side, self._cache)
        self._validation_canvases = canvases(self._validation, stage.side, self._cache)
        self._lungs = kept_lungs(self.pictures, stage.side, self._cache)

    def example(self, index: int, random: np.random.Generator) -> tuple[Grey, NDArray[np.float32]]:
        """See ``Lesson.example``; the target is (kinds + flaws,), a flaw NaN where it is not known."""
        picture, target = self.pictures[index], self._targets[index]
        how = self._recipe.augmentation_for(picture)
        if picture.kind not in self._task.upright or picture.source == FLAWED:
            return augmented(self._canvases[index], how, random), target
        lungs = np.asarray(self._lungs[index] > 0)
        made, flaws = flawed(self._canvases[index], lungs if lungs.any() else None, random)
        return degraded(made, how, random), np.concatenate([target[: len(self._task.kinds)], flaws])

    def loss(self, model: nn.Module, pictures: Tensor, targets: Tensor) -> Tensor:
        """See ``Lesson.loss``: cross-entropy over the kinds, and of each flaw that is known."""
        assert isinstance(model, MappedResNet)  # noqa: S101  (its own network)
        logits, kinds = model.training_logits(pictures).float(), len(self._task.kinds)
        kind = functional.cross_entropy(logits[:, :kinds], targets[:, :kinds], label_smoothing=self._task.smoothing)
        known = (~torch.isnan(targets[:, kinds:])).float()
        entropy = functional.binary_cross_entropy_with_logits(logits[:, kinds:], targets[:, kinds:].nan_to_num(0.0), reduction="none")
        return kind + self._task.flaw_weight * (entropy * known).sum(1).mean() / QUESTIONS

    def scores(self, model: nn.Module) -> Mapping[str, float]:
        """See ``Lesson.scores``: the share of kinds told rightly, then the AUROC of each label."""
        logits = logits_on(model, self._recipe, self._validation_canvases, len(self._names))
        truth = label_matrix(self._validation, self._names)
        areas = auroc(logits, truth)
        kinds = len(self._task.kinds)
        right = logits[:, :kinds].argmax(1) == truth[:, :kinds].argmax(1)
        return {
            "right_kinds": float(right.mean()) if len(right) else float("nan"),
            **{name: float(area) for name, area in zip(self._names, areas, strict=True)},
        }
