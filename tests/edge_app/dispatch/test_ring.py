"""What time alone does: reminders, the next hospital, giving up; never for the past, never more often than set."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.casebook.offers import Offer, OfferState
from edge_app.clock import ClockSource, Stamp
from edge_app.config import Dispatch, PolicyName
from edge_app.dispatch.policy import POLICIES
from edge_app.dispatch.ring import Due, due

SETTINGS = Dispatch()
START = Stamp(1_700_000_000_000, 5_000_000, "boot", ClockSource.UNSYNCHRONISED, None)


def at(seconds: float, *, wall_s: float | None = None, boot: str = "boot") -> Stamp:
    wall = seconds if wall_s is None else wall_s
    return replace(START, unix_ms=START.unix_ms + int(wall * 1000), mono_ms=START.mono_ms + int(seconds * 1000), boot=boot)


def offer(name: str, state: OfferState = OfferState.ASKED, *, asked_s: float = 0.0, reminded: bool = False) -> Offer:
    return Offer(
        name, "case", "reading", f"SIM-{name}", name, None, None, 1, None, None, (), state, at(0), at(asked_s), None, None, None,
        reminded_ms=1 if reminded else None,
    )  # fmt: skip


THREE = (offer("a"), offer("b"), offer("c"))
ARRIVED = frozenset({"a", "b"})


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (29.9, Due()),
        (30.0, Due(remind=("a", "b"))),
        (60.0, Due(remind=("a", "b"), more=1)),
        (600.0, Due(expire=("a", "b", "c"), more=3)),
    ],
)
def test_what_is_due_follows_from_how_long_they_were_asked(seconds: float, expected: Due) -> None:
    assert due(THREE, ARRIVED, at(seconds), SETTINGS) == expected


def test_a_reminder_is_given_once() -> None:
    reminded = tuple(replace(own, reminded_ms=1) for own in THREE)
    assert due(reminded, ARRIVED, at(45), SETTINGS) == Due()


def test_the_next_is_asked_only_when_the_last_has_had_its_time() -> None:
    four = (*THREE, offer("d", asked_s=60.0))
    assert due(four, frozenset(), at(119), SETTINGS).more == 0
    assert due(four, frozenset(), at(120), SETTINGS).more == 1


@pytest.mark.parametrize("gone", [OfferState.DECLINED, OfferState.WITHDRAWN, OfferState.SKIPPED, OfferState.EXPIRED])
def test_whoever_is_out_is_replaced_at_once(gone: OfferState) -> None:
    assert due((offer("a", gone), offer("b"), offer("c")), frozenset(), at(1), SETTINGS) == Due(more=1)


def test_no_more_than_set_are_ever_asked() -> None:
    many = tuple(offer(str(number), OfferState.DECLINED) for number in range(8))
    assert due((*many, offer("x")), frozenset(), at(100), SETTINGS).more == 0
    assert due(many, frozenset(), at(100), SETTINGS).more == 1


@pytest.mark.parametrize("name", [name for name, policy in POLICIES.items() if not policy.widens])
@pytest.mark.parametrize("seconds", [1.0, 30.0, 60.0, 600.0])
def test_where_a_person_chooses_nobody_further_is_asked_and_all_else_is_as_before(name: PolicyName, seconds: float) -> None:
    chosen = SETTINGS.model_copy(update={"policy": name})
    some = (*THREE, offer("d", OfferState.DECLINED))
    assert due(some, ARRIVED, at(seconds), chosen) == replace(due(some, ARRIVED, at(seconds), SETTINGS), more=0)


def test_a_clock_that_jumps_rings_nobody() -> None:
    for wall_s in (-86_400.0, 86_400.0):
        assert due(THREE, ARRIVED, at(1, wall_s=wall_s), SETTINGS) == Due()


def test_after_a_day_without_power_nobody_further_is_asked() -> None:
    later = due(THREE, ARRIVED, at(0, wall_s=86_400.0, boot="next"), SETTINGS)
    assert later == Due(expire=("a", "b", "c"))


STATES = st.sampled_from([state for state in OfferState if state is not OfferState.ACCEPTED])


@given(
    st.lists(st.tuples(STATES, st.floats(0, 4000), st.booleans(), st.booleans()), min_size=1, max_size=12),
    st.floats(0, 5000),
)
def test_only_who_is_asked_is_reminded_or_given_up_and_never_both(rows: list[tuple[OfferState, float, bool, bool]], seconds: float) -> None:
    offers = [offer(str(number), state, asked_s=asked_s, reminded=reminded) for number, (state, asked_s, reminded, _) in enumerate(rows)]
    arrived = frozenset(own.id for own, (*_, there) in zip(offers, rows, strict=True) if there)
    todo = due(offers, arrived, at(seconds), SETTINGS)
    asked = {own.id for own in offers if own.state is OfferState.ASKED}
    assert set(todo.remind) <= asked & arrived
    assert set(todo.expire) <= asked
    assert not set(todo.remind) & set(todo.expire)
    assert 0 <= todo.more <= max(0, SETTINGS.ask_at_most - len(offers))
    assert todo.more <= SETTINGS.ask
