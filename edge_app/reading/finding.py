"""What a reading says. There is no default here that means healthy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from edge_app.errors import Refusal


class Protocol(StrEnum):
    """How to read one body part."""

    CHEST = "chest"
    TUBERCULOSIS = "tuberculosis"
    NEONATAL_RDS = "neonatal_rds"
    NASAL_BONE = "nasal_bone"
    LIMB_FRACTURE = "limb_fracture"
    SWALLOW = "swallow"
    SPINE = "spine"


class Decision(StrEnum):
    """What the box says of one finding."""

    PRESENT = "present"
    ABSENT = "absent"
    UNCERTAIN = "uncertain"


class Urgency(StrEnum):
    """Imaging urgency, the box's own; never the crew's Pre-KTAS. NONE means no urgent finding was found, not health."""

    IMMEDIATE = "immediate"
    URGENT = "urgent"
    DELAYED = "delayed"
    NONE = "none"


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the original picture, origin top left."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Finding:
    """One finding with its pedigree: ``positives`` is how many positive pictures the model was validated on for it."""

    name: str
    probability: float
    decision: Decision
    threshold: float
    positives: int
    validated: bool
    box: Box | None = None


@dataclass(frozen=True)
class NotAssessed:
    """The picture, or a protocol on it, was not assessed. Never the same as clear. ``detail`` carries no patient data."""

    reason: Refusal
    detail: str


@dataclass(frozen=True)
class GateVerdict:
    """What kind of picture it is, and how sure."""

    kind: str
    probability: float


@dataclass(frozen=True)
class Timing:
    """Milliseconds, by the monotonic clock."""

    decode_ms: float = 0.0
    gate_ms: float = 0.0
    infer_ms: float = 0.0
    total_ms: float = 0.0


@dataclass(frozen=True)
class Measurement:
    """A number with its unit."""

    value: float
    unit: str


@dataclass(frozen=True)
class Reading:
    """All results of one protocol on one picture. Exactly one of ``findings`` (with ``refusal`` None) or ``refusal`` speaks.

    ``maps`` name files (8-bit PNG, the picture's own size) with the activation map of a finding; ``masks`` likewise structures.
    ``rows`` and ``columns`` are the original picture's, known where it could be decoded.
    ``models`` maps a model's name to the SHA-256 of its card; ``engine`` says what ran it and why.
    """

    protocol: Protocol
    refusal: NotAssessed | None
    gate: GateVerdict | None
    findings: tuple[Finding, ...]
    urgency: Urgency | None
    top3: tuple[str, ...]
    timing: Timing
    models: Mapping[str, str]
    engine: str
    rows: int | None = None
    columns: int | None = None
    measurements: Mapping[str, Measurement] = field(default_factory=dict)
    maps: Mapping[str, Path] = field(default_factory=dict)
    masks: Mapping[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Keep law 1: a refusal carries no finding and no urgency; an assessment carries an urgency."""
        if self.refusal is not None and (self.findings or self.urgency is not None or self.top3):
            raise ValueError("a reading that was not assessed cannot carry findings, top three or urgency")
        if self.refusal is None and self.urgency is None:
            raise ValueError("an assessed reading must carry an urgency")

    @property
    def assessed(self) -> bool:
        """Whether the picture was assessed at all."""
        return self.refusal is None
