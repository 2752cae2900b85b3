"""From the casebook to what one page shows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from edge_app.casebook import Casebook
from edge_app.casebook.cases import Case, CaseState, get_case, recent_cases
from edge_app.casebook.crew_words import CrewWord, SaidWord, words_of
from edge_app.casebook.events import EventKind, last_of
from edge_app.casebook.exposure import exposure_age_s, seconds_from_exposure_to_reception
from edge_app.casebook.offers import Offer, OfferState, Rung, offers_of, offers_of_cases, rungs_of_cases
from edge_app.casebook.patients import patient_of
from edge_app.casebook.radiographs import StoredRadiograph, radiographs_of, radiographs_of_cases
from edge_app.casebook.readings import StoredReading, get_reading, is_dispatched, newest_readings, read_at, usual_reading_s
from edge_app.casebook.vitals import vitals_of
from edge_app.clock import Stamp, now
from edge_app.config import Settings
from edge_app.database import Database, Row
from edge_app.dispatch.offers import Outcome as WordOutcome
from edge_app.dispatch.policy import Asks, policy_of
from edge_app.health.heartbeat import heartbeat_of
from edge_app.kiosk.atmist import atmist_view
from edge_app.kiosk.followed import followed_view
from edge_app.kiosk.judged import with_urgency
from edge_app.kiosk.kin import kin_views
from edge_app.kiosk.offering import answer_view, asked_with, ended_views, offer_views
from edge_app.kiosk.pedigree import pedigree_view
from edge_app.kiosk.picturing import edited_view, flaw_views, picture_state, picture_view, refusal_view, result_view
from edge_app.kiosk.reading_again import other_protocols
from edge_app.kiosk.showing import NEEDS_SOMEBODY, Facts, Outcome, Showing, showing, showing_of_picture
from edge_app.kiosk.talking import talk_view
from edge_app.kiosk.views import ClockView, KioskView, LinkMark, LinkView, OfferView, OtherCases, PictureCard, Sign, Since
from edge_app.link.state import read_link_state
from edge_app.screens.parts import LADDER
from edge_app.triage.precautions import is_airborne

LINK_SILENT_AFTER_S = 15.0
READER_SILENT_AFTER_S = 60.0
READING_SLOW_AFTER_S = 20.0
RECENT_S = 6 * 3600.0
RECENT_CASES = 12


@dataclass(frozen=True)
class _Known:
    """What the casebook has of one case, with the picture that is looked at."""

    case: Case
    radiographs: list[StoredRadiograph]
    readings: dict[str, StoredReading | None]
    offers: list[Offer]
    radiograph: StoredRadiograph | None

    @property
    def reading(self) -> StoredReading | None:
        return None if self.radiograph is None else self.readings[self.radiograph.id]

    @property
    def winner(self) -> Offer | None:
        held = [offer for offer in self.offers if offer.id == self.case.holder_offer_id and offer.state is OfferState.ACCEPTED]
        return held[0] if held else None


@lru_cache(maxsize=256)
def _unchanging(database: Database, reading_id: str) -> StoredReading:
    """A reading is written once and never changed, and taking it apart costs more than all else on a page."""
    return get_reading(database, reading_id)


def _newest_reading(database: Database, radiograph_id: str) -> StoredReading | None:
    row = database.row("SELECT id FROM readings WHERE radiograph_id = :id ORDER BY attempt DESC LIMIT 1", {"id": radiograph_id})
    return None if row is None else _unchanging(database, row["id"])


def _chosen(radiographs: Sequence[StoredRadiograph]) -> StoredRadiograph | None:
    """The one that stands for its case."""
    return next((each for each in reversed(radiographs) if each.stands_for_case), None)


def _known(database: Database, case: Case, radiograph_id: str | None) -> _Known:
    radiographs = radiographs_of(database, case.id)
    chosen = _chosen(radiographs)
    if radiograph_id is not None:
        chosen = next((each for each in radiographs if each.id == radiograph_id), None)
        if chosen is None:
            raise KeyError(radiograph_id)
    readings = {each.id: _newest_reading(database, each.id) for each in radiographs}
    return _Known(case, radiographs, readings, offers_of(database, case.id), chosen)


def _outcome(reading: StoredReading | None) -> Outcome:
    if reading is None:
        return Outcome.UNREAD
    return Outcome.ASSESSED if reading.reading.assessed else Outcome.NOT_ASSESSED


def _no_room(database: Database, case: Case) -> Row | None:
    sql = "SELECT detail ->> 'destination' AS destination FROM events WHERE case_id = :id AND kind = :kind ORDER BY id DESC LIMIT 1"
    return database.row(sql, {"id": case.id, "kind": str(EventKind.NO_ROOM_FOUND)})


def _to_choose(database: Database, known: _Known, settings: Settings) -> bool:
    """Whether nobody was asked because a person chooses, and can: the dispatch has seen the reading that hospitals are asked with."""
    nobody = policy_of(settings.dispatch).asks is Asks.NOBODY and not known.offers and known.case.state is CaseState.OPEN
    return nobody and is_dispatched(database, known.case.id)


def _is_failed_pick(said: SaidWord) -> bool:
    return said.word is CrewWord.PICK and said.outcome not in (None, WordOutcome.ASK, WordOutcome.NOTHING)


def _to_be_asked_s(database: Database, known: _Known, at: Stamp) -> float | None:
    """Seconds since there was something to ask the hospitals with; None where there is nothing, or they were asked."""
    reading, radiograph = known.reading, known.radiograph
    if known.offers or reading is None or radiograph is None:
        return None
    if reading.reading.assessed:
        return at.seconds_since(read_at(database, reading.id))
    kind = EventKind.SEND_UNREAD_ASKED if radiograph.edited_from is None else EventKind.SEND_EDITED_ASKED
    asked = last_of(database, kind, radiograph.id) if radiograph.send_unread else None
    return None if asked is None else at.seconds_since(asked)


def _facts(database: Database, known: _Known, settings: Settings, at: Stamp) -> Facts:
    asked = [at.seconds_since(offer.asked) for offer in known.offers if offer.state is OfferState.ASKED]
    return Facts(
        outcome=None if known.radiograph is None else _outcome(known.reading),
        offers=tuple(offer.state for offer in known.offers),
        won=known.winner is not None,
        unanswered_s=max(asked, default=None),
        to_be_asked_s=_to_be_asked_s(database, known, at),
        # Before anything was read nobody was looked for.
        no_room=not known.offers and any(known.readings.values()) and _no_room(database, known.case) is not None,
        no_answer_after_s=settings.dispatch.no_answer_after_s,
        closed=known.case.state is CaseState.CLOSED,
        to_choose=_to_choose(database, known, settings),
    )


def link_view(database: Database, settings: Settings, at: Stamp) -> LinkView:
    """The link to the hospitals as its service last left it."""
    demo = settings.broker.kind == "embedded"
    state = read_link_state(database)
    if state is None:
        return LinkView(LinkMark.NEVER, None, demo, None)
    if state.alive_age_s is None or state.alive_age_s > LINK_SILENT_AFTER_S:
        return LinkView(LinkMark.SILENT, None, demo, state.alive_age_s)
    mark = LinkMark.UP if state.connected else LinkMark.DOWN
    return LinkView(mark, state.word, demo, state.changed_age_s)


def _clock(database: Database, known: _Known, at: Stamp) -> ClockView | None:
    """Counts from the picture the hospitals were asked with, else from the one looked at."""
    radiograph = asked_with(database, known.offers) or known.radiograph
    if radiograph is None:
        return None
    since = Since.RECEPTION if seconds_from_exposure_to_reception(radiograph) is None else Since.EXPOSURE
    winner = known.winner
    stopped_s = None if winner is None or winner.answered is None else exposure_age_s(radiograph, winner.answered)
    return ClockView(since, stopped_s is not None, exposure_age_s(radiograph, at), stopped_s)


def _others(database: Database, current: str | None, settings: Settings, at: Stamp) -> OtherCases:
    shown = []
    for case in recent_cases(database, RECENT_CASES):
        if case.id == current or case.state is CaseState.CLOSED or at.seconds_since(case.opened) > RECENT_S:
            continue
        shown.append(showing(_facts(database, _known(database, case, None), settings, at)))
    return OtherCases(len(shown), sum(each in NEEDS_SOMEBODY for each in shown))


def taken_ms(radiograph: StoredRadiograph) -> int | None:
    """The exposure's time of day, only where it is to be believed."""
    if radiograph.taken_at is None or seconds_from_exposure_to_reception(radiograph) is None:
        return None
    return int(datetime.fromisoformat(radiograph.taken_at).timestamp() * 1000)


