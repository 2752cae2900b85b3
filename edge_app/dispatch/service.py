"""The dispatch service: readings become offers, answers become leases. Each step is one transaction, taken up again after a kill."""

import logging
import threading
import time
from collections.abc import Callable

from edge_app.casebook import Casebook
from edge_app.casebook.cases import Case, CaseState, get_case, new_id
from edge_app.casebook.events import EventKind, record
from edge_app.casebook.exposure import exposure_age_s
from edge_app.casebook.offers import (
    Offer,
    OfferState,
    Rung,
    add_offer,
    change_offer,
    get_offer,
    note_asked,
    note_preview,
    note_revision,
    offers_of,
    offers_without_preview,
    prove,
)
from edge_app.casebook.radiographs import get_radiograph
from edge_app.casebook.readings import StoredReading, get_reading, mark_dispatched, newest_dispatched, next_to_dispatch
from edge_app.casebook.renditions import rendition_of
from edge_app.casebook.vitals import case_to_tell, mark_told, vitals_of
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.dispatch.emergency_rooms import rank, read_directory
from edge_app.dispatch.offers import Outcome, apply_answer, room_end
from edge_app.dispatch.packet import decision, preview, shrink_for_link
from edge_app.dispatch.position import Locator
from edge_app.errors import CasebookError, DirectoryError, IllegalTransitionError, MessageError
from edge_app.link.messages import AnswerBody, Message, OpenedBody
from edge_app.link.outbox import Unhandled, mark_handled, next_unhandled, put
from edge_app.reading.finding import Urgency
from edge_app.triage import judge_reading, rules_in_force

log = logging.getLogger(__name__)

IDLE_S = 1.0
DIRECTORY_AGAIN_S = 5.0


