"""What people write by hand of a classifier that they bring as ONNX: what it wants, what each of its numbers is, whose it is."""

import json
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from edge_app.reading.gate import GATE_MODEL
from edge_app.reading.protocols.chest import ANATOMY_MODEL, CHEST_FINDINGS, CHEST_MODEL, SEVERITY_MODEL
from export.trained_elsewhere import DoesNotFitError

Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
_OF_OTHER_FORM = (GATE_MODEL, ANATOMY_MODEL, SEVERITY_MODEL)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class HandInput(_Strict):
    """How the network wants a picture: (1, channels, side, side), letterboxed with black, each channel (value − mean) / std.

    ``black`` and ``white`` are the values that black and white have before that: 0 and 1, 0 and 255, −1024 and 1024. ``mean`` and ``std``
    have one number a channel; those of a grey picture's three channels may differ.
    """

    side: int = Field(ge=32, le=2048)
    channels: Literal[1, 3]
    black: float = Field(allow_inf_nan=False)
    white: float = Field(allow_inf_nan=False)
    mean: tuple[Annotated[float, Field(allow_inf_nan=False)], ...]
    std: tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...]
    sees: Literal["picture", "lungs"]

    @model_validator(mode="after")
    def _hold(self) -> Self:
        if self.black >= self.white:
            raise ValueError("black is not below white")
        if not len(self.mean) == len(self.std) == self.channels:
            raise ValueError(f"mean and std have {len(self.mean)} and {len(self.std)} numbers for {self.channels} channels")
        return self

    @property
    def card_mean(self) -> float:
        """``Input.mean`` of the box's card, for a picture in 0…1: the mean over the channels."""
        return (sum(self.mean) / self.channels - self.black) / (self.white - self.black)

    @property
    def card_std(self) -> float:
        """``Input.std`` of the box's card, likewise."""
        return sum(self.std) / self.channels / (self.white - self.black)


class HandCard(_Strict):
    """``outputs`` names the network's numbers in their order; ``others`` says what becomes of those that are none of the 14 findings."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)
    version: Words
    title: Words
    licence: Words
    limits: Words
    input: HandInput
    outputs: tuple[Words, ...] = Field(min_length=1)
    gives: Literal["logits", "probabilities"]
    others: Literal["drop", "keep"] = "drop"

    @model_validator(mode="after")
    def _hold(self) -> Self:
        twice = sorted({name for name in self.outputs if self.outputs.count(name) > 1})
        if twice:
            raise ValueError(f"outputs names {', '.join(twice)} more than once")
        if self.name in _OF_OTHER_FORM:
            raise ValueError(f"{self.name} is no model of findings")
        lacking = [name for name in CHEST_FINDINGS if name not in self.outputs]
        if self.name == CHEST_MODEL and lacking:
            raise ValueError(f"{CHEST_MODEL} tells all 14 findings, and outputs lacks {', '.join(lacking)}; under another name it is taken")
        if not self.labels:
            raise ValueError("none of the outputs is one of the 14 findings, and others are dropped")
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """What the box's card names: the 14 findings in the box's order, then what else is kept."""
        findings = tuple(name for name in CHEST_FINDINGS if name in self.outputs)
        return findings if self.others == "drop" else (*findings, *(name for name in self.outputs if name not in CHEST_FINDINGS))

    @property
    def positions(self) -> tuple[int, ...]:
        """Where each label stands among the network's numbers."""
        return tuple(self.outputs.index(name) for name in self.labels)


def read_hand_card(file: Path) -> HandCard:
    """The card in a JSON or TOML file.

    Raises:
        DoesNotFitError: it cannot be read, or is not filled in as it must be; in one line.
    """
    try:
        text = file.read_text(encoding="utf-8")
        # Dates that TOML has and JSON has not become text: a version may look like one.
        return HandCard.model_validate_json(json.dumps(tomllib.loads(text), default=str) if file.suffix == ".toml" else text)
    except OSError as error:
        raise DoesNotFitError(f"{file.name} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DoesNotFitError(f"{file.name} is no {file.suffix.lstrip('.').upper()}: {error}") from None
    except ValidationError as error:
        faults = [f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}".lstrip(": ") for fault in error.errors()]
        raise DoesNotFitError(f"{file.name}: {'; '.join(faults).replace('Value error, ', '')}") from None
