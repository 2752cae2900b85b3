"""What every page of the console shows and sounds, the locked one too: how many requests wait, for how long, and whether more can come."""

import hashlib
from dataclasses import dataclass

from edge_app.clock import now
from edge_app.database import Database
from edge_app.emergency_room.console.connection import LinkView, link_view
from edge_app.emergency_room.console.desk import version_of
from edge_app.emergency_room.requests import RequestState, recent_requests


@dataclass(frozen=True)
class Watch:
    """``ringing`` requests wait for an answer, the first of them for ``ringing_s``. Nothing of a patient."""

    ringing: int
    ringing_s: float
    link: LinkView
    version: str
    now_ms: int


def watch_of(database: Database, *, inside: bool) -> Watch:
    """The watch of a page; ``version`` is what its events say, which differ between who is inside and who is not."""
    with database.reading():
        version = version_of(database) if inside else locked_version_of(database)
        at = now()
        ages_s = [at.seconds_since(one.received) for one in recent_requests(database) if one.state is RequestState.RINGING]
        return Watch(len(ages_s), max(ages_s, default=0.0), link_view(database), version, at.unix_ms)


def locked_version_of(database: Database) -> str:
    """A digest of what the locked page shows, time itself apart."""
    ringing = database.rows("SELECT offer_id FROM requests WHERE state = :state ORDER BY rowid", {"state": str(RequestState.RINGING)})
    link = link_view(database)
    shown = ("locked", [row["offer_id"] for row in ringing], link.works, link.code)
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]
