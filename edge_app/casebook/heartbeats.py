"""Heartbeats: each service says that it lives, and in a word what it does."""

from dataclasses import dataclass

from edge_app.clock import now
from edge_app.database import Database


@dataclass(frozen=True)
class Heartbeat:
    """A service's last sign of life; ``age_s`` is None where it is from before this boot."""

    service: str
    word: str
    age_s: float | None


def beat(database: Database, service: str, word: str) -> None:
    """Note that ``service`` lives."""
    stamp = now()
    with database.writing() as tables:
        tables.table("heartbeats").upsert({"service": service, "mono_ms": stamp.mono_ms, "boot": stamp.boot, "word": word}, pk="service")


def heartbeats(database: Database) -> list[Heartbeat]:
    """The last sign of life of every service."""
    stamp = now()
    return [
        Heartbeat(row["service"], row["word"], (stamp.mono_ms - row["mono_ms"]) / 1000 if row["boot"] == stamp.boot else None)
        for row in database.rows("SELECT * FROM heartbeats ORDER BY service")
    ]
