"""The table of a request's states, exhaustively, and what may not change one."""

from dataclasses import replace

import pytest

from edge_app.clock import now
from edge_app.database import Database
from edge_app.emergency_room import requests
from edge_app.emergency_room.requests import (
    REPEATS,
    TRANSITIONS,
    RequestEvent,
    RequestState,
    answer,
    get_request,
    note_opened,
    recent_requests,
)
from edge_app.errors import IllegalTransitionError
from edge_app.link.messages import AnswerBody, AnswerKind, DeclineReason, OpenedBody, ReminderBody, StandDownReason, decode
from edge_app.link.outbox import waiting
from tests.edge_app.emergency_room.builders import OFFER, OTHER, ROOM, UNIT, decision, deliver, granted, stand_down

S, E, A = RequestState, RequestEvent, AnswerKind
FROM_THE_DOCTOR = {E.ACCEPT: A.ACCEPT, E.DECLINE: A.DECLINE, E.WITHDRAW: A.WITHDRAW}

# The whole table, written out: what becomes of a request in each state on each event. None is refused with IllegalTransitionError.
OUTCOMES: dict[RequestState, dict[RequestEvent, RequestState | None]] = {
    S.RINGING: {
        E.ASKED_AGAIN: S.RINGING,
        E.GRANTED: S.GRANTED,
        E.STOOD_DOWN: S.STOOD_DOWN,
        E.GRANTED_AFTER_ALL: S.GRANTED,
        E.PHONE_DECLINED: S.DECLINED,
        E.EXPIRED: S.EXPIRED,
        E.ACCEPT: S.ACCEPT_SENT,
        E.DECLINE: S.DECLINED,
        E.WITHDRAW: None,
    },
    S.ACCEPT_SENT: {
        E.ASKED_AGAIN: S.RINGING,
        E.GRANTED: S.GRANTED,
        E.STOOD_DOWN: S.STOOD_DOWN,
        E.GRANTED_AFTER_ALL: S.GRANTED,
        E.PHONE_DECLINED: S.DECLINED,
        E.EXPIRED: S.ACCEPT_SENT,
        E.ACCEPT: S.ACCEPT_SENT,
        E.DECLINE: None,
        E.WITHDRAW: S.WITHDRAWN,
    },
    S.GRANTED: {
        E.ASKED_AGAIN: S.RINGING,
        E.GRANTED: S.GRANTED,
        E.STOOD_DOWN: S.STOOD_DOWN,
        E.GRANTED_AFTER_ALL: S.GRANTED,
        E.PHONE_DECLINED: S.DECLINED,
        E.EXPIRED: S.GRANTED,
        E.ACCEPT: S.GRANTED,
        E.DECLINE: None,
        E.WITHDRAW: S.WITHDRAWN,
    },
    S.DECLINED: {
        E.ASKED_AGAIN: S.RINGING,
        E.GRANTED: S.DECLINED,
        E.STOOD_DOWN: S.STOOD_DOWN,
        E.GRANTED_AFTER_ALL: S.GRANTED,
        E.PHONE_DECLINED: S.DECLINED,
        E.EXPIRED: S.DECLINED,
        E.ACCEPT: S.ACCEPT_SENT,
        E.DECLINE: S.DECLINED,
        E.WITHDRAW: None,
    },
    S.STOOD_DOWN: {
        E.ASKED_AGAIN: S.RINGING,
        E.GRANTED: S.GRANTED,
        E.STOOD_DOWN: S.STOOD_DOWN,
        E.GRANTED_AFTER_ALL: S.GRANTED,
        E.PHONE_DECLINED: S.DECLINED,
        E.EXPIRED: S.STOOD_DOWN,
        E.ACCEPT: None,
        E.DECLINE: None,
        E.WITHDRAW: None,
    },
    S.WITHDRAWN: {
        E.ASKED_AGAIN: S.RINGING,
        E.GRANTED: S.WITHDRAWN,
        E.STOOD_DOWN: S.STOOD_DOWN,
        E.GRANTED_AFTER_ALL: S.GRANTED,
        E.PHONE_DECLINED: S.DECLINED,
        E.EXPIRED: S.WITHDRAWN,
        E.ACCEPT: S.ACCEPT_SENT,
        E.DECLINE: None,
        E.WITHDRAW: S.WITHDRAWN,
    },
    S.EXPIRED: {
        E.ASKED_AGAIN: S.RINGING,
        E.GRANTED: S.GRANTED,
        E.STOOD_DOWN: S.STOOD_DOWN,
        E.GRANTED_AFTER_ALL: S.GRANTED,
        E.PHONE_DECLINED: S.DECLINED,
        E.EXPIRED: S.EXPIRED,
        E.ACCEPT: S.ACCEPT_SENT,
        E.DECLINE: S.DECLINED,
        E.WITHDRAW: None,
    },
}
EVERY = [(state, event) for state in S for event in E]


