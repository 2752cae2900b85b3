"""The one table of what a word about an offer does. Every pair of states and event has an outcome; one that is not there cannot happen.

A word comes from the hospital over the link, from the crew that telephones or chooses, or from the clock; all of them meet here, and
the first acceptance wins whichever way it came. Acceptance is a lease with a fencing token that only the box grants. The token grows
with every grant, every release and every new asking, and a hospital ignores a word with an older token than it has seen, so that
nothing depends on the order in which messages arrive.

Pure: what stands, and a word, give what stands then and who is told what. ``dispatch/leasing.py`` writes it down.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from edge_app.casebook.cases import CaseState
from edge_app.casebook.offers import OfferState
from edge_app.errors import IllegalTransitionError
from edge_app.link.messages import StandDownReason

CODE_DIGITS = 4


class Event(StrEnum):
    """A word about one offer.

    UNAWARE_NO is a hospital's no that it gave before it knew that it had accepted by telephone.
    """

    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    UNAWARE_NO = "unaware_no"
    PHONE_ACCEPT = "phone_accept"
    PHONE_DECLINE = "phone_decline"
    PHONE_NO_ANSWER = "phone_no_answer"
    PICK = "pick"
    SKIP = "skip"
    EXPIRE = "expire"


class Outcome(StrEnum):
    """What a word does."""

    GRANT = "grant"
    REPEAT_GRANT = "repeat_grant"
    LATE = "late"
    UNWANTED = "unwanted"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    RELEASE = "release"
    GIVE_UP = "give_up"
    ASK = "ask"
    SKIP = "skip"
    EXPIRE = "expire"
    NOT_NOW = "not_now"
    NOTHING = "nothing"
    OVERTAKEN = "overtaken"


_C, _O, _E, _X = CaseState, OfferState, Event, Outcome
_SAYS_YES = (_E.ACCEPT, _E.PHONE_ACCEPT)
_SAYS_NO = (_E.DECLINE, _E.PHONE_DECLINE)
_OUT = (_O.DECLINED, _O.STOOD_DOWN, _O.WITHDRAWN, _O.EXPIRED, _O.SKIPPED)

OUTCOMES: dict[tuple[CaseState, OfferState, Event], Outcome] = {
    # Nobody holds the case: whoever accepts first gets it, also after having declined, withdrawn or not answered in time. Only where the
    # crew had said not this one, a click there is none; on the telephone it is the crew itself that has asked once more.
    **{(_C.OPEN, state, yes): _X.GRANT for state in (_O.ASKED, *_OUT) for yes in _SAYS_YES},
    (_C.OPEN, _O.SKIPPED, _E.ACCEPT): _X.UNWANTED,
    **{(_C.OPEN, state, no): _X.DECLINE for state in (_O.ASKED, *_OUT) for no in _SAYS_NO},
    **{(_C.OPEN, state, no): _X.NOTHING for state in (_O.DECLINED, _O.SKIPPED) for no in _SAYS_NO},
    **{(_C.OPEN, state, _E.WITHDRAW): _X.WITHDRAW for state in (_O.ASKED, *_OUT)},
    **{(_C.OPEN, state, _E.WITHDRAW): _X.NOTHING for state in (_O.DECLINED, _O.WITHDRAWN, _O.SKIPPED)},
    **{(_C.OPEN, state, _E.PICK): _X.ASK for state in _OUT},
    (_C.OPEN, _O.ASKED, _E.PICK): _X.NOTHING,
    **{(_C.OPEN, state, _E.SKIP): _X.SKIP for state in (_O.ASKED, *_OUT)},
    (_C.OPEN, _O.SKIPPED, _E.SKIP): _X.NOTHING,
    # Somebody holds it: the holder may repeat itself or give it back, and the crew may give it up; everybody else is late, and is told.
    **{(_C.HELD, state, yes): _X.LATE for state in (_O.ASKED, *_OUT) for yes in _SAYS_YES},
    **{(_C.HELD, _O.SKIPPED, yes): _X.UNWANTED for yes in _SAYS_YES},
    **{(_C.HELD, _O.ACCEPTED, yes): _X.REPEAT_GRANT for yes in _SAYS_YES},
    **{(_C.HELD, _O.ACCEPTED, no): _X.RELEASE for no in (*_SAYS_NO, _E.WITHDRAW)},
    # It said yes on the telephone after that no, so the yes stands; told of the lease, it can still give it back.
    (_C.HELD, _O.ACCEPTED, _E.UNAWARE_NO): _X.REPEAT_GRANT,
    **{(_C.HELD, state, no): _X.NOTHING for state in _OUT for no in (*_SAYS_NO, _E.WITHDRAW)},
    **{(_C.HELD, _O.ASKED, no): _X.DECLINE for no in _SAYS_NO},
    (_C.HELD, _O.ASKED, _E.WITHDRAW): _X.WITHDRAW,
    **{(_C.HELD, state, _E.PICK): _X.NOT_NOW for state in (_O.ASKED, *_OUT)},
    (_C.HELD, _O.ACCEPTED, _E.PICK): _X.NOTHING,
    (_C.HELD, _O.ASKED, _E.SKIP): _X.SKIP,
    (_C.HELD, _O.ACCEPTED, _E.SKIP): _X.GIVE_UP,
    **{(_C.HELD, state, _E.SKIP): _X.NOTHING for state in _OUT},
    # The clock ends waiting, never a lease.
    **{(case, state, _E.EXPIRE): _X.NOTHING for case in (_C.OPEN, _C.HELD) for state in _OUT},
    **{(case, _O.ASKED, _E.EXPIRE): _X.EXPIRE for case in (_C.OPEN, _C.HELD)},
    (_C.HELD, _O.ACCEPTED, _E.EXPIRE): _X.NOTHING,
    # A call that nobody took changes nothing, and is on record.
    **{(case, state, _E.PHONE_NO_ANSWER): _X.NOTHING for case in (_C.OPEN, _C.HELD) for state in (_O.ASKED, *_OUT)},
    (_C.HELD, _O.ACCEPTED, _E.PHONE_NO_ANSWER): _X.NOTHING,
    # The crew has closed the case.
    **{(_C.CLOSED, state, event): _X.NOTHING for state in (_O.ASKED, *_OUT) for event in _E if event is not _E.UNAWARE_NO},
    **{(_C.CLOSED, state, yes): _X.LATE for state in (_O.ASKED, *_OUT) for yes in _SAYS_YES},
    **{(_C.CLOSED, state, _E.PICK): _X.NOT_NOW for state in (_O.ASKED, *_OUT)},
}


class Word(StrEnum):
    """What a hospital is told."""

    GRANTED = "granted"
    STAND_DOWN = "stand_down"
    ASKED = "asked"


@dataclass(frozen=True)
class Told:
    """One word to the hospital of one offer; ``reason`` of a stand-down."""

    offer_id: str
    word: Word
    reason: StandDownReason | None = None


@dataclass(frozen=True)
class Standing:
    """A case and its offers. ``holder`` is the offer with the lease, where somebody holds it."""

    state: CaseState
    token: int
    holder: str | None
    offers: Mapping[str, OfferState]

    def changed(self, **offers: OfferState) -> "Standing":
        """The same with other states of some offers."""
        return replace(self, offers={**self.offers, **offers})


@dataclass(frozen=True)
class Step:
    """What a word has done: its outcome, what stands now, and who is told what."""

    outcome: Outcome
    standing: Standing
    told: tuple[Told, ...] = ()


def _waiting(standing: Standing) -> list[str]:
    return [offer_id for offer_id, state in standing.offers.items() if state is OfferState.ASKED]


def _stood_down(standing: Standing, reason: StandDownReason, offers: list[str]) -> tuple[Standing, tuple[Told, ...]]:
    return (
        standing.changed(**dict.fromkeys(offers, OfferState.STOOD_DOWN)),
        tuple(Told(offer_id, Word.STAND_DOWN, reason) for offer_id in offers),
    )


def _given_back(standing: Standing, offer_id: str, state: OfferState) -> tuple[Standing, tuple[Told, ...]]:
    """Nobody holds the case any more: who had stood down for the holder is asked anew."""
    again = [other for other, own in standing.offers.items() if own is OfferState.STOOD_DOWN and other != offer_id]
    free = Standing(CaseState.OPEN, standing.token + 1, None, standing.offers)
    return free.changed(**{offer_id: state}, **dict.fromkeys(again, OfferState.ASKED)), tuple(Told(other, Word.ASKED) for other in again)


def _declined_by_phone(offer_id: str, event: Event) -> tuple[Told, ...]:
    """Who said no on the telephone still has a screen that rings."""
    return (Told(offer_id, Word.STAND_DOWN, StandDownReason.PHONE_DECLINED),) if event is Event.PHONE_DECLINE else ()


def step(standing: Standing, offer_id: str, event: Event) -> Step:
    """What a word about one offer does.

    Raises:
        KeyError: no such offer. IllegalTransitionError: the table has no outcome.
    """
    own = standing.offers[offer_id]
    outcome = OUTCOMES.get((standing.state, own, event))
    if outcome is None:
        raise IllegalTransitionError(f"{event} of an offer that is {own} in a case that is {standing.state}")
    down = StandDownReason
    match outcome:
        case Outcome.GRANT:
            others = [other for other in _waiting(standing) if other != offer_id]
            held = Standing(CaseState.HELD, standing.token + 1, offer_id, standing.offers).changed(**{offer_id: OfferState.ACCEPTED})
            after, told = _stood_down(held, down.OTHER_ACCEPTED, others)
            return Step(outcome, after, (Told(offer_id, Word.GRANTED), *told))
        case Outcome.REPEAT_GRANT:
            return Step(outcome, standing, (Told(offer_id, Word.GRANTED),))
        case Outcome.LATE:
            after, told = _stood_down(standing, down.OTHER_ACCEPTED if standing.state is CaseState.HELD else down.CANCELLED, [offer_id])
            return Step(outcome, after, told)
        case Outcome.UNWANTED:
            return Step(outcome, standing, (Told(offer_id, Word.STAND_DOWN, down.SKIPPED),))
        case Outcome.DECLINE:
            return Step(outcome, standing.changed(**{offer_id: OfferState.DECLINED}), _declined_by_phone(offer_id, event))
        case Outcome.WITHDRAW:
            return Step(outcome, standing.changed(**{offer_id: OfferState.WITHDRAWN}))
        case Outcome.RELEASE:
            after, told = _given_back(standing, offer_id, OfferState.WITHDRAWN)
            return Step(outcome, after, (*_declined_by_phone(offer_id, event), *told))
        case Outcome.GIVE_UP:
            after, told = _given_back(standing, offer_id, OfferState.SKIPPED)
            return Step(outcome, after, (Told(offer_id, Word.STAND_DOWN, down.SKIPPED), *told))
        case Outcome.ASK:
            asked = replace(standing, token=standing.token + 1).changed(**{offer_id: OfferState.ASKED})
            return Step(outcome, asked, (Told(offer_id, Word.ASKED),))
        case Outcome.SKIP:
            return Step(outcome, standing.changed(**{offer_id: OfferState.SKIPPED}), (Told(offer_id, Word.STAND_DOWN, down.SKIPPED),))
        case Outcome.EXPIRE:
            return Step(outcome, standing.changed(**{offer_id: OfferState.EXPIRED}), (Told(offer_id, Word.STAND_DOWN, down.EXPIRED),))
        case Outcome.NOT_NOW | Outcome.NOTHING | Outcome.OVERTAKEN:
            return Step(outcome, standing)


def closed(standing: Standing) -> tuple[Standing, tuple[Told, ...]]:
    """The crew closes the case: who waits and who holds it are told. Closed once more, nothing happens."""
    if standing.state is CaseState.CLOSED:
        return standing, ()
    concerned = [*_waiting(standing), *([standing.holder] if standing.holder else [])]
    shut = Standing(CaseState.CLOSED, standing.token + 1, None, standing.offers)
    return _stood_down(shut, StandDownReason.CANCELLED, concerned)


def read_back_code(case_id: str, token: int) -> str:
    """Four digits that crew and hospital see alike for one lease, to be read back on the telephone and at the door."""
    number = int.from_bytes(hashlib.sha256(f"{case_id}/{token}".encode()).digest()[:4], "big")
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def room_end(hpid: str) -> str:
    """An emergency room's name on the link."""
    return f"room/{hpid}"
