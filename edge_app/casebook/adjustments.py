"""The landmarks of a reading as a person has moved them, with the angles that follow: each time a row, never changed; the newest counts.

A picture that is read anew starts without any.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from edge_app.casebook.cases import new_id, stamp_columns, stamp_of
from edge_app.casebook.events import EventKind, record
from edge_app.casebook.merges import CREW
from edge_app.casebook.radiographs import get_radiograph
from edge_app.casebook.readings import get_reading
from edge_app.clock import Stamp, now
from edge_app.database import Database, Row
from edge_app.reading.adjusting import DEGREES, POINTS, adjusted, moved_points
from edge_app.reading.finding import Point
from edge_app.reading.spinopelvic import ANGLES


@dataclass(frozen=True)
class Adjustment:
    """Every point of a reading as somebody has left them, in pixels of the original, and the angles as they were then, in degrees."""

    id: str
    reading_id: str
    by: str
    made: Stamp
    points: Mapping[str, Point]
    angles: Mapping[str, float]


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
        texts = {"landmarks": POINTS.dump_json(dict(points)).decode(), "angles": DEGREES.dump_json(degrees).decode()}
        tables.table("adjustments").insert({**row, **texts})
        case_id = get_radiograph(database, stored.radiograph_id).case_id
        # The hospitals that were told the box's own points are told these beside them.
        tables.table("cases").update(case_id, {"to_tell": 1})
        # Which points, not where they are: the chain is no place for what is known of a patient.
        detail = {"reading": reading_id, "by": by, "moved": ",".join(sorted(moved))}
        record(database, EventKind.LANDMARKS_ADJUSTED, stamp, case_id, made.id, detail)
    return made


def _adjustment(row: Row) -> Adjustment:
    return Adjustment(
        row["id"],
        row["reading_id"],
        row["made_by"],
        stamp_of(row, "made"),
        POINTS.validate_json(row["landmarks"]),
        DEGREES.validate_json(row["angles"]),
    )


def newest_adjustment(database: Database, reading_id: str) -> Adjustment | None:
    """The one that counts; None where the points are still the box's own."""
    row = database.row("SELECT * FROM adjustments WHERE reading_id = :id ORDER BY rowid DESC LIMIT 1", {"id": reading_id})
    return None if row is None else _adjustment(row)