def in_state(database: Database, state: RequestState) -> None:
    """Bring the request there by the events that lead there."""
    deliver(database, decision())
    if state in {S.ACCEPT_SENT, S.GRANTED, S.WITHDRAWN}:
        answer(database, ROOM, OFFER, A.ACCEPT)
    if state is S.WITHDRAWN:
        answer(database, ROOM, OFFER, A.WITHDRAW)
    if state is S.DECLINED:
        answer(database, ROOM, OFFER, A.DECLINE, reason=DeclineReason.NO_BED)
    if state is S.GRANTED:
        deliver(database, granted(token=2))
    if state is S.STOOD_DOWN:
        deliver(database, stand_down(token=2))
    if state is S.EXPIRED:
        deliver(database, stand_down(token=2, reason=StandDownReason.EXPIRED))
    assert get_request(database, OFFER).state is state


def happen(database: Database, event: RequestEvent) -> None:
    """Let the event happen as it does: by a message, or by the doctor's hand."""
    if event is E.ASKED_AGAIN:
        deliver(database, decision(token=9, revision=2, asking=2))
    elif event in (E.GRANTED, E.GRANTED_AFTER_ALL):
        deliver(database, granted(token=9, by_phone=event is E.GRANTED_AFTER_ALL))
    elif event is E.STOOD_DOWN:
        deliver(database, stand_down(token=9))
    elif event in (E.PHONE_DECLINED, E.EXPIRED):
        # The unit has heard all that was answered here.
        own = get_request(database, OFFER).answer
        heard = {} if own is None else {"heard_token": own.token, "heard_ms": own.at_ms}
        reason = StandDownReason.EXPIRED if event is E.EXPIRED else StandDownReason.PHONE_DECLINED
        deliver(database, stand_down(token=9, reason=reason).model_copy(update=heard))
    else:
        answer(database, ROOM, OFFER, FROM_THE_DOCTOR[event], reason=DeclineReason.NO_BED if event is E.DECLINE else None)


@pytest.mark.parametrize(("state", "event"), EVERY)
def test_every_state_has_one_outcome_for_every_event(database: Database, state: RequestState, event: RequestEvent) -> None:
    in_state(database, state)
    before = waiting(database)
    outcome = OUTCOMES[state][event]
    assert TRANSITIONS.get((state, event)) is outcome
    if outcome is None:
        with pytest.raises(IllegalTransitionError, match=f"{event} of a request that is {state}"):
            happen(database, event)
        assert get_request(database, OFFER).state is state
        assert waiting(database) == before
        return
    happen(database, event)
    request = get_request(database, OFFER)
    assert request.state is outcome
    assert (request.code is not None) == (outcome is S.GRANTED)


def test_the_box_always_has_an_outcome() -> None:
    for state in S:
        for event in set(E) - set(FROM_THE_DOCTOR):
            assert (state, event) in TRANSITIONS


@pytest.mark.parametrize(("state", "event"), sorted(REPEATS))
def test_a_second_click_sends_nothing_more(database: Database, state: RequestState, event: RequestEvent) -> None:
    in_state(database, state)
    before = get_request(database, OFFER), waiting(database)
    reason = DeclineReason.NO_BED if event is E.DECLINE else None
    assert answer(database, ROOM, OFFER, FROM_THE_DOCTOR[event], reason=reason) is state
    assert (get_request(database, OFFER), waiting(database)) == before


def test_an_answer_carries_the_highest_token_seen_and_goes_to_its_unit(database: Database) -> None:
    deliver(database, decision(token=1), decision(token=5, revision=2))
    answer(database, ROOM, OFFER, A.ACCEPT, note="동문으로", who="나연")
    (sent,) = waiting(database)
    body = decode(sent.body).body
    assert isinstance(body, AnswerBody)
    assert (sent.recipient, body.token, body.answer, body.note, body.who) == (UNIT, 5, A.ACCEPT, "동문으로", "나연")
    assert get_request(database, OFFER).answer == body


