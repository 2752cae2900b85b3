"""The kiosk's PIN. Its hash lies in the casebook: durable and private like everything there, and every open page hears of a change."""

import re

from edge_app.clock import now
from edge_app.database import Database
from edge_app.errors import EdgeError
from edge_app.security.audit import COMMAND_LINE, Actor, SignInKind, note
from edge_app.security.backoff import PIN_PACE, Refused, forgive, take_turn, wait_s
from edge_app.security.hashing import hashed, matches

SHORTEST_PIN = 4
LONGEST_PIN = 8
_SUBJECTS = {"pin": PIN_PACE}


class PinError(EdgeError):
    """That is no PIN; the one there was stays."""


def _forget_sessions(database: Database) -> None:
    with database.writing() as tables:
        tables.conn.execute("DELETE FROM sessions")
        forgive(database, *_SUBJECTS)


def set_pin(database: Database, pin: str) -> None:
    """Put a PIN in force from the command line; every open screen locks. PinError where it is none."""
    if re.fullmatch(rf"[0-9]{{{SHORTEST_PIN},{LONGEST_PIN}}}", pin) is None:
        raise PinError(f"a PIN has {SHORTEST_PIN} to {LONGEST_PIN} digits and nothing else")
    kept = hashed(pin)
    with database.writing() as tables:
        tables.table("pin").upsert({"id": 1, "hash": kept}, pk="id")
        _forget_sessions(database)
        note(database, SignInKind.PIN_SET, Actor(None, COMMAND_LINE))


def remove_pin(database: Database) -> None:
    """Let the kiosk be used without one."""
    with database.writing() as tables:
        if not has_pin(database):
            return
        tables.conn.execute("DELETE FROM pin")
        _forget_sessions(database)
        note(database, SignInKind.PIN_REMOVED, Actor(None, COMMAND_LINE))


def has_pin(database: Database) -> bool:
    """Whether one is set."""
    return database.row("SELECT 1 FROM pin") is not None


def pin_wait_s(database: Database) -> float:
    """How long no PIN will be looked at, in seconds."""
    return wait_s(database, _SUBJECTS, now())


def try_pin(database: Database, pin: str, origin: str) -> Refused | None:
    """None where that is the PIN."""
    left_s = take_turn(database, _SUBJECTS, now())
    if left_s > 0:
        return Refused(tried=False, wait_s=left_s)
    row = database.row("SELECT hash FROM pin")
    if not matches(pin[: LONGEST_PIN + 1], None if row is None else row["hash"]):
        note(database, SignInKind.PIN_WRONG, Actor(None, origin))
        return Refused(tried=True, wait_s=pin_wait_s(database))
    with database.writing():
        forgive(database, *_SUBJECTS)
        note(database, SignInKind.UNLOCKED, Actor(None, origin))
    return None
