"""The landmarks of a reading as a person has moved them, with the angles that follow: each time a row, never changed; the newest counts.

The reading stays as it was written, and its own points stay beside theirs. A picture that is read anew starts without any.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import AfterValidator, Field, TypeAdapter

from edge_app.casebook.cases import new_id, stamp_columns, stamp_of
from edge_app.casebook.events import EventKind, record
from edge_app.casebook.merges import CREW
from edge_app.casebook.radiographs import get_radiograph
from edge_app.casebook.readings import get_reading
from edge_app.clock import Stamp, now
from edge_app.database import Database, Row
from edge_app.reading.finding import Point, Protocol, Reading
from edge_app.reading.spinopelvic import ANGLES, HIPS, LANDMARKS, PLATE_OF_L1, PLATE_OF_S1, RESTS_ON, angles, disagreement, measured, middle

LEAST_APART = 1.0
"""Pixels of the original: between two points that are closer there is no direction."""


def _landmark(name: str) -> str:
    if name not in LANDMARKS:
        raise ValueError("no such landmark")
    return name


def _angle(name: str) -> str:
    if name not in ANGLES:
        raise ValueError("no such angle")
    return name


_Pixels = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
_POINTS: TypeAdapter[dict[str, Point]] = TypeAdapter(dict[Annotated[str, AfterValidator(_landmark)], tuple[_Pixels, _Pixels]])
_DEGREES: TypeAdapter[dict[str, float]] = TypeAdapter(
    dict[Annotated[str, AfterValidator(_angle)], Annotated[float, Field(ge=-360, le=360, allow_inf_nan=False)]]
)


@dataclass(frozen=True)
class Adjustment:
    """Every point of a reading as somebody has left them, in pixels of the original, and the angles as they were then, in degrees."""

    id: str
    reading_id: str
    by: str
    made: Stamp
    points: Mapping[str, Point]
    angles: Mapping[str, float]


def points_in(text: str | bytes) -> dict[str, Point]:
    """Points as JSON brings them, ``{"hip_1": [x, y], …}``. ValueError for what is no landmark, and no place."""
    return _POINTS.validate_json(text)


def is_adjustable(reading: Reading) -> bool:
    """Whether there are points to move, on a picture whose size is known."""
    return reading.protocol is Protocol.SPINE and bool(own_points(reading)) and reading.rows is not None and reading.columns is not None


def own_points(reading: Reading) -> dict[str, Point]:
    """Where the box itself has found those that can be moved."""
    return {name: landmark.at for name, landmark in reading.landmarks.items() if name in LANDMARKS}


def moved_points(reading: Reading, points: Mapping[str, Point]) -> frozenset[str]:
    """Which of them do not lie where the box has found them."""
    return frozenset(name for name, point in own_points(reading).items() if points[name] != point)


def adjusted(reading: Reading, points: Mapping[str, Point]) -> Reading:
    """The reading as it would be with those points: its angles, and which of them cannot be told. Everything else is the box's.

    Of an angle whose points were moved nobody knows how far off it is; that of the others stays known.

    Raises:
        ValueError: it has no points to move or others, one lies outside of the picture, or two so close that they have no direction.
    """
    if not is_adjustable(reading) or points.keys() != own_points(reading).keys():
        raise ValueError("these are not the landmarks of that reading")
    across, down = float(reading.columns or 0), float(reading.rows or 0)
    if any(not (0 <= x <= across and 0 <= y <= down) for x, y in points.values()):
        raise ValueError("a landmark lies outside of the picture")
    if _without_direction(points):
        raise ValueError("two landmarks lie in one place")
    moved = moved_points(reading, points)
    margins = {name: own.margin for name, own in reading.measurements.items() if moved.isdisjoint(RESTS_ON.get(name, ()))}
    found = {
        name: replace(own, validated=name in reading.measurements and reading.measurements[name].validated)
        for name, own in measured(points, margins, validated=False).items()
    }
    others = {name: own for name, own in reading.measurements.items() if name not in ANGLES}
    contradicted = disagreement(angles(points))
    still = tuple(gap for gap in reading.missing if gap.part not in found and (contradicted is None or gap.part != contradicted.part))
    return replace(
        reading,
        measurements={**found, **others},
        landmarks={**reading.landmarks, **{name: replace(reading.landmarks[name], x=x, y=y) for name, (x, y) in points.items()}},
        missing=still if contradicted is None else (*still, contradicted),
    )


def _without_direction(points: Mapping[str, Point]) -> bool:
    pairs = [(points[one], points[other]) for one, other in (PLATE_OF_S1, PLATE_OF_L1) if one in points and other in points]
    if all(name in points for name in (*PLATE_OF_S1, *HIPS)):
        plate, hips = (middle(points[one], points[other]) for one, other in (PLATE_OF_S1, HIPS))
        pairs.append((plate, hips))
    return any(math.dist(one, other) < LEAST_APART for one, other in pairs)


def adjust(database: Database, reading_id: str, points: Mapping[str, Point], by: str = CREW) -> Adjustment:
    """Keep points as somebody has left them; durable when this returns. What they have left so already is not kept twice.

    Raises:
        KeyError: no such reading. ValueError: as in ``adjusted``, or nothing was ever moved. Nothing is written then.
    """
    with database.writing() as tables:
        stored, stamp = get_reading(database, reading_id), now()
        degrees = {name: own.value for name, own in adjusted(stored.reading, points).measurements.items() if name in ANGLES}
        known, moved = newest_adjustment(database, reading_id), moved_points(stored.reading, points)
        if known is None and not moved:
            raise ValueError("no landmark was moved")
        if known is not None and (known.points, known.by) == (points, by):
            return known
        made = Adjustment(new_id(), reading_id, by, stamp, dict(points), degrees)
        row = {"id": made.id, "reading_id": reading_id, "made_by": by, **stamp_columns(stamp, "made")}
        texts = {"landmarks": _POINTS.dump_json(dict(points)).decode(), "angles": _DEGREES.dump_json(degrees).decode()}
        tables.table("adjustments").insert({**row, **texts})
        # Which points, not where they are: the chain is no place for what is known of a patient.
        detail = {"reading": reading_id, "by": by, "moved": ",".join(sorted(moved))}
        record(database, EventKind.LANDMARKS_ADJUSTED, stamp, get_radiograph(database, stored.radiograph_id).case_id, made.id, detail)
    return made


def _adjustment(row: Row) -> Adjustment:
    return Adjustment(
        row["id"],
        row["reading_id"],
        row["made_by"],
        stamp_of(row, "made"),
        _POINTS.validate_json(row["landmarks"]),
        _DEGREES.validate_json(row["angles"]),
    )


def newest_adjustment(database: Database, reading_id: str) -> Adjustment | None:
    """The one that counts; None where the points are still the box's own."""
    row = database.row("SELECT * FROM adjustments WHERE reading_id = :id ORDER BY rowid DESC LIMIT 1", {"id": reading_id})
    return None if row is None else _adjustment(row)