@pytest.mark.parametrize("word", [granted(token=3), stand_down(token=3)], ids=["granted", "stood_down"])
def test_a_word_with_an_older_token_changes_nothing(database: Database, word: object) -> None:
    deliver(database, decision(token=4))
    before = get_request(database, OFFER)
    deliver(database, word)  # type: ignore[arg-type]
    assert get_request(database, OFFER) == before


def test_a_stand_down_before_a_grant_that_was_delayed_stays(database: Database) -> None:
    deliver(database, decision(token=1))
    answer(database, ROOM, OFFER, A.ACCEPT)
    deliver(database, stand_down(token=3), granted(token=2))
    request = get_request(database, OFFER)
    assert (request.state, request.code) == (S.STOOD_DOWN, None)


def test_a_request_whose_stand_down_came_first_does_not_ring(database: Database) -> None:
    deliver(database, stand_down(token=3), stand_down(token=2), decision(token=1))
    request = get_request(database, OFFER)
    assert (request.state, request.token) == (S.STOOD_DOWN, 3)


def test_a_request_made_after_an_early_stand_down_rings(database: Database) -> None:
    deliver(database, stand_down(token=3), decision(token=4))
    assert get_request(database, OFFER).state is S.RINGING


def test_a_newer_revision_replaces_the_decision_and_an_older_one_does_not(database: Database) -> None:
    deliver(database, decision(revision=2, eta_s=300))
    first = get_request(database, OFFER)
    deliver(database, decision(revision=1, eta_s=900))
    assert get_request(database, OFFER) == first
    deliver(database, decision(revision=3, eta_s=240))
    request = get_request(database, OFFER)
    assert request.decision.eta_s == 240
    assert request.received == first.received
    assert request.decided.mono_ms >= first.decided.mono_ms


def test_a_request_asked_again_rings_anew_without_its_old_answer(database: Database) -> None:
    in_state(database, S.STOOD_DOWN)
    note_opened(database, ROOM, OFFER)
    deliver(database, decision(token=5, revision=2, asking=2))
    request = get_request(database, OFFER)
    assert (request.state, request.opened_ms, request.answered_ms, request.answer) == (S.RINGING, None, None, None)


@pytest.mark.parametrize("state", list(S))
def test_asked_again_whatever_was_said_before_is_void(database: Database, state: RequestState) -> None:
    in_state(database, state)
    deliver(database, decision(token=9, revision=2, asking=2))
    request = get_request(database, OFFER)
    assert (request.state, request.code, request.answer) == (S.RINGING, None, None)


def test_a_newer_token_alone_is_no_new_asking(database: Database) -> None:
    # Another hospital was asked meanwhile: nothing is void here.
    in_state(database, S.ACCEPT_SENT)
    deliver(database, decision(token=9, revision=2))
    request = get_request(database, OFFER)
    assert (request.state, request.token) == (S.ACCEPT_SENT, 9)
    assert request.answer is not None


def test_a_lease_by_telephone_says_so_and_stands_over_a_no_from_before(database: Database) -> None:
    in_state(database, S.DECLINED)
    deliver(database, granted(token=2, by_phone=True))
    request = get_request(database, OFFER)
    assert (request.state, request.by_phone, request.spoke, request.code) == (S.GRANTED, True, "Dr. Kim", "4471")
    # A no that knows of the lease ends it, and the same lease told once more does not bring it back.
    answer(database, ROOM, OFFER, A.WITHDRAW)
    deliver(database, granted(token=2, by_phone=True))
    assert get_request(database, OFFER).state is S.WITHDRAWN


def test_a_lease_for_our_yes_stands_over_a_no_that_was_only_said_in_a_call(database: Database) -> None:
    # A call said yes and then no, and our own yes crossed both: the unit heard it last.
    in_state(database, S.ACCEPT_SENT)
    deliver(database, granted(token=2, by_phone=True))
    deliver(database, stand_down(token=3, reason=StandDownReason.PHONE_DECLINED))
    assert get_request(database, OFFER).state is S.DECLINED
    deliver(database, granted(token=4, code="9921"))
    request = get_request(database, OFFER)
    assert (request.state, request.code, request.by_phone) == (S.GRANTED, "9921", False)


