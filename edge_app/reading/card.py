"""A model's contract: what goes in, what comes out, what it was trained and validated on, and the hashes of its files."""

import hashlib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge_app.errors import ModelError

CARD = "card.json"
OPENVINO_MODEL = "model.xml"
OPENVINO_WEIGHTS = "model.bin"
ONNX_MODEL = "model.onnx"
FP32_MODEL = "reference_fp32.onnx"
GOLDEN = "golden"
POSITIVES_TO_COUNT_AS_VALIDATED = 20

Probability = Annotated[float, Field(ge=0.0, le=1.0)]


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
    channels: Literal[1] = 1
    mean: float
    std: float = Field(gt=0)


class Label(_Strict):
    """One output of the network with its threshold, calibration and validation figures.

    ``threshold`` is on the calibrated probability; between ``uncertain_from`` and ``uncertain_to`` the box says uncertain.
    Figures are on validation pictures of other patients than those trained on; ``auroc`` is None where it cannot be computed.
    """

    name: str
    threshold: Probability
    uncertain_from: Probability
    uncertain_to: Probability
    temperature: float = Field(default=1.0, gt=0)
    bias: float = 0.0
    positives: int = Field(ge=0)
    negatives: int = Field(ge=0)
    auroc: Probability | None = None
    auroc_ci95: tuple[Probability, Probability] | None = None
    sensitivity: Probability | None = None
    specificity: Probability | None = None

    @property
    def validated(self) -> bool:
        """Whether ``is_validated`` holds of its figures."""
        return is_validated(self.positives, self.auroc_ci95)


class Source(_Strict):
    """A set of pictures a model was trained or validated on."""

    name: str
    licence: str
    pictures: int = Field(ge=0)
    simulated: bool = False


class Fidelity(_Strict):
    """INT8 against FP32, case by case, on validation pictures: absolute differences of the calibrated probability."""

    runtime: Literal["openvino", "onnxruntime"]
    cases: int
    mean_delta_p: float
    max_delta_p: float
    flips_at_threshold: int
    mean_auroc_fp32: float | None = None
    mean_auroc_int8: float | None = None


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
    activation: Literal["sigmoid", "softmax"]
    input: Input
    logits: str = "logits"
    map: str | None = "map"
    labels: tuple[Label, ...]
    trained_on: tuple[Source, ...]
    validated_on: tuple[Source, ...]
    fidelity: tuple[Fidelity, ...]
    golden: tuple[Golden, ...]
    limits: str
    files: dict[str, str]

    def label(self, name: str) -> Label:
        """The label of that name; KeyError where there is none."""
        for label in self.labels:
            if label.name == name:
                return label
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
