"""The page on which the crew has one more emergency room asked: those not asked yet, and those that are out."""

import logging
from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, abort, make_response, redirect, render_template, request

from edge_app.casebook import Casebook
from edge_app.casebook.cases import Case, CaseState, get_case
from edge_app.casebook.crew_words import CrewWord, say
from edge_app.casebook.offers import OfferState, Reason, offers_of
from edge_app.casebook.readings import newest_dispatched
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.database import Database
from edge_app.dispatch.choosing import ranked_rooms
from edge_app.dispatch.position import Locator, Place
from edge_app.dispatch.status_board import read_board
from edge_app.errors import DirectoryError
from edge_app.kiosk.judged import needs_of
from edge_app.kiosk.queries import link_view
from edge_app.screens.formatting import minutes

log = logging.getLogger(__name__)

LISTED = 6
_ASKED = frozenset({OfferState.ASKED, OfferState.ACCEPTED})


@dataclass(frozen=True)
class Candidate:
    """An emergency room that can be asked. ``state`` is what became of an earlier request to it; None where there was none."""

    hpid: str
    name: str
    name_en: str | None
    eta_minutes: int
    distance_km: float
    reasons: tuple[Reason, ...]
    state: OfferState | None


def candidates(database: Database, settings: Settings, case: Case, place: Place) -> tuple[Candidate, ...]:
    """Whom the crew can have asked, those first that were not asked yet, in the order in which the box would ask them.

    Raises:
        DirectoryError: the directory cannot be read.
    """
    states = {offer.hpid: offer.state for offer in offers_of(database, case.id)}
    needs = needs_of(database, case, newest_dispatched(database, case.id), settings)
    free = [
        Candidate(
            choice.room.hpid,
            choice.room.name,
            choice.room.name_en,
            minutes(choice.eta_s),
            choice.distance_km,
            choice.reasons,
            states.get(choice.room.hpid),
        )
        for choice in ranked_rooms(database, settings, place, needs, now())
        if states.get(choice.room.hpid) not in _ASKED
    ]
    return tuple(sorted(free, key=lambda each: each.state is not None)[:LISTED])


def _board_told_ms(settings: Settings) -> int | None:
    """When the box was last told what the status board says; None where it was not, or where that cannot be read."""
    try:
        return read_board(settings.board_file).told_ms
    except DirectoryError:
        return None


def add_hospitals(app: Flask, settings: Settings, casebook: Casebook, locator: Locator) -> None:
    """Add ``/cases/<id>/hospitals``."""
    database = casebook.database

    @app.get("/cases/<case_id>/hospitals")
    def hospitals(case_id: str) -> str:
        case, stamp = get_case(database, case_id), now()
        try:
            listed = candidates(database, settings, case, locator.place())
        except DirectoryError as error:
            log.error("no hospital can be listed: %s", error)
            listed = ()
        return render_template(
            "kiosk/hospitals.html",
            case=case,
            candidates=listed,
            may_ask=case.state is CaseState.OPEN,
            board_told_ms=_board_told_ms(settings),
            link=link_view(database, settings, stamp),
            stamp=stamp,
        )

    @app.post("/cases/<case_id>/hospitals")
    def pick(case_id: str) -> Response:
        hpid = request.form.get("hpid", "")
        if not 0 < len(hpid) <= 32:
            abort(HTTPStatus.BAD_REQUEST)
        say(database, case_id, CrewWord.PICK, hpid=hpid)
        return make_response(redirect(f"/cases/{case_id}", HTTPStatus.SEE_OTHER))
