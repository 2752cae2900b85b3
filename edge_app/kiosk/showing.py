"""Which screen it is: one function from what is known of a case to a closed set of screens."""

from dataclasses import dataclass
from enum import StrEnum

from edge_app.casebook.offers import OfferState

NOT_ASKED_AFTER_S = 20.0


class Showing(StrEnum):
    """The kiosk's screens."""

    WAITING = "waiting"
    READING = "reading"
    REFUSED = "refused"
    RESULT = "result"
    CHOOSE = "choose"
    NOT_ASKED = "not_asked"
    NO_ANSWER = "no_answer"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    ACCEPTED = "accepted"
    CALL = "call"
    CLOSED = "closed"


ATTENTION = frozenset({Showing.NOT_ASKED, Showing.NO_ANSWER, Showing.DECLINED, Showing.WITHDRAWN})
NEEDS_SOMEBODY = ATTENTION | {Showing.CHOOSE}


class Outcome(StrEnum):
    """What reading the picture came to so far."""

    UNREAD = "unread"
    NOT_ASSESSED = "not_assessed"
    ASSESSED = "assessed"


@dataclass(frozen=True)
class Facts:
    """What decides the screen.

    Attributes:
        outcome: of the picture looked at; None where there is no picture.
        offers: the state of every offer of the case.
        won: an offer is accepted and holds the lease.
        unanswered_s: age of the oldest offer that is still without an answer, in seconds.
        to_be_asked_s: since when the picture has been ready to be offered (read, or to be sent unread), in seconds; None where it is not.
        no_room: the dispatch found no emergency room to ask.
        to_choose: nobody was asked, because a person is to choose whom.
        closed: the crew has closed the case.
    """

    outcome: Outcome | None
    offers: tuple[OfferState, ...]
    won: bool
    unanswered_s: float | None
    to_be_asked_s: float | None
    no_room: bool
    no_answer_after_s: float
    closed: bool = False
    to_choose: bool = False


def showing(facts: Facts) -> Showing:
    """The screen for a case. An answer goes before everything, then what needs a person, then the picture."""
    if facts.closed:
        return Showing.CLOSED
    if facts.outcome is None:
        return Showing.WAITING
    if facts.won:
        return Showing.ACCEPTED
    if OfferState.WITHDRAWN in facts.offers:
        return Showing.WITHDRAWN
    if facts.offers and OfferState.ASKED not in facts.offers:
        # Who has not answered in time has not said no.
        return Showing.NO_ANSWER if OfferState.EXPIRED in facts.offers else Showing.DECLINED
    if facts.unanswered_s is not None and facts.unanswered_s >= facts.no_answer_after_s:
        return Showing.NO_ANSWER
    if facts.to_choose:
        # What was not assessed never looks like a result, also where somebody is to choose.
        return Showing.CHOOSE if facts.outcome is Outcome.ASSESSED else showing_of_picture(facts.outcome)
    if not facts.offers and (facts.no_room or (facts.to_be_asked_s is not None and facts.to_be_asked_s >= NOT_ASKED_AFTER_S)):
        return Showing.NOT_ASKED
    return showing_of_picture(facts.outcome)


def showing_of_picture(outcome: Outcome) -> Showing:
    """The screen for looking at a picture, whatever the hospitals have said."""
    return {Outcome.UNREAD: Showing.READING, Outcome.NOT_ASSESSED: Showing.REFUSED, Outcome.ASSESSED: Showing.RESULT}[outcome]
