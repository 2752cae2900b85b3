"""The audit chain: every event of a case in order, each row sealing the one before it by its digest."""

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum

from edge_app.clock import ClockSource, Stamp
from edge_app.database import Database, Row

Detail = Mapping[str, str | int | float | bool | None]
_FIRST = "0" * 64


class EventKind(StrEnum):
    """What can happen to a case on this box."""

    CASE_OPENED = "case_opened"
    RADIOGRAPH_STORED = "radiograph_stored"
    RADIOGRAPH_REPEATED = "radiograph_repeated"
    RADIOGRAPH_EDITED = "radiograph_edited"
    RADIOGRAPH_READ_AGAIN = "radiograph_read_again"
    READING_DONE = "reading_done"
    LANDMARKS_ADJUSTED = "landmarks_adjusted"
    SEND_UNREAD_ASKED = "send_unread_asked"
    SEND_EDITED_ASKED = "send_edited_asked"
    PRE_KTAS_ENTERED = "pre_ktas_entered"
    VITALS_ENTERED = "vitals_entered"
    PATIENT_ENTERED = "patient_entered"
    START_ENTERED = "start_entered"
    CASES_MERGED = "cases_merged"
    MERGE_UNDONE = "merge_undone"
    NO_ROOM_FOUND = "no_room_found"
    OFFER_MADE = "offer_made"
    OFFER_CHANGED = "offer_changed"
    OFFER_REMINDED = "offer_reminded"
    OFFER_REPEATED = "offer_repeated"
    MESSAGE_REFUSED = "message_refused"
    LEASE_GRANTED = "lease_granted"
    LEASE_ENDED = "lease_ended"
    ARRIVED = "arrived"
    CREW_SAID = "crew_said"
    DIAGNOSIS_TOLD = "diagnosis_told"
    CASE_CLOSED = "case_closed"


_SEALED = ("kind", "case_id", "subject_id", "detail", "unix_ms", "mono_ms", "boot", "clock_source", "uncertainty_ms")


def _digest(previous: str, row: Row) -> str:
    sealed = json.dumps([previous, *(row[column] for column in _SEALED)], separators=(",", ":"))
    return hashlib.sha256(sealed.encode()).hexdigest()


def record(
    database: Database, kind: EventKind, stamp: Stamp, case_id: str | None, subject_id: str | None, detail: Detail | None = None
) -> None:
    """Append an event inside the caller's transaction. ``detail`` carries no patient data."""
    with database.writing() as tables:
        last = database.row("SELECT digest FROM events ORDER BY id DESC LIMIT 1")
        previous = last["digest"] if last else _FIRST
        row: dict[str, str | int | None] = {
            "kind": str(kind),
            "case_id": case_id,
            "subject_id": subject_id,
            "detail": json.dumps(dict(detail or {}), ensure_ascii=False, sort_keys=True),
            "unix_ms": stamp.unix_ms,
            "mono_ms": stamp.mono_ms,
            "boot": stamp.boot,
            "clock_source": str(stamp.source),
            "uncertainty_ms": stamp.uncertainty_ms,
        }
        tables.table("events").insert({**row, "previous": previous, "digest": _digest(previous, row)})


def stamp_of_event(row: Row) -> Stamp:
    """When an event happened."""
    return Stamp(row["unix_ms"], row["mono_ms"], row["boot"], ClockSource(row["clock_source"]), row["uncertainty_ms"])


def last_of(database: Database, kind: EventKind, subject_id: str) -> Stamp | None:
    """When that last happened to that subject; None where it never has."""
    row = database.row(
        "SELECT * FROM events WHERE subject_id = :id AND kind = :kind ORDER BY id DESC LIMIT 1", {"id": subject_id, "kind": str(kind)}
    )
    return None if row is None else stamp_of_event(row)


def first_broken_link(database: Database) -> int | None:
    """The id of the first event whose digest does not follow from the one before it, or None where the chain is whole."""
    previous = _FIRST
    for row in database.tables.query("SELECT * FROM events ORDER BY id"):
        if row["previous"] != previous or row["digest"] != _digest(previous, row):
            return int(row["id"])
        previous = row["digest"]
    return None
