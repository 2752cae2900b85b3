"""Readings: all results on one radiograph, written once and never changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from statistics import median

from pydantic import TypeAdapter

from edge_app.casebook.cases import new_id
from edge_app.casebook.events import EventKind, last_of, record
from edge_app.casebook.radiographs import get_radiograph, readings_side_by_side
from edge_app.clock import Stamp, now
from edge_app.database import Database, Row
from edge_app.reading.finding import Reading
from edge_app.triage import most_urgent

MOST_TOLD = 3
"""So many findings lead a reading."""
USUAL_OF, LEAST_USUAL = 20, 3
"""Readings that tell what is usual: the last ones, and how many there must be."""
_READING: TypeAdapter[Reading] = TypeAdapter(Reading)


@dataclass(frozen=True)
class StoredReading:
    """A reading in the casebook."""

    id: str
    radiograph_id: str
    reading: Reading


def _stored(row: Row) -> StoredReading:
    return StoredReading(row["id"], row["radiograph_id"], _READING.validate_json(row["body"]))


def add_reading(database: Database, radiograph_id: str, reading: Reading) -> StoredReading:
    """Write a reading; it is the next attempt of its radiograph."""
    with database.writing() as tables:
        stamp = now()
        radiograph = get_radiograph(database, radiograph_id)
        row = database.row("SELECT count(*) AS n FROM readings WHERE radiograph_id = :id", {"id": radiograph_id})
        reading_id = new_id()
        tables.table("readings").insert(
            {
                "id": reading_id,
                "radiograph_id": radiograph_id,
                "protocol": str(reading.protocol),
                "assessed": int(reading.assessed),
                "body": _READING.dump_json(reading).decode(),
                "read_ms": stamp.unix_ms,
                "attempt": (row["n"] if row else 0) + 1,
            }
        )
        outcome = "assessed" if reading.refusal is None else str(reading.refusal.reason)
        record(database, EventKind.READING_DONE, stamp, radiograph.case_id, reading_id, {"outcome": outcome, "engine": reading.engine})
    return StoredReading(reading_id, radiograph_id, reading)


def get_reading(database: Database, reading_id: str) -> StoredReading:
    """The reading of that id. KeyError where there is none."""
    row = database.row("SELECT * FROM readings WHERE id = :id", {"id": reading_id})
    if row is None:
        raise KeyError(reading_id)
    return _stored(row)


def reading_of(database: Database, radiograph_id: str) -> StoredReading | None:
    """The newest reading of a radiograph."""
    row = database.row("SELECT * FROM readings WHERE radiograph_id = :id ORDER BY attempt DESC LIMIT 1", {"id": radiograph_id})
    return None if row is None else _stored(row)


def together(database: Database, stored: StoredReading) -> Reading:
    """What a picture's readings by every protocol say together, the given one leading: no hospital loses a pneumothorax to a second look.

    Those that were not assessed say nothing, unless it is the given one. Of a finding that two of them tell, the given one's word counts.
    """
    reading = stored.reading
    if not reading.assessed:
        return reading
    for each in readings_side_by_side(database, stored.radiograph_id):
        other = reading_of(database, each.id) if each.id != stored.radiograph_id else None
        if other is None or not other.reading.assessed:
            continue
        known, more = {finding.name for finding in reading.findings}, other.reading
        reading = replace(
            reading,
            findings=(*reading.findings, *(finding for finding in more.findings if finding.name not in known)),
            top3=tuple(dict.fromkeys((*reading.top3, *more.top3)))[:MOST_TOLD],
            urgency=most_urgent(*(one for one in (reading.urgency, more.urgency) if one is not None)),
            measurements={**more.measurements, **reading.measurements},
            severity=reading.severity or more.severity,
            unfamiliar=reading.unfamiliar or more.unfamiliar,
        )
    return reading


def usual_reading_s(database: Database) -> float | None:
    """What it has taken on this box of late from a picture's reception to its reading, in the middle; None where too few were read."""
    rows = database.rows(
        """SELECT e.mono_ms - r.received_mono_ms AS took_ms FROM readings d JOIN radiographs r ON r.id = d.radiograph_id
           JOIN events e ON e.subject_id = d.id AND e.kind = :kind
           WHERE d.attempt = 1 AND d.assessed = 1 AND e.boot = r.received_boot ORDER BY d.rowid DESC LIMIT :most""",
        {"kind": str(EventKind.READING_DONE), "most": USUAL_OF},
    )
    return median(row["took_ms"] for row in rows) / 1000 if len(rows) >= LEAST_USUAL else None


def newest_readings(database: Database, case_ids: Iterable[str]) -> Mapping[str, str]:
    """Which reading of each radiograph of many cases is the newest, by radiograph; one that was not read yet is not there."""
    sql = """SELECT d.radiograph_id, d.id FROM readings d JOIN radiographs r ON r.id = d.radiograph_id
             WHERE r.case_id IN (SELECT value FROM json_each(:ids))
             AND d.attempt = (SELECT max(attempt) FROM readings WHERE radiograph_id = d.radiograph_id)"""
    return {row["radiograph_id"]: row["id"] for row in database.rows_of(sql, case_ids)}


def read_at(database: Database, reading_id: str) -> Stamp:
    """When a reading was written. KeyError where there is none."""
    stamp = last_of(database, EventKind.READING_DONE, reading_id)
    if stamp is None:
        raise KeyError(reading_id)
    return stamp


def next_to_dispatch(database: Database) -> StoredReading | None:
    """The oldest reading the hospitals have not been asked with: assessed ones of pictures as they came, others where the crew asked."""
    row = database.row(
        """SELECT d.* FROM readings d JOIN radiographs r ON r.id = d.radiograph_id
           WHERE d.dispatched_ms IS NULL AND (d.assessed = 1 AND r.edited_from IS NULL OR r.send_unread = 1) ORDER BY d.rowid LIMIT 1"""
    )
    return None if row is None else _stored(row)


def newest_dispatched(database: Database, case_id: str) -> StoredReading | None:
    """The reading of a case's patient, in whichever of its cases, that the hospitals were told of last."""
    row = database.row(
        """SELECT d.* FROM readings d JOIN radiographs r ON r.id = d.radiograph_id JOIN cases c ON c.id = r.case_id
           WHERE c.patient_id = (SELECT patient_id FROM cases WHERE id = :id) AND d.dispatched_ms IS NOT NULL
           ORDER BY d.rowid DESC LIMIT 1""",
        {"id": case_id},
    )
    return None if row is None else _stored(row)


def is_dispatched(database: Database, case_id: str) -> bool:
    """Whether hospitals were asked, or can be asked, with a reading of this case's patient."""
    return newest_dispatched(database, case_id) is not None


def mark_dispatched(database: Database, reading_id: str) -> None:
    """The offers that carry this reading are in the outbox."""
    with database.writing() as tables:
        tables.table("readings").update(reading_id, {"dispatched_ms": now().unix_ms})
