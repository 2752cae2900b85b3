"""The one table of what an answer does. Every pair of states and event has an outcome; what is not in it cannot happen and raises.

Answers that were overtaken on the link by a later one of the same hospital, or by a new request to it, do nothing.
Acceptance is a lease with a fencing token that only the box grants. The token grows with every grant and every release, and a
hospital ignores a word with an older token than it has seen, so that nothing depends on the order in which messages arrive.
"""

import hashlib
from enum import StrEnum

from edge_app.casebook.cases import Case, CaseState, get_case
from edge_app.casebook.events import Detail, EventKind, record
from edge_app.casebook.offers import Answer, Offer, OfferState, Rung, change_offer, get_offer, is_overtaken, note_heard, offers_of, prove
from edge_app.clock import now
from edge_app.database import Database
from edge_app.errors import IllegalTransitionError
from edge_app.link.messages import AnswerBody, AnswerKind, GrantedBody, StandDownBody, StandDownReason
from edge_app.link.outbox import put


class Outcome(StrEnum):
    """What an answer does."""

    GRANT = "grant"
    REPEAT_GRANT = "repeat_grant"
    LATE = "late"
    DECLINE = "decline"
    RELEASE = "release"
    WITHDRAW = "withdraw"
    NOTHING = "nothing"
    OVERTAKEN = "overtaken"


_C, _O, _A, _X = CaseState, OfferState, AnswerKind, Outcome

OUTCOMES: dict[tuple[CaseState, OfferState, AnswerKind], Outcome] = {
    # Nobody holds the case: whoever accepts first gets it, also after having declined or withdrawn.
    (_C.OPEN, _O.ASKED, _A.ACCEPT): _X.GRANT,
    (_C.OPEN, _O.DECLINED, _A.ACCEPT): _X.GRANT,
    (_C.OPEN, _O.STOOD_DOWN, _A.ACCEPT): _X.GRANT,
    (_C.OPEN, _O.WITHDRAWN, _A.ACCEPT): _X.GRANT,
    (_C.OPEN, _O.ASKED, _A.DECLINE): _X.DECLINE,
    (_C.OPEN, _O.DECLINED, _A.DECLINE): _X.NOTHING,
    (_C.OPEN, _O.STOOD_DOWN, _A.DECLINE): _X.DECLINE,
    (_C.OPEN, _O.WITHDRAWN, _A.DECLINE): _X.DECLINE,
    (_C.OPEN, _O.ASKED, _A.WITHDRAW): _X.WITHDRAW,
    (_C.OPEN, _O.DECLINED, _A.WITHDRAW): _X.NOTHING,
    (_C.OPEN, _O.STOOD_DOWN, _A.WITHDRAW): _X.WITHDRAW,
    (_C.OPEN, _O.WITHDRAWN, _A.WITHDRAW): _X.NOTHING,
    # Somebody holds it: the holder may repeat itself or give it back; everybody else is late, and is told.
    (_C.HELD, _O.ACCEPTED, _A.ACCEPT): _X.REPEAT_GRANT,
    (_C.HELD, _O.ACCEPTED, _A.DECLINE): _X.RELEASE,
    (_C.HELD, _O.ACCEPTED, _A.WITHDRAW): _X.RELEASE,
    (_C.HELD, _O.ASKED, _A.ACCEPT): _X.LATE,
    (_C.HELD, _O.DECLINED, _A.ACCEPT): _X.LATE,
    (_C.HELD, _O.STOOD_DOWN, _A.ACCEPT): _X.LATE,
    (_C.HELD, _O.WITHDRAWN, _A.ACCEPT): _X.LATE,
    (_C.HELD, _O.ASKED, _A.DECLINE): _X.DECLINE,
    (_C.HELD, _O.DECLINED, _A.DECLINE): _X.NOTHING,
    (_C.HELD, _O.STOOD_DOWN, _A.DECLINE): _X.NOTHING,
    (_C.HELD, _O.WITHDRAWN, _A.DECLINE): _X.NOTHING,
    (_C.HELD, _O.ASKED, _A.WITHDRAW): _X.WITHDRAW,
    (_C.HELD, _O.DECLINED, _A.WITHDRAW): _X.NOTHING,
    (_C.HELD, _O.STOOD_DOWN, _A.WITHDRAW): _X.NOTHING,
    (_C.HELD, _O.WITHDRAWN, _A.WITHDRAW): _X.NOTHING,
    # The crew has closed the case.
    **{(_C.CLOSED, state, answer): _X.LATE if answer is _A.ACCEPT else _X.NOTHING for state in _O for answer in _A},
}


