"""What a shipped model is made of: data, network, budget and the rules for its thresholds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from edge_app.reading.card import Input
from export.augment import Augmentation
from export.datasets.labelled import Labelled


@dataclass(frozen=True)
class Stage:
    """A run of epochs at one size. A later stage is larger and slower, and starts from the earlier one's weights."""

    side: int
    epochs: int
    pictures: int
    batch: int = 32


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a model, in one place.

    Attributes:
        gather: (data folder, folder for drawn pictures, how many to draw, seed) → every picture to learn from or be validated on.
        drawn: how many pictures are drawn, where a recipe draws any.
        shares: how much of an epoch each source gets; a source that is not named is not trained on.
        figures_from: the sources whose validation pictures the card's figures are computed on.
        licences: (name, licence) of each source for the card.
        auxiliary: labels learnt beside the shipped ones to shape the features, dropped at export.
        smoothing: label smoothing of a softmax.
        mix: parameter of the beta distribution when mixing two pictures of one source (Zhang et al. 2017); 0 for no mixing.
        augmentation_of: augmentation of single kinds of picture, where it differs.
    """

    name: str
    version: str
    title: str
    activation: Literal["sigmoid", "softmax"]
    labels: tuple[str, ...]
    gather: Callable[[Path, Path, int, int], tuple[Labelled, ...]]
    shares: Mapping[str, float]
    figures_from: tuple[str, ...]
    licences: Mapping[str, tuple[str, str]]
    limits: str
    stages: tuple[Stage, ...]
    width: int = 32
    drawn: int = 0
    auxiliary: tuple[str, ...] = ()
    auxiliary_weight: float = 1.0
    smoothing: float = 0.05
    mean: float = 0.5
    std: float = 0.25
    validation_fraction: float = 0.25
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    ema_decay: float = 0.998
    mix: float = 0.0
    calibration_pictures: int = 400
    augmentation: Augmentation = field(default_factory=Augmentation)
    augmentation_of: Mapping[str, Augmentation] = field(default_factory=dict)

    @property
    def input(self) -> Input:
        """The network's input, as the card states it."""
        side = self.stages[-1].side
        return Input(height=side, width=side, mean=self.mean, std=self.std)

    @property
    def targets(self) -> tuple[str, ...]:
        """Every label learnt: those shipped, then the auxiliary ones."""
        return self.labels + self.auxiliary

    def small(self) -> "Recipe":
        """The same road in seconds: a tiny network on few pictures. What comes out is of no use."""
        stages = (Stage(32, 1, 32, 8), Stage(64, 2, 32, 8))
        return replace(
            self, width=4, drawn=min(self.drawn, 24), stages=stages, calibration_pictures=16, ema_decay=0.8, validation_fraction=0.4
        )

    def without(self, source: str) -> "Recipe":
        """The same recipe never shown one source, to see what it makes of another hospital."""
        shares = {name: share for name, share in self.shares.items() if name != source}
        return replace(self, name=f"{self.name}-without-{source}", shares=shares)
