"""What the crew can do: bring in a picture, enter Pre-KTAS, send a picture unread, say how a call went, skip a hospital, close a case.

Each may be pressed twice without harm.
"""

import logging
from http import HTTPStatus

from flask import Flask, Response, abort, make_response, redirect, render_template, request

from edge_app.casebook import Casebook
from edge_app.casebook.cases import enter_pre_ktas, get_case
from edge_app.casebook.crew_words import CrewWord, say
from edge_app.casebook.radiographs import Door, ask_to_send_unread, get_radiograph
from edge_app.casebook.readings import reading_of
from edge_app.database import DatabaseError
from edge_app.errors import CaseClosedError
from edge_app.intake.take_in import take_in
from edge_app.reading.finding import Protocol

log = logging.getLogger(__name__)

OF_OFFERS = frozenset({CrewWord.PHONE_ACCEPT, CrewWord.PHONE_DECLINE, CrewWord.PHONE_NO_ANSWER, CrewWord.SKIP})


def _done(path: str) -> Response:
    """The page brings itself up to date when it is live; a plain form is sent back to it."""
    return Response("", HTTPStatus.NO_CONTENT) if "HX-Request" in request.headers else make_response(redirect(path, HTTPStatus.SEE_OTHER))


def add_actions(app: Flask, casebook: Casebook) -> None:
    """Add the actions."""
    database = casebook.database

    @app.post("/radiographs")
    def upload() -> Response:
        contents = [picture.read() for picture in request.files.getlist("picture")]
        protocol, case_id = request.form.get("protocol") or None, request.form.get("case") or None
        if not contents or not all(contents) or protocol not in {None, *Protocol}:
            abort(HTTPStatus.BAD_REQUEST)
        try:
            taken = [take_in(casebook, content, Door.UPLOAD, protocol=protocol, case_id=case_id) for content in contents]
        except CaseClosedError:
            return make_response(render_template("kiosk/not_stored.html", back="/menu", over=True), HTTPStatus.CONFLICT)
        except (OSError, DatabaseError) as error:
            # What is not durable is not acknowledged, and the crew still has the files; one that was kept is known again.
            log.error("an upload could not be kept: %s", type(error).__name__)
            return make_response(render_template("kiosk/not_stored.html", back="/menu"), HTTPStatus.INSUFFICIENT_STORAGE)
        # Only now is it durable, and only now does the answer say so.
        paths = {f"/cases/{one.radiograph.case_id}" for one in taken}
        path = paths.pop() if len(paths) == 1 else "/menu"
        if request.accept_mimetypes.best == "text/html":
            return make_response(redirect(path, HTTPStatus.SEE_OTHER))
        return Response("", HTTPStatus.CREATED, {"Location": path})

    @app.post("/cases/<case_id>/pre-ktas")
    def pre_ktas(case_id: str) -> Response:
        level = request.form.get("level", type=int)
        if level is None or not 1 <= level <= 5:
            abort(HTTPStatus.BAD_REQUEST)
        if get_case(database, case_id).pre_ktas != level:
            enter_pre_ktas(database, case_id, level)
        return _done(f"/cases/{case_id}")

    @app.post("/cases/<case_id>/offers/<offer_id>/said")
    def said(case_id: str, offer_id: str) -> Response:
        word = request.form.get("word", "")
        if word not in OF_OFFERS:
            abort(HTTPStatus.BAD_REQUEST)
        try:
            say(database, case_id, CrewWord(word), offer_id=offer_id, who=request.form.get("who", "").strip() or None)
        except ValueError:
            abort(HTTPStatus.BAD_REQUEST)
        return make_response(redirect(f"/cases/{case_id}", HTTPStatus.SEE_OTHER))

    @app.post("/cases/<case_id>/cancel")
    def cancel(case_id: str) -> Response:
        say(database, case_id, CrewWord.CANCEL)
        return make_response(redirect(f"/cases/{case_id}", HTTPStatus.SEE_OTHER))

    @app.post("/radiographs/<radiograph_id>/send-unread")
    def send_unread(radiograph_id: str) -> Response:
        radiograph = get_radiograph(database, radiograph_id)
        reading = reading_of(database, radiograph_id)
        if reading is None or reading.reading.assessed:
            # Nothing to send unread: it is still being read, or it was read and goes with its reading.
            abort(HTTPStatus.CONFLICT)
        if not radiograph.send_unread:
            ask_to_send_unread(database, radiograph_id)
        return _done(f"/cases/{radiograph.case_id}")
