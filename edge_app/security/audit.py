"""The record of signing in: who, when and how surely, from where; only ever added to, each row sealing the one before it.

No password and no PIN is in it, nor what was typed as a name that no account has: some type their password there.
"""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

from edge_app.clock import ClockSource, Stamp, now
from edge_app.database import Database, Row

COMMAND_LINE = "command line"
_FIRST = "0" * 64
_SEALED = ("kind", "who", "about", "role", "origin", "unix_ms", "mono_ms", "boot", "clock_source", "uncertainty_ms")


class SignInKind(StrEnum):
    """What can happen."""

    PIN_SET = "pin_set"
    PIN_REMOVED = "pin_removed"
    UNLOCKED = "unlocked"
    PIN_WRONG = "pin_wrong"
    OVERRIDDEN = "overridden"
    LOCKED = "locked"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    ACCOUNT_ADDED = "account_added"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    ROLE_CHANGED = "role_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  no password
    PASSWORD_RESET = "password_reset"  # noqa: S105  no password


@dataclass(frozen=True)
class Actor:
    """Who did it, None where nobody is known by name, and from where: an address, or the command line."""

    name: str | None
    origin: str


@dataclass(frozen=True)
class SignIn:
    """One row. ``about`` is the account it was done to, ``role`` the one it was given."""

    kind: SignInKind
    who: str | None
    about: str | None
    role: str | None
    origin: str
    at: Stamp


def _digest(previous: str, row: Row) -> str:
    sealed = json.dumps([previous, *(row[column] for column in _SEALED)], separators=(",", ":"))
    return hashlib.sha256(sealed.encode()).hexdigest()


def note(database: Database, kind: SignInKind, actor: Actor, *, about: str | None = None, role: str | None = None) -> None:
    """Add a row, inside the caller's transaction where there is one."""
    with database.writing() as tables:
        last = database.row("SELECT digest FROM sign_ins ORDER BY id DESC LIMIT 1")
        previous = last["digest"] if last else _FIRST
        at = now()
        row: dict[str, str | int | None] = {
            "kind": str(kind),
            "who": actor.name,
            "about": about,
            "role": role,
            "origin": actor.origin,
            "unix_ms": at.unix_ms,
            "mono_ms": at.mono_ms,
            "boot": at.boot,
            "clock_source": str(at.source),
            "uncertainty_ms": at.uncertainty_ms,
        }
        tables.table("sign_ins").insert({**row, "previous": previous, "digest": _digest(previous, row)})


def _sign_in(row: Row) -> SignIn:
    at = Stamp(row["unix_ms"], row["mono_ms"], row["boot"], ClockSource(row["clock_source"]), row["uncertainty_ms"])
    return SignIn(SignInKind(row["kind"]), row["who"], row["about"], row["role"], row["origin"], at)


def sign_ins(database: Database, limit: int, offset: int = 0) -> list[SignIn]:
    """The newest first."""
    rows = database.rows("SELECT * FROM sign_ins ORDER BY id DESC LIMIT :limit OFFSET :offset", {"limit": limit, "offset": offset})
    return [_sign_in(row) for row in rows]


def overridden(database: Database) -> Stamp | None:
    """When the kiosk was opened without its PIN, as long as nobody has entered it since."""
    row = database.row(
        "SELECT * FROM sign_ins WHERE kind IN (:overridden, :unlocked, :removed) ORDER BY id DESC LIMIT 1",
        {"overridden": str(SignInKind.OVERRIDDEN), "unlocked": str(SignInKind.UNLOCKED), "removed": str(SignInKind.PIN_REMOVED)},
    )
    return _sign_in(row).at if row is not None and row["kind"] == SignInKind.OVERRIDDEN else None


def first_broken_sign_in(database: Database) -> int | None:
    """The id of the first row whose digest does not follow from the one before it, or None where the chain is whole."""
    previous = _FIRST
    for row in database.tables.query("SELECT * FROM sign_ins ORDER BY id"):
        if row["previous"] != previous or row["digest"] != _digest(previous, row):
            return int(row["id"])
        previous = row["digest"]
    return None
