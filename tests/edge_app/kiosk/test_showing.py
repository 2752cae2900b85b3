from dataclasses import replace

import pytest

from edge_app.casebook.offers import OfferState
from edge_app.kiosk.showing import NOT_ASKED_AFTER_S, Facts, Outcome, Showing, showing, showing_of_picture

ASKED, ACCEPTED, DECLINED, STOOD, WITHDRAWN, EXPIRED, SKIPPED = (
    OfferState.ASKED,
    OfferState.ACCEPTED,
    OfferState.DECLINED,
    OfferState.STOOD_DOWN,
    OfferState.WITHDRAWN,
    OfferState.EXPIRED,
    OfferState.SKIPPED,
)
PLAIN = Facts(Outcome.ASSESSED, (), won=False, unanswered_s=None, to_be_asked_s=1.0, no_room=False, no_answer_after_s=60)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (replace(PLAIN, outcome=None, to_be_asked_s=None), Showing.WAITING),
        (replace(PLAIN, outcome=Outcome.UNREAD, to_be_asked_s=None), Showing.READING),
        (replace(PLAIN, outcome=Outcome.NOT_ASSESSED, to_be_asked_s=None), Showing.REFUSED),
        (PLAIN, Showing.RESULT),
        (replace(PLAIN, offers=(ASKED, ASKED), unanswered_s=59.9), Showing.RESULT),
        (replace(PLAIN, offers=(ASKED, ASKED), unanswered_s=60.0), Showing.NO_ANSWER),
        (replace(PLAIN, offers=(ASKED, DECLINED), unanswered_s=61.0), Showing.NO_ANSWER),
        (replace(PLAIN, offers=(DECLINED, DECLINED)), Showing.DECLINED),
        (replace(PLAIN, offers=(DECLINED, STOOD)), Showing.DECLINED),
        (replace(PLAIN, offers=(ACCEPTED, STOOD), won=True), Showing.ACCEPTED),
        (replace(PLAIN, offers=(WITHDRAWN, ASKED), unanswered_s=1.0), Showing.WITHDRAWN),
        (replace(PLAIN, offers=(WITHDRAWN, ACCEPTED), won=True), Showing.ACCEPTED),
        (replace(PLAIN, offers=(EXPIRED, DECLINED)), Showing.NO_ANSWER),
        (replace(PLAIN, offers=(SKIPPED, DECLINED)), Showing.DECLINED),
        (replace(PLAIN, offers=(ACCEPTED, STOOD), won=True, closed=True), Showing.CLOSED),
        (replace(PLAIN, closed=True, no_room=True), Showing.CLOSED),
        (replace(PLAIN, no_room=True), Showing.NOT_ASKED),
        (replace(PLAIN, to_be_asked_s=NOT_ASKED_AFTER_S), Showing.NOT_ASKED),
        (replace(PLAIN, outcome=Outcome.NOT_ASSESSED, to_be_asked_s=NOT_ASKED_AFTER_S), Showing.NOT_ASKED),
        (replace(PLAIN, outcome=Outcome.NOT_ASSESSED, offers=(ASKED,), unanswered_s=2.0), Showing.REFUSED),
        (replace(PLAIN, outcome=Outcome.NOT_ASSESSED, offers=(ASKED,), unanswered_s=70.0), Showing.NO_ANSWER),
        (replace(PLAIN, outcome=Outcome.UNREAD, offers=(ASKED,), unanswered_s=70.0), Showing.NO_ANSWER),
        (replace(PLAIN, to_choose=True), Showing.CHOOSE),
        (replace(PLAIN, to_choose=True, to_be_asked_s=NOT_ASKED_AFTER_S), Showing.CHOOSE),
        (replace(PLAIN, to_choose=True, outcome=Outcome.NOT_ASSESSED, to_be_asked_s=NOT_ASKED_AFTER_S), Showing.REFUSED),
        (replace(PLAIN, to_choose=True, outcome=Outcome.UNREAD), Showing.READING),
        (replace(PLAIN, to_choose=True, closed=True), Showing.CLOSED),
    ],
)
def test_the_screen_follows_from_the_facts(facts: Facts, expected: Showing) -> None:
    assert showing(facts) is expected


def test_an_accepted_offer_without_the_lease_is_no_answer_to_rely_on() -> None:
    assert showing(replace(PLAIN, offers=(ACCEPTED, STOOD), won=False)) is not Showing.ACCEPTED


def test_no_picture_that_was_not_assessed_ever_shows_a_result() -> None:
    for outcome in (Outcome.UNREAD, Outcome.NOT_ASSESSED):
        assert showing_of_picture(outcome) is not Showing.RESULT
        for offers in ((), (ASKED,), (DECLINED,), (STOOD,)):
            assert showing(replace(PLAIN, outcome=outcome, offers=offers, to_be_asked_s=None)) is not Showing.RESULT
