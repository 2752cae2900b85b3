"""What this hospital has open, limited or closed: set on the console, told to every unit that has asked here of late."""

from dataclasses import dataclass

from edge_app.casebook.cases import stamp_columns, stamp_of
from edge_app.clock import Stamp, now
from edge_app.database import Database
from edge_app.link.messages import Kind
from edge_app.link.outbox import put
from edge_app.link.status import COUNTED, Availability, Capability, StatusBody, StatusLine

MOST_UNITS = 100
"""The units that have asked last are told; one that was scrapped long ago is not."""
STALE_AFTER_S = 3600.0


@dataclass(frozen=True)
class Setting:
    """One capability as it was set last."""

    code: Capability
    availability: Availability
    free: int | None
    who: str | None
    at: Stamp


def settings_of(database: Database) -> tuple[Setting, ...]:
    """Everything that was ever set, in the order of the panel."""
    known = {row["code"]: row for row in database.rows("SELECT * FROM capabilities")}
    return tuple(
        Setting(code, Availability(row["availability"]), row["free"], row["who"], stamp_of(row, "set"))
        for code in Capability
        if (row := known.get(code)) is not None
    )


def set_capability(
    database: Database,
    me: str,
    code: Capability,
    availability: Availability | None = None,
    *,
    free: int | None = None,
    who: str | None = None,
) -> None:
    """Somebody sets one of them; what is counted is set by its number. It is in the outbox for every unit when this returns.

    Raises:
        ValueError: a number of what is not counted, no number of what is, or one that cannot be.
    """
    if (code is COUNTED) != (free is not None) or (code is COUNTED) != (availability is None):
        raise ValueError("what is counted is set by its number")
    if availability is None:
        availability = Availability.OPEN if free else Availability.CLOSED
    if free is not None and not 0 <= free <= 999:
        raise ValueError("no such number")
    with database.writing() as tables:
        row = {"code": str(code), "availability": str(availability), "free": free, "who": who, **stamp_columns(now(), "set")}
        tables.table("capabilities").upsert(row, pk="code")
        body = _status(database)
        # An older word of it that is still on its way says nothing that this one does not.
        tables.conn.execute("DELETE FROM outbox WHERE kind = ? AND received_ms IS NULL", (str(Kind.STATUS),))
        units = "SELECT unit FROM requests GROUP BY unit ORDER BY max(rowid) DESC LIMIT :most"
        for unit in database.rows(units, {"most": MOST_UNITS}):
            put(database, me, unit["unit"], "", body)


def tell_newcomer(database: Database, me: str, unit: str) -> None:
    """A unit asks: where it was told nothing of us before and there is something to tell, it is told."""
    told = database.row("SELECT 1 AS x FROM outbox WHERE kind = :kind AND recipient = :unit", {"kind": str(Kind.STATUS), "unit": unit})
    if told is None and settings_of(database):
        with database.writing():
            put(database, me, unit, "", _status(database))


def _status(database: Database) -> StatusBody:
    """All that is set, as old as it is now, with a time that only grows."""
    stamp = now()
    with database.writing() as tables:
        last = database.row("SELECT at_ms FROM told_status")
        at_ms = stamp.unix_ms if last is None else max(stamp.unix_ms, last["at_ms"] + 1)
        tables.table("told_status").upsert({"id": 1, "at_ms": at_ms}, pk="id")
    lines = tuple(
        StatusLine(code=one.code, availability=one.availability, free=one.free, age_s=int(stamp.seconds_since(one.at)), who=one.who)
        for one in settings_of(database)
    )
    return StatusBody(at_ms=at_ms, lines=lines)
