"""A model's contract: what goes in, what comes out, what it was trained and validated on, and the hashes of its files."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge_app.errors import ModelError
from edge_app.reading.renderings import RENDERINGS

CARD = "card.json"
OPENVINO_MODEL = "model.xml"
OPENVINO_WEIGHTS = "model.bin"
ONNX_MODEL = "model.onnx"
FP32_MODEL = "reference_fp32.onnx"
GOLDEN = "golden"
POSITIVES_TO_COUNT_AS_VALIDATED = 20

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Interval = tuple[float, float]


def is_validated(positives: int, auroc_ci95: tuple[float, float] | None) -> bool:
    """Whether enough positive pictures stand behind a label, and it told them from the others better than chance on nearly every draw."""
    return positives >= POSITIVES_TO_COUNT_AS_VALIDATED and auroc_ci95 is not None and auroc_ci95[0] > 0.5


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Input(_Strict):
    """One picture as the network wants it: (1, channels, height, width) float32, letterboxed with zeros, (x − mean) / std, x in 0…1."""

    name: str = "picture"
    height: int = Field(gt=0)
    width: int = Field(gt=0)
    channels: Literal[1, 5] = 1
    mean: float
    std: float = Field(gt=0)
    sees: Literal["picture", "lungs", "thorax", "nose", "renderings"] = "picture"
    """The whole picture, the part of it in the box around both lungs (``alignment.lung_box``), a newborn's thorax alone, upright and with
    all around it black (``newborn_lungs.thorax_alone``), the square around the nose (``nose.nose_part``), or the whole picture in several
    renderings, a channel each (``renderings.renderings``)."""
    standardised: bool = False
    """Whether every picture is brought to one measure of contrast first (``standardising.standardised``)."""

    @model_validator(mode="after")
    def _a_channel_a_rendering(self) -> Self:
        if self.channels != (len(RENDERINGS) if self.sees == "renderings" else 1):
            raise ValueError("as many channels as there are renderings, and one of anything else")
        return self


UNLIKE = "unlike"
"""What the output is called that says how unlike its training pictures a picture is."""
UNLIKE_FROM = 0.5
SIDES = 4
"""Left, top, right and bottom, in the order in which a map tells how far a finding reaches."""


class Output(_Strict):
    """One number the network gives of a picture, with its calibration: the logit is divided by ``temperature`` and moved by ``bias``.

    Outputs of one ``group`` share a softmax; one without a group has a sigmoid of its own.
    """

    name: str
    temperature: float = Field(default=1.0, gt=0)
    bias: float = 0.0
    group: str | None = None


class Telling(_Strict):
    """From a logit to a word: calibration as in ``Output``, threshold and band as in ``Label``."""

    temperature: float = Field(default=1.0, gt=0)
    bias: float = 0.0
    threshold: Probability = 0.5
    uncertain_from: Probability = 0.5
    uncertain_to: Probability = 0.5


class OperatingPoint(_Strict):
    """What a label would be worth if it were called from ``threshold`` on: both shares with their 95 % intervals over patients.

    An interval is None where too few patients stand behind it.
    """

    threshold: Probability
    sensitivity: Probability
    sensitivity_ci95: Interval | None = None
    specificity: Probability
    specificity_ci95: Interval | None = None


class LabelFigures(_Strict):
    """How well a label was told on pictures of other patients than those trained on; ``auroc`` is None where it cannot be computed.

    ``operating_points`` from the lowest threshold up, where a site may choose its own; there are none on the cards of other models.
    """

    positives: int = Field(default=0, ge=0)
    negatives: int = Field(default=0, ge=0)
    auroc: Probability | None = None
    auroc_ci95: tuple[Probability, Probability] | None = None
    sensitivity: Probability | None = None
    specificity: Probability | None = None
    operating_points: tuple[OperatingPoint, ...] = ()

    @property
    def validated(self) -> bool:
        """Whether ``is_validated`` holds of them."""
        return is_validated(self.positives, self.auroc_ci95)


class ElsewhereFigures(LabelFigures):
    """The figures of a label in a hospital no picture of which a network of the same recipe was shown; ``source`` as in ``Source.name``."""

    source: str


class LabelOfKind(LabelFigures):
    """The figures of a label on pictures of one kind, and how it is told on them where there were enough to settle it for them alone."""

    telling: Telling | None = None


class Label(Output, LabelFigures):
    """Something that is there or not, with its threshold and validation figures.

    ``threshold`` is on the calibrated probability; between ``uncertain_from`` and ``uncertain_to`` the box says uncertain.
    ``by_kind`` has the figures on the pictures of one kind alone, as the gate names it, and may have a calibration and thresholds for them.
    ``elsewhere`` has those from hospitals that a network of the same recipe never saw; empty where that was not tried.
    """

    threshold: Probability
    uncertain_from: Probability
    uncertain_to: Probability
    by_kind: Mapping[str, LabelOfKind] = {}
    elsewhere: tuple[ElsewhereFigures, ...] = ()

    def on(self, kind: str) -> "Label":
        """The label as it counts on a picture of that kind; with no figures at all where none of that kind was judged."""
        own = self.by_kind.get(kind, LabelOfKind())
        figures = {name: getattr(own, name) for name in LabelFigures.model_fields}
        return self.model_copy(update={**figures, **({} if own.telling is None else dict(own.telling))})

    def called_from(self, threshold: float) -> "Label":
        """The label as a site calls it that has chosen a threshold of its own.

        That moves who is called, not what is known: where the card's edges say absent and present with known errors, a site's wish proves
        nothing further. So the uncertain band stays, and is only ever widened to hold the threshold. Below the card's band, whoever is
        called is uncertain, and nobody called is absent; above it, whoever is not called is uncertain, and nobody is present uncalled.
        The figures at the card's own threshold are not those at the site's, and go; whether it is validated depends on neither.
        """
        return self.model_copy(
            update={
                "threshold": threshold,
                "uncertain_from": min(self.uncertain_from, threshold),
                "uncertain_to": max(self.uncertain_to, threshold),
                "sensitivity": None,
                "specificity": None,
            }
        )


class StructureFigures(_Strict):
    """How well a structure was outlined on pictures of other patients.

    Mean Dice (0…1) over ``pictures`` with an expert's outline, its 95 % interval over patients, and the mean distance between the two
    outlines as a share of the picture's longer side.
    """

    pictures: int = Field(default=0, ge=0)
    dice: Probability | None = None
    dice_ci95: Interval | None = None
    surface_distance: float | None = None

    @property
    def validated(self) -> bool:
        """Whether an expert's outlines of enough pictures stand behind it."""
        return self.pictures >= POSITIVES_TO_COUNT_AS_VALIDATED and self.dice is not None


