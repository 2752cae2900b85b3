"""Telling labels by a published classifier, or by a small network that such classifiers have taught."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.architectures.averaged import AveragedNetwork
from export.architectures.levels import EFFICIENTNET_LITE
from export.architectures.pyramid import PYRAMIDS, PyramidNetwork
from export.tasks.labelling import QUESTIONS, Labelling, LabellingLesson, known_entropy
from export.workplace import Workplace


@dataclass(frozen=True)
class Taught(Labelling):
    """``Labelling`` by one of ``PYRAMIDS``, which teaches, or by an ``AveragedNetwork`` on one of ``levels.BACKBONES``, which is taught.

    ``response`` is the weight that the teachers' word has against the labels.
    """

    backbone: str = EFFICIENTNET_LITE
    response: float = 0.0

    @property
    def facts(self) -> tuple[object, ...]:
        """See ``Task.facts``."""
        return *super().facts, self.backbone, self.response

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

    def lesson(self, place: Workplace) -> "TaughtLesson":
        """See ``Task.lesson``."""
        return TaughtLesson(self, place)


def said(model: nn.Module, pictures: Tensor) -> Tensor:
    """(n, 1, side, side) → (n, labels + auxiliary) logits of either kind of network."""
    if isinstance(model, PyramidNetwork):
        return model.training_logits(pictures)
    assert isinstance(model, AveragedNetwork)  # noqa: S101  (there is no other)
    return model.training_outputs(pictures).logits


class TaughtLesson(LabellingLesson):
    """See ``Lesson``."""

    def __init__(self, task: Taught, place: Workplace) -> None:
        super().__init__(task, place)
        self._response = task.response
        self._teachers = place.taught_by()

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
        return (1.0 - self._response) * loss + self._response * taught.sum(1).mean() / QUESTIONS