class Dispatch:
    """Works off what waits in the casebook."""

    def __init__(self, casebook: Casebook, settings: Settings, locator: Locator) -> None:
        self._casebook = casebook
        self._database = casebook.database
        self._settings = settings
        self._locator = locator
        self._me = f"unit/{settings.unit.id}"
        self._not_before_s = 0.0
        rules = rules_in_force(settings.triage.rules)
        if rules.fault is not None:
            log.error("the site's rules are not in force: %s", rules.fault)
        self._rules = rules.table

    def step(self) -> bool:
        """Do the most urgent thing that waits; whether there was one. Answers, offers, new vital signs, pictures: in this order."""
        unhandled = next_unhandled(self._database)
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
        waiting = offers_without_preview(self._database)
        if waiting:
            reading_id = waiting[0].reading_id
            self._show(reading_id, [offer for offer in waiting if offer.reading_id == reading_id])
            return True
        return False

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
                outcome = apply_answer(self._database, self._me, message.sender, body)
                if outcome is Outcome.RELEASE:
                    self._ask_again(get_offer(self._database, body.offer_id).case_id)
            elif isinstance(body, OpenedBody):
                offer = get_offer(self._database, body.offer_id)
                if message.sender != room_end(offer.hpid):
                    return "unknown_offer"
                prove(self._database, offer.id, Rung.OPENED, now())
            else:
                return "not_for_a_unit"
        except KeyError:
            return "unknown_offer"
        except IllegalTransitionError as error:
            log.error("%s", error)
            return "illegal_transition"
        return None

    def _ask(self, reading: StoredReading) -> None:
        """Offer the case; a reading of which no message can be made is set aside with a word, so that the next case is not held up."""
        try:
            self._offer(reading)
        except MessageError as error:
            log.error("%s", error)
            with self._database.writing():
                case_id = get_radiograph(self._database, reading.radiograph_id).case_id
                record(self._database, EventKind.MESSAGE_REFUSED, now(), case_id, reading.id, {"kind": "decision", "word": str(error)})
                mark_dispatched(self._database, reading.id)
        except DirectoryError as error:
            # Answers and pictures of earlier cases go on; this one is asked as soon as somebody has mended the directory.
            log.error("nobody can be asked: %s", error)
            self._not_before_s = time.monotonic() + DIRECTORY_AGAIN_S

    def _offer(self, reading: StoredReading) -> None:
        """Offer the case to the nearest emergency rooms, or tell those already asked of the new reading."""
        radiograph = get_radiograph(self._database, reading.radiograph_id)
        with self._database.writing():
            case = get_case(self._database, radiograph.case_id)
            offers = offers_of(self._database, case.id)
            if not offers:
                offers = self._choose(case, reading)
                for offer in offers:
                    add_offer(self._database, offer)
                    record(self._database, EventKind.OFFER_MADE, offer.made, case.id, offer.id, {"hpid": offer.hpid, "rank": offer.rank})
                    self._decide(case, offer, reading, asked=len(offers), revision=1)
                if not offers:
                    record(self._database, EventKind.NO_ROOM_FOUND, now(), case.id, reading.id)
            else:
                for offer in offers:
                    self._tell_anew(case, offer, reading, asked=len(offers))
            mark_dispatched(self._database, reading.id)
            mark_told(self._database, case.id)

    def _urgency(self, case: Case, reading: StoredReading, *, told: bool = False) -> Urgency | None:
        """The reading's urgency with the vital signs of its patient; with ``told`` those that the hospitals know of."""
        judgement = judge_reading(reading.reading, case.age_years, vitals_of(self._database, case.id, told=told), self._rules)
        return None if judgement is None else judgement.urgency

    def _judge_anew(self, case_id: str) -> None:
        """Vital signs came after the hospitals were asked: tell them where the urgency is another one now."""
        try:
            with self._database.writing():
                case, reading = get_case(self._database, case_id), newest_dispatched(self._database, case_id)
                if reading is not None and self._urgency(case, reading) != self._urgency(case, reading, told=True):
                    offers = offers_of(self._database, case_id)
                    for offer in offers:
                        self._tell_anew(case, offer, reading, asked=len(offers))
                mark_told(self._database, case_id)
        except MessageError as error:
            # A reading of which no message can be made was set aside with a word when it was to be sent.
            log.error("%s", error)
            mark_told(self._database, case_id)

    def _choose(self, case: Case, reading: StoredReading) -> list[Offer]:
        ranked = rank(read_directory(self._settings.directory_file), self._locator.place(), self._settings.dispatch)
        made = now()
        return [
            Offer(
                id=new_id(),
                case_id=case.id,
                reading_id=reading.id,
                hpid=choice.room.hpid,
                name=choice.room.name,
                name_en=choice.room.name_en,
                phone=choice.room.phone,
                rank=number,
                distance_km=choice.distance_km,
                eta_s=choice.eta_s,
                reasons=choice.reasons,
                state=OfferState.ASKED,
                made=made,
                answer=None,
                answered=None,
                token=None,
            )
            for number, choice in enumerate(ranked[: self._settings.dispatch.ask], start=1)
        ]

    def _decide(self, case: Case, offer: Offer, reading: StoredReading, *, asked: int, revision: int) -> None:
        radiograph = get_radiograph(self._database, reading.radiograph_id)
        body = decision(
            case,
            offer,
            reading.reading,
            urgency=self._urgency(case, reading),
            unit_name=self._settings.unit.name,
            revision=revision,
            asked=asked,
            exposure_age_s=exposure_age_s(radiograph, now()),
        )
        put(self._database, self._me, room_end(offer.hpid), offer.id, body)

    def _tell_anew(self, case: Case, offer: Offer, reading: StoredReading, *, asked: int) -> None:
        if offer.state in (OfferState.ASKED, OfferState.ACCEPTED):
            self._decide(case, offer, reading, asked=asked, revision=offer.revision + 1)
            note_revision(self._database, offer.id, reading.id, offer.revision + 1)

    def _ask_again(self, case_id: str) -> None:
        """The holder gave the case back: ask those anew who had been stood down."""
        case = get_case(self._database, case_id)
        offers = offers_of(self._database, case_id)
        # A reading that came while they were stood down was told to the holder only.
        newest = newest_dispatched(self._database, case_id)
        for offer in offers:
            if offer.state is OfferState.STOOD_DOWN and case.state is CaseState.OPEN:
                change_offer(self._database, offer.id, OfferState.ASKED)
                note_asked(self._database, offer.id, case.fencing_token)
                reading = newest or get_reading(self._database, offer.reading_id)
                self._decide(case, offer, reading, asked=len(offers), revision=offer.revision + 1)
                note_revision(self._database, offer.id, reading.id, offer.revision + 1)

    def _show(self, reading_id: str, offers: list[Offer]) -> None:
        """Send the picture of a reading to those who were asked with it."""
        small = None
        try:
            picture = rendition_of(self._casebook, get_reading(self._database, reading_id).radiograph_id)
            if picture is not None:
                # Encoding takes its time; nobody waits for the casebook meanwhile.
                small = shrink_for_link(picture)
        except (CasebookError, MessageError) as error:
            # The decision stands on its own; without its picture it is still an offer.
            log.error("no picture for an offer: %s", error)
        with self._database.writing():
            for offer in offers:
                if small is not None:
                    put(self._database, self._me, room_end(offer.hpid), offer.id, preview(offer, small))
                note_preview(self._database, offer.id, reading_id)


def serve(casebook: Casebook, settings: Settings, stopping: threading.Event, beat: Callable[[], None]) -> None:
    """Work until told to stop."""
    dispatch = Dispatch(casebook, settings, Locator(settings.position, stopping))
    seen = -1
    while not stopping.is_set():
        while not stopping.is_set() and dispatch.step():
            beat()
        beat()
        seen = casebook.database.wait_for_change(seen, IDLE_S, stopping.is_set)
