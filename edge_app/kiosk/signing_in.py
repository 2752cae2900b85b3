"""The kiosk's lock: a PIN where the site has set one, the emergency touch that opens it without, and the record of both."""

import math
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, jsonify, make_response, redirect, render_template, request

from edge_app.casebook import Casebook
from edge_app.clock import Stamp, now
from edge_app.config import Settings
from edge_app.database import StorageError
from edge_app.kiosk.locked import locked_view
from edge_app.kiosk.queries import link_view
from edge_app.screens.gate import Access, Gate, address
from edge_app.security.audit import Actor, SignInKind, note, overridden, sign_ins
from edge_app.security.pin import LONGEST_PIN, SHORTEST_PIN, has_pin, pin_wait_s, try_pin
from edge_app.security.sessions import Limits, Sessions

SIGN_INS_LISTED = 8
HOLD_S = 3

ACCESS = {
    "screens.asset": Access.ANYBODY,
    "prefer": Access.ANYBODY,
    "newest": Access.LOOK,
    "case": Access.LOOK,
    "radiograph": Access.LOOK,
    "call": Access.LOOK,
    "menu": Access.LOOK,
    # These two say less to who is outside.
    "events": Access.ANYBODY,
    "status": Access.ANYBODY,
    "pixels": Access.FETCH,
    "heat_map": Access.FETCH,
    "small_picture": Access.FETCH,
    "film": Access.LOOK,
    "film_frames": Access.FETCH,
    "film_outlines": Access.FETCH,
    "film_frame": Access.FETCH,
    "angles": Access.FETCH,
    "adjust_points": Access.LOOK,
    "upload": Access.LOOK,
    "pre_ktas": Access.LOOK,
    "said": Access.LOOK,
    "cancel": Access.LOOK,
    "send_unread": Access.LOOK,
    "vital_signs": Access.LOOK,
    "enter": Access.LOOK,
    "hospitals": Access.LOOK,
    "pick": Access.LOOK,
    "casualties": Access.LOOK,
    "comparison": Access.LOOK,
    "edit": Access.LOOK,
    "read_anew": Access.LOOK,
    "read_by": Access.LOOK,
    "screening": Access.LOOK,
    "send_edited": Access.LOOK,
    "enter_field": Access.LOOK,
    "enter_patient_touch": Access.LOOK,
    "enter_start": Access.LOOK,
    "handover": Access.LOOK,
    "history": Access.LOOK,
    "merge_cases": Access.LOOK,
    "merging": Access.LOOK,
    "messages": Access.LOOK,
    "new_casualty": Access.LOOK,
    "patient": Access.LOOK,
    "patient_field": Access.LOOK,
    "read": Access.LOOK,
    "remark": Access.LOOK,
    "search": Access.LOOK,
    "start_page": Access.LOOK,
    "unmerge": Access.LOOK,
    "viewing": Access.LOOK,
    "sign_in": Access.ANYBODY,
    "override": Access.ANYBODY,
    "lock": Access.LOOK,
    "touched": Access.FETCH,
    "signed_in": Access.LOOK,
}


def make_gate(settings: Settings, casebook: Casebook) -> Gate:
    """The kiosk's gate: open to everybody until a PIN is set."""
    database = casebook.database
    limits = Limits(settings.sign_in.idle_s, settings.sign_in.longest_s)
    cookie = f"kiosk_session_{settings.kiosk.port}"
    return Gate(
        Sessions(database, limits),
        cookie,
        required=lambda _address: has_pin(database),
        locked=lambda: _locked(casebook, settings, lost=request.method == "POST"),
        denied=lambda: abort(HTTPStatus.FORBIDDEN),
    )


def _locked(casebook: Casebook, settings: Settings, *, wrong: bool = False, lost: bool = False) -> Response:
    """The locked screen, or what htmx puts in place. ``wrong``: that was not the PIN; ``lost``: a touch came too late."""
    live = "HX-Request" in request.headers
    wait_s = pin_wait_s(casebook.database)
    shown = render_template(
        "kiosk/locked.html" if live and not lost else "kiosk/locked_page.html",
        locked=locked_view(casebook, settings),
        stamp=now(),
        back=_way_back(),
        wrong=wrong,
        lost=lost,
        wait_s=math.ceil(wait_s),
        shortest=SHORTEST_PIN,
        longest=LONGEST_PIN,
        hold_s=HOLD_S,
    )
    if lost:
        return make_response(shown, HTTPStatus.UNAUTHORIZED)
    return make_response(shown, HTTPStatus.TOO_MANY_REQUESTS if wrong and wait_s else HTTPStatus.UNAUTHORIZED if wrong else HTTPStatus.OK)


def _way_back() -> str:
    """The page of this kiosk that was asked for."""
    path = request.path
    if request.method == "POST":
        # Only its own two forms are read: what else was posted may be a large picture.
        path = request.form.get("back", "/") if request.endpoint in ("sign_in", "override") else "/"
    parts = urlsplit(path)
    return path if path.startswith("/") and not (parts.netloc or parts.scheme or "\\" in path) else "/"


def add_signing_in(app: Flask, settings: Settings, casebook: Casebook, gate: Gate) -> None:
    """Add the PIN, the emergency touch, the lock and the record."""
    database = casebook.database

    @app.context_processor
    def opened_without() -> dict[str, Any]:
        def opened_without_pin() -> Stamp | None:
            try:
                return overridden(database)
            except StorageError:
                # The page that says that the store fails must not fail with it.
                return None

        return {"opened_without_pin": opened_without_pin}

    @app.post("/sign-in")
    def sign_in() -> Response:
        if not has_pin(database):
            return make_response(redirect(_way_back(), HTTPStatus.SEE_OTHER))
        refused = try_pin(database, request.form.get("pin", ""), address())
        if refused is not None:
            return _locked(casebook, settings, wrong=True)
        gate.admit(None)
        if "HX-Request" in request.headers:
            return Response("", HTTPStatus.NO_CONTENT, {"HX-Redirect": _way_back()})
        return make_response(redirect(_way_back(), HTTPStatus.SEE_OTHER))

    @app.post("/override")
    def override() -> Response:
        if has_pin(database) and not gate.visitor().inside:
            note(database, SignInKind.OVERRIDDEN, Actor(None, address()))
            gate.admit(None)
        return make_response(redirect(_way_back(), HTTPStatus.SEE_OTHER))

    @app.post("/lock")
    def lock() -> Response:
        if gate.visitor().session is not None:
            note(database, SignInKind.LOCKED, gate.actor())
            gate.dismiss()
        return make_response(redirect("/", HTTPStatus.SEE_OTHER))

    @app.post("/touched")
    def touched() -> Response:
        return jsonify({"left_s": gate.left_s()})

    @app.get("/sign-ins")
    def signed_in() -> str:
        page = max(1, request.args.get("page", 1, type=int))
        rows = sign_ins(database, SIGN_INS_LISTED + 1, (page - 1) * SIGN_INS_LISTED)
        stamp = now()
        return render_template(
            "kiosk/sign_ins.html",
            rows=rows[:SIGN_INS_LISTED],
            page=page,
            more=len(rows) > SIGN_INS_LISTED,
            link=link_view(database, settings, stamp),
            stamp=stamp,
        )
