"""The link's state as the screens show it: connected or not, since when, and whether its service is still alive."""

from dataclasses import dataclass
from enum import StrEnum

from edge_app.clock import Stamp, now
from edge_app.database import Database, Row


class LinkWord(StrEnum):
    """Why the link is as it is. Closed: the screens have words for each. NAMESAKE: connected, and another machine goes by our name."""

    CONNECTED = "connected"
    NAMESAKE = "namesake"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    LOST = "lost"
    TAKEN_OVER = "taken_over"
    STORAGE_FAILED = "storage_failed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class LinkState:
    """The link now.

    ``alive_age_s`` is the age of the service's last sign of life, None where it is from before this boot; ``changed_age_s`` is how long
    the link has been as it is.
    """

    connected: bool
    word: LinkWord
    protocol: str
    changed_age_s: float
    alive_age_s: float | None


def _unchanged_ms(row: Row, at: Stamp) -> int:
    """How long the link has been as it is: by the wall clock as it stood at the last sign of life, since then by the monotonic one."""
    lately_ms = at.mono_ms - row["alive_mono_ms"] if row["boot"] == at.boot else at.unix_ms - row["alive_ms"]
    return max(0, int(row["alive_ms"]) - int(row["changed_ms"])) + max(0, int(lately_ms))


def write_link_state(database: Database, *, connected: bool, word: LinkWord, protocol: str) -> None:
    """Note the link's state and that its service lives."""
    stamp = now()
    with database.writing() as tables:
        row = database.row("SELECT * FROM link_state")
        same = row is not None and bool(row["connected"]) == connected and row["word"] == word
        tables.table("link_state").upsert(
            {
                "id": 1,
                "connected": int(connected),
                # Written anew each time, so that a clock that has jumped meanwhile takes it along.
                "changed_ms": stamp.unix_ms - (_unchanged_ms(row, stamp) if same and row is not None else 0),
                "alive_ms": stamp.unix_ms,
                "alive_mono_ms": stamp.mono_ms,
                "boot": stamp.boot,
                "word": str(word),
                "protocol": protocol,
            },
            pk="id",
        )


def read_link_state(database: Database) -> LinkState | None:
    """The link's state, or None where its service has never run here."""
    row = database.row("SELECT * FROM link_state")
    if row is None:
        return None
    stamp = now()
    age_s = (stamp.mono_ms - row["alive_mono_ms"]) / 1000 if row["boot"] == stamp.boot else None
    return LinkState(bool(row["connected"]), LinkWord(row["word"]), row["protocol"], _unchanged_ms(row, stamp) / 1000, age_s)