def read_back_code(case_id: str, token: int) -> str:
    """Three digits that crew and hospital see alike for one lease, to be read back at the door."""
    return f"{int.from_bytes(hashlib.sha256(f'{case_id}/{token}'.encode()).digest()[:4], 'big') % 1000:03d}"


def room_end(hpid: str) -> str:
    """An emergency room's name on the link."""
    return f"room/{hpid}"


def _stand_down(database: Database, me: str, offer: Offer, token: int) -> None:
    change_offer(database, offer.id, OfferState.STOOD_DOWN)
    put(database, me, room_end(offer.hpid), offer.id, StandDownBody(offer_id=offer.id, token=token, reason=StandDownReason.OTHER_ACCEPTED))


def _grant(database: Database, me: str, case: Case, offer: Offer, answer: Answer) -> None:
    stamp = now()
    token = case.fencing_token + 1
    with database.writing() as tables:
        tables.table("cases").update(case.id, {"state": str(CaseState.HELD), "fencing_token": token, "holder_offer_id": offer.id})
        change_offer(database, offer.id, OfferState.ACCEPTED, answer=answer, answered=stamp, token=token)
        code = read_back_code(case.id, token)
        put(database, me, room_end(offer.hpid), offer.id, GrantedBody(offer_id=offer.id, token=token, code=code))
        record(database, EventKind.LEASE_GRANTED, stamp, case.id, offer.id, {"token": token})
        for other in offers_of(database, case.id):
            if other.id != offer.id and other.state is OfferState.ASKED:
                _stand_down(database, me, other, token)


def _release(database: Database, case: Case, offer: Offer, answer: Answer) -> None:
    """The holder gives the case back. The token grows, so that the others may be asked anew."""
    stamp = now()
    token = case.fencing_token + 1
    with database.writing() as tables:
        tables.table("cases").update(case.id, {"state": str(CaseState.OPEN), "fencing_token": token, "holder_offer_id": None})
        change_offer(database, offer.id, OfferState.WITHDRAWN, answer=answer, answered=stamp)
        record(database, EventKind.LEASE_ENDED, stamp, case.id, offer.id, {"token": token})


def apply_answer(database: Database, me: str, sender: str, body: AnswerBody) -> Outcome:
    """Apply a hospital's answer in one transaction and queue what everyone concerned must be told.

    Raises:
        KeyError: no such offer, or it was made to another hospital. IllegalTransitionError: the table has no outcome.
    """
    with database.writing():
        offer = get_offer(database, body.offer_id)
        if sender != room_end(offer.hpid):
            raise KeyError(body.offer_id)
        case = get_case(database, offer.case_id)
        # On the link a later word may arrive first; the hospital itself goes by its latest, and so does the box.
        overtaken = is_overtaken(database, offer.id, body.token, body.at_ms)
        outcome = Outcome.OVERTAKEN if overtaken else OUTCOMES.get((case.state, offer.state, body.answer))
        if outcome is None:
            raise IllegalTransitionError(f"{body.answer} of an offer that is {offer.state} in a case that is {case.state}")
        stamp = now()
        answer = Answer(body.answer is AnswerKind.ACCEPT, body.reason and str(body.reason), body.note, body.who, body.at_ms)
        # Only a person answers, so an answer proves the rungs below it that may not have arrived yet.
        for rung in (Rung.AT_HOSPITAL, Rung.OPENED, Rung.ANSWERED):
            prove(database, offer.id, rung, stamp)
        detail: Detail = {"answer": str(body.answer), "outcome": str(outcome), "hospital_ms": body.at_ms}
        record(database, EventKind.OFFER_CHANGED, stamp, case.id, offer.id, detail)
        if not overtaken:
            note_heard(database, offer.id, body.token, body.at_ms)
        if outcome is Outcome.GRANT:
            _grant(database, me, case, offer, answer)
        elif outcome is Outcome.REPEAT_GRANT:
            token = case.fencing_token
            code = read_back_code(case.id, token)
            put(database, me, room_end(offer.hpid), offer.id, GrantedBody(offer_id=offer.id, token=token, code=code))
        elif outcome is Outcome.LATE:
            _stand_down(database, me, offer, case.fencing_token)
            change_offer(database, offer.id, OfferState.STOOD_DOWN, answer=answer, answered=stamp)
        elif outcome is Outcome.DECLINE:
            change_offer(database, offer.id, OfferState.DECLINED, answer=answer, answered=stamp)
        elif outcome is Outcome.WITHDRAW:
            change_offer(database, offer.id, OfferState.WITHDRAWN, answer=answer, answered=stamp)
        elif outcome is Outcome.RELEASE:
            _release(database, case, offer, answer)
    return outcome
