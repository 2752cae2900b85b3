"""The landmarks of a spine as a doctor here has moved them, with the angles that follow: each time a row; the newest counts.

Where no doctor has, those that the crew has moved count. What the unit's box has found stays beside it. Where its picture is read anew and
other points are told, nobody has moved those yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge_app.casebook.cases import new_id, stamp_columns, stamp_of
from edge_app.clock import Stamp, now
from edge_app.database import Database
from edge_app.emergency_room.requests import get_request
from edge_app.link.decision import DecisionBody
from edge_app.reading.adjusting import DEGREES, POINTS, adjusted, is_adjustable, moved_points
from edge_app.reading.finding import Landmark, Line, Measurement, Point, Reading, Timing
from edge_app.reading.spinopelvic import ANGLES, LANDMARKS, RESTS_ON, lines
from edge_app.reading.spinopelvic import DEGREES as UNIT


@dataclass(frozen=True)
class DoctorsPoints:
    """Every point as somebody here has left them, in pixels of the picture that was read, and the angles as they were then, in degrees."""

    id: str
    by: str | None
    made: Stamp
    points: Mapping[str, Point]
    angles: Mapping[str, float]


def told_reading(decision: DecisionBody) -> Reading | None:
    """What a unit has told of angles and of what they rest on, as its box has read it; None where it has told of none."""
    if decision.refusal is not None or decision.urgency is None or not any(line.name in ANGLES for line in decision.measures):
        return None
    told = decision.landmarks
    points = {} if told is None else _named(told.points)
    landmarks = {name: Landmark(*at, 0.0) for name, at in points.items()}
    return Reading(
        protocol=decision.protocol,
        refusal=None,
        gate=None,
        findings=(),
        urgency=decision.urgency,
        top3=(),
        timing=Timing(),
        models={},
        engine="",
        rows=None if told is None else told.rows,
        columns=None if told is None else told.columns,
        measurements={
            line.name: Measurement(
                line.tenths / 10,
                UNIT,
                validated=line.validated,
                lines=_lines(line.name, points),
                margin=None if line.margin_tenths is None else line.margin_tenths / 10,
            )
            for line in decision.measures
            if line.name in ANGLES
        },
        landmarks=landmarks,
    )


def _named(points: Sequence[tuple[int, int] | None]) -> dict[str, Point]:
    """From tenths of a pixel in the order of ``LANDMARKS``."""
    return {name: (at[0] / 10, at[1] / 10) for name, at in zip(LANDMARKS, points, strict=True) if at is not None}


def _lines(name: str, points: Mapping[str, Point]) -> tuple[Line, ...]:
    """None where the unit has told an angle and not what it rests on, as older ones do."""
    return lines(name, points) if points.keys() >= set(RESTS_ON[name]) else ()


def told_points(decision: DecisionBody) -> str:
    """The points that a unit's box has found, as text: two decisions with the same have not changed them, whatever the crew has moved."""
    return "" if decision.landmarks is None else decision.landmarks.model_dump_json(exclude={"moved", "moved_age_s"})


def crews_points(decision: DecisionBody, reading: Reading) -> Mapping[str, Point] | None:
    """Every point as the crew has left them; None where they are the box's own, or where nothing could be measured by theirs.

    ``reading`` is what ``told_reading`` makes of the decision.
    """
    told = decision.landmarks
    if told is None or told.moved is None:
        return None
    points = _named(told.moved)
    try:
        adjusted(reading, points)
    except ValueError:
        return None
    return points


def newest_points(database: Database, offer_id: str, decision: DecisionBody) -> DoctorsPoints | None:
    """Those that count; None where the points that the unit has told with that decision are as it told them."""
    row = database.row(
        "SELECT * FROM adjustments WHERE offer_id = :id AND told = :told ORDER BY rowid DESC LIMIT 1",
        {"id": offer_id, "told": told_points(decision)},
    )
    if row is None:
        return None
    points, angles = POINTS.validate_json(row["landmarks"]), DEGREES.validate_json(row["angles"])
    return DoctorsPoints(row["id"], row["made_by"], stamp_of(row, "made"), points, angles)


def adjust(database: Database, offer_id: str, points: Mapping[str, Point], by: str | None = None) -> DoctorsPoints:
    """Keep points as a doctor has left them; durable when this returns. What they have left so already is not kept twice.

    Raises:
        KeyError: no such request. ValueError: as in ``adjusted``, or nothing was ever moved. Nothing is written then.
    """
    with database.writing() as tables:
        decision, stamp = get_request(database, offer_id).decision, now()
        reading = told_reading(decision)
        if reading is None or not is_adjustable(reading):
            raise ValueError("no landmarks were told with that request")
        degrees = {name: own.value for name, own in adjusted(reading, points).measurements.items()}
        known = newest_points(database, offer_id, decision)
        # The box's own are a choice of their own where the crew has left others.
        if known is None and not moved_points(reading, points) and crews_points(decision, reading) is None:
            raise ValueError("no landmark was moved")
        if known is not None and (known.points, known.by) == (points, by):
            return known
        made = DoctorsPoints(new_id(), by, stamp, dict(points), degrees)
        row = {"id": made.id, "offer_id": offer_id, "told": told_points(decision), "made_by": by, **stamp_columns(stamp, "made")}
        texts = {"landmarks": POINTS.dump_json(dict(points)).decode(), "angles": DEGREES.dump_json(degrees).decode()}
        tables.table("adjustments").insert({**row, **texts})
    return made
