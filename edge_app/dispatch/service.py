"""The dispatch service: readings become offers, answers become leases. Each step is one transaction, taken up again after a kill."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from edge_app.casebook import Casebook
from edge_app.casebook.adjustments import newest_adjustment
from edge_app.casebook.cases import Case, CaseState, cases_of_patient, get_case, new_id
from edge_app.casebook.crew_words import CrewWord, SaidWord, mark_applied, next_word
from edge_app.casebook.events import Detail, EventKind, record
from edge_app.casebook.exposure import exposure_age_s
from edge_app.casebook.hospital_words import note_status
from edge_app.casebook.offers import (
    Offer,
    OfferState,
    Reason,
    ReasonKind,
    Rung,
    add_offer,
    get_offer,
    note_asked,
    note_reminded,
    note_revision,
    offers_of,
    offers_of_patient,
    open_cases_ringing,
    prove,
    with_rung,
)
from edge_app.casebook.radiographs import get_radiograph
from edge_app.casebook.readings import StoredReading, get_reading, mark_dispatched, newest_dispatched, next_to_dispatch, together
from edge_app.casebook.telling import case_to_tell, is_to_tell, mark_told
from edge_app.casebook.vitals import vitals_of
from edge_app.clock import Stamp, now
from edge_app.config import Settings
from edge_app.dispatch.choosing import ask_router, ranked_rooms
from edge_app.dispatch.following import Following
from edge_app.dispatch.hearing import hear
from edge_app.dispatch.leasing import Leasing
from edge_app.dispatch.offers import Event, Outcome, room_end
from edge_app.dispatch.packet import decision
from edge_app.dispatch.policy import Asks, Chooser, asked_first, policy_of
from edge_app.dispatch.position import Locator
from edge_app.dispatch.ranking import Ranked
from edge_app.dispatch.ring import due
from edge_app.dispatch.roads import Roads
from edge_app.dispatch.showing import Showing
from edge_app.errors import DirectoryError, IllegalTransitionError, MessageError
from edge_app.link.messages import AnswerBody, HaveBody, Message, OpenedBody, ReminderBody
from edge_app.link.outbox import Unhandled, mark_handled, next_unhandled, put
from edge_app.link.remarks import DiagnosisBody, RemarkBody, SeenBody
from edge_app.link.status import StatusBody
from edge_app.reading.finding import Urgency
from edge_app.triage import Judgement, Need, judge_reading, rules_in_force
from edge_app.working import work_off

log = logging.getLogger(__name__)

DIRECTORY_AGAIN_S = 5.0
_ASKED = frozenset({OfferState.ASKED, OfferState.ACCEPTED})


class Dispatch:
    """Works off what waits in the casebook."""

    def __init__(self, casebook: Casebook, settings: Settings, locator: Locator) -> None:
        self._casebook = casebook
        self._database = casebook.database
        self._settings = settings
        self._locator = locator
        self._roads = Roads(settings.dispatch.osrm)
        self._policy = policy_of(settings.dispatch)
        self._me = f"unit/{settings.unit.id}"
        self._showing = Showing(casebook, self._me)
        self._leasing = Leasing(self._database, self._me, self._ask_anew)
        self._following = Following(self._database, settings, self._me, locator.fix)
        self._not_before_s = 0.0
        rules = rules_in_force(settings.triage.rules)
        if rules.fault is not None:
            log.error("the site's rules are not in force: %s", rules.fault)
        self._rules = rules.table

    def step(self) -> bool:
        """Do the most urgent thing that waits; whether there was one.

        Answers, offers, entries, pictures, positions, originals: in this order.
        """
        unhandled, said = next_unhandled(self._database), next_word(self._database)
        # What a hospital answers and what the crew was told on the telephone race each other: whichever was stored first.
        if said is not None and (unhandled is None or said.said.unix_ms <= unhandled.received_ms):
            self._hear(said)
            return True
        if unhandled is not None:
            self._handle(unhandled)
            return True
        reading = next_to_dispatch(self._database) if time.monotonic() >= self._not_before_s else None
        if reading is not None:
            self._ask(reading)
            return True
        case_id = case_to_tell(self._database)
        if case_id is not None:
            self._judge_anew(case_id)
            return True
        return self._showing.step() or self._ring() or self._following.step() or self._showing.original_step()

    def _ring(self) -> bool:
        """Remind, widen or give up for the first case that it is time for; whether there was one."""
        for case_id in open_cases_ringing(self._database, self._settings.dispatch.ring_for_s, now()):
            offers, at = offers_of(self._database, case_id), now()
            todo = due(offers, with_rung(self._database, case_id, Rung.AT_HOSPITAL), at, self._settings.dispatch)
            case, reading = get_case(self._database, case_id), newest_dispatched(self._database, case_id)
            further = self._further(case, reading)[: todo.more] if todo.more and reading is not None else []
            if todo.remind or todo.expire or further:
                with self._database.writing():
                    for offer_id in todo.expire:
                        self._leasing.said(offer_id, Event.EXPIRE)
                    for offer in offers:
                        if offer.id in todo.remind:
                            self._remind(offer, at)
                    if further and reading is not None:
                        self._add(case, reading, further, offers, by=Chooser.BOX)
                return True
        return False

    def _further(self, case: Case, reading: StoredReading) -> list[Ranked]:
        """Whom to ask beyond those asked already, the best first; nobody where the directory cannot be read.

        Nor is anybody while a hospital has another case of the same patient: two would prepare for one.
        """
        if time.monotonic() < self._not_before_s:
            return []
        if any(each.state is CaseState.HELD for each in cases_of_patient(self._database, case.id)):
            return []
        ask_router(self._roads, self._settings, self._locator.place())
        try:
            ranked = self._ranked(case, reading)
        except DirectoryError as error:
            self._put_off(error)
            return []
        asked = {offer.hpid for offer in offers_of_patient(self._database, case.id)}
        return [choice for choice in ranked if choice.room.hpid not in asked]

    def _put_off(self, error: DirectoryError) -> None:
        """Answers and pictures of earlier cases go on; who is to be asked is asked as soon as somebody has mended the directory."""
        log.error("nobody can be asked: %s", error)
        self._not_before_s = time.monotonic() + DIRECTORY_AGAIN_S

    def _remind(self, offer: Offer, at: Stamp) -> None:
        note_reminded(self._database, offer.id, at)
        put(self._database, self._me, room_end(offer.hpid), offer.id, ReminderBody(offer_id=offer.id, asking=offer.asked_revision))
        record(self._database, EventKind.OFFER_REMINDED, at, offer.case_id, offer.id)

    def _handle(self, unhandled: Unhandled) -> None:
        """Apply one message from the inbox; one that means nothing here is set aside with a word and holds up no other."""
        with self._database.writing():
            word = "unreadable" if unhandled.message is None else self._apply(unhandled.message)
            if word is not None:
                record(self._database, EventKind.MESSAGE_REFUSED, now(), None, unhandled.id, {"kind": unhandled.kind, "word": word})
            mark_handled(self._database, unhandled.id)

    def _apply(self, message: Message) -> str | None:
        """The effect of a message; why it has none where it has none."""
        body = message.body
        try:
            if isinstance(body, AnswerBody):
                self._leasing.answered(message.sender, body)
            elif isinstance(body, OpenedBody):
                offer = get_offer(self._database, body.offer_id)
                if message.sender != room_end(offer.hpid):
                    return "unknown_offer"
                prove(self._database, offer.id, Rung.OPENED, now())
            elif isinstance(body, HaveBody):
                if message.sender != room_end(get_offer(self._database, body.offer_id).hpid):
                    return "unknown_offer"
                return None if self._showing.have(body) else "not_announced"
            elif isinstance(body, StatusBody):
                note_status(self._database, message.sender.removeprefix("room/"), body)
            elif isinstance(body, RemarkBody | SeenBody | DiagnosisBody):
                return hear(self._database, message, body)
            else:
                return "not_for_a_unit"
        except KeyError:
            return "unknown_offer"
        except IllegalTransitionError as error:
            log.error("%s", error)
            return "illegal_transition"
        return None

    def _hear(self, said: SaidWord) -> None:
        """Apply one word of the crew; one that can do nothing here does nothing, is closed with the reason, and the kiosk shows it."""
        if said.word is CrewWord.PICK:
            ask_router(self._roads, self._settings, self._locator.place())
        try:
            with self._database.writing():
                mark_applied(self._database, said.id, self._apply_word(said))
            return
        except KeyError:
            outcome = "unknown_offer"
        except (IllegalTransitionError, DirectoryError, MessageError) as error:
            log.error("%s", error)
            outcome = "not_possible"
        mark_applied(self._database, said.id, outcome)

    def _apply_word(self, said: SaidWord) -> str:
        if said.word is CrewWord.CANCEL:
            self._leasing.close(said.case_id)
            return "closed"
        if said.word is CrewWord.PICK and said.hpid is not None:
            return str(self._pick(get_case(self._database, said.case_id), said.hpid))
        return str(self._leasing.said(said.offer_id or "", Event(said.word), said.who))

    def _pick(self, case: Case, hpid: str) -> Outcome:
        """Ask this emergency room, whether it was asked before or not, and record whose choice that was.

        One that was asked with another case of the same patient is asked there again, not twice.

        Raises:
            KeyError: the directory has none of that key.
        """
        by = self._policy.picker
        running = {each.id for each in cases_of_patient(self._database, case.id) if each.state is not CaseState.CLOSED}
        known = [
            offer for offer in offers_of_patient(self._database, case.id) if offer.hpid == hpid and offer.case_id in running | {case.id}
        ]
        if known:
            again = min(known, key=lambda offer: (offer.state not in _ASKED, offer.case_id != case.id))
            return self._leasing.said(again.id, Event.PICK, by=by)
        case, offers = self._asking_case(case)
        reading = newest_dispatched(self._database, case.id)
        if case.state is not CaseState.OPEN or reading is None:
            return Outcome.NOT_NOW
        picked = {choice.room.hpid: choice for choice in self._ranked(case, reading)}[hpid]
        reasons = (Reason(ReasonKind.CHOSEN_BY, by), *picked.reasons)
        self._add(case, reading, [replace(picked, reasons=reasons)], offers, by=by)
        return Outcome.ASK

    def _ask(self, reading: StoredReading) -> None:
        """Offer the case; a reading of which no message can be made is set aside with a word, so that the next case is not held up."""
        ask_router(self._roads, self._settings, self._locator.place())
        try:
            self._offer(reading)
        except MessageError as error:
            log.error("%s", error)
            with self._database.writing():
                case_id = get_radiograph(self._database, reading.radiograph_id).case_id
                record(self._database, EventKind.MESSAGE_REFUSED, now(), case_id, reading.id, {"kind": "decision", "word": str(error)})
                mark_dispatched(self._database, reading.id)
        except DirectoryError as error:
            self._put_off(error)

    def _offer(self, reading: StoredReading) -> None:
        """Offer the case to whom the policy has asked first, or tell those already asked of the patient of the new reading."""
        radiograph = get_radiograph(self._database, reading.radiograph_id)
        with self._database.writing():
            case, offers = self._asking_case(get_case(self._database, radiograph.case_id))
            known = offers_of_patient(self._database, case.id)
            if not offers and case.state is CaseState.OPEN:
                chosen = asked_first(self._ranked(case, reading), self._settings.dispatch)
                self._add(case, reading, chosen, offers, by=Chooser.BOX)
                if not chosen and self._policy.asks is not Asks.NOBODY:
                    wanted = self._settings.dispatch.destination if self._policy.asks is Asks.DESTINATION else None
                    log.error("nobody is asked: the directory has no %s", wanted or "emergency room")
                    record(self._database, EventKind.NO_ROOM_FOUND, now(), case.id, reading.id, {"destination": wanted})
            for offer in known:
                self._tell_anew(get_case(self._database, offer.case_id), offer, reading, asked=len(known))
            mark_dispatched(self._database, reading.id)
            for each in cases_of_patient(self._database, case.id):
                mark_told(self._database, each.id)

    def _asking_case(self, case: Case) -> tuple[Case, list[Offer]]:
        """For which case of the patient hospitals are asked, and its offers: the one they were asked for already, so that none is twice."""
        cases = [case, *(each for each in cases_of_patient(self._database, case.id) if each.id != case.id)]
        offers = {each.id: offers_of(self._database, each.id) for each in cases}
        running = [each for each in cases if each.state is not CaseState.CLOSED]
        chosen = next((each for each in running if offers[each.id]), next(iter(running), case))
        return chosen, offers[chosen.id]

    def _urgency(self, case: Case, reading: StoredReading, *, told: bool = False) -> Urgency | None:
        """The reading's urgency with the vital signs of its patient; with ``told`` those that the hospitals know of."""
        judgement = self._judgement(case, reading, told=told)
        return None if judgement is None else judgement.urgency

    def _judgement(self, case: Case, reading: StoredReading, *, told: bool = False) -> Judgement | None:
        return judge_reading(together(self._database, reading), case.age_years, vitals_of(self._database, case.id, told=told), self._rules)

    def _judge_anew(self, case_id: str) -> None:
        """Something was entered after the hospitals were asked: tell them where urgency, sex or age is another one now."""
        try:
            with self._database.writing():
                case, reading = get_case(self._database, case_id), newest_dispatched(self._database, case_id)
                if reading is not None and (
                    is_to_tell(self._database, case_id) or self._urgency(case, reading) != self._urgency(case, reading, told=True)
                ):
                    offers = offers_of(self._database, case_id)
                    for offer in offers:
                        self._tell_anew(case, offer, reading, asked=len(offers))
                mark_told(self._database, case_id)
        except MessageError as error:
            # A reading of which no message can be made was set aside with a word when it was to be sent.
            log.error("%s", error)
            mark_told(self._database, case_id)

    def _ranked(self, case: Case, reading: StoredReading) -> list[Ranked]:
        judgement = self._judgement(case, reading)
        needs = frozenset[Need]() if judgement is None else judgement.needs
        return ranked_rooms(self._database, self._settings, self._locator.place(), needs, now(), self._roads)

    def _add(self, case: Case, reading: StoredReading, chosen: list[Ranked], before: list[Offer], *, by: Chooser) -> None:
        """Offer the case to these, whom ``by`` has chosen, as well as to those asked ``before``."""
        made = now()
        first = max((offer.rank for offer in before), default=0) + 1
        asked = len(before) + len(chosen)
        for number, choice in enumerate(chosen, start=first):
            offer = _offer(case, reading, choice, number, made)
            add_offer(self._database, offer)
            detail: Detail = {"hpid": offer.hpid, "rank": offer.rank, "by": str(by)}
            record(self._database, EventKind.OFFER_MADE, made, case.id, offer.id, detail)
            self._decide(case, offer, reading, asked=asked, revision=1)

    def _decide(self, case: Case, offer: Offer, reading: StoredReading, *, asked: int, revision: int) -> None:
        radiograph, at = get_radiograph(self._database, reading.radiograph_id), now()
        # The unit drives on while hospitals are told anew: counted from that word, the old estimate would set them back.
        left_s = None if offer.eta_s is None else max(0, offer.eta_s - int(at.seconds_since(offer.made)))
        body = decision(
            case,
            replace(offer, eta_s=left_s),
            together(self._database, reading),
            urgency=self._urgency(case, reading),
            unit_name=self._settings.unit.name,
            revision=revision,
            asked=asked,
            exposure_age_s=exposure_age_s(radiograph, at),
            crews=newest_adjustment(self._database, reading.id),
        )
        put(self._database, self._me, room_end(offer.hpid), offer.id, body)

    def _tell_anew(self, case: Case, offer: Offer, reading: StoredReading, *, asked: int) -> None:
        if offer.state in _ASKED:
            self._decide(case, offer, reading, asked=asked, revision=offer.revision + 1)
            note_revision(self._database, offer.id, reading.id, offer.revision + 1)

    def _ask_anew(self, case: Case, offer: Offer) -> None:
        """Send a request once more: what was said before is void, and a reading that came meanwhile was not told here."""
        reading = newest_dispatched(self._database, case.id) or get_reading(self._database, offer.reading_id)
        revision = offer.revision + 1
        note_asked(self._database, offer.id, case.fencing_token, revision, now())
        self._decide(
            case, replace(offer, asked_revision=revision), reading, asked=len(offers_of(self._database, case.id)), revision=revision
        )
        note_revision(self._database, offer.id, reading.id, revision)


def _offer(case: Case, reading: StoredReading, choice: Ranked, rank: int, made: Stamp) -> Offer:
    return Offer(
        id=new_id(),
        case_id=case.id,
        reading_id=reading.id,
        hpid=choice.room.hpid,
        name=choice.room.name,
        name_en=choice.room.name_en,
        phone=choice.room.phone,
        rank=rank,
        distance_km=choice.distance_km,
        eta_s=choice.eta_s,
        reasons=choice.reasons,
        state=OfferState.ASKED,
        made=made,
        asked=made,
        answer=None,
        answered=None,
        token=None,
    )


def serve(casebook: Casebook, settings: Settings, stopping: threading.Event, beat: Callable[[], None]) -> None:
    """Work until told to stop."""
    work_off(Dispatch(casebook, settings, Locator(settings.position, stopping)).step, casebook.database, stopping, beat)
