"""Sessions: kept here, known to the browser by a random number only, ended by quiet, by age, and by whoever ends them.

A session counts by the monotonic clock and so lives within one boot: a restarted service goes on with it, a machine that was switched
off asks anew.
"""

import hashlib
import secrets
from dataclasses import dataclass

from edge_app.clock import Stamp, now
from edge_app.database import Database, Row
from edge_app.security.accounts import Account, account_of

ID_BYTES = 32
LONGEST_ID = 128
# Moving the end of a session is a write; a screen that is in use need not write more often than this.
SLIDE_EVERY_S = 10.0


@dataclass(frozen=True)
class Limits:
    """How long a session lives: ``idle_s`` after the last touch, ``longest_s`` in all."""

    idle_s: float
    longest_s: float


@dataclass(frozen=True)
class Session:
    """A session that lives. ``account`` is None where a PIN or the emergency touch began it. ``left_s`` if nobody touches anything."""

    digest: str
    account: Account | None
    left_s: float
    unused_s: float


def _digest(identifier: str) -> str:
    # Whoever reads the file cannot sign in with what is in it.
    return hashlib.sha256(identifier.encode()).hexdigest()


class Sessions:
    """The sessions of one screen."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits

    def begin(self, account: Account | None) -> str:
        """Begin one and return its number, which was never used before; those that are over are swept away."""
        identifier, at = secrets.token_urlsafe(ID_BYTES), now()
        row = {"digest": _digest(identifier), "account_id": None if account is None else account.id, "boot": at.boot}
        over = {
            "boot": at.boot,
            "used": at.mono_ms - int(self._limits.idle_s * 1000),
            "begun": at.mono_ms - int(self._limits.longest_s * 1000),
        }
        with self._database.writing() as tables:
            tables.conn.execute("DELETE FROM sessions WHERE boot <> :boot OR used_mono_ms < :used OR begun_mono_ms < :begun", over)
            tables.table("sessions").insert({**row, "begun_mono_ms": at.mono_ms, "used_mono_ms": at.mono_ms})
        return identifier

    def find(self, identifier: str | None) -> Session | None:
        """The session of that number; None where there is none, it is over, or its account may not sign in any more."""
        if not identifier or len(identifier) > LONGEST_ID:
            return None
        row = self._database.row("SELECT * FROM sessions WHERE digest = :digest", {"digest": _digest(identifier)})
        if row is None:
            return None
        at = now()
        left_s = self._left_s(row, at)
        account = None if row["account_id"] is None else account_of(self._database, row["account_id"])
        if left_s <= 0 or (account is not None and account.disabled):
            return None
        return Session(row["digest"], account, left_s, (at.mono_ms - row["used_mono_ms"]) / 1000)

    def _left_s(self, row: Row, at: Stamp) -> float:
        if row["boot"] != at.boot:
            return 0.0
        idle_s, old_s = (at.mono_ms - row["used_mono_ms"]) / 1000, (at.mono_ms - row["begun_mono_ms"]) / 1000
        left_s: float = min(self._limits.idle_s - idle_s, self._limits.longest_s - old_s)
        return left_s

    def touch(self, session: Session) -> None:
        """Somebody uses it."""
        if session.unused_s < min(SLIDE_EVERY_S, self._limits.idle_s / 4):
            return
        with self._database.writing() as tables:
            tables.conn.execute("UPDATE sessions SET used_mono_ms = ? WHERE digest = ?", (now().mono_ms, session.digest))

    def end(self, session: Session) -> None:
        """It is over."""
        with self._database.writing() as tables:
            tables.conn.execute("DELETE FROM sessions WHERE digest = ?", (session.digest,))
