"""Positions in the outbox: of each lease one at most that is not received, and nothing of an offer that holds no lease.

Of those that were received, the newest is on record: which it is, and when its hospital had it.
"""

from dataclasses import dataclass

from edge_app.casebook.cases import stamp_columns, stamp_of
from edge_app.casebook.events import EventKind, record
from edge_app.casebook.offers import Offer
from edge_app.clock import Stamp
from edge_app.database import Database
from edge_app.errors import MessageError
from edge_app.link.messages import Kind, decode
from edge_app.link.outbox import Waiting, quarantine
from edge_app.link.position import PositionBody

TRIES = 3
"""So often a position is sent to a hospital that takes later words and not this one: it does not know the kind yet."""
NOT_UNDERSTOOD = "not_understood"
_KIND = str(Kind.POSITION)


@dataclass(frozen=True)
class Told:
    """The newest position that is proven to be at its hospital, by its ``number`` within the lease, and since when it is there."""

    number: int
    at: Stamp


def drop_positions(database: Database) -> bool:
    """Take positions out of the outbox that concern nobody any more, received or not; whether there were any."""
    over = "kind = :kind AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.holder_offer_id = outbox.offer_id)"
    if database.row(f"SELECT 1 AS x FROM outbox WHERE {over} LIMIT 1", {"kind": _KIND}) is None:  # noqa: S608  (no value in it)
        return False
    with database.writing() as tables:
        tables.conn.execute(f"DELETE FROM outbox WHERE {over}", {"kind": _KIND})  # noqa: S608
    return True


def is_under_way(database: Database, offer_id: str) -> bool:
    """Whether a position was handed to the link and its hospital has not said that it has it. A newer one would only go behind it."""
    sql = "SELECT 1 AS x FROM outbox WHERE kind = :kind AND offer_id = :id AND received_ms IS NULL AND attempts > 0"
    return database.row(sql, {"kind": _KIND, "id": offer_id}) is not None


def give_up_where_not_understood(database: Database, offer_id: str) -> bool:
    """Send no further positions of this lease to a hospital that has taken later words and not this one; whether that is news."""
    row = database.row(
        """SELECT p.id FROM outbox p WHERE p.kind = :kind AND p.offer_id = :id AND p.received_ms IS NULL AND p.quarantined IS NULL
           AND p.attempts >= :tries AND EXISTS
               (SELECT 1 FROM outbox o WHERE o.recipient = p.recipient AND o.rowid > p.rowid AND o.received_ms IS NOT NULL)""",
        {"kind": _KIND, "id": offer_id, "tries": TRIES},
    )
    if row is not None:
        quarantine(database, row["id"], NOT_UNDERSTOOD)
    return row is not None


def next_number(database: Database, offer_id: str) -> int:
    """Take back a position that has not been sent, for a newer one that is to be queued in the same transaction; the number of that.

    Those that were sent stay in the outbox until the lease ends, so their count tells which numbers its hospital may have seen.
    """
    with database.writing() as tables:
        tables.conn.execute("DELETE FROM outbox WHERE kind = ? AND offer_id = ? AND attempts = 0", (_KIND, offer_id))
        row = database.row("SELECT count(*) AS n FROM outbox WHERE kind = :kind AND offer_id = :id", {"kind": _KIND, "id": offer_id})
    return 1 if row is None else int(row["n"]) + 1


def note_arrived(database: Database, offer: Offer, stamp: Stamp) -> None:
    """By its position the unit stands at the hospital of this lease."""
    record(database, EventKind.ARRIVED, stamp, offer.case_id, offer.id, {"token": offer.token})


def has_arrived(database: Database, offer: Offer) -> bool:
    """Whether the unit has arrived with this lease: where it drives from there concerns that hospital no more."""
    sql = "SELECT 1 AS x FROM events WHERE subject_id = :id AND kind = :kind AND detail ->> 'token' = :token"
    return database.row(sql, {"id": offer.id, "kind": str(EventKind.ARRIVED), "token": offer.token}) is not None


def note_position_there(database: Database, sent: Waiting, stamp: Stamp) -> None:
    """A position is durable at its hospital, inside the transaction in which its receipt is taken; one that is older tells nothing."""
    body = _position_in(sent) if sent.kind is Kind.POSITION else None
    if body is None:
        return
    with database.writing() as tables:
        known = database.row("SELECT token, number FROM told_positions WHERE offer_id = :id", {"id": sent.offer_id})
        if known is None or (known["token"], known["number"]) < (body.token, body.number):
            row = {"offer_id": sent.offer_id, "token": body.token, "number": body.number, **stamp_columns(stamp, "received")}
            tables.table("told_positions").upsert(row, pk="offer_id")


def _position_in(sent: Waiting) -> PositionBody | None:
    """The position in a message; None where this version cannot read what another one of this box sent."""
    try:
        body = decode(sent.body).body
    except MessageError:
        return None
    return body if isinstance(body, PositionBody) else None


def told_position(database: Database, offer: Offer) -> Told | None:
    """What the hospital of this lease has been told last; None where it has been told nothing, or where the unit has arrived."""
    row = database.row("SELECT * FROM told_positions WHERE offer_id = :id AND token = :token", {"id": offer.id, "token": offer.token})
    return None if row is None or has_arrived(database, offer) else Told(row["number"], stamp_of(row, "received"))
