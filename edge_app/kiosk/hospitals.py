"""The page on which the crew has an emergency room asked: those not asked yet, and those that are out, page by page."""

import logging
from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, abort, make_response, redirect, render_template, request

from edge_app.casebook import Casebook
from edge_app.casebook.cases import Case, CaseState, get_case
from edge_app.casebook.crew_words import CrewWord, say, words_of
from edge_app.casebook.offers import OfferState, Reason, offers_of_patient
from edge_app.casebook.readings import is_dispatched, newest_dispatched
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.database import Database
from edge_app.dispatch.choosing import ask_router, ranked_rooms
from edge_app.dispatch.policy import policy_of
from edge_app.dispatch.position import Locator, Place
from edge_app.dispatch.roads import Roads
from edge_app.dispatch.status_board import read_board
from edge_app.errors import DirectoryError
from edge_app.kiosk.judged import needs_of
from edge_app.kiosk.queries import link_view
from edge_app.kiosk.views import is_by_road
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

    @property
    def by_road(self) -> bool:
        """Whether the travel time is the router's; else it is an estimate."""
        return is_by_road(self.reasons)


def candidates(database: Database, settings: Settings, case: Case, place: Place, roads: Roads | None = None) -> tuple[Candidate, ...]:
    """Whom the crew can have asked, those first that were not asked yet, in the order in which the box would ask them.

    Who is asked is not among them, nor whom the crew has picked just now.

    Raises:
        DirectoryError: the directory cannot be read.
    """
    # Whoever is asked with another case of the same patient is asked.
    known = sorted(offers_of_patient(database, case.id), key=lambda offer: offer.state in _ASKED)
    states = {offer.hpid: offer.state for offer in known}
    picked = {said.hpid for said in words_of(database, case.id) if said.word is CrewWord.PICK and said.outcome is None}
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
        for choice in ranked_rooms(database, settings, place, needs, now(), roads)
        if states.get(choice.room.hpid) not in _ASKED and choice.room.hpid not in picked
    ]
    return tuple(sorted(free, key=lambda each: each.state is not None))


def _board_told_ms(settings: Settings) -> int | None:
    """When the box was last told what the status board says; None where it was not, or where that cannot be read."""
    try:
        return read_board(settings.board_file).told_ms
    except DirectoryError:
        return None


def add_hospitals(app: Flask, settings: Settings, casebook: Casebook, locator: Locator, roads: Roads) -> None:
    """Add ``/cases/<id>/hospitals``."""
    database = casebook.database

    @app.get("/cases/<case_id>/hospitals")
    def hospitals(case_id: str) -> str:
        case, place = get_case(database, case_id), locator.place()
        page = max(1, request.args.get("page", 1, type=int))
        ask_router(roads, settings, place)
        stamp = now()
        try:
            listed = candidates(database, settings, case, place, roads)
        except DirectoryError as error:
            log.error("no hospital can be listed: %s", error)
            listed = ()
        return render_template(
            "kiosk/hospitals.html",
            case=case,
            candidates=listed[(page - 1) * LISTED : page * LISTED],
            page=page,
            more=len(listed) > page * LISTED,
            picker=policy_of(settings.dispatch).picker,
            asked=bool(offers_of_patient(database, case.id)),
            open=case.state is CaseState.OPEN,
            # Before that there is nothing to ask anybody with, and the dispatch could only refuse.
            ready=is_dispatched(database, case.id),
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