def test_a_word_of_an_asking_that_is_still_under_way_waits_for_it(database: Database) -> None:
    in_state(database, S.STOOD_DOWN)
    deliver(database, granted(token=6, by_phone=True, asking=2))
    assert get_request(database, OFFER).state is S.STOOD_DOWN
    deliver(database, decision(token=5, revision=2, asking=2))
    assert get_request(database, OFFER).state is S.GRANTED
    assert database.rows("SELECT * FROM early_words") == []


def test_a_lease_that_came_before_its_request_is_kept_for_it(database: Database) -> None:
    deliver(database, granted(token=2, by_phone=True))
    assert database.rows("SELECT * FROM refusals") == []
    deliver(database, decision(token=1))
    request = get_request(database, OFFER)
    assert (request.state, request.code) == (S.GRANTED, "4471")


@pytest.mark.parametrize("reason", [StandDownReason.EXPIRED, StandDownReason.PHONE_DECLINED])
def test_an_acceptance_under_way_outlives_a_word_that_did_not_know_of_it(database: Database, reason: StandDownReason) -> None:
    in_state(database, S.ACCEPT_SENT)
    deliver(database, stand_down(token=2, reason=reason))
    assert get_request(database, OFFER).state is S.ACCEPT_SENT
    deliver(database, granted(token=3))
    assert get_request(database, OFFER).state is S.GRANTED


@pytest.mark.parametrize("reason", list(StandDownReason))
def test_why_a_request_ended_is_kept(database: Database, reason: StandDownReason) -> None:
    deliver(database, decision(), stand_down(token=2, reason=reason))
    assert get_request(database, OFFER).down_reason is reason


def test_answers_grow_in_time_though_the_clock_is_set_back(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(database, decision())
    for back_s, kind in enumerate((A.ACCEPT, A.WITHDRAW, A.ACCEPT)):
        monkeypatch.setattr(requests, "now", lambda back_s=back_s: replace(now(), unix_ms=1_700_000_000_000 - 60_000 * back_s))
        answer(database, ROOM, OFFER, kind)
    times = [body.at_ms for sent in waiting(database) if isinstance(body := decode(sent.body).body, AnswerBody)]
    assert times == sorted(set(times))
    assert len(times) == 3


def test_a_new_revision_of_an_answered_request_keeps_the_answer(database: Database) -> None:
    in_state(database, S.GRANTED)
    before = get_request(database, OFFER)
    deliver(database, decision(token=before.token, revision=2, eta_s=60))
    request = get_request(database, OFFER)
    assert (request.state, request.code, request.answer, request.decision.eta_s) == (S.GRANTED, before.code, before.answer, 60)


def test_opening_is_told_to_the_unit_once(database: Database) -> None:
    deliver(database, decision())
    note_opened(database, ROOM, OFFER)
    first = get_request(database, OFFER).opened_ms
    note_opened(database, ROOM, OFFER)
    assert get_request(database, OFFER).opened_ms == first
    (sent,) = waiting(database)
    body = decode(sent.body).body
    assert body == OpenedBody(offer_id=OFFER, at_ms=first or 0)


def test_what_rings_is_listed_first(database: Database) -> None:
    deliver(database, decision(), decision(OTHER))
    answer(database, ROOM, OTHER, A.DECLINE, reason=DeclineReason.EQUIPMENT)
    assert [(request.offer_id, request.state) for request in recent_requests(database)] == [(OFFER, S.RINGING), (OTHER, S.DECLINED)]


def test_an_unknown_request_is_no_request(database: Database) -> None:
    for ask in (lambda: get_request(database, OFFER), lambda: note_opened(database, ROOM, OFFER)):
        with pytest.raises(KeyError):
            ask()
    with pytest.raises(KeyError):
        answer(database, ROOM, OFFER, A.ACCEPT)


def test_a_reminder_is_of_the_asking_that_rings(database: Database) -> None:
    deliver(database, decision())
    deliver(database, ReminderBody(offer_id=OFFER, asking=2), ReminderBody(offer_id=OTHER, asking=1))
    assert get_request(database, OFFER).reminded_ms is None
    deliver(database, ReminderBody(offer_id=OFFER, asking=1))
    assert get_request(database, OFFER).reminded_ms is not None
    deliver(database, stand_down(token=2), decision(token=3, revision=2, asking=2))
    request = get_request(database, OFFER)
    assert (request.state, request.reminded_ms) == (S.RINGING, None)
    assert database.rows("SELECT * FROM refusals") == []
