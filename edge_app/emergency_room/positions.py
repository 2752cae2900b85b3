"""Where the units are that bring a patient here. A place is kept while its patient is on the way, the newest only, and no longer."""

import math
from dataclasses import dataclass

from edge_app.casebook.cases import stamp_columns, stamp_of
from edge_app.clock import Stamp, now
from edge_app.database import Database, Row
from edge_app.emergency_room.requests import RequestState
from edge_app.link.messages import Message, decode
from edge_app.link.position import Approach, PositionBody

KEPT_FOR_S = 2 * 3600.0
"""Of a unit that falls silent, and of a lease that nobody ends."""


@dataclass(frozen=True)
class Place:
    """Where a unit was, as seen from here; it had ``eta_s`` to go, by a router's word or (not ``by_road``) an estimate."""

    north_m: int
    east_m: int
    eta_s: int
    by_road: bool

    @property
    def distance_km(self) -> float:
        """Kilometres from here, straight."""
        return math.hypot(self.north_m, self.east_m) / 1000

    @property
    def bearing_deg(self) -> float:
        """In which direction from here: 0 north, 90 east, below 360."""
        return math.degrees(math.atan2(self.east_m, self.north_m)) % 360


@dataclass(frozen=True)
class Position:
    """The newest word of a unit on where it is: so it was at ``fixed``. Without a place it had arrived then."""

    offer_id: str
    place: Place | None
    fixed: Stamp
    received: Stamp


def take_position(database: Database, message: Message, body: PositionBody) -> None:
    """A unit says where it is. Nothing is kept of what is older than what is known, or of a lease that this hospital does not have.

    Raises:
        KeyError: no such request.
    """
    with database.writing() as tables:
        request = database.row("SELECT * FROM requests WHERE offer_id = :id", {"id": body.offer_id})
        if request is None:
            raise KeyError(body.offer_id)
        known = database.row("SELECT * FROM positions WHERE offer_id = :id", {"id": body.offer_id})
        if request["state"] != RequestState.GRANTED or request["token"] != body.token:
            return
        if known is not None and (known["token"], known["number"]) >= (body.token, body.number):
            return
        at, approach = now(), body.approach
        waited_ms, quickest_ms = _waited(request, known, at, at.unix_ms - message.sent_ms)
        old_ms = waited_ms + (0 if approach is None else approach.age_s * 1000)
        fixed = Stamp(at.unix_ms - old_ms, at.mono_ms - old_ms, at.boot, at.source, at.uncertainty_ms)
        tables.table("positions").upsert(
            {
                "offer_id": body.offer_id,
                "token": body.token,
                "number": body.number,
                **_columns(approach),
                **stamp_columns(fixed, "fixed"),
                **stamp_columns(at, "received"),
                "quickest_ms": quickest_ms,
            },
            pk="offer_id",
        )


def _columns(approach: Approach | None) -> dict[str, int | None]:
    if approach is None:
        return dict.fromkeys(("north_m", "east_m", "eta_s", "by_road"))
    return {"north_m": approach.north_m, "east_m": approach.east_m, "eta_s": approach.eta_s, "by_road": int(approach.by_road)}


def _waited(request: Row, known: Row | None, at: Stamp, took_ms: int) -> tuple[int, int]:
    """How long a word was on its way, at least, and what the quickest of this unit took by both wall clocks.

    The clocks may differ by anything, but by the same for each word: what took longer than another has waited, at a relay that kept it
    while nobody here listened, say. It was made after the request was answered here, so it cannot have waited for longer than the
    request is here; if it seems to, somebody has set a clock, and this word is what the next ones are held against.
    """
    first_ms = request["decided_ms"] - decode(request["decision"]).sent_ms
    quickest_ms = min(took_ms, first_ms if known is None else known["quickest_ms"])
    waited_ms = took_ms - quickest_ms
    if waited_ms > at.seconds_since(stamp_of(request, "decided")) * 1000:
        return 0, took_ms
    return waited_ms, quickest_ms


def positions_of(database: Database) -> dict[str, Position]:
    """The newest word of every unit that is on its way here, by offer."""
    return {row["offer_id"]: _position(row) for row in database.rows("SELECT * FROM positions")}


def _position(row: Row) -> Position:
    place = None if row["north_m"] is None else Place(row["north_m"], row["east_m"], row["eta_s"], bool(row["by_road"]))
    return Position(row["offer_id"], place, stamp_of(row, "fixed"), stamp_of(row, "received"))


def forget_positions(database: Database) -> None:
    """Delete what came too long ago. What ends a lease deletes its position by itself (``migrations``)."""
    at = now()
    old = [each.offer_id for each in positions_of(database).values() if at.seconds_since(each.received) > KEPT_FOR_S]
    if old:
        with database.writing() as tables:
            for offer_id in old:
                tables.table("positions").delete(offer_id)
