"""What crew and hospital say to each other beside the answer: the page of it, what the crew says, and that it has read."""

from http import HTTPStatus

from flask import Flask, Response, abort, make_response, redirect, render_template, request

from edge_app.casebook import Casebook
from edge_app.casebook.offers import Offer, get_offer
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.dispatch.offers import room_end
from edge_app.kiosk.queries import kiosk_view
from edge_app.link.remarking import note_read, say
from edge_app.link.remarks import NUMBERED, OF_CREW, TEXT_LENGTH, Phrase

ARRIVING_MIN = (5, 10, 20)
DELAYED_MIN = (10, 20)
"""Minutes that one touch says."""


def add_messages(app: Flask, settings: Settings, casebook: Casebook) -> None:
    """Add ``/cases/<id>/messages``, and what is said and read of an offer."""
    database, me = casebook.database, f"unit/{settings.unit.id}"
    choices: list[tuple[Phrase, int | None]] = [(Phrase.ARRIVING_IN, n) for n in ARRIVING_MIN]
    choices += [(Phrase.DELAYED_BY, n) for n in DELAYED_MIN]
    choices += [(phrase, None) for phrase in OF_CREW if phrase not in NUMBERED]

    def offer_of(case_id: str, offer_id: str) -> Offer:
        offer = get_offer(database, offer_id)
        if offer.case_id != case_id:
            raise KeyError(offer_id)
        return offer

    def done(case_id: str, then: str) -> Response:
        if "HX-Request" in request.headers:
            return Response("", HTTPStatus.NO_CONTENT)
        return make_response(redirect(f"/cases/{case_id}{then}", HTTPStatus.SEE_OTHER))

    @app.get("/cases/<case_id>/messages")
    def messages(case_id: str) -> str:
        view = kiosk_view(casebook, settings, case_id)
        if view.talk is None:
            raise KeyError(case_id)
        template = "kiosk/messages_screen.html" if "HX-Request" in request.headers else "kiosk/messages.html"
        return render_template(template, view=view, stamp=now(), choices=choices, text_length=TEXT_LENGTH, page_path=request.path)

    @app.post("/cases/<case_id>/offers/<offer_id>/remarks")
    def remark(case_id: str, offer_id: str) -> Response:
        offer = offer_of(case_id, offer_id)
        word, _, number = request.form.get("phrase", "").partition(":")
        try:
            phrase = Phrase(word) if word else None
            if phrase is not None and phrase not in OF_CREW:
                abort(HTTPStatus.BAD_REQUEST)
            text = request.form.get("text", "").strip() or None
            say(database, me, room_end(offer.hpid), offer_id, phrase=phrase, number=int(number) if number else None, text=text)
        except ValueError:
            abort(HTTPStatus.BAD_REQUEST)
        # Who speaks has seen what was said here before.
        note_read(database, me, room_end(offer.hpid), offer_id)
        return done(case_id, "/messages")

    @app.post("/cases/<case_id>/offers/<offer_id>/read")
    def read(case_id: str, offer_id: str) -> Response:
        note_read(database, me, room_end(offer_of(case_id, offer_id).hpid), offer_id)
        return done(case_id, "")
