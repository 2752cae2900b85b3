"""What the table of ``dispatch/offers.py`` decides, written into the casebook and queued for everyone it concerns, in one transaction."""

from collections.abc import Callable

from edge_app.casebook.cases import Case, change_case, get_case
from edge_app.casebook.events import Detail, EventKind, record
from edge_app.casebook.offers import (
    Answer,
    Heard,
    Offer,
    OfferState,
    Rung,
    change_offer,
    get_offer,
    heard_of,
    is_overtaken,
    note_heard,
    offers_of,
    prove,
)
from edge_app.clock import Stamp, now
from edge_app.database import Database
from edge_app.dispatch.offers import Event, Outcome, Standing, Told, Word, closed, read_back_code, room_end, step
from edge_app.link.messages import AnswerBody, AnswerKind, GrantedBody, StandDownBody, StandDownReason
from edge_app.link.outbox import put

Ask = Callable[[Case, Offer], None]
"""Queues a request for an offer that is asked anew, whatever it was told before."""

_EVENT_OF = {AnswerKind.ACCEPT: Event.ACCEPT, AnswerKind.DECLINE: Event.DECLINE, AnswerKind.WITHDRAW: Event.WITHDRAW}
_PHONED = {Event.PHONE_ACCEPT: True, Event.PHONE_DECLINE: False}


def _standing(case: Case, offers: list[Offer]) -> Standing:
    return Standing(case.state, case.fencing_token, case.holder_offer_id, {offer.id: offer.state for offer in offers})


