"""The published tuberculosis classifiers as a task: the whole picture, one label, and the published augmentation or part of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from export.architectures.pyramid import RESNET_50, PyramidNetwork
from export.published_augment import PublishedAugmentation, published
from export.tasks.labelling import Labelling, LabellingLesson
from export.tasks.task import Grey
from export.workplace import Workplace


@dataclass(frozen=True)
class Published(Labelling):
    """``Labelling`` by one of ``PYRAMIDS``; ``augmentation``, where there is one, stands in place of the recipe's."""

    backbone: str = RESNET_50
    augmentation: PublishedAugmentation | None = None

    @property
    def facts(self) -> tuple[object, ...]:
        """See ``Task.facts``."""
        return *super().facts, "published", self.backbone, self.augmentation

    def network(self, _width: int) -> nn.Module:
        """See ``Task.network``; the width is the network's own."""
        return PyramidNetwork(self.backbone, len(self.names))

    def lesson(self, place: Workplace) -> "PublishedLesson":
        """See ``Task.lesson``."""
        return PublishedLesson(self, place)


class PublishedLesson(LabellingLesson):
    """See ``Lesson``."""

    def __init__(self, task: Published, place: Workplace) -> None:
        super().__init__(task, place)
        self._augmentation = task.augmentation

    def example(self, index: int, random: np.random.Generator) -> tuple[Grey, NDArray[np.float32]]:
        """See ``Lesson.example``; the target is (labels,)."""
        if self._augmentation is None:
            return super().example(index, random)
        return published(self._canvases[index], self._augmentation, random), self._targets[index]