class Structure(Output, StructureFigures):
    """Something outlined: channel of ``map``, (1, structures, rows, columns) logits of each pixel.

    Its number among ``logits`` is the log odds of the share of the canvas that it covers. ``shown`` is False for one that only helps
    another. ``by_kind`` as in ``Label``.
    """

    shown: bool = True
    by_kind: Mapping[str, StructureFigures] = {}

    def on(self, kind: str) -> "Structure":
        """See ``Label.on``."""
        return self.model_copy(update=dict(self.by_kind.get(kind, StructureFigures())))


class GradeFigures(_Strict):
    """How well a score was given on ``pictures`` of other patients.

    Mean absolute error in points with its 95 % interval over patients; ``readers_mae`` is how far two human readers lie apart on them,
    None where only one score is known.
    """

    pictures: int = Field(default=0, ge=0)
    mae: float | None = None
    mae_ci95: Interval | None = None
    readers_mae: float | None = None

    @property
    def validated(self) -> bool:
        """Whether enough graded pictures stand behind it."""
        return self.pictures >= POSITIVES_TO_COUNT_AS_VALIDATED and self.mae is not None


class Grade(Output, GradeFigures):
    """A score from 0 to ``maximum``: the calibrated output is the share of the maximum. ``by_kind`` as in ``Label``."""

    maximum: float = Field(gt=0)
    by_kind: Mapping[str, GradeFigures] = {}

    def on(self, kind: str) -> "Grade":
        """See ``Label.on``."""
        return self.model_copy(update=dict(self.by_kind.get(kind, GradeFigures())))


