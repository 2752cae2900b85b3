"""What is proven to have come of the pictures for a hospital: each receipt is a row, from which share and pace follow."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge_app.casebook.cases import stamp_columns, stamp_of
from edge_app.casebook.offers import Offer, OfferState
from edge_app.clock import Stamp
from edge_app.database import Database
from edge_app.errors import MessageError
from edge_app.link.arriving import LAST, Arrival, Arriving, arriving, to_the_second
from edge_app.link.messages import Kind, PartBody, decode
from edge_app.link.outbox import Priority, Waiting

WORTH_SHOWING_S = 3.0
"""A small picture is through before anybody could read how far it is."""
_SMALL = (Kind.REGION, Kind.PREVIEW)


@dataclass(frozen=True)
class _Small:
    """A region or a preview that waits for its receipt."""

    offer_id: str
    kind: Kind
    size_bytes: int


def note_picture_there(database: Database, sent: Waiting, stamp: Stamp) -> None:
    """A picture, or a part of one, is durable at its hospital. Inside the transaction in which its receipt is taken.

    A part counts only where it was sent since the hospital last said what it has: before that, it may have thrown the part away.
    """
    if sent.kind not in (*_SMALL, Kind.PART):
        return
    part = _part_of(sent) if sent.kind is Kind.PART else None
    if sent.kind is Kind.PART and (part is None or not _is_of_transfer(database, part)):
        return
    with database.writing() as tables:
        queue = database.row("SELECT rowid AS own, (SELECT max(rowid) FROM outbox) AS last FROM outbox WHERE id = :id", {"id": sent.id})
        before = database.row("SELECT queue_end FROM picture_receipts ORDER BY rowid DESC LIMIT 1")
        if queue is None:
            return
        tables.table("picture_receipts").insert(
            {
                "message_id": sent.id,
                "offer_id": sent.offer_id,
                "kind": str(sent.kind),
                "sha256": None if part is None else part.sha256,
                "number": None if part is None else part.number,
                "size_bytes": len(sent.body) if part is None else len(part.content),
                "waited": int(before is not None and queue["own"] <= before["queue_end"]),
                "queue_end": queue["last"],
                **stamp_columns(stamp, "received"),
            }
        )


def _part_of(sent: Waiting) -> PartBody | None:
    """The part in a message; None where this version cannot read what another one of this box sent."""
    try:
        body = decode(sent.body).body
    except MessageError:
        return None
    return body if isinstance(body, PartBody) else None


def _is_of_transfer(database: Database, part: PartBody) -> bool:
    sql = """SELECT 1 AS x FROM transfers t JOIN originals o ON o.radiograph_id = t.radiograph_id
             WHERE t.offer_id = :offer AND o.sha256 = :sha AND t.next_part > :number"""
    return database.row(sql, {"offer": part.offer_id, "sha": part.sha256, "number": part.number}) is not None


def last_arrivals(database: Database, at: Stamp) -> list[Arrival]:
    """The last pictures and parts that came at any hospital, in the order they came: all go out on one link, one after another."""
    rows = database.rows(
        """SELECT * FROM picture_receipts WHERE received_boot <> :boot OR received_mono_ms <= :until
           ORDER BY rowid DESC LIMIT :last""",
        {"boot": at.boot, "until": at.mono_ms, "last": LAST},
    )
    return [Arrival(row["size_bytes"], stamp_of(row, "received"), bool(row["waited"])) for row in reversed(rows)]


@dataclass(frozen=True)
class OnItsWay:
    """What of the patient's pictures goes to a hospital now, and how far. ``original``: without loss; else region and preview."""

    original: bool
    arriving: Arriving


def on_their_way(database: Database, offers: Sequence[Offer], at: Stamp, part_bytes: int, *, link_up: bool) -> dict[str, OnItsWay]:
    """What is under way to the hospitals of these offers, by offer; nothing of those for whom nothing is."""
    at = to_the_second(at)
    arrivals, waiting = last_arrivals(database, at), _small_waiting(database)
    found = {}
    for offer in offers:
        way = _small_to(database, offer, waiting, arrivals, at, link_up=link_up)
        if way is None and offer.state is OfferState.ACCEPTED:
            ahead_bytes = sum(one.size_bytes for one in waiting)
            way = _original_to(database, offer, arrivals, at, part_bytes, ahead_bytes, link_up=link_up)
        if way is not None:
            found[offer.id] = way
    return found


def _small_waiting(database: Database) -> list[_Small]:
    """In the order in which they go out."""
    rows = database.rows(
        """SELECT offer_id, kind, length(body) AS size FROM outbox
           WHERE received_ms IS NULL AND quarantined IS NULL AND priority BETWEEN :region AND :preview ORDER BY priority, rowid""",
        {"region": int(Priority.REGION), "preview": int(Priority.PREVIEW)},
    )
    return [_Small(row["offer_id"], Kind(row["kind"]), row["size"]) for row in rows]


def _small_to(
    database: Database, offer: Offer, waiting: Sequence[_Small], arrivals: Sequence[Arrival], at: Stamp, *, link_up: bool
) -> OnItsWay | None:
    own = [one for one in waiting if one.offer_id == offer.id]
    if not own:
        return None
    here_bytes = sum(_last_size(database, offer.id, kind) for kind in _SMALL if kind not in {one.kind for one in own})
    size_bytes = here_bytes + sum(one.size_bytes for one in own)
    before = waiting[: max(index for index, one in enumerate(waiting) if one.offer_id == offer.id)]
    ahead_bytes = sum(one.size_bytes for one in before if one.offer_id != offer.id)
    way = arriving(here_bytes, size_bytes, arrivals, offer.asked, at, ahead_bytes=ahead_bytes, link_up=link_up)
    quiet_s = at.seconds_since(way.moved)
    return OnItsWay(original=False, arriving=way) if max(quiet_s, way.left_s or 0.0) >= WORTH_SHOWING_S else None


def _last_size(database: Database, offer_id: str, kind: Kind) -> int:
    sql = "SELECT size_bytes FROM picture_receipts WHERE offer_id = :offer AND kind = :kind ORDER BY rowid DESC LIMIT 1"
    row = database.row(sql, {"offer": offer_id, "kind": str(kind)})
    return 0 if row is None else int(row["size_bytes"])


def _original_to(
    database: Database, offer: Offer, arrivals: Sequence[Arrival], at: Stamp, part_bytes: int, ahead_bytes: int, *, link_up: bool
) -> OnItsWay | None:
    """All of the patient's originals that were announced to this hospital, as one; None where they are there, or none is announced."""
    rows = database.rows(
        """SELECT o.size, t.had, coalesce((SELECT sum(size_bytes) FROM (
                SELECT DISTINCT number, size_bytes FROM picture_receipts WHERE offer_id = t.offer_id AND sha256 = o.sha256
                AND number >= t.had AND (received_boot <> :boot OR received_mono_ms <= :until))), 0) AS came
            FROM transfers t JOIN originals o ON o.radiograph_id = t.radiograph_id WHERE t.offer_id = :offer AND o.sha256 IS NOT NULL""",
        {"offer": offer.id, "boot": at.boot, "until": at.mono_ms},
    )
    size_bytes = sum(row["size"] for row in rows)
    here_bytes = sum(min(row["size"], row["had"] * part_bytes + row["came"]) for row in rows)
    if here_bytes >= size_bytes:
        return None
    began = offer.answered or offer.asked
    return OnItsWay(original=True, arriving=arriving(here_bytes, size_bytes, arrivals, began, at, ahead_bytes=ahead_bytes, link_up=link_up))
