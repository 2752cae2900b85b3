"""The figures of a reading: what was outlined, measured and graded, how far each is to be trusted, and why a part is missing."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge_app.reading.anatomy import AIRWAYS, FEMORAL_HEADS, HEART, LEFT_LUNG, RIGHT_LUNG, SACRUM, VERTEBRAE
from edge_app.reading.chest_measurements import (
    CARDIOTHORACIC_RATIO,
    LEFT_LUNG_AREA,
    LUNG_AREA_RATIO,
    MM,
    MM_AT_DETECTOR,
    RATIO,
    RIGHT_LUNG_AREA,
    SHARE_OF_PICTURE,
    SHARE_OF_THORAX,
    SQUARE_CM,
    SQUARE_CM_AT_DETECTOR,
    TRACHEAL_DEVIATION,
    TRACHEAL_DEVIATION_MM,
)
from edge_app.reading.finding import ANATOMY, SEVERITY, Gap, Measurement, Reading, Score, Severity
from edge_app.reading.protocols.neonatal_rds import GRADE, RDS_GRADE
from edge_app.reading.protocols.on_lungs import MAP_WITHIN_LUNGS
from edge_app.reading.protocols.swallow import MEASURED as OF_SWALLOW
from edge_app.reading.protocols.swallow import PERCENT, SECONDS
from edge_app.reading.spinopelvic import ANGLES, DEGREES
from edge_app.screens.formatting import degrees, most_off, percent
from edge_app.screens.overlay import proven

STRUCTURES = (RIGHT_LUNG, LEFT_LUNG, HEART, AIRWAYS, *VERTEBRAE, SACRUM, FEMORAL_HEADS)
MEASURED = (
    *(RDS_GRADE, CARDIOTHORACIC_RATIO, TRACHEAL_DEVIATION, RIGHT_LUNG_AREA, LEFT_LUNG_AREA, LUNG_AREA_RATIO, MAP_WITHIN_LUNGS),
    *ANGLES,
    *OF_SWALLOW,
)
ZONE_LETTERS = "ABCDEF"
_ROMAN = ("I", "II", "III", "IV")
# A unit's code in the catalogues, and how many decimals its numbers deserve.
UNITS: Mapping[str, tuple[str, int]] = {
    RATIO: ("ratio", 2),
    SQUARE_CM: ("square_cm", 0),
    SQUARE_CM_AT_DETECTOR: ("square_cm_detector", 0),
    SHARE_OF_PICTURE: ("share_of_picture", 1),
    SHARE_OF_THORAX: ("share_of_thorax", 1),
    GRADE: ("grade", 0),
    MM: ("mm", 0),
    MM_AT_DETECTOR: ("mm_detector", 0),
    DEGREES: ("degrees", 0),
    SECONDS: ("seconds", 2),
    PERCENT: ("percent", 0),
}
_WITH_MARGIN = frozenset({DEGREES, SECONDS, PERCENT})


class Side(StrEnum):
    """To which of the patient's sides something lies, as far as the number that is shown can tell."""

    RIGHT = "right"
    LEFT = "left"
    NEITHER = "neither"


class Posture(StrEnum):
    """Whether the picture was taken so that the heart's usual limit holds for it."""

    FROM_BEHIND = "from_behind"
    FROM_THE_FRONT = "from_the_front"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class OutlineRow:
    """A structure: the overlap expected on this picture and reached on other patients, in per cent, or why it is missing."""

    name: str
    trust_percent: int | None = None
    dice_percent: int | None = None
    validated: bool = False
    proven: bool = False
    gap: Gap | None = None


@dataclass(frozen=True)
class Number:
    """A number as it is written, with the code of its unit."""

    text: str
    unit: str


@dataclass(frozen=True)
class MeasureRow:
    """A measurement, or why it is missing. ``also`` is the same in another unit; ``side`` is of what can lie to either.

    ``margin`` is how far off it was at most on nine in ten pictures, where that is known.
    """

    name: str
    number: Number | None = None
    also: Number | None = None
    side: Side | None = None
    trust_percent: int | None = None
    validated: bool = False
    gap: Gap | None = None
    margin: str | None = None


@dataclass(frozen=True)
class ScoreRow:
    """A severity score, its mean absolute error on other patients, and how far two human readers lie apart."""

    name: str
    value: str
    maximum: int
    mae: str | None
    readers_mae: str | None
    validated: bool


@dataclass(frozen=True)
class ZoneView:
    """A zone of the lungs. ``step`` 0…3 is the whole grade nearest to its value and chooses the pattern."""

    letter: str
    value: str
    step: int
    validated: bool


@dataclass(frozen=True)
class FiguresView:
    """Everything beside the findings. Where ``anatomy_gap`` or ``severity_gap`` is set, nothing of that part is there."""

    outlines: tuple[OutlineRow, ...]
    measures: tuple[MeasureRow, ...]
    scores: tuple[ScoreRow, ...]
    zones: tuple[ZoneView, ...]
    posture: Posture
    anatomy_gap: Gap | None
    severity_gap: Gap | None
    missing: int

    @property
    def heart(self) -> MeasureRow | None:
        """The cardiothoracic ratio, there or missing."""
        return next((row for row in self.measures if row.name == CARDIOTHORACIC_RATIO), None)

    @property
    def brixia(self) -> ScoreRow | None:
        """The sum of the six zones."""
        return next((row for row in self.scores if row.name == "brixia"), None)

    @property
    def grade(self) -> MeasureRow | None:
        """The grade of a newborn's respiratory distress syndrome, there or missing."""
        return next((row for row in self.measures if row.name == RDS_GRADE), None)

    @property
    def headlined(self) -> bool:
        """Whether this is a chest's reading that was to give such figures, and something is to be said of heart, grade or severity."""
        return any(part is not None for part in (self.heart, self.grade, self.brixia, self.anatomy_gap, self.severity_gap))


