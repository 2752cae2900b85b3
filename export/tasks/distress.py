"""Respiratory distress of newborns, told on the thorax alone: first as outlines that are given cut it out, then as the network's do."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from edge_app.reading.canvas import network_input
from export.architectures.averaged import AveragedNetwork
from export.architectures.levels import EFFICIENTNET_LITE
from export.architectures.pyramid import PYRAMIDS, PyramidNetwork
from export.augment import degraded, drawn_move, moved
from export.datasets.labelled import Labelled
from export.datasets.newborn_thorax import Shown, thorax_canvases, thorax_shown
from export.recipe import Stage
from export.tasks.labelling import QUESTIONS, Labelling, LabellingLesson, known_entropy
from export.tasks.task import Grey, Sees
from export.workplace import Workplace

_EDGE = 2.0 / 255.0
"""What is darker on a thorax is what was taken away around it."""


@dataclass(frozen=True)
class Distress(Labelling):
    """``Labelling`` on the thorax, shown by the ``outlines`` that come with drawn pictures or by the network's, with the ``strip`` or not.

    ``backbone`` is one of ``PYRAMIDS`` for a network that teaches, or of ``levels.BACKBONES``; ``response`` is the weight that the
    teachers' word has against the labels.
    """

    outlines: bool = False
    strip: bool = False
    backbone: str = EFFICIENTNET_LITE
    response: float = 0.0

    @property
    def facts(self) -> tuple[object, ...]:
        """See ``Task.facts``."""
        return *super().facts, "distress", self.shown, self.backbone, self.response

    @property
    def shown(self) -> Shown:
        """How a thorax is shown."""
        return Shown(self.outlines, self.strip)

    @property
    def sees(self) -> Sees:
        """See ``Task.sees``."""
        return "thorax"

    def network(self, width: int) -> nn.Module:
        """See ``Task.network``; what is learnt beside is told by a pyramid as the labels are."""
        if self.backbone in PYRAMIDS:
            return PyramidNetwork(self.backbone, len(self.targets))
        return AveragedNetwork(width, len(self.names), len(self.auxiliary), backbone=self.backbone)

    def shipped(self, model: nn.Module) -> nn.Module:
        """See ``Task.shipped``."""
        assert isinstance(model, AveragedNetwork)  # noqa: S101  (pyramids teach and are never shipped)
        model.auxiliary_head = None
        return model

    def lesson(self, place: Workplace) -> "DistressLesson":
        """See ``Task.lesson``."""
        return DistressLesson(self, place)

    def shown_to(self, place: Workplace, picture: Labelled) -> NDArray[np.float32] | None:
        """See ``Task.shown_to``: by the network's outlines, whatever it was taught by."""
        wanted = place.recipe.input
        thorax = thorax_shown(picture, Shown(strip=self.strip), place.finished_newborns, max(wanted.height, wanted.width))
        return None if thorax is None else network_input(thorax, wanted)[0]


def said(model: nn.Module, pictures: Tensor) -> Tensor:
    """(n, 1, side, side) → (n, labels + auxiliary) logits of either kind of network."""
    if isinstance(model, PyramidNetwork):
        return model.training_logits(pictures)
    assert isinstance(model, AveragedNetwork)  # noqa: S101  (there is no other)
    return model.training_outputs(pictures).logits


class DistressLesson(LabellingLesson):
    """See ``Lesson``."""

    def __init__(self, task: Distress, place: Workplace) -> None:
        super().__init__(task, place)
        self._how, self._models = task, place.finished_newborns
        self._teachers = place.taught_by()

    def prepare(self, stage: Stage) -> None:
        """See ``Lesson.prepare``; what is judged on is always shown as on the box."""
        self._canvases = thorax_canvases(self.pictures, self._how.shown, self._models, stage.side, self._cache)
        self._validation_canvases = thorax_canvases(self._validation, Shown(strip=self._how.strip), self._models, stage.side, self._cache)

    def example(self, index: int, random: np.random.Generator) -> tuple[Grey, NDArray[np.float32]]:
        """See ``Lesson.example``; the target is (targets,). What lies around the thorax stays black."""
        how = self._recipe.augmentation_for(self.pictures[index])
        grey = moved(self._canvases[index], drawn_move(self._canvases.shape[1], how, random))
        return np.where(grey > _EDGE, degraded(grey, how, random), np.float32(0.0)), self._targets[index]

    def loss(self, model: nn.Module, pictures: Tensor, targets: Tensor) -> Tensor:
        """See ``Lesson.loss``: the labels, and what the teachers say together."""
        device, logits = targets.device, said(model, pictures).float()
        loss = known_entropy(logits, targets, self._positive.to(device), self._weight.to(device))
        if not self._teachers:
            return loss
        names = len(self._task.names)
        with torch.no_grad():
            told = torch.stack([said(teacher.to(device), pictures)[:, :names].float() for teacher in self._teachers]).mean(0)
        taught = functional.binary_cross_entropy_with_logits(logits[:, :names], torch.sigmoid(told), reduction="none")
        return (1.0 - self._how.response) * loss + self._how.response * taught.sum(1).mean() / QUESTIONS
