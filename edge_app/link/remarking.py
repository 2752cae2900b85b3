"""Remarks at either end: written down and queued in one transaction, taken once, and how far each is proven to have come."""

from dataclasses import dataclass
from enum import StrEnum

from edge_app.clock import ClockSource, Stamp, now
from edge_app.database import Database, Row
from edge_app.link.messages import Message
from edge_app.link.outbox import put
from edge_app.link.remarks import Phrase, RemarkBody, SeenBody

MOST_OF_OFFER = 500
"""Remarks on one request; somebody who talks for days must not fill the disk."""


class Reach(StrEnum):
    """How far a remark of ours is proven to have come."""

    QUEUED = "queued"
    AT_BROKER = "at_broker"
    THERE = "there"
    READ = "read"


@dataclass(frozen=True)
class Remark:
    """One remark. ``said`` is when it was written down here; ``reach`` of one of ours, ``seen_ms`` when it was read, as far as is known."""

    id: str
    offer_id: str
    mine: bool
    body: RemarkBody
    said: Stamp
    seen_ms: int | None
    reach: Reach | None


def _remark(row: Row) -> Remark:
    mine = bool(row["mine"])
    reached = ((Reach.READ, "seen_ms"), (Reach.THERE, "received_ms"), (Reach.AT_BROKER, "at_broker_ms"))
    reach = next((reach for reach, column in reached if row[column] is not None), Reach.QUEUED)
    said = Stamp(row["said_ms"], row["said_mono_ms"], row["said_boot"], ClockSource.UNSYNCHRONISED, None)
    body = RemarkBody.model_validate_json(row["body"])
    return Remark(row["id"], row["offer_id"], mine, body, said, row["seen_ms"], reach if mine else None)


def _write(database: Database, message_id: str, body: RemarkBody, *, mine: bool) -> None:
    stamp = now()
    row = {"id": message_id, "offer_id": body.offer_id, "mine": int(mine), "body": body.model_dump_json()}
    said = {"said_ms": stamp.unix_ms, "said_mono_ms": stamp.mono_ms, "said_boot": stamp.boot}
    with database.writing() as tables:
        tables.table("remarks").insert({**row, **said})


def say(
    database: Database,
    me: str,
    recipient: str,
    offer_id: str,
    *,
    phrase: Phrase | None = None,
    number: int | None = None,
    text: str | None = None,
    who: str | None = None,
) -> None:
    """Say something about a request; it is in the outbox when this returns. ValueError where it says nothing, or too much."""
    body = RemarkBody(offer_id=offer_id, phrase=phrase, number=number, text=text, who=who, at_ms=now().unix_ms)
    with database.writing():
        _write(database, put(database, me, recipient, offer_id, body).id, body, mine=True)


def take_remark(database: Database, message: Message, body: RemarkBody, allowed: tuple[Phrase, ...]) -> str | None:
    """Write down what the other end says; why it is not taken where it is not."""
    if body.phrase is not None and body.phrase not in allowed:
        return "a phrase that is ours to say"
    with database.writing():
        row = database.row("SELECT count(*) AS n FROM remarks WHERE offer_id = :id", {"id": body.offer_id})
        if row is not None and row["n"] >= MOST_OF_OFFER:
            return "too many remarks"
        _write(database, message.id, body, mine=False)
    return None


def take_seen(database: Database, body: SeenBody) -> bool:
    """The other end has read a remark of ours; whether there is such a one."""
    with database.writing() as tables:
        changed = tables.conn.execute(
            "UPDATE remarks SET seen_ms = coalesce(seen_ms, ?) WHERE id = ? AND offer_id = ? AND mine = 1",
            (now().unix_ms, body.of, body.offer_id),
        ).rowcount
    return bool(changed)


def note_read(database: Database, me: str, recipient: str, offer_id: str) -> None:
    """A person has read what the other end said of this request; told to it once for each remark."""
    with database.writing() as tables:
        rows = database.rows("SELECT id FROM remarks WHERE offer_id = :id AND mine = 0 AND seen_ms IS NULL", {"id": offer_id})
        at_ms = now().unix_ms
        for row in rows:
            tables.table("remarks").update(row["id"], {"seen_ms": at_ms})
            put(database, me, recipient, offer_id, SeenBody(offer_id=offer_id, of=row["id"], at_ms=at_ms))


def remarks_of(database: Database, offer_id: str) -> tuple[Remark, ...]:
    """What was said about a request, in the order in which it was written down here."""
    rows = database.rows(
        """SELECT r.*, o.at_broker_ms, o.received_ms FROM remarks r LEFT JOIN outbox o ON o.id = r.id
           WHERE r.offer_id = :id ORDER BY r.rowid""",
        {"id": offer_id},
    )
    return tuple(map(_remark, rows))


def unread_by_offer(database: Database) -> dict[str, int]:
    """How many remarks of the other end nobody has read, by request."""
    rows = database.rows("SELECT offer_id, count(*) AS n FROM remarks WHERE mine = 0 AND seen_ms IS NULL GROUP BY offer_id")
    return {row["offer_id"]: row["n"] for row in rows}