def figures_view(reading: Reading) -> FiguresView:
    """The figures of a reading; each part that is missing stands where it would be."""
    gaps = {missing.part: missing.reason for missing in reading.missing}
    anatomy_gap, severity_gap = gaps.pop(ANATOMY, None), gaps.pop(SEVERITY, None)
    return FiguresView(
        outlines=_outlines(reading, gaps),
        measures=_measures(reading, gaps),
        scores=() if reading.severity is None else _scores(reading.severity),
        zones=() if reading.severity is None else _zones(reading.severity.zones),
        posture=_posture(reading.view),
        anatomy_gap=anatomy_gap,
        severity_gap=severity_gap,
        missing=len(reading.missing),
    )


def _outlines(reading: Reading, gaps: Mapping[str, Gap]) -> tuple[OutlineRow, ...]:
    drawn = {outline.name: outline for outline in reading.outlines}
    rows = []
    for name in _in_order(STRUCTURES, drawn):
        outline = drawn.get(name)
        if outline is not None:
            dice = None if outline.dice is None else percent(outline.dice)
            rows.append(OutlineRow(name, percent(outline.trust), dice, outline.validated, proven(outline.validated, outline.trust)))
        elif name in gaps:
            rows.append(OutlineRow(name, gap=gaps[name]))
    return tuple(rows)


def _measures(reading: Reading, gaps: Mapping[str, Gap]) -> tuple[MeasureRow, ...]:
    measured = reading.measurements
    elsewhere = {TRACHEAL_DEVIATION_MM} if TRACHEAL_DEVIATION in measured else set()
    rows = []
    # What is missing and is no structure that this screen knows is said here, whatever its name.
    for name in _in_order(MEASURED, [*measured, *(part for part in gaps if part not in STRUCTURES)]):
        if name in elsewhere:
            continue
        if name in measured:
            also = measured.get(TRACHEAL_DEVIATION_MM) if name == TRACHEAL_DEVIATION else None
            rows.append(_measure(name, measured[name], also))
        elif name in gaps:
            rows.append(MeasureRow(name, gap=gaps[name]))
    return tuple(rows)


def _in_order(first: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *others)))


def _measure(name: str, measurement: Measurement, also: Measurement | None) -> MeasureRow:
    sided = name == TRACHEAL_DEVIATION
    return MeasureRow(
        name,
        _number(measurement, sided=sided),
        None if also is None else _number(also, sided=sided),
        _side(measurement) if sided else None,
        None if measurement.trust is None else percent(measurement.trust),
        measurement.validated,
        margin=_margin(measurement),
    )


def _number(measurement: Measurement, *, sided: bool) -> Number:
    if measurement.unit == GRADE:
        return Number(_ROMAN[min(len(_ROMAN), max(1, round(measurement.value))) - 1], UNITS[GRADE][0])
    if measurement.unit == DEGREES:
        return Number(degrees(measurement.value), UNITS[DEGREES][0])
    unit, decimals = UNITS.get(measurement.unit, (measurement.unit, 1))
    return Number(f"{abs(measurement.value) if sided else measurement.value:.{decimals}f}", unit)


def _margin(measurement: Measurement) -> str | None:
    if measurement.margin is None or measurement.unit not in _WITH_MARGIN:
        return None
    return most_off(measurement.margin, UNITS[measurement.unit][1], "°" if measurement.unit == DEGREES else "")


def _side(measurement: Measurement) -> Side:
    """Positive is to the patient's left."""
    shown = round(measurement.value, 1)
    if shown == 0:
        return Side.NEITHER
    return Side.LEFT if shown > 0 else Side.RIGHT


def _posture(view: str | None) -> Posture:
    if view == "PA":
        return Posture.FROM_BEHIND
    return Posture.FROM_THE_FRONT if view == "AP" else Posture.UNKNOWN


def _scores(severity: Severity) -> tuple[ScoreRow, ...]:
    named = (("brixia", severity.brixia), ("geographic_extent", severity.geographic_extent), ("opacity", severity.opacity))
    return tuple(
        ScoreRow(
            name,
            f"{score.value:.1f}",
            round(score.maximum),
            None if score.mae is None else f"{score.mae:.1f}",
            None if score.readers_mae is None else f"{score.readers_mae:.1f}",
            score.validated,
        )
        for name, score in named
    )


def _zones(zones: Iterable[Score]) -> tuple[ZoneView, ...]:
    return tuple(
        ZoneView(letter, f"{zone.value:.1f}", min(3, max(0, math.floor(zone.value + 0.5))), zone.validated)
        for letter, zone in zip(ZONE_LETTERS, zones, strict=True)
    )
