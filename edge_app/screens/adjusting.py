"""Angles that rest on points a person can move: how they are shown, the box's own beside them, and what the large viewer needs for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from flask import get_template_attribute

from edge_app.reading.adjusting import adjusted, moved_points, own_points
from edge_app.reading.anatomy import FEMORAL_HEADS, SACRUM, VERTEBRAE
from edge_app.reading.finding import Gap, Measurement, Point, Reading
from edge_app.reading.spinopelvic import (
    ANGLES,
    HIP_1,
    HIP_2,
    L1_BACK,
    L1_FRONT,
    LANDMARKS,
    RESTS_ON,
    S1_BACK,
    S1_FRONT,
)
from edge_app.screens.formatting import degrees, most_off
from edge_app.screens.overlay import line_views

MOST_BYTES = 4096
"""So much may be posted as points; six of them take three hundred."""

# Away from the other end of its plate, and from the hips' middle, below which there is nothing to see.
_AWAY: Mapping[str, Point] = {
    L1_FRONT: (1.0, 0.0),
    L1_BACK: (-1.0, 0.0),
    S1_FRONT: (1.0, 0.0),
    S1_BACK: (-1.0, 0.0),
    HIP_1: (-0.7, 0.7),
    HIP_2: (0.7, 0.7),
}


# On which structures each point was looked for; where one of them is missing, so is what rests on the point.
_FOUND_ON: Mapping[str, tuple[str, ...]] = {
    L1_FRONT: (VERTEBRAE[0], SACRUM),
    L1_BACK: (VERTEBRAE[0], SACRUM),
    S1_FRONT: (SACRUM,),
    S1_BACK: (SACRUM,),
    HIP_1: (FEMORAL_HEADS,),
    HIP_2: (FEMORAL_HEADS,),
}


@dataclass(frozen=True)
class Hand:
    """Points as somebody has left them; ``by`` is None where nobody signs in by name, and then one of the ``people`` of this screen."""

    id: str
    by: str | None
    at_ms: int
    points: Mapping[str, Point]
    people: Literal["crew", "room"] = "crew"


@dataclass(frozen=True)
class Degrees:
    """An angle as it is written, and how far off it was at most on nine in ten pictures; None where nobody knows."""

    text: str
    margin: str | None


@dataclass(frozen=True)
class AngleView:
    """An angle by the points that are shown; ``gap`` is why there is none. ``box``: where its points were moved, what the box measured."""

    name: str
    now: Degrees | None
    gap: Gap | None
    moved: bool
    box: Degrees | None
    validated: bool


@dataclass(frozen=True)
class GripView:
    """A point to take hold of, in pixels of the original, and in which direction of the picture its grip stands off."""

    name: str
    away_x: float
    away_y: float


@dataclass(frozen=True)
class AdjustingView:
    """What the large viewer needs. ``hand`` is what was kept last; it is shown first. Both addresses take points by ``POST``.

    ``shown`` names the reading and what of it counts now: another word, and somebody has adjusted it elsewhere.
    """

    shown: str
    rows: int
    columns: int
    preview_url: str
    keep_url: str
    grips: tuple[GripView, ...]
    angles: tuple[AngleView, ...]
    box: Mapping[str, Point]
    hand: Hand | None


def _written(measurement: Measurement | None) -> Degrees | None:
    if measurement is None:
        return None
    return Degrees(degrees(measurement.value), None if measurement.margin is None else most_off(measurement.margin))


def _why(name: str, reading: Reading) -> Gap | None:
    """Why an angle is missing: that is said of itself, or of a structure on which one of its points was not found."""
    gaps = {missing.part: missing.reason for missing in reading.missing}
    lacking = [point for point in RESTS_ON[name] if point not in reading.landmarks]
    parts = (name, *(part for point in lacking for part in _FOUND_ON[point]))
    return next((gaps[part] for part in parts if part in gaps), None)


def angle_views(reading: Reading, points: Mapping[str, Point] | None = None) -> tuple[AngleView, ...]:
    """Every angle, those that are missing too, by the box's points or by these. ValueError as in ``adjusted``."""
    shown = reading if points is None else adjusted(reading, points)
    moved = frozenset[str]() if points is None else moved_points(reading, points)
    views = []
    for name in ANGLES:
        own, now = reading.measurements.get(name), shown.measurements.get(name)
        changed = not moved.isdisjoint(RESTS_ON[name])
        gap = None if now is not None else _why(name, shown)
        validated = now is not None and now.validated
        views.append(AngleView(name, _written(now), gap, changed, _written(own) if changed else None, validated))
    return tuple(views)


def adjusting_view(reading: Reading, hand: Hand | None, shown: str, preview_url: str, keep_url: str) -> AdjustingView:
    """For a reading that ``is_adjustable``."""
    box = own_points(reading)
    forwards = -1.0 if {S1_FRONT, S1_BACK} <= box.keys() and box[S1_FRONT][0] < box[S1_BACK][0] else 1.0
    grips = []
    for name in (name for name in LANDMARKS if name in box):
        x, y = _AWAY[name]
        grips.append(GripView(name, x if name in (HIP_1, HIP_2) else forwards * x, y))
    return AdjustingView(
        shown=shown,
        rows=reading.rows or 0,
        columns=reading.columns or 0,
        preview_url=preview_url,
        keep_url=keep_url,
        grips=tuple(grips),
        angles=angle_views(reading, None if hand is None else hand.points),
        box=box,
        hand=hand,
    )


def preview(reading: Reading, points: Mapping[str, Point]) -> dict[str, str]:
    """The angles and the lines by those points, drawn as the page draws them. ValueError as in ``adjusted``."""
    lines = line_views(adjusted(reading, points), by_hand=bool(moved_points(reading, points)))
    return {
        "angles": str(get_template_attribute("screens/adjusting.html", "angle_rows")(angle_views(reading, points))),
        "lines": str(get_template_attribute("screens/parts.html", "line_marks")(lines)),
    }
