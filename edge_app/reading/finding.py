"""What a reading says. There is no default here that means healthy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from edge_app.errors import Refusal
from edge_app.radiograph.video_source import Flaw as VideoFlaw


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


def is_called(decision: Decision, probability: float, threshold: float) -> bool:
    """Whether a finding is present, or uncertain at its threshold: what is uncertain below it is not excluded, and no more."""
    return decision is Decision.PRESENT or (decision is Decision.UNCERTAIN and probability >= threshold)


@dataclass(frozen=True)
class Finding:
    """One finding with its pedigree: ``positives`` is how many positive pictures the model was validated on for it.

    ``simulated``: the model learnt from drawn pictures alone.
    """

    name: str
    probability: float
    decision: Decision
    threshold: float
    positives: int
    validated: bool
    box: Box | None = None
    simulated: bool = False

    @property
    def called(self) -> bool:
        """See ``is_called``."""
        return is_called(self.decision, self.probability, self.threshold)


@dataclass(frozen=True)
class NotAssessed:
    """The picture, or a protocol on it, was not assessed. Never the same as clear. ``detail`` carries no patient data."""

    reason: Refusal
    detail: str


class Flaw(StrEnum):
    """What is wrong with how a picture was taken or sent. Closed: each has its retake advice on the screens."""

    TURNED_LEFT = "turned_left"
    TURNED_RIGHT = "turned_right"
    UPSIDE_DOWN = "upside_down"
    INVERTED = "inverted"
    UNDER_EXPOSED = "under_exposed"
    OVER_EXPOSED = "over_exposed"
    CUT_OFF = "cut_off"


@dataclass(frozen=True)
class FlawSeen:
    """A flaw the gate is sure enough of to speak about, and how sure. ``validated`` is False where it was only ever tried on made flaws."""

    flaw: Flaw
    probability: float
    validated: bool


@dataclass(frozen=True)
class GateVerdict:
    """What kind of picture it is, how sure, and what is wrong with how it was taken.

    ``probability`` is that of the kind; ``flaws`` the surest first.
    """

    kind: str
    probability: float
    flaws: tuple[FlawSeen, ...] = ()


@dataclass(frozen=True)
class Timing:
    """Milliseconds, by the monotonic clock."""

    decode_ms: float = 0.0
    gate_ms: float = 0.0
    infer_ms: float = 0.0
    total_ms: float = 0.0


Point = tuple[float, float]
"""x and y in pixels of the original picture, origin top left."""


@dataclass(frozen=True)
class Line:
    """A straight line of a measurement as it is drawn on the picture; ``name`` says which ("heart_right", "thorax", …)."""

    name: str
    start: Point
    end: Point


@dataclass(frozen=True)
class Landmark:
    """A point that measurements rest on, in pixels of the original picture.

    ``spread`` is one standard deviation of its place, ``radius`` that of the circle whose middle it is.
    """

    x: float
    y: float
    spread: float
    radius: float | None = None

    @property
    def at(self) -> Point:
        """The point alone."""
        return self.x, self.y


@dataclass(frozen=True)
class Measurement:
    """A number with its unit, how it was measured, and how far to trust it.

    ``trust`` in 0…1 is the least agreement of the outlines it rests on with themselves (their expected Dice), or None where it rests on
    none; ``validated`` whether experts' outlines of enough pictures stand behind those. ``margin``, in the same unit, is how far off the
    value was at most on nine in ten pictures that looked as clear; None where nobody knows.
    """

    value: float
    unit: str
    trust: float | None = None
    validated: bool = False
    lines: tuple[Line, ...] = ()
    margin: float | None = None


@dataclass(frozen=True)
class Outline:
    """A structure drawn on the picture: closed polygons of its edge.

    ``trust`` in 0…1 is the Dice the network expects of it; ``dice`` what it reached with experts on pictures of other patients, None where
    there were none.
    """

    name: str
    polygons: tuple[tuple[Point, ...], ...]
    trust: float
    dice: float | None
    validated: bool


@dataclass(frozen=True)
class Score:
    """A severity score of 0…``maximum`` points.

    ``mae`` is its mean absolute error on other patients, ``readers_mae`` how far two human readers lie apart.
    """

    value: float
    maximum: float
    mae: float | None
    readers_mae: float | None
    validated: bool


@dataclass(frozen=True)
class Severity:
    """How bad the lungs look.

    Geographic extent (0–8) and opacity (0–6) as Cohen et al. 2020; Brixia total (0–18) and zones (0–3 each) as Borghesi and Maroldi 2020:
    A, B, C are the upper, middle and lower zone of the patient's right lung, D, E, F those of the left.
    """

    geographic_extent: Score
    opacity: Score
    brixia: Score
    zones: tuple[Score, Score, Score, Score, Score, Score]


@dataclass(frozen=True)
class KeyFrame:
    """A frame of a video that shows what it is named by: an event, a finding, or residue."""

    name: str
    number: int


@dataclass(frozen=True)
class Film:
    """A video that was followed frame by frame.

    ``times_s`` are those of its frames, from the first. ``passages`` are the events of each passage through it, in order: the number of the
    frame that first shows each, by name. ``key_frames`` are in order, ``still`` is the frame that stands for all where there is room for
    one. ``outlines`` names a file (JSON) with what was outlined on every frame. ``flaws`` say what is wrong with the video, which promised
    ``frames_told``.
    """

    times_s: tuple[float, ...]
    passages: tuple[Mapping[str, int], ...]
    key_frames: tuple[KeyFrame, ...]
    still: int
    outlines: Path | None = None
    flaws: tuple[VideoFlaw, ...] = ()
    frames_told: int | None = None

    def second(self, number: int) -> float | None:
        """When a frame was taken, from the first; None where the video does not say."""
        return None if VideoFlaw.RATE_ASSUMED in self.flaws else self.times_s[number]


class Gap(StrEnum):
    """Why a part of an assessed reading is missing. Closed: each value has its own words on the screens."""

    NO_MODEL = "no_model"
    MODEL_FAILED = "model_failed"
    NOT_FOUND = "not_found"
    NOT_TRUSTED = "not_trusted"
    CUT_OFF = "cut_off"
    NOT_MEASURABLE = "not_measurable"
    NEEDS_ANOTHER = "needs_another"


ANATOMY = "anatomy"
SEVERITY = "severity"


@dataclass(frozen=True)
class Missing:
    """A part that an assessed reading does not have, and why; never the same as nothing seen there.

    ``part`` is ANATOMY (no outline and no measurement at all), SEVERITY, or the name of one outline or measurement.
    ``detail`` is technical and free of patient data.
    """

    part: str
    reason: Gap
    detail: str


@dataclass(frozen=True)
class Reading:
    """All results of one protocol on one picture. Exactly one of ``findings`` (with ``refusal`` None) or ``refusal`` speaks.

    ``maps`` name files (8-bit PNG, the picture's own size) with the activation map of a finding; ``masks`` likewise structures.
    ``regions`` are named parts of it, and every place of a finding that may have several, the surest first. ``repaired`` name files (8-bit
    PNG) with a part of the picture as a network makes it where the finding is not there: to be shown beside that part, never in its place.
    ``landmarks`` are the points that its measurements rest on, by name, for a person to move.
    ``film`` is what was followed of a video; its pixels are those of a frame, and what lies in places lies there on its ``still``.
    ``part`` says what of the body it shows, where a protocol reads more than one part and its model tells them apart.
    ``missing`` says why outlines, measurements or the severity that its protocol gives are not there.
    ``unfamiliar`` says that the picture is unlike those that the findings' model learnt from: then every finding is uncertain. So it is
    where ``unlocated``: the part on which alone the protocol tells them, lungs or a nose, was not found.
    ``rows`` and ``columns`` are the original picture's, known where it could be decoded; ``view`` is its ViewPosition (0018,5101).
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
    regions: Mapping[str, Box] = field(default_factory=dict)
    repaired: Mapping[str, Path] = field(default_factory=dict)
    landmarks: Mapping[str, Landmark] = field(default_factory=dict)
    part: str | None = None
    outlines: tuple[Outline, ...] = ()
    severity: Severity | None = None
    missing: tuple[Missing, ...] = ()
    view: str | None = None
    unfamiliar: bool = False
    unlocated: bool = False
    film: Film | None = None

    def __post_init__(self) -> None:
        """Keep law 1: a refusal carries no result and no urgency; an assessment carries an urgency."""
        results = (self.findings, self.top3, self.measurements, self.outlines)
        if self.refusal is not None and (any(results) or self.urgency is not None or self.severity is not None):
            raise ValueError("a reading that was not assessed cannot carry findings, measurements, outlines, severity or urgency")
        if self.refusal is None and self.urgency is None:
            raise ValueError("an assessed reading must carry an urgency")

    @property
    def assessed(self) -> bool:
        """Whether the picture was assessed at all."""
        return self.refusal is None

    def places(self, name: str) -> tuple[Box, ...]:
        """Every place of a finding, the surest first; none of one that has no box."""
        box = next((finding.box for finding in self.findings if finding.name == name), None)
        if box is None:
            return ()
        further = (own for region, own in self.regions.items() if region.rpartition("_")[0] == name and region.rpartition("_")[2].isdigit())
        return box, *further