class Leasing:
    """Applies words to the offers of this box's cases. ``me`` is the box's name on the link; ``ask`` sends a request anew."""

    def __init__(self, database: Database, me: str, ask: Ask) -> None:
        self._database = database
        self._me = me
        self._ask = ask

    def answered(self, sender: str, body: AnswerBody) -> Outcome:
        """Apply a hospital's answer.

        Raises:
            KeyError: no such offer, or it was made to another hospital. IllegalTransitionError: the table has no outcome.
        """
        with self._database.writing():
            offer = get_offer(self._database, body.offer_id)
            if sender != room_end(offer.hpid):
                raise KeyError(body.offer_id)
            stamp = now()
            # Only a person answers, so an answer proves the rungs below it that may not have arrived yet.
            for rung in (Rung.AT_HOSPITAL, Rung.OPENED, Rung.ANSWERED):
                prove(self._database, offer.id, rung, stamp)
            event = _event_of(offer, body)
            detail: Detail = {"hospital_ms": body.at_ms}
            # On the link a later word may arrive first; the hospital itself goes by its latest, and so does the box.
            if is_overtaken(self._database, offer.id, body.token, body.at_ms):
                self._record(stamp, offer, event, Outcome.OVERTAKEN, detail)
                return Outcome.OVERTAKEN
            note_heard(self._database, offer.id, body.token, body.at_ms)
            answer = Answer(
                body.answer is AnswerKind.ACCEPT,
                body.reason and str(body.reason),
                body.note,
                body.who,
                body.at_ms,
                conditions=tuple(map(str, body.conditions)),
                wait_min=body.wait_min,
                for_min=body.for_min,
            )
            return self._apply(stamp, offer, event, answer, detail)

    def said(self, offer_id: str, event: Event, who: str | None = None, *, by: str | None = None) -> Outcome:
        """Apply what the crew says of an offer, after a call or by its own choice, or what the clock does. ``who`` spoke for the hospital.

        ``by`` is who decided it, for the record, where that is a choice.

        Raises:
            KeyError: no such offer. IllegalTransitionError: the table has no outcome.
        """
        with self._database.writing():
            stamp = now()
            offer = get_offer(self._database, offer_id)
            answer = None
            if event in _PHONED:
                prove(self._database, offer.id, Rung.ANSWERED, stamp)
                answer = Answer(_PHONED[event], None, None, who, stamp.unix_ms, by_phone=True)
            return self._apply(stamp, offer, event, answer, {} if by is None else {"by": by})

    def close(self, case_id: str) -> None:
        """The crew closes the case; once more does nothing. KeyError where there is no such case."""
        with self._database.writing():
            case = get_case(self._database, case_id)
            before = _standing(case, offers_of(self._database, case_id))
            after, told = closed(before)
            if after == before:
                return
            stamp = now()
            self._write(stamp, case, before, after, None, None)
            record(self._database, EventKind.CASE_CLOSED, stamp, case.id, case.id)
            self._tell(get_case(self._database, case.id), told)

    def _apply(self, stamp: Stamp, offer: Offer, event: Event, answer: Answer | None, detail: Detail) -> Outcome:
        case = get_case(self._database, offer.case_id)
        before = _standing(case, offers_of(self._database, case.id))
        done = step(before, offer.id, event)
        self._record(stamp, offer, event, done.outcome, detail)
        self._write(stamp, case, before, done.standing, offer.id, answer)
        self._tell(get_case(self._database, case.id), done.told)
        return done.outcome

    def _record(self, stamp: Stamp, offer: Offer, event: Event, outcome: Outcome, detail: Detail) -> None:
        said: Detail = {"event": str(event), "outcome": str(outcome), **detail}
        record(self._database, EventKind.OFFER_CHANGED, stamp, offer.case_id, offer.id, said)

    def _write(self, stamp: Stamp, case: Case, before: Standing, after: Standing, spoken_of: str | None, answer: Answer | None) -> None:
        if (before.state, before.token, before.holder) != (after.state, after.token, after.holder):
            change_case(self._database, case.id, after.state, after.token, after.holder)
        if before.holder not in (None, after.holder):
            record(self._database, EventKind.LEASE_ENDED, stamp, case.id, before.holder, {"token": after.token})
        if after.holder not in (None, before.holder):
            record(self._database, EventKind.LEASE_GRANTED, stamp, case.id, after.holder, {"token": after.token})
        for offer_id, state in after.offers.items():
            if state is not before.offers[offer_id] or (offer_id == spoken_of and state is OfferState.STOOD_DOWN):
                own = answer if offer_id == spoken_of else None
                token = after.token if offer_id == after.holder else None
                change_offer(self._database, offer_id, state, answer=own, answered=stamp if own else None, token=token)

    def _tell(self, case: Case, told: tuple[Told, ...]) -> None:
        for word in told:
            offer = get_offer(self._database, word.offer_id)
            if word.word is Word.ASKED:
                self._ask(case, offer)
                continue
            body = (
                _granted(case, offer) if word.reason is None else _stood_down(case, offer, word.reason, heard_of(self._database, offer.id))
            )
            put(self._database, self._me, room_end(offer.hpid), offer.id, body)


def _granted(case: Case, offer: Offer) -> GrantedBody:
    by_phone = offer.answer is not None and offer.answer.by_phone
    return GrantedBody(
        offer_id=offer.id,
        token=case.fencing_token,
        asking=offer.asked_revision,
        code=read_back_code(case.id, case.fencing_token),
        by_phone=by_phone,
        who=offer.answer.who if offer.answer is not None and by_phone else None,
    )


def _stood_down(case: Case, offer: Offer, reason: StandDownReason, heard: Heard) -> StandDownBody:
    return StandDownBody(
        offer_id=offer.id,
        token=case.fencing_token,
        asking=offer.asked_revision,
        reason=reason,
        heard_token=heard.token,
        heard_ms=heard.at_ms,
    )


def _event_of(offer: Offer, body: AnswerBody) -> Event:
    """The answer as an event: a no that was given before the hospital knew of its lease by telephone is one of its own."""
    by_phone = offer.state is OfferState.ACCEPTED and offer.answer is not None and offer.answer.by_phone
    if by_phone and body.answer is not AnswerKind.ACCEPT and offer.token is not None and body.token < offer.token:
        return Event.UNAWARE_NO
    return _EVENT_OF[body.answer]
