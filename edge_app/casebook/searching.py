"""Searching the kept cases by number, name, patient number or time, and by day."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from edge_app.casebook.cases import Case, get_cases
from edge_app.casebook.patients import Field
from edge_app.database import Database

MOST_FOUND = 300
NEAR_S = 30 * 60
"""How far from a time that is searched for a case may have been opened."""
_TIME = re.compile(r"([01]?\d|2[0-3])[:.시]\s*([0-5]?\d)?")


@dataclass(frozen=True)
class Asked:
    """What is searched for; ``day`` alone lists that day's cases, with a query it narrows it."""

    query: str
    day: date | None = None


def _bounds_ms(day: date) -> tuple[int, int]:
    """A day's beginning and end by the box's local time."""
    first = datetime.combine(day, time()).timestamp()
    return int(first * 1000), int(datetime.combine(day + timedelta(days=1), time()).timestamp() * 1000)


def days_with_cases(database: Database) -> list[date]:
    """The days on which cases were opened, the newest first, by the box's local time."""
    rows = database.rows("SELECT DISTINCT date(opened_ms / 1000, 'unixepoch', 'localtime') AS day FROM cases ORDER BY day DESC")
    return [date.fromisoformat(row["day"]) for row in rows]


def search_cases(database: Database, asked: Asked) -> list[Case]:
    """The cases that fit, the newest first; a digit alone is a case's number as well as part of a patient's."""
    rows = database.rows("SELECT id, number, opened_ms, patient_id FROM cases ORDER BY number DESC")
    if asked.day is not None:
        first, end = _bounds_ms(asked.day)
        rows = [row for row in rows if first <= row["opened_ms"] < end]
    if asked.query:
        named = _named(database, asked.query)
        at, number = _time_of_day(asked.query), _number(asked.query)
        rows = [
            row
            for row in rows
            if row["patient_id"] in named or row["number"] == number or (at is not None and _is_near(row["opened_ms"], at))
        ]
    return get_cases(database, [row["id"] for row in rows[:MOST_FOUND]])


def _named(database: Database, query: str) -> frozenset[str]:
    """The patients whose name or number, as it counts now, contains the query, whatever its case and its spaces."""
    wanted = _plain(query)
    rows = database.rows(
        """SELECT c.patient_id, p.value FROM patient_entries p JOIN cases c ON c.id = p.case_id
           WHERE p.field IN (:name, :number) AND p.value IS NOT NULL
           AND p.id = (SELECT max(id) FROM patient_entries WHERE case_id = p.case_id AND field = p.field)""",
        {"name": str(Field.NAME), "number": str(Field.NUMBER)},
    )
    return frozenset(row["patient_id"] for row in rows if wanted and wanted in _plain(row["value"]))


def _plain(text: str) -> str:
    return "".join(text.casefold().split()).replace("-", "")


def _number(query: str) -> int | None:
    """The number of "3", "환자 3" or "Unknown 3"; None where there is no number, or more than one."""
    found = re.findall(r"\d+", query)
    return int(found[0]) if len(found) == 1 and len(found[0]) < 10 else None


def _time_of_day(query: str) -> time | None:
    """The time of "14:30" or "14시"; None where it is none."""
    found = _TIME.fullmatch(query.strip().removesuffix("분"))
    return None if found is None else time(int(found[1]), int(found[2] or 0))


def _is_near(opened_ms: int, at: time) -> bool:
    opened = datetime.fromtimestamp(opened_ms / 1000)  # noqa: DTZ006  the box's own time of day is meant
    apart = abs((opened.hour - at.hour) * 3600 + (opened.minute - at.minute) * 60)
    return min(apart, 24 * 3600 - apart) <= NEAR_S