def _named(offers: tuple[OfferView, ...], offer_id: str) -> OfferView:
    found = next((offer for offer in offers if offer.id == offer_id), None)
    if found is None:
        raise KeyError(offer_id)
    return found


def _usual_s(database: Database) -> int | None:
    usual_s = usual_reading_s(database)
    return None if usual_s is None else max(1, math.ceil(usual_s))


def _signs(database: Database, case: Case) -> tuple[Sign, ...]:
    return tuple(Sign(name, f"{entered.value:g}") for name, entered in vitals_of(database, case.id).known())


def kiosk_view(
    casebook: Casebook,
    settings: Settings,
    case_id: str | None,
    radiograph_id: str | None = None,
    *,
    only_picture: bool = False,
    calling: str | None = None,
) -> KioskView:
    """One page: of that case, or of the newest one; with ``only_picture`` the picture whatever was answered.

    ``calling`` is the offer whose hospital is telephoned: that is shown as long as nobody holds the case.

    Raises:
        KeyError: no such case, or no such radiograph or offer in it.
    """
    with casebook.database.reading():
        return _view(casebook, settings, case_id, radiograph_id, only_picture=only_picture, calling=calling)


def _view(
    casebook: Casebook, settings: Settings, case_id: str | None, radiograph_id: str | None, *, only_picture: bool, calling: str | None
) -> KioskView:
    database = casebook.database
    at = now()
    newest = recent_cases(database, 1)
    case = get_case(database, case_id) if case_id is not None else (newest[0] if newest else None)
    others = _others(database, None if case is None else case.id, settings, at)
    link = link_view(database, settings, at)
    if case is None:
        return KioskView(Showing.WAITING, link, others, settings.unit.name)
    atmist, kin = atmist_view(patient_of(database, case.id)), kin_views(database, case)
    known = _known(database, case, radiograph_id)
    facts = _facts(database, known, settings, at)
    shown = showing_of_picture(facts.outcome) if only_picture and facts.outcome is not None else showing(facts)
    if calling is not None and shown not in (Showing.ACCEPTED, Showing.CLOSED):
        shown = Showing.CALL
    radiograph, reading = known.radiograph, known.reading
    if radiograph is None:
        return KioskView(shown, link, others, settings.unit.name, case, atmist=atmist, kin=kin)
    state, assumptions = picture_state(database, radiograph, reading, at)
    waited_s = at.seconds_since(radiograph.received)
    heartbeat = heartbeat_of(settings.heartbeat_folder, "reading")
    offers, said = offer_views(database, known.offers, at, link_up=link.mark is LinkMark.UP), words_of(database, case.id)
    no_room = _no_room(database, case) if facts.no_room else None
    policy = policy_of(settings.dispatch)
    result = None if reading is None else with_urgency(database, case, reading, result_view(casebook, reading), settings)
    return KioskView(
        showing=shown,
        link=link,
        others=others,
        unit=settings.unit.name,
        case=case,
        clock=_clock(database, known, at),
        picture=picture_view(casebook, radiograph, reading, result),
        picture_state=state,
        picture_id=radiograph.id,
        assumptions=assumptions,
        edited=edited_view(radiograph),
        pictures=tuple(
            PictureCard(each.id, number, _outcome(known.readings[each.id]), each.received.unix_ms, each.size_bytes)
            for number, each in enumerate(known.radiographs, start=1)
        ),
        result=result,
        refusal=None if reading is None else refusal_view(reading, radiograph),
        flaws=() if reading is None else flaw_views(reading.reading),
        offers=offers,
        answer=None if known.winner is None else answer_view(database, case, known.winner, known.offers, offers),
        no_room=facts.no_room,
        no_destination=None if no_room is None else no_room["destination"],
        chooser=policy.picker if facts.to_choose else None,
        crew_adds=not policy.widens,
        pick_failed=bool(said) and _is_failed_pick(said[-1]),
        reader_silent=reading is None and (heartbeat.age_s is None or heartbeat.age_s > READER_SILENT_AFTER_S),
        slow=reading is None and waited_s > READING_SLOW_AFTER_S,
        only_picture=only_picture,
        calling=None if calling is None else _named(offers, calling),
        signs=_signs(database, case),
        atmist=atmist,
        kin=kin,
        pending=any(word.outcome is None for word in said),
        ended=ended_views(database, known.offers) if facts.closed else (),
        talk=talk_view(database, case.id, known.winner, known.offers, offers),
        taken_ms=taken_ms(radiograph),
        usual_s=_usual_s(database) if reading is None else None,
        again=() if reading is None else other_protocols(reading, case.age_years),
        pedigree=None if reading is None else pedigree_view(reading.reading),
        airborne=any(is_airborne(each.reading.findings) for each in known.readings.values() if each is not None),
        followed=followed_view(database, known.winner, at),
        waiting_s=waited_s,
    )


