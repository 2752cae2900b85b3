"""The shift report: a page to read and print, and the same as CSV. Neither holds anything of a patient."""

import csv
from io import StringIO

from flask import Flask, Response, abort, make_response, render_template, request
from flask_babel import gettext

from edge_app.database import Database
from edge_app.emergency_room.console.standing import standing_of
from edge_app.emergency_room.requests import RequestState
from edge_app.emergency_room.shift import HOURS, Entry, Shift, shift_of
from edge_app.screens.formatting import clock

_COLUMNS: tuple[str, ...] = (
    *("received", "unit", "case", "state", "opened_s", "answered_s", "answer"),
    *("reason", "conditions", "wait_min", "for_min", "by_phone", "who"),
)


def add_report(app: Flask, database: Database, hospital: str) -> None:
    """Add ``/shift`` and ``/shift.csv``."""

    def shift() -> Shift:
        hours = request.args.get("hours", 12, type=int)
        if hours not in HOURS:
            abort(404)
        return shift_of(database, hours)

    @app.get("/shift")
    def report() -> str:
        return render_template(
            "console/shift.html", shift=shift(), choices=HOURS, hospital=hospital, duty=standing_of(database).duty, state_word=_state_word
        )

    @app.get("/shift.csv")
    def as_csv() -> Response:
        response = make_response(_csv(shift()))
        response.mimetype = "text/csv"
        response.headers["Content-Disposition"] = 'attachment; filename="shift.csv"'
        return response


def _state_word(entry: Entry) -> str:
    """What became of a request, in the screen's language."""
    ended = entry.state is RequestState.STOOD_DOWN
    return str(gettext("console.report.ended") if ended else gettext(f"console.state.{entry.state}"))


def _csv(shift: Shift) -> bytes:
    """The requests of the shift, codes and seconds as they are, for a spreadsheet."""
    written = StringIO()
    rows = csv.writer(written)
    rows.writerow(_COLUMNS)
    for entry in shift.entries:
        row = (
            clock(entry.received_ms),
            entry.unit,
            entry.case_number,
            entry.state,
            entry.opened_s,
            entry.answered_s,
            entry.answer,
            entry.reason,
            " ".join(entry.conditions),
            entry.wait_min,
            entry.for_min,
            int(entry.by_phone),
            entry.who,
        )
        rows.writerow([_plain(value) for value in row])
    # With a mark of its encoding, without which the spreadsheet on a hospital's desk takes Korean for something else.
    return written.getvalue().encode("utf-8-sig")


def _plain(value: str | float | None) -> str:
    """What a spreadsheet must not take for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
