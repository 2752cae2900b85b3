"""The console's door: signing in and out, and the locked page, which rings on."""

import ipaddress
import math
import re
from collections.abc import Callable
from http import HTTPStatus

from flask import Flask, Response, jsonify, make_response, redirect, render_template, request
from flask_babel import gettext

from edge_app.config import RoomSettings
from edge_app.database import Database
from edge_app.emergency_room.console.watch import locked_version_of, watch_of
from edge_app.screens.gate import Access, Gate, address
from edge_app.security.accounts import NAME_LENGTH, has_accounts, sign_in
from edge_app.security.audit import SignInKind, note
from edge_app.security.backoff import Refused
from edge_app.security.sessions import Limits, Sessions

ACCESS = {
    "screens.asset": Access.ANYBODY,
    "prefer": Access.ANYBODY,
    "first": Access.LOOK,
    "one": Access.LOOK,
    "desk": Access.LOOK,
    # These two say less to who is outside.
    "events": Access.ANYBODY,
    "status": Access.ANYBODY,
    "region": Access.FETCH,
    "preview": Access.FETCH,
    "pixels": Access.FETCH,
    "original": Access.FETCH,
    "angles": Access.FETCH,
    # It is kept in the name of who has moved them.
    "adjust_points": Access.ANSWER,
    # What the unit is told of a person is told of one who can answer.
    "opened": Access.ANSWER,
    "answered": Access.ANSWER,
    "remark": Access.ANSWER,
    "read": Access.ANSWER,
    "diagnosis": Access.ANSWER,
    "duty": Access.ANSWER,
    "setting": Access.ANSWER,
    "standing": Access.FETCH,
    "incoming": Access.LOOK,
    "report": Access.LOOK,
    "as_csv": Access.LOOK,
    "enter": Access.ANYBODY,
    "leave": Access.OWN,
    "touched": Access.FETCH,
    "watch": Access.LOOK,
    "own_account": Access.OWN,
    "own_password": Access.OWN,
    "people": Access.MANAGE,
    "add_person": Access.MANAGE,
    "change_person": Access.MANAGE,
    "signed_in": Access.MANAGE,
}
_OF_A_REQUEST = re.compile(r"/requests/([0-9a-f]{32})")


def _from_here(origin: str) -> bool:
    """Whether that address is this machine's own."""
    try:
        return ipaddress.ip_address(origin).is_loopback
    except ValueError:
        return False


def make_gate(database: Database, settings: RoomSettings) -> Gate:
    """The console's gate. Until there is an account it is open to whoever sits at this machine, and to nobody else."""
    return Gate(
        Sessions(database, Limits(settings.sign_in.idle_s, settings.sign_in.longest_s)),
        f"console_session_{settings.console.port}",
        required=lambda origin: has_accounts(database) or not _from_here(origin),
        locked=lambda: _locked(database, settings),
        denied=lambda: _denied(settings),
    )


def _denied(settings: RoomSettings) -> Response:
    """What is shown to who may not."""
    shown = render_template("console/error.html", word=gettext("console.error.role"), hospital=settings.name)
    return make_response(shown, HTTPStatus.FORBIDDEN)


def way_back() -> str:
    """The page that was open, as far as it is one to come back to: a request's, else the first."""
    path = request.form.get("back", "") if request.endpoint == "enter" else request.path
    return path if _OF_A_REQUEST.fullmatch(path) else "/"


def request_of(path: str) -> str | None:
    """The request whose page that is; None where it is another page."""
    found = _OF_A_REQUEST.fullmatch(path)
    return None if found is None else found.group(1)


def _locked(database: Database, settings: RoomSettings, problem: str | None = None, status: int = HTTPStatus.OK) -> Response:
    """The locked page, or for htmx what there is to put in place of the page that was open. It must ring on, so it is never loaded anew."""
    live = "HX-Request" in request.headers
    if live and request.args.get("seen") == locked_version_of(database):
        return make_response("", HTTPStatus.NO_CONTENT)
    if request.method == "POST" and request.endpoint != "enter":
        problem, status = gettext("console.sign_in.lost"), HTTPStatus.UNAUTHORIZED
    # Of a page that is locked already only the inside changes; else its events are to be those of a locked page too.
    whole = live and "locked" not in request.values
    shown = render_template(
        "console/body.html" if whole else "console/locked.html" if live else "console/page.html",
        inner="console/locked.html",
        desk=watch_of(database, inside=False),
        hospital=settings.name,
        problem=problem,
        back=way_back(),
        name_length=NAME_LENGTH,
        no_accounts=not has_accounts(database),
    )
    response = make_response(shown, status)
    if live:
        response.headers["HX-Retarget"] = ".console" if whole else "#desk"
        response.headers["HX-Reswap"] = "outerHTML"
    return response


def waits(refused: Refused) -> str:
    """When it can be tried again; nothing where it can be at once."""
    return f" {gettext('console.sign_in.wait', n=math.ceil(refused.wait_s))}" if refused.wait_s > 0 else ""


def add_signing_in(app: Flask, database: Database, settings: RoomSettings, gate: Gate, page: Callable[..., Response]) -> None:
    """Add ``/sign-in``, ``/sign-out``, ``/touched`` and ``/watch``; ``page`` shows the desk with a request."""

    @app.post("/sign-in")
    def enter() -> Response:
        found = sign_in(database, request.form.get("name", ""), request.form.get("password", ""), address())
        if isinstance(found, Refused):
            said = gettext("console.sign_in.wrong") if found.tried else gettext("console.sign_in.too_many")
            return _locked(
                database, settings, said + waits(found), HTTPStatus.UNAUTHORIZED if found.tried else HTTPStatus.TOO_MANY_REQUESTS
            )
        gate.admit(found)
        if "HX-Request" not in request.headers:
            return make_response(redirect(way_back(), HTTPStatus.SEE_OTHER))
        return page(request_of(way_back()), template="console/body.html")

    @app.post("/sign-out")
    def leave() -> Response:
        note(database, SignInKind.SIGNED_OUT, gate.actor())
        gate.dismiss()
        return make_response(redirect("/", HTTPStatus.SEE_OTHER))

    @app.post("/touched")
    def touched() -> Response:
        return jsonify({"left_s": gate.left_s()})

    @app.get("/watch")
    def watch() -> Response:
        seen = watch_of(database, inside=True)
        if request.args.get("seen") == seen.version:
            return make_response("", HTTPStatus.NO_CONTENT)
        return make_response(render_template("console/watch.html", desk=seen, hospital=settings.name))