@dataclass(frozen=True)
class CaseLine:
    """A line of the case list. ``rung`` is the highest proven of any of its offers, ``picture_age_s`` is of its newest picture."""

    case: Case
    showing: Showing
    lead: str | None
    pictures: tuple[PictureCard, ...]
    winner: str | None
    winner_en: str | None
    rung: Rung | None
    picture_age_s: float | None


def case_lines(casebook: Casebook, settings: Settings, cases: Sequence[Case], at: Stamp) -> tuple[CaseLine, ...]:
    """Where each of these cases stands. However many they are, what is known of them is asked for at once."""
    database, ids = casebook.database, [case.id for case in cases]
    radiographs, offers, newest = radiographs_of_cases(database, ids), offers_of_cases(database, ids), newest_readings(database, ids)
    rungs = rungs_of_cases(database, ids)
    lines = []
    for case in cases:
        of_case = radiographs.get(case.id, [])
        readings = {each.id: _unchanging(database, newest[each.id]) if each.id in newest else None for each in of_case}
        known = _Known(case, of_case, readings, offers.get(case.id, []), _chosen(of_case))
        lines.append(_case_line(casebook, settings, known, rungs.get(case.id, []), at))
    return tuple(lines)


def _case_line(casebook: Casebook, settings: Settings, known: _Known, proven: Sequence[Rung], at: Stamp) -> CaseLine:
    database, case = casebook.database, known.case
    reading, winner = known.reading, known.winner
    cards = tuple(
        PictureCard(each.id, number, _outcome(known.readings[each.id]), each.received.unix_ms, each.size_bytes)
        for number, each in enumerate(known.radiographs, start=1)
    )
    result = None if reading is None else result_view(casebook, reading)
    return CaseLine(
        case,
        showing(_facts(database, known, settings, at)),
        None if result is None else result.lead,
        cards,
        None if winner is None else winner.name,
        None if winner is None else winner.name_en,
        next((rung for rung in reversed(LADDER) if rung in proven), None),
        None if known.radiograph is None else exposure_age_s(known.radiograph, at),
    )
