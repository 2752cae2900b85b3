"""What the training road asks of a task, so that every model takes the same road."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from edge_app.reading.card import Grade, Label, Structure
from export.datasets.labelled import Labelled

if TYPE_CHECKING:
    from export.evaluation.answers import Answers
    from export.evaluation.figures import Figures
    from export.recipe import Stage
    from export.workplace import Workplace

Grey = NDArray[np.float32]


class Lesson(Protocol):
    """A task with its pictures before it: what to learn from, how wrong an answer is, how good a network is by now."""

    @property
    def pictures(self) -> tuple[Labelled, ...]:
        """The pictures to learn from; examples are asked for by their place here."""
        ...

    def prepare(self, stage: "Stage") -> None:
        """Bring the pictures of a stage into reach."""
        ...

    def example(self, index: int, random: np.random.Generator) -> tuple[Grey, NDArray[np.float32]]:
        """A changed picture, (side, side) in 0…1, and its target, NaN where unknown; the same for the same ``random``."""
        ...

    def loss(self, model: nn.Module, pictures: Tensor, targets: Tensor) -> Tensor:
        """The loss of a batch, a scalar. ``pictures`` (n, channels, side, side) are normalised."""
        ...

    def scores(self, model: nn.Module) -> Mapping[str, float]:
        """Figures on the validation pictures, the one to watch first; NaN where there are none."""
        ...


Sees = Literal["picture", "lungs", "thorax", "nose", "renderings"]


class Task(Protocol):
    """The question a model answers."""

    @property
    def sees(self) -> Sees:
        """What of a picture the network is shown, as the card states it (``Input.sees``)."""
        ...

    @property
    def labels(self) -> tuple[Label, ...]:
        """What is told to be there or not, before anything is known of how well."""
        ...

    @property
    def structures(self) -> tuple[Structure, ...]:
        """What is outlined, likewise."""
        ...

    @property
    def grades(self) -> tuple[Grade, ...]:
        """What is graded, likewise."""
        ...

    @property
    def reach(self) -> bool:
        """Whether the map says how far findings reach as well (``Card.reach``)."""
        ...

    @property
    def places(self) -> bool:
        """Whether the map says as well where a finding lies, apart from where its number comes from (``Card.places``)."""
        ...

    @property
    def repairs(self) -> bool:
        """Whether the map's last channel is the picture with what is broken on it repaired (``Card.repairs``)."""
        ...

    @property
    def unlike(self) -> bool:
        """Whether the last logit says how unlike its training pictures a picture is (``Card.unlike``)."""
        ...

    @property
    def facts(self) -> tuple[object, ...]:
        """What of the task decides the weights, for the fingerprint of a run."""
        ...

    def network(self, width: int) -> nn.Module:
        """A fresh network."""
        ...

    def shipped(self, model: nn.Module) -> nn.Module:
        """The part of a trained network that is exported: picture → (logits, map)."""
        ...

    def lesson(self, place: "Workplace") -> Lesson:
        """The task before the pictures of a run."""
        ...

    def shown_to(self, place: "Workplace", picture: Labelled) -> NDArray[np.float32] | None:
        """(1, channels, side, side) float32, what the network is shown of a picture, just as on the box; None where it is shown nothing."""
        ...

    def judged(self, place: "Workplace", answers: "Answers") -> "Figures":
        """How good each form of the network is."""
        ...
