"""What the hospital's technician should see to while the console still works: refused messages, and a disk that is nearly full."""

from dataclasses import dataclass

from edge_app.clock import now
from edge_app.database import Database
from edge_app.health.checks.free_disk import MIB, WARN_BELOW_BYTES, free_bytes

WITHIN_S = 24 * 3600
# So that the page is not drawn anew for every byte.
STEP_MIB = 100


@dataclass(frozen=True)
class Upkeep:
    """``refused``: how many messages were refused within a day; ``word`` why the last one was, at ``refused_ms``.

    ``free_mib`` is what is left of the disk, in steps of ``STEP_MIB``, where it is nearly full; else None.
    """

    refused: int
    word: str | None
    refused_ms: int | None
    free_mib: int | None


def upkeep_of(database: Database) -> Upkeep:
    """What there is to see to now."""
    # What seems to come from the future was refused before the clock was set back.
    # The plus lets them be found by their time: to have them in order SQLite would look through all.
    rows = database.rows("SELECT word, at_ms FROM refusals WHERE at_ms > :since ORDER BY +id", {"since": now().unix_ms - WITHIN_S * 1000})
    last = rows[-1] if rows else None
    left = free_bytes(database.path.parent)
    return Upkeep(
        refused=len(rows),
        word=None if last is None else last["word"],
        refused_ms=None if last is None else last["at_ms"],
        free_mib=None if left >= WARN_BELOW_BYTES else left // (STEP_MIB * MIB) * STEP_MIB,
    )
