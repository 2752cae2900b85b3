"""Respiratory distress of newborns, told on the thorax alone: first as outlines that are given cut it out, then as the network's do."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from edge_app.reading.canvas import network_input
from export.architectures.averaged import AveragedNetwork
from export.architectures.located import MAP_STRIDE
from export.augment import degraded, drawn_move, moved
from export.datasets.labelled import Labelled
from export.datasets.newborn_thorax import Shown, lung_canvases, thorax_canvases, thorax_shown
from export.recipe import Stage
from export.tasks.locating import shares
from export.tasks.task import Grey, Sees
from export.tasks.taught import Taught, TaughtLesson
from export.workplace import Workplace

_EDGE = 2.0 / 255.0
"""What is darker on a thorax is what was taken away around it."""


@dataclass(frozen=True)
class Distress(Taught):
    """``Taught`` on the thorax, shown by the ``outlines`` that come with drawn pictures or by the network's, with the ``strip`` or not.

    ``within``: the weight of the share of each label's map that lies outside the lungs of those that have it (Ross et al. 2017, Right for
    the right reasons); only of a network that gives a map while it learns.
    """

    outlines: bool = False
    strip: bool = False
    within: float = 0.0

    @property
    def facts(self) -> tuple[object, ...]:
        """See ``Task.facts``."""
        return *super().facts, "distress", self.shown, self.within

    @property
    def shown(self) -> Shown:
        """How a thorax is shown."""
        return Shown(self.outlines, self.strip)

    @property
    def sees(self) -> Sees:
        """See ``Task.sees``."""
        return "thorax"

    def lesson(self, place: Workplace) -> "DistressLesson":
        """See ``Task.lesson``."""
        return DistressLesson(self, place)

    def shown_to(self, place: Workplace, picture: Labelled) -> NDArray[np.float32] | None:
        """See ``Task.shown_to``: by the network's outlines, whatever it was taught by."""
        wanted = place.recipe.input
        thorax = thorax_shown(picture, Shown(strip=self.strip), place.finished_newborns, max(wanted.height, wanted.width))
        return None if thorax is None else network_input(thorax, wanted)[0]


class DistressLesson(TaughtLesson):
    """See ``Lesson``."""

    def __init__(self, task: Distress, place: Workplace) -> None:
        super().__init__(task, place)
        self._how, self._models = task, place.finished_newborns

    def prepare(self, stage: Stage) -> None:
        """See ``Lesson.prepare``; what is judged on is always shown as on the box."""
        self._canvases = thorax_canvases(self.pictures, self._how.shown, self._models, stage.side, self._cache)
        self._validation_canvases = thorax_canvases(self._validation, Shown(strip=self._how.strip), self._models, stage.side, self._cache)
        self._cells = stage.side // MAP_STRIDE
        self._lungs = lung_canvases(self.pictures, self._how.shown, self._models, stage.side, self._cache) if self._how.within else None

    def example(self, index: int, random: np.random.Generator) -> tuple[Grey, NDArray[np.float32]]:
        """See ``Lesson.example``; what lies around the thorax stays black.

        The target is (targets,), and where maps are to lie within the lungs, these as shares of the map's cells.
        """
        how = self._recipe.augmentation_for(self.pictures[index])
        move = drawn_move(self._canvases.shape[1], how, random)
        grey = moved(self._canvases[index], move)
        target = self._targets[index]
        if self._lungs is not None:
            lungs = np.asarray(move.of(np.asarray(self._lungs[index], dtype=np.float32) / 255.0, cv2.INTER_LINEAR), dtype=np.float32)
            target = np.concatenate([target, shares(lungs, self._cells).ravel()])
        return np.where(grey > _EDGE, degraded(grey, how, random), np.float32(0.0)), target

    def loss(self, model: nn.Module, pictures: Tensor, targets: Tensor) -> Tensor:
        """See ``Lesson.loss``."""
        count = self._targets.shape[1]
        loss = super().loss(model, pictures, targets[:, :count])
        if self._lungs is None:
            return loss
        assert isinstance(model, AveragedNetwork)  # noqa: S101  (a pyramid gives no map while it learns)
        names = len(self._task.names)
        activation = model.training_outputs(pictures).activation.float()
        return loss + self._how.within * outside(activation, targets[:, :names], targets[:, count:].reshape(-1, 1, *activation.shape[2:]))


def outside(activation: Tensor, labels: Tensor, lungs: Tensor) -> Tensor:
    """The mean share of the maps of labels that are there that lies outside the lungs.

    ``activation`` (n, labels, h, w) logits, ``labels`` (n, labels) 0, 1 or NaN, ``lungs`` (n, 1, h, w) shares of the cells in 0…1. A map is
    what each cell is above its least one, as ``activation.energy_within`` counts it.
    """
    energy = torch.sigmoid(activation)
    energy = energy - energy.amin((2, 3), keepdim=True).detach()
    share = (energy * (1.0 - lungs)).sum((2, 3)) / energy.sum((2, 3)).clamp(min=1e-6)
    there = ((labels >= 0.5) & (lungs.sum((2, 3)) > 0)).float()
    loss: Tensor = (share * there).sum() / there.sum().clamp(min=1.0)
    return loss
