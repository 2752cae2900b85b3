"""The page on which the crew says that two cases are one patient's, and takes that back."""

from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, abort, make_response, redirect, render_template, request

from edge_app.casebook import Casebook
from edge_app.casebook.cases import cases_of_patient, get_case, recent_cases
from edge_app.casebook.merges import Merge, merge, merges_of, undo
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.kiosk.casualties import NEWEST, patient_lines
from edge_app.kiosk.queries import case_lines, link_view

PAGE = 5
CASES_SHOWN = 4


@dataclass(frozen=True)
class MergeView:
    """A merge in force, by the numbers of its two cases."""

    merge: Merge
    number: int
    into_number: int


def add_merging(app: Flask, settings: Settings, casebook: Casebook) -> None:
    """Add ``/cases/<id>/merge`` and ``/cases/<id>/unmerge``."""
    database = casebook.database

    @app.get("/cases/<case_id>/merge")
    def merging(case_id: str) -> str:
        stamp, case = now(), get_case(database, case_id)
        page = max(1, request.args.get("page", 1, type=int))
        others = [other for other in recent_cases(database, NEWEST) if other.patient_id != case.patient_id]
        lines = patient_lines(casebook, settings, others, stamp)
        cases = cases_of_patient(database, case_id)
        in_force = merges_of(database, case_id)
        return render_template(
            "kiosk/merge.html",
            case=case,
            cases=case_lines(casebook, settings, cases, stamp),
            merges=tuple(
                MergeView(each, get_case(database, each.case_id).number, get_case(database, each.into_case_id).number)
                for each in reversed(in_force)
            ),
            shown=CASES_SHOWN,
            lines=lines[(page - 1) * PAGE : page * PAGE],
            page=page,
            pages=max(1, -(-len(lines) // PAGE)),
            link=link_view(database, settings, stamp),
            stamp=stamp,
        )

    @app.post("/cases/<case_id>/merge")
    def merge_cases(case_id: str) -> Response:
        other = request.form.get("other", "")
        if other == case_id:
            abort(HTTPStatus.BAD_REQUEST)
        merge(database, case_id, other)
        return make_response(redirect(f"/cases/{case_id}/merge", HTTPStatus.SEE_OTHER))

    @app.post("/cases/<case_id>/unmerge")
    def unmerge(case_id: str) -> Response:
        get_case(database, case_id)
        undo(database, request.form.get("merge", ""))
        return make_response(redirect(f"/cases/{case_id}/merge", HTTPStatus.SEE_OTHER))
