"""Telling whether something is broken, and showing where by a picture on which it is not: generate, discriminate, classify."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from edge_app.reading.card import Grade, Label, Structure
from export.architectures.averaged import AveragedNetwork
from export.architectures.repairer import RepairedNetwork
from export.datasets.labelled import Labelled
from export.evaluation.answers import Answers
from export.evaluation.figures import Figures
from export.recipe import Recipe
from export.tasks.task import Lesson, Sees
from export.tasks.taught import Taught
from export.workplace import Workplace


@dataclass(frozen=True)
class Repairing:
    """The classifier's task, ``of`` which the first label is what gets repaired; everything but the network and how it learns is its.

    It learns by ``repair``, from the recipe that trained the classifier; ``width`` is of the generator.

    Attributes:
        discriminator: width of the network that is thrown away.
        natural, latent: weights of how far a pixel is from what it was, squared, and of the discriminator's features, while the generator
            learns what is natural.
        kept, telling: weights of a pixel's change and of what the classifier says while it learns to repair.
        changed: what of a pixel's grey has to change, of 0…1, for it to belong to what was broken.
    """

    of: Taught
    width: int = 16
    discriminator: int = 16
    natural: float = 100.0
    latent: float = 1.0
    kept: float = 80.0
    telling: float = 4.0
    changed: float = 0.06

    structures: tuple[Structure, ...] = ()
    grades: tuple[Grade, ...] = ()
    reach: bool = False
    places: bool = False
    repairs: bool = True
    unlike: bool = False

    @property
    def labels(self) -> tuple[Label, ...]:
        """See ``Task.labels``."""
        return self.of.labels

    @property
    def sees(self) -> Sees:
        """See ``Task.sees``."""
        return self.of.sees

    @property
    def facts(self) -> tuple[object, ...]:
        """See ``Task.facts``."""
        weights = (self.natural, self.latent, self.kept, self.telling, self.changed)
        how = ("repaired", "damaged where edges are", "told by peaks", "where it is salient, as learnt, kept natural")
        return *self.of.facts, *how, self.width, self.discriminator, weights

    def network(self, width: int) -> RepairedNetwork:
        """See ``Task.network``."""
        classifier = self.of.network(width)
        assert isinstance(classifier, AveragedNetwork)  # noqa: S101  (pyramids teach and are never shipped)
        return RepairedNetwork(classifier, self.width, Recipe.mean, Recipe.std)

    def shipped(self, model: nn.Module) -> nn.Module:
        """See ``Task.shipped``."""
        assert isinstance(model, RepairedNetwork)  # noqa: S101  (its own network)
        self.of.shipped(model.classifier)
        return model

    def lesson(self, place: Workplace) -> Lesson:
        """See ``Task.lesson``."""
        return self.of.lesson(place)

    def shown_to(self, place: Workplace, picture: Labelled) -> NDArray[np.float32] | None:
        """See ``Task.shown_to``."""
        return self.of.shown_to(place, picture)

    def judged(self, place: Workplace, answers: Answers) -> Figures:
        """See ``Task.judged``."""
        return self.of.judged(place, answers)