class Angle(_Strict):
    """How well an angle was measured on the outlines of other patients, of whom ``pictures`` are no simulations.

    Mean absolute error in degrees with its 95 % interval over patients. ``factor``: nine in ten were off by no more than so many of the
    standard deviations that their own landmarks gave them (``spinopelvic.uncertainty``).
    """

    name: str
    pictures: int = Field(default=0, ge=0)
    mae: float | None = None
    mae_ci95: Interval | None = None
    factor: float | None = Field(default=None, gt=0)

    @property
    def validated(self) -> bool:
        """Whether measurements by people on enough pictures stand behind it."""
        return self.pictures >= POSITIVES_TO_COUNT_AS_VALIDATED and self.mae is not None


class Timed(_Strict):
    """How well a time or a share was measured on the outlines of other patients' videos, of which ``videos`` are no simulations.

    Mean absolute error in its own unit with its 95 % interval over patients. ``margin``: nine in ten were off by no more than so much.
    """

    name: str
    videos: int = Field(default=0, ge=0)
    mae: float | None = None
    mae_ci95: Interval | None = None
    margin: float | None = Field(default=None, ge=0)

    @property
    def validated(self) -> bool:
        """Whether measurements by people on enough videos stand behind it."""
        return self.videos >= POSITIVES_TO_COUNT_AS_VALIDATED and self.mae is not None


class Source(_Strict):
    """A set of pictures a model was trained or validated on."""

    name: str
    licence: str
    pictures: int = Field(ge=0)
    simulated: bool = False


class Fidelity(_Strict):
    """INT8 against FP32, case by case, on validation pictures.

    ``mean_delta_p`` and ``max_delta_p`` are absolute differences of the calibrated outputs. ``score`` names the figure that both forms
    were given against the truth (``mean AUROC``, ``mean Dice``, ``mean absolute error``); ``cost_ci95`` is the paired bootstrap interval,
    over patients, of how much worse INT8 is. ``dice_to_fp32`` is the mean and the least Dice of the INT8 outlines with the FP32 ones,
    ``repaired_apart`` by how much of 0…1 a pixel of the INT8 repaired picture is off the FP32 one's, on average and on the worst picture.
    """

    runtime: Literal["openvino", "onnxruntime"]
    cases: int
    mean_delta_p: float
    max_delta_p: float
    flips_at_threshold: int
    score: str | None = None
    score_fp32: float | None = None
    score_int8: float | None = None
    cost_ci95: Interval | None = None
    dice_to_fp32: tuple[Probability, Probability] | None = None
    repaired_apart: tuple[Probability, Probability] | None = None


class Golden(_Strict):
    """A simulated picture (``picture``, an 8-bit grey PNG under golden/) with the probabilities the shipped INT8 model gave on it."""

    picture: str
    probabilities: dict[str, float]
    tolerance: float = 0.02


