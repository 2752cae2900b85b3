"""The console's Flask application."""

import logging
from pathlib import Path

from flask import Flask, Response, abort, jsonify, make_response, redirect, render_template, request
from flask_babel import gettext
from werkzeug.exceptions import HTTPException, ServiceUnavailable
from werkzeug.wrappers import Response as AnyResponse

from edge_app.config import RoomSettings
from edge_app.database import Database, StorageError
from edge_app.emergency_room.console.adjusting import add_adjusting
from edge_app.emergency_room.console.answering import FOR_MIN, WAIT_MIN, given_answer
from edge_app.emergency_room.console.connection import link_view
from edge_app.emergency_room.console.desk import desk_of, down_of, version_of
from edge_app.emergency_room.console.diagnosing import add_diagnosing
from edge_app.emergency_room.console.incoming import add_incoming
from edge_app.emergency_room.console.people import add_people
from edge_app.emergency_room.console.pictures import add_pictures
from edge_app.emergency_room.console.remarks import add_remarks
from edge_app.emergency_room.console.report import add_report
from edge_app.emergency_room.console.signing_in import ACCESS, add_signing_in, make_gate
from edge_app.emergency_room.console.speaking import speaker
from edge_app.emergency_room.console.standing import add_standing
from edge_app.emergency_room.console.upkeep import upkeep_of
from edge_app.emergency_room.console.watch import locked_version_of, watch_of
from edge_app.emergency_room.originals import originals_of
from edge_app.emergency_room.requests import Request, RequestState, answer, get_request, note_opened, recent_requests
from edge_app.errors import IllegalTransitionError
from edge_app.link.fields import NOTE_LENGTH, WHO_LENGTH
from edge_app.link.messages import AnswerKind, Condition, DeclineReason, is_id
from edge_app.link.state import read_link_state
from edge_app.link.status import COUNTED, Availability
from edge_app.screens import ChangeFeed, Screen, furnish, stream
from edge_app.screens.formatting import clock
from edge_app.screens.languages import knows

log = logging.getLogger(__name__)

LARGEST_FORM_BYTES = 16 * 1024


