"""What a shipped model is made of: task, data, network, budget and the rules for its figures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.card import Grade, Input, Label, Structure
from export.augment import Augmentation
from export.datasets.labelled import Labelled
from export.processing import Processing
from export.tasks.task import Task

_LEAST_WIDTH = 8
"""oneDNN's gradients of strided 1×1 convolutions of fewer channels write where they must not on processors with AVX2 and nothing newer."""

WITHOUT = "-without-"
"""Between a recipe's name and the source that is left out of it."""


@dataclass(frozen=True)
class Stage:
    """A run of epochs at one size. A later stage is larger and slower, and starts from the earlier one's weights."""

    side: int
    epochs: int
    pictures: int
    batch: int = 32


@dataclass(frozen=True)
class Limits:
    """What INT8 may cost against FP32, over the validation pictures; the gate that a model passes before it is packaged.

    ``mean_delta_p`` and ``flips`` (share of decisions) are of labels and grades, ``dice`` the mean Dice lost by outlines,
    ``repaired`` by how much of 0…1 a pixel of a repaired picture may be off on average.
    """

    mean_delta_p: float = 0.02
    flips: float = 0.02
    dice: float = 0.003
    repaired: float = 0.01


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a model, in one place.

    Attributes:
        gather: (data folder, folder for drawn pictures, how many to draw, seed) → every picture to learn from or be validated on.
        drawn: how many pictures are drawn, where a recipe draws any.
        shares: how much of an epoch each source gets; a source that is not named is not trained on.
        emphasis: how many times as often as others of its source a picture is drawn that somebody outlined this on, by the outline's name.
        figures_from: the sources whose validation pictures the card's figures are computed on.
        stand_in: the source of drawn pictures that they are computed on as long as there is no real one, and what the card says of
            itself then, before its limits.
        licences: (name, licence) of each source for the card.
        ships: False for a network that only teaches another one.
        starts_from: the recipe whose trained network this one starts from, as far as both are alike; trained before it.
        kept: share of the weights that it starts from which the finished network keeps, the rest being what training made of them; what is
            learnt last is then not all there is (Wortsman et al. 2022, Robust Fine-Tuning of Zero-Shot Models).
        teachers: the recipes whose trained networks say what nobody said of a picture, each with the task that has its network; trained
            before it.
        outside: folders of finished models, trained elsewhere, that say of a picture what nobody said.
        figure_folds: where there are too few pictures to keep some apart, the figures come from this many models, each judged on the
            patients it has not seen, and the one that ships has seen all; 0 where pictures are kept apart.
        standardised: whether every picture is brought to one measure of contrast before the network sees it.
        augmentation_of: augmentation of single kinds of picture, where it differs.
        processing: how far other manufacturers' ways of making a picture are imitated; None where they are not.
        calibration_shares: how much each source gets of the pictures that INT8 is calibrated on; as in an epoch where there are none.
        cost: what INT8 may cost.
        mapped: whether the network gives a map beside its numbers; of grades there never is one.
        left_out: the source that is never shown (``without``), nor what was made of its patients' pictures.
        golden: draws the pictures, (rows, columns) uint8 by file name, a box holds the model to; simulated chests where it is None.
        chance: which of several trainings on the same pictures that differ in nothing but chance.
    """

    name: str
    version: str
    title: str
    task: Task
    gather: Callable[[Path, Path, int, int], tuple[Labelled, ...]]
    shares: Mapping[str, float]
    figures_from: tuple[str, ...]
    licences: Mapping[str, tuple[str, str]]
    limits: str
    stages: tuple[Stage, ...]
    width: int = 32
    drawn: int = 0
    ships: bool = True
    starts_from: str | None = None
    kept: float = 0.0
    stand_in: tuple[str, str] | None = None
    teachers: Mapping[str, Task] = field(default_factory=dict)
    outside: tuple[Path, ...] = ()
    figure_folds: int = 0
    standardised: bool = False
    mean: float = 0.5
    std: float = 0.25
    validation_fraction: float = 0.25
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    ema_decay: float = 0.998
    calibration_pictures: int = 400
    calibration_shares: Mapping[str, float] = field(default_factory=dict)
    emphasis: Mapping[str, int] = field(default_factory=dict)
    augmentation: Augmentation = field(default_factory=Augmentation)
    augmentation_of: Mapping[str, Augmentation] = field(default_factory=dict)
    processing: Processing | None = None
    cost: Limits = field(default_factory=Limits)
    mapped: bool = True
    left_out: str | None = None
    chance: int = 0
    golden: Callable[[], Mapping[str, NDArray[np.uint8]]] | None = None

    @property
    def input(self) -> Input:
        """The network's input, as the card states it."""
        side, sees = self.stages[-1].side, self.task.sees
        return Input(
            height=side,
            width=side,
            channels=5 if sees == "renderings" else 1,
            mean=self.mean,
            std=self.std,
            sees=sees,
            standardised=self.standardised,
        )

    @property
    def map(self) -> str | None:
        """The map among the network's outputs, as the card names it; None where there is none."""
        return "map" if self.mapped and not self.task.grades else None

    @property
    def outputs(self) -> tuple[Label | Structure | Grade, ...]:
        """Every output in the order of the network's numbers, as the card names them."""
        return (*self.task.labels, *self.task.structures, *self.task.grades)

    def augmentation_for(self, picture: Labelled) -> Augmentation:
        """How far that picture may be changed."""
        return self.augmentation_of.get(picture.kind, self.augmentation)

    def times(self, picture: Labelled) -> int:
        """How many times that picture stands among those of its source."""
        return max((self.emphasis[name] for name in picture.masks if name in self.emphasis), default=1)

    def small(self) -> "Recipe":
        """The same road in seconds: a tiny network on few pictures. What comes out is of no use."""
        stages = (Stage(32, 1, 32, 8), Stage(64, 2, 32, 8))
        loose = Limits(mean_delta_p=1.0, flips=1.0, dice=1.0, repaired=1.0)
        return replace(
            self, width=_LEAST_WIDTH, drawn=min(self.drawn, 24), stages=stages, calibration_pictures=16, ema_decay=0.8,
            validation_fraction=0.4, figure_folds=min(self.figure_folds, 2), cost=loose,
        )  # fmt: skip

    def without(self, source: str) -> "Recipe":
        """The same recipe never shown one source, to see what it makes of another hospital; nor have those seen it that it builds on."""

        def renamed(name: str | None) -> str | None:
            return None if name is None else f"{name}{WITHOUT}{source}"

        return replace(
            self,
            name=f"{self.name}{WITHOUT}{source}",
            left_out=source,
            shares={name: share for name, share in self.shares.items() if name != source},
            starts_from=renamed(self.starts_from),
            teachers={f"{name}{WITHOUT}{source}": task for name, task in self.teachers.items()},
        )
