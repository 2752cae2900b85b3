"""All patients at once, sorted by what needs the crew next, page by page; and search over everything that is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from flask import Flask, abort, render_template, request

from edge_app.casebook import Casebook
from edge_app.casebook.cases import Case, CaseState, cases_of_patients, recent_cases
from edge_app.casebook.patients import Field, Patient, Start, patients_of
from edge_app.casebook.searching import Asked, days_with_cases, search_cases
from edge_app.clock import Stamp, now
from edge_app.config import Settings
from edge_app.kiosk.queries import CaseLine, case_lines, link_view
from edge_app.kiosk.showing import NEEDS_SOMEBODY, Showing

PAGE = 7
NEWEST = 300
"""How many cases the list goes back; all others are found by search."""
SHOWN_CASES = 3
DAYS_SHOWN = 5
LONGEST_QUERY = 60
_COLOURS = (Start.IMMEDIATE, None, Start.DELAYED, Start.MINOR, Start.DECEASED)


@dataclass(frozen=True)
class PatientLine:
    """One patient with all cases. ``name`` is None where it is not known; ``number`` is that of the case that was opened first."""

    case: Case
    name: str | None
    start: Start | None
    lines: tuple[CaseLine, ...]
    picture_age_s: float | None = field(compare=False)

    @property
    def shown(self) -> tuple[CaseLine, ...]:
        """The cases there is room for, those first that cannot wait or that a hospital has."""
        return tuple(sorted(self.lines, key=_standing)[:SHOWN_CASES])

    @property
    def twice(self) -> bool:
        """Whether two hospitals have said yes to this one patient."""
        return sum(line.showing is Showing.ACCEPTED for line in self.lines) > 1

    @property
    def closed(self) -> bool:
        """Whether all its cases are over."""
        return all(line.case.state is CaseState.CLOSED for line in self.lines)

    @property
    def needs_crew(self) -> bool:
        """Whether somebody has to do something about it now."""
        return self.twice or any(line.showing in NEEDS_SOMEBODY or line.showing is Showing.REFUSED for line in self.lines)


def _standing(line: CaseLine) -> tuple[bool, bool, bool, int]:
    asked = bool(line.rung) and line.case.state is not CaseState.CLOSED
    return (line.showing is not Showing.ACCEPTED, line.showing not in NEEDS_SOMEBODY, not asked, line.case.number)


def needs_next(line: PatientLine) -> tuple[bool, bool, int, bool, int]:
    """The order of the list: who needs somebody now, then by colour, then who has no hospital yet, then who came first."""
    accepted = any(each.showing is Showing.ACCEPTED for each in line.lines)
    return (line.closed, not line.needs_crew, _COLOURS.index(line.start), accepted, line.case.number)


def patient_lines(casebook: Casebook, settings: Settings, cases: Sequence[Case], at: Stamp) -> tuple[PatientLine, ...]:
    """The patients of these cases, each once with all its cases, in the order of the cases."""
    ids = list(dict.fromkeys(case.patient_id for case in cases))
    patients, together = patients_of(casebook.database, ids), cases_of_patients(casebook.database, ids)
    every = [case for patient_id in ids for case in together[patient_id]]
    lines = {line.case.id: line for line in case_lines(casebook, settings, every, at)}
    return tuple(_patient_line(patients[each], tuple(lines[case.id] for case in together[each])) for each in ids)


def _patient_line(patient: Patient, lines: tuple[CaseLine, ...]) -> PatientLine:
    ages = [line.picture_age_s for line in lines if line.picture_age_s is not None]
    return PatientLine(lines[0].case, patient.value(Field.NAME), patient.start, lines, min(ages, default=None))


def _page() -> int:
    return max(1, request.values.get("page", 1, type=int))


def add_casualties(app: Flask, settings: Settings, casebook: Casebook) -> None:
    """Add ``/casualties`` and ``/search``."""
    database = casebook.database

    @app.get("/casualties")
    def casualties() -> str:
        stamp, page = now(), _page()
        lines = sorted(patient_lines(casebook, settings, recent_cases(database, NEWEST), stamp), key=needs_next)
        return render_template(
            "kiosk/casualties.html",
            lines=lines[(page - 1) * PAGE : page * PAGE],
            count=len(lines),
            page=page,
            pages=max(1, -(-len(lines) // PAGE)),
            link=link_view(database, settings, stamp),
            stamp=stamp,
        )

    @app.route("/search", methods=["GET", "POST"])
    def search() -> str:
        # What is searched for may be a name: it is posted, and never stands in an address.
        stamp, page = now(), _page()
        query, day = request.form.get("query", "").strip(), _day(request.values.get("day", ""))
        if len(query) > LONGEST_QUERY:
            abort(400)
        days = days_with_cases(database)
        asked = Asked(query, day if day is not None or query else next(iter(days), None))
        found = search_cases(database, asked)
        lines = patient_lines(casebook, settings, found, stamp) if asked.query or asked.day else ()
        return render_template(
            "kiosk/search.html",
            query=query,
            day=asked.day,
            days=_around(days, asked.day),
            lines=lines[(page - 1) * (PAGE - 1) : page * (PAGE - 1)],
            count=len(lines),
            page=page,
            pages=max(1, -(-len(lines) // (PAGE - 1))),
            longest=LONGEST_QUERY,
            link=link_view(database, settings, stamp),
            stamp=stamp,
        )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        abort(400)


def _around(days: list[date], day: date | None) -> list[date]:
    """The days there is room for, with the one that is looked at among them, the newest first."""
    first = max(0, days.index(day) - DAYS_SHOWN + 2) if day in days else 0
    return days[first : first + DAYS_SHOWN]
