"""The kiosk's pages, their live changes, and what acceptance tests read."""

import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify, render_template, request

from edge_app.casebook import Casebook
from edge_app.casebook.cases import CaseState, recent_cases
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.database import StorageError
from edge_app.kiosk.locked import locked_view
from edge_app.kiosk.queries import case_lines, kiosk_view, link_view
from edge_app.kiosk.reading_again import installed
from edge_app.kiosk.views import KioskView
from edge_app.link.fields import WHO_LENGTH
from edge_app.screens import ChangeFeed, stream
from edge_app.screens.gate import Gate
from edge_app.screens.languages import knows, with_subject_particle, word

log = logging.getLogger(__name__)

CASES_LISTED = 7
CASES_OFFERED = 40
"""Of so many of the newest those that are not over can be given a picture."""
CONTROL_ROOM = "119"
"""The control room's number in Korea, where the site has set none."""


def _live(seen: KioskView, settings: Settings) -> str:
    """A page, or where htmx asks for it only what changes of it."""
    template = "kiosk/screen.html" if "HX-Request" in request.headers else "kiosk/page.html"
    return render_template(template, view=seen, stamp=now(), page_path=request.path, no_answer_after_s=settings.dispatch.no_answer_after_s)


def add_pages(app: Flask, settings: Settings, casebook: Casebook, feed: ChangeFeed, gate: Gate) -> None:
    """Add the pages, ``/events`` and ``/status.json``."""
    app.jinja_env.globals.update(word=word, knows=knows, with_subject_particle=with_subject_particle, who_length=WHO_LENGTH)
    app.jinja_env.globals.update(control_phone=settings.dispatch.control_room_phone or CONTROL_ROOM)

    @app.errorhandler(KeyError)
    def not_there(_error: KeyError) -> tuple[str, int]:
        return render_template("kiosk/gone.html"), 404

    @app.errorhandler(500)
    def broken(_error: Exception) -> tuple[str, int]:
        return render_template("kiosk/broken.html"), 500

    @app.errorhandler(StorageError)
    def store_fails(error: Exception) -> tuple[str, int]:
        log.error("the store fails: %s", error)
        if request.method != "POST":
            return broken(error)
        # Nothing of it is durable, so nothing of it is acknowledged, and the page to touch again is a step away.
        case_id = (request.view_args or {}).get("case_id")
        return render_template("kiosk/not_stored.html", back=f"/cases/{case_id}" if case_id else "/"), HTTPStatus.INSUFFICIENT_STORAGE

    @app.get("/")
    def newest() -> str:
        return _live(kiosk_view(casebook, settings, None), settings)

    @app.get("/cases/<case_id>")
    def case(case_id: str) -> str:
        return _live(kiosk_view(casebook, settings, case_id), settings)

    @app.get("/cases/<case_id>/radiographs/<radiograph_id>")
    def radiograph(case_id: str, radiograph_id: str) -> str:
        return _live(kiosk_view(casebook, settings, case_id, radiograph_id, only_picture=True), settings)

    @app.get("/cases/<case_id>/call/<offer_id>")
    def call(case_id: str, offer_id: str) -> str:
        return _live(kiosk_view(casebook, settings, case_id, calling=offer_id), settings)

    @app.get("/menu")
    def menu() -> str:
        link = link_view(casebook.database, settings, now())
        cases = recent_cases(casebook.database, CASES_OFFERED)
        lines = case_lines(casebook, settings, cases[:CASES_LISTED], now())
        goes_to = [case for case in cases if case.state is not CaseState.CLOSED]
        return render_template(
            "kiosk/menu.html", lines=lines, goes_to=goes_to, link=link, stamp=now(), protocols=installed(), settings=settings
        )

    @app.get("/events")
    def events() -> Response:
        case_id, radiograph_id, viewed, calling = (request.args.get(name) for name in ("case", "radiograph", "viewed", "call"))
        seen = request.headers.get("Last-Event-ID") or request.args.get("seen", "")

        if not gate.visitor().inside:
            return stream(feed, lambda: locked_view(casebook, settings).fingerprint, seen, gate.stays())

        def fingerprint() -> str:
            try:
                only = radiograph_id is not None
                return kiosk_view(casebook, settings, case_id, radiograph_id or viewed, only_picture=only, calling=calling).fingerprint
            except KeyError:
                return "gone"

        return stream(feed, fingerprint, seen, gate.stays())

    @app.get("/status.json")
    def status() -> Response:
        view = kiosk_view(casebook, settings, request.args.get("case"))
        return jsonify({**_standing(view), **_found(view)} if gate.visitor().inside else {**_standing(view), "locked": True})


def _found(view: KioskView) -> dict[str, Any]:
    """What was found in the picture, for acceptance tests; with the code that is read back, it is for who may see the patient."""
    return {
        "radiograph": view.picture_id,
        "pictures": [{"id": card.id, "outcome": card.outcome} for card in view.pictures],
        "urgency": None if view.result is None else view.result.urgency,
        "top3": [] if view.result is None else [row.name for row in view.result.findings],
        "refusal": None if view.refusal is None else view.refusal.reason,
        "code": None if view.answer is None else view.answer.code,
    }


def _standing(view: KioskView) -> dict[str, Any]:
    """Where the case stands, for probes and acceptance tests; nothing of the patient is in it."""
    return {
        "screen": view.showing,
        "case": None if view.case is None else view.case.id,
        "link": view.link.mark,
        "accepted_by": None if view.answer is None else view.answer.offer.name,
        "offers": [
            {"id": offer.id, "name": offer.name, "state": offer.state, "rungs": list(offer.proven), "eta_minutes": offer.eta_minutes}
            for offer in view.offers
        ],
        "stand_downs": [] if view.answer is None else [{"name": other.name, "proof": other.proof} for other in view.answer.others],
    }
