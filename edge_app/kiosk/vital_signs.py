"""The page on which the crew enters vital signs and sees why the picture is as urgent as it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, abort, make_response, redirect, render_template, request

from edge_app.casebook import Casebook
from edge_app.casebook.cases import get_case
from edge_app.casebook.radiographs import radiographs_of
from edge_app.casebook.readings import reading_of
from edge_app.casebook.vitals import enter_vitals, vitals_of
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.kiosk.judged import why_view
from edge_app.kiosk.queries import link_view
from edge_app.triage import VITALS, Entered, is_plausible


@dataclass(frozen=True)
class _Steps:
    """How a sign is entered by touch: the large step, and where the first touch begins, which is entered only by that touch."""

    large: float
    start: float


STEPS = {
    "spo2_percent": _Steps(5, 95),
    "respiratory_rate_per_min": _Steps(5, 20),
    "heart_rate_per_min": _Steps(10, 90),
    "systolic_mmhg": _Steps(10, 110),
    "temperature_celsius": _Steps(1, 37),
    "gcs": _Steps(3, 14),
}


@dataclass(frozen=True)
class SignView:
    """One vital sign on the form. ``value`` is empty where it is not known, ``entered_ms`` when it was entered."""

    name: str
    unit: str
    least: str
    most: str
    step: str
    large: str
    start: str
    value: str
    entered_ms: int | None


def _written(value: float) -> str:
    return f"{value:g}"


def _sign(name: str, entered: Entered | None) -> SignView:
    vital, steps = VITALS[name], STEPS[name]
    return SignView(
        name=name,
        unit=vital.unit,
        least=_written(vital.least),
        most=_written(vital.most),
        step=_written(vital.step),
        large=_written(steps.large),
        start=_written(steps.start),
        value="" if entered is None else _written(entered.value),
        entered_ms=None if entered is None else entered.at.unix_ms,
    )


def _number(name: str, text: str) -> float | None:
    """A value as it was typed or stepped to; None where the field is empty. ValueError for what is no plausible number."""
    if not text.strip():
        return None
    value = round(float(text.replace(",", ".")), 1)
    if not is_plausible(name, value) or (VITALS[name].step == 1 and value != int(value)):
        raise ValueError(name)
    return value


def changed(form: Mapping[str, str]) -> dict[str, float | None]:
    """What was changed on the form since it was shown; what was left alone must not undo what somebody entered meanwhile.

    Raises:
        ValueError: a value is no number, or not plausible.
    """
    values = {name: (_number(name, form[name]), _number(name, form.get(f"was_{name}", ""))) for name in VITALS if name in form}
    return {name: value for name, (value, was) in values.items() if value != was}


def add_vital_signs(app: Flask, settings: Settings, casebook: Casebook) -> None:
    """Add ``/cases/<id>/vitals``."""
    database = casebook.database

    @app.get("/cases/<case_id>/vitals")
    def vital_signs(case_id: str) -> str:
        case = get_case(database, case_id)
        radiographs = [radiograph for radiograph in radiographs_of(database, case_id) if radiograph.stands_for_case]
        reading = reading_of(database, radiographs[-1].id) if radiographs else None
        known = dict(vitals_of(database, case_id).known())
        stamp = now()
        return render_template(
            "kiosk/vitals.html",
            case=case,
            signs=tuple(_sign(name, known.get(name)) for name in VITALS),
            why=why_view(database, case, reading, settings),
            link=link_view(database, settings, stamp),
            stamp=stamp,
        )

    @app.post("/cases/<case_id>/vitals")
    def enter(case_id: str) -> Response:
        get_case(database, case_id)
        try:
            values = changed(request.form)
        except ValueError:
            abort(HTTPStatus.BAD_REQUEST)
        enter_vitals(database, case_id, values)
        return make_response(redirect(f"/cases/{case_id}/vitals", HTTPStatus.SEE_OTHER))
