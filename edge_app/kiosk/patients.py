"""The pages on which the crew says who the patient is and what happened. Each touch is durable before the page comes back."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, abort, make_response, redirect, render_template, request

from edge_app.casebook import Casebook
from edge_app.casebook.cases import case_for_study, get_case
from edge_app.casebook.patients import ABOUT, CHOICES, LONGEST, Field, Patient, Start, choose, enter_patient, patient_of
from edge_app.casebook.vitals import vitals_of
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.kiosk.atmist import atmist_view
from edge_app.kiosk.queries import link_view

BANDS = (0.5, 3, 8, 15, 20, 30, 40, 50, 60, 70, 80, 90)
"""Ages to touch where only an estimate can be had, in years."""
MINUTES_AGO = (0, 5, 10, 20, 30, 45, 60, 90)
CHILD_BELOW_YEARS = 9
"""Up to which age the steps of JumpSTART are shown, those of START beyond; who looks older or younger is one touch away."""
_DAY_S = 24 * 3600


@dataclass(frozen=True)
class Editor:
    """A page for one field: what can be chosen, the field of the crew's own words beside it, and whether it has a keypad."""

    choices: Field | None
    words: Field | None
    keypad: bool = False


EDITORS: Mapping[str, Editor] = {
    "age": Editor(None, None, keypad=True),
    "name": Editor(None, Field.NAME),
    "number": Editor(None, Field.NUMBER, keypad=True),
    "injured_at": Editor(None, None, keypad=True),
    "mechanism": Editor(Field.MECHANISM, Field.MECHANISM_WORDS),
    "injuries": Editor(Field.INJURIES, Field.INJURIES_WORDS),
    "signs": Editor(None, Field.SIGNS_WORDS),
    "treatment": Editor(Field.TREATMENT, Field.TREATMENT_WORDS),
    "note": Editor(None, Field.NOTE),
}


def when(digits: str, at_s: float) -> int:
    """The last time before ``at_s`` at which the clock on the wall stood at those three or four digits, hhmm, in milliseconds.

    Raises:
        ValueError: no clock ever shows that.
    """
    if not (digits.isascii() and digits.isdigit() and 3 <= len(digits) <= 4):
        raise ValueError("no time of day")
    hour, minute = int(digits[:-2]), int(digits[-2:])
    if hour > 23 or minute > 59:
        raise ValueError("no time of day")
    today = time.localtime(at_s)
    told_s = time.mktime((*today[:3], hour, minute, 0, 0, 0, -1))
    return int((told_s if told_s <= at_s else told_s - _DAY_S) * 1000)


def _write(casebook: Casebook, case_id: str, name: str, form: Mapping[str, str]) -> None:
    """Write what was touched or typed on the page of a field. ValueError where it is none."""
    database, editor = casebook.database, EDITORS[name]
    if name == "injured_at":
        ago, digits = form.get("ago"), form.get("value", "").strip()
        at_ms = now().unix_ms
        told = at_ms - int(ago) * 60_000 if ago is not None else (when(digits, at_ms / 1000) if digits else None)
        enter_patient(database, case_id, Field.INJURED_AT, None if told is None else str(told))
        return
    if name == "age":
        digits = form.get("value", "").strip()
        enter_patient(database, case_id, Field.AGE, digits.removeprefix(ABOUT) or None)
        return
    # What was left alone must not undo what somebody entered meanwhile.
    if editor.words is not None and form.get("value", "") != form.get("was", ""):
        enter_patient(database, case_id, editor.words, form["value"].strip() or None)
    for wanted, on in (("on", True), ("off", False)):
        if editor.choices is not None and wanted in form:
            choose(database, case_id, editor.choices, form[wanted], on=on)


def add_patients(app: Flask, settings: Settings, casebook: Casebook) -> None:
    """Add ``/casualties/new``, ``/cases/<id>/patient``, a page for each of its fields, and ``/cases/<id>/start``."""
    database = casebook.database

    def _page(template: str, case_id: str, **more: object) -> str:
        patient: Patient = patient_of(database, case_id)
        stamp = now()
        return render_template(
            template,
            case=get_case(database, case_id),
            patient=patient,
            atmist=atmist_view(patient),
            signs=tuple((name, f"{entered.value:g}") for name, entered in vitals_of(database, case_id).known()),
            link=link_view(database, settings, stamp),
            stamp=stamp,
            **more,
        )

    @app.post("/casualties/new")
    def new_casualty() -> Response:
        case = case_for_study(database, None, None, None)
        return make_response(redirect(f"/cases/{case.id}/patient", HTTPStatus.SEE_OTHER))

    @app.get("/cases/<case_id>/patient")
    def patient(case_id: str) -> str:
        return _page("kiosk/patient.html", case_id, bands=BANDS)

    @app.post("/cases/<case_id>/patient")
    def enter_patient_touch(case_id: str) -> Response:
        get_case(database, case_id)
        field, value = request.form.get("field", ""), request.form.get("value", "")
        if field not in (Field.SEX, Field.AGE):
            abort(HTTPStatus.BAD_REQUEST)
        try:
            enter_patient(database, case_id, Field(field), value or None)
        except ValueError:
            abort(HTTPStatus.BAD_REQUEST)
        return make_response(redirect(f"/cases/{case_id}/patient", HTTPStatus.SEE_OTHER))

    def _editor(case_id: str, name: str, wrong: str | None = None) -> str:
        editor = EDITORS[name]
        known = None if editor.words is None else patient_of(database, case_id).value(editor.words)
        return _page(
            "kiosk/patient_field.html",
            case_id,
            name=name,
            editor=editor,
            known=known or "",
            wrong=wrong,
            choices=() if editor.choices is None else CHOICES[editor.choices],
            chosen=() if editor.choices is None else patient_of(database, case_id).chosen(editor.choices),
            longest=4 if editor.words is None else LONGEST[editor.words],
            minutes_ago=MINUTES_AGO,
        )

    @app.get("/cases/<case_id>/patient/<name>")
    def patient_field(case_id: str, name: str) -> str:
        return _editor(case_id, name)

    @app.post("/cases/<case_id>/patient/<name>")
    def enter_field(case_id: str, name: str) -> Response:
        get_case(database, case_id)
        try:
            _write(casebook, case_id, name, request.form)
        except ValueError:
            return make_response(_editor(case_id, name, request.form.get("value", "")), HTTPStatus.BAD_REQUEST)
        stays = "on" in request.form or "off" in request.form
        return make_response(redirect(f"/cases/{case_id}/patient" + (f"/{name}" if stays else ""), HTTPStatus.SEE_OTHER))

    @app.get("/cases/<case_id>/start")
    def start_page(case_id: str) -> str:
        years, steps = get_case(database, case_id).age_years, request.args.get("steps")
        child = steps == "child" if steps in ("child", "adult") else years is not None and years < CHILD_BELOW_YEARS
        return _page("kiosk/start.html", case_id, categories=tuple(Start), child=child)

    @app.post("/cases/<case_id>/start")
    def enter_start(case_id: str) -> Response:
        get_case(database, case_id)
        category = request.form.get("start", "")
        if category and category not in tuple(Start):
            abort(HTTPStatus.BAD_REQUEST)
        enter_patient(database, case_id, Field.START, category or None)
        return make_response(redirect(f"/cases/{case_id}/patient", HTTPStatus.SEE_OTHER))