def create_app(database: Database, settings: RoomSettings, feed: ChangeFeed) -> Flask:
    """The console of one emergency room. The caller owns ``database`` and ``feed``."""
    folder = Path(__file__).resolve().parent
    app = Flask(__name__, template_folder=str(folder / "templates"), static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM_BYTES
    furnish(app, Screen(name="console", host=settings.console.host, language=settings.console.language, folder=folder))
    app.jinja_env.globals.update(note_length=NOTE_LENGTH, who_length=WHO_LENGTH, states=tuple(Availability), counted=COUNTED)
    me = f"room/{settings.hpid}"
    gate = make_gate(database, settings)

    def known(offer_id: str) -> str:
        if not is_id(offer_id):
            abort(404)
        return offer_id

    def page(offer_id: str | None, problem: str | None = None, status: int = 200, template: str | None = None) -> Response:
        """The whole page, or for htmx the part of it that changes."""
        template = template or ("console/desk.html" if "HX-Request" in request.headers else "console/page.html")
        try:
            desk = desk_of(database, offer_id)
        except KeyError:
            abort(404)
        return make_response(
            render_template(
                template,
                inner="console/desk.html",
                desk=desk,
                hospital=settings.name,
                problem=problem,
                reasons=tuple(DeclineReason),
                condition_codes=tuple(Condition),
                waits=WAIT_MIN,
                lasting=FOR_MIN,
            ),
            status,
        )

    @app.get("/")
    def first() -> Response:
        return page(None)

    @app.get("/requests/<offer_id>")
    def one(offer_id: str) -> Response:
        return page(known(offer_id))

    @app.get("/desk")
    def desk() -> Response:
        if request.args.get("seen") == version_of(database):
            return make_response("", 204)
        offer_id = request.args.get("request")
        return page(known(offer_id) if offer_id else None)

    @app.get("/events")
    def events() -> Response:
        seen = request.headers.get("Last-Event-ID") or request.args.get("seen", "")
        version = version_of if gate.visitor().inside else locked_version_of
        return stream(feed, lambda: version(database), seen, gate.stays())

    add_pictures(app, database, known)
    add_adjusting(app, database, known)
    add_standing(app, database, me)
    add_report(app, database, settings.name)
    add_incoming(app, database, settings.name)
    add_remarks(app, database, me, known, page)
    add_diagnosing(app, database, me, known, page)

    @app.post("/requests/<offer_id>/opened")
    def opened(offer_id: str) -> Response:
        try:
            note_opened(database, me, known(offer_id))
        except KeyError:
            abort(404)
        return make_response("", 204)

    @app.post("/requests/<offer_id>/answer")
    def answered(offer_id: str) -> AnyResponse:
        try:
            given = given_answer(request.form)
        except ValueError:
            abort(400)
        # Who is signed in answers in their own name.
        who = None if gate.visitor().account is not None else given.who
        try:
            get_request(database, known(offer_id))
            # Who answers has looked, whatever the browser could tell of it.
            note_opened(database, me, offer_id)
            answer(
                database,
                me,
                offer_id,
                given.kind,
                reason=given.reason,
                conditions=given.conditions,
                wait_min=given.wait_min,
                for_min=given.for_min,
                note=given.note,
                who=who or speaker(database),
            )
        except StorageError:
            log.exception("an answer could not be stored")
            return page(offer_id, problem=gettext("console.not_stored"), status=507)
        except KeyError:
            abort(404)
        except IllegalTransitionError:
            return page(offer_id, problem=_refused(get_request(database, offer_id), given.kind), status=409)
        if "HX-Request" in request.headers:
            return page(offer_id)
        return redirect(f"/requests/{offer_id}", 303)

    @app.get("/status.json")
    def status() -> Response:
        state, link, upkeep = read_link_state(database), link_view(database), upkeep_of(database)
        standing = {
            "hpid": settings.hpid,
            "link": {"works": link.works, "word": link.code, "alive_age_s": None if state is None else state.alive_age_s},
            "refused": {"count": upkeep.refused, "word": upkeep.word},
        }
        if not gate.visitor().inside:
            return jsonify({**standing, "locked": True, "ringing": watch_of(database, inside=False).ringing})
        return jsonify(
            {
                **standing,
                "requests": [
                    {
                        "offer_id": one.offer_id,
                        "state": one.state,
                        "unit": one.unit,
                        "has_preview": one.has_preview,
                        "originals": sum(original.whole for original in originals_of(database, one.offer_id)),
                        "opened": one.opened_ms is not None,
                        "answered": None if one.answer is None else one.answer.answer,
                        "code": one.code,
                    }
                    for one in recent_requests(database)
                ],
            }
        )

    add_signing_in(app, database, settings, gate, page)
    add_people(app, database, settings, gate)
    gate.stand_before(app, ACCESS)

    @app.errorhandler(StorageError)
    def store_fails(error: Exception) -> Response:
        log.error("the store fails: %s", error)
        return failed(ServiceUnavailable())

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Response:
        status_code = error.code or 500
        key = f"console.error.{status_code}"
        word = gettext(key) if knows(key) else gettext("console.error.other")
        return make_response(render_template("console/error.html", word=word, hospital=settings.name), status_code)

    return app


def _refused(request: Request, kind: AnswerKind) -> str:
    """Why an answer cannot be given any more, in the screen's language."""
    ended = request.state is RequestState.STOOD_DOWN
    state = gettext(f"console.past.down.{down_of(request)}" if ended else f"console.state.{request.state}")
    own = request.answer
    if own is not None and request.answered_ms is not None and not ended:
        # Somebody at another screen was quicker.
        state = gettext(
            "console.refused.answered", state=state, who=own.who or gettext("console.refused.nobody"), at=clock(request.answered_ms)
        )
    return str(gettext("console.refused", answer=gettext(f"console.refused.{kind}"), state=state))
