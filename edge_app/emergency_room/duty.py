"""Who is on duty: a name that is set on the console for a shift, and told with every answer."""

from dataclasses import dataclass

from edge_app.casebook.cases import stamp_columns, stamp_of
from edge_app.clock import Stamp, now
from edge_app.database import Database
from edge_app.link.fields import WHO_LENGTH

SHIFT_S = 24 * 3600.0
"""No shift is longer; after it a name that nobody changed is nobody's."""


@dataclass(frozen=True)
class Duty:
    """Who is on duty, since when, and for how long by now."""

    name: str
    since: Stamp
    age_s: float


def on_duty(database: Database) -> Duty | None:
    """Who is on duty now; None where nobody said so within a shift's time, or said that nobody is."""
    row = database.row("SELECT * FROM duties ORDER BY id DESC LIMIT 1")
    if row is None or row["name"] is None:
        return None
    since = stamp_of(row, "since")
    age_s = now().seconds_since(since)
    return Duty(row["name"], since, age_s) if age_s <= SHIFT_S else None


def duty_name(database: Database) -> str | None:
    """The name of who is on duty, for what is said without a name of its own."""
    duty = on_duty(database)
    return None if duty is None else duty.name


def take_duty(database: Database, name: str) -> None:
    """Somebody takes over; an empty name: nobody is named. ValueError where it is too long."""
    name = name.strip()
    if len(name) > WHO_LENGTH:
        raise ValueError("the name is too long")
    with database.writing() as tables:
        tables.table("duties").insert({"name": name or None, **stamp_columns(now(), "since")})