class Card(_Strict):
    """The contract of one model, as stored in card.json."""

    format: Literal[1] = 1
    name: str
    version: str
    title: str
    input: Input
    logits: str = "logits"
    map: str | None = "map"
    reach: bool = False
    """Whether the map has four more channels a label behind the labels' own: how far a finding reaches (``regions.regions_of``)."""
    places: bool = False
    """Whether it has one more instead: where drawn findings taught it to look for one, which the label's own number does not rest on."""
    repairs: bool = False
    """Whether the map is as fine as the picture and has two more channels at its end: by how much each pixel would change if nothing on the
    picture were broken, and the picture as it would be then, both in 0…1."""
    labels: tuple[Label, ...] = ()
    structures: tuple[Structure, ...] = ()
    grades: tuple[Grade, ...] = ()
    angles: tuple[Angle, ...] = ()
    """What is measured on the structures, where those are a spine's."""
    watched: tuple[Label, ...] = ()
    """What is told of a whole video by what was outlined on its frames: no number of the network is theirs."""
    timed: tuple[Timed, ...] = ()
    """What is measured on a whole video."""
    unlike: Output | None = None
    """How unlike its training pictures the network takes one to be, from one half up so unlike that it is not to be believed."""
    trained_on: tuple[Source, ...]
    validated_on: tuple[Source, ...]
    fidelity: tuple[Fidelity, ...]
    golden: tuple[Golden, ...]
    limits: str
    files: dict[str, str]

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Every output in the order of the network's logits: labels, structures, grades, and how unlike the picture is."""
        return (*self.labels, *self.structures, *self.grades, *(() if self.unlike is None else (self.unlike,)))

    @property
    def channels(self) -> int:
        """How many the map has."""
        labels = len(self.labels) * (1 + SIDES if self.reach else 2 if self.places else 1)
        return labels + len(self.structures) + len(self.grades) + 2 * self.repairs

    @property
    def simulated(self) -> bool:
        """Whether it learnt from drawn pictures alone."""
        return bool(self.trained_on) and all(source.simulated for source in self.trained_on)

    def on(self, kind: str) -> "Card":
        """The card as it counts on a picture of that kind: every output with its figures on such pictures alone, or with none."""
        return self.model_copy(
            update={
                "labels": tuple(label.on(kind) for label in self.labels),
                "structures": tuple(structure.on(kind) for structure in self.structures),
                "grades": tuple(grade.on(kind) for grade in self.grades),
            }
        )

    def called_from(self, thresholds: Mapping[str, float]) -> "Card":
        """The card as it counts on a site with thresholds of its own, by label; those that are not named stay as they are."""
        labels = (label.called_from(thresholds[label.name]) if label.name in thresholds else label for label in self.labels)
        return self.model_copy(update={"labels": tuple(labels)})

    def label(self, name: str) -> Label:
        """The label of that name; KeyError where there is none."""
        return _named(self.labels, name)

    def structure(self, name: str) -> Structure:
        """The structure of that name; KeyError where there is none."""
        return _named(self.structures, name)

    def grade(self, name: str) -> Grade:
        """The grade of that name; KeyError where there is none."""
        return _named(self.grades, name)


_Some = TypeVar("_Some", bound=Output)


def _named(outputs: tuple[_Some, ...], name: str) -> _Some:
    for output in outputs:
        if output.name == name:
            return output
    raise KeyError(name)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_card(folder: Path, *, verify: bool = True) -> Card:
    """Read a model folder's card and, where ``verify``, hold every file it names against its hash.

    Raises:
        ModelError: the card is missing or malformed, a file is missing or altered.
    """
    path = folder / CARD
    try:
        card = Card.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise ModelError(f"{folder.name}: no {CARD}") from None
    except ValidationError as error:
        raise ModelError(f"{folder.name}: {CARD} breaks the contract: {error}") from None
    if verify:
        for name, digest in card.files.items():
            file = folder / name
            if not file.is_file():
                raise ModelError(f"{card.name}: {name} is missing")
            if sha256_of(file) != digest:
                raise ModelError(f"{card.name}: {name} is not the file the card names")
    return card


def card_hash(folder: Path) -> str:
    """The hash a reading quotes for a model: SHA-256 of its card, which names the hashes of all its files."""
    return sha256_of(folder / CARD)
