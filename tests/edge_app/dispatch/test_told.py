"""What hospitals told of themselves: heard of those that were asked, never younger than proven, never better than said."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.casebook import Casebook
from edge_app.casebook.hospital_words import Told, note_status, told_statuses
from edge_app.casebook.offers import ReasonKind
from edge_app.clock import now
from edge_app.config import Dispatch
from edge_app.dispatch.ranking import HALF_LIFE_MIN, TOLD_FOR_S, Known, Ranked, rank
from edge_app.dispatch.status_board import Status
from edge_app.link.status import Availability, Capability, StatusBody, StatusLine
from edge_app.triage import Need
from tests.edge_app.dispatch.test_ranking import CITY, MINUTE, NOW, ROOMS, board

A = Availability
NEEDS = frozenset({Need.ICU})


def status(at_ms: int, *lines: tuple[Capability, Availability, int | None, int]) -> StatusBody:
    told = (StatusLine(code=code, availability=how, free=free, age_s=age_s, who=None) for code, how, free, age_s in lines)
    return StatusBody(at_ms=at_ms, lines=tuple(told))


def first(known: Known) -> Ranked:
    return next(choice for choice in rank(ROOMS, CITY, Dispatch(), known) if choice.room.hpid == "SIM-A")


def told_of(how: Availability, age_s: float = 0.0, code: str = "O017", free: int | None = None) -> dict[str, dict[str, Told]]:
    return {"SIM-A": {code: Told(how, free, age_s)}}


@given(st.floats(0, 1e6), st.sampled_from(["O017", "O001"]))
def test_a_status_never_makes_a_hospital_look_better_than_it_says(age_s: float, code: str) -> None:
    needs = frozenset({Need.ICU})
    cost = {how: first(Known(NOW, needs=needs, told=told_of(how, age_s, code))).cost_min for how in A}
    silent = first(Known(NOW, needs=needs)).cost_min
    assert cost[A.OPEN] <= silent <= cost[A.LIMITED] <= cost[A.CLOSED]


def test_a_status_is_worth_the_less_the_older_it_is() -> None:
    ages = (0.0, HALF_LIFE_MIN * 60, HALF_LIFE_MIN * 600)
    for how, better in ((A.OPEN, False), (A.CLOSED, True)):
        costs = [first(Known(NOW, needs=NEEDS, told=told_of(how, age_s))).cost_min for age_s in ages]
        assert costs == sorted(costs, reverse=better)
        assert costs[-1] == pytest.approx(first(Known(NOW, needs=NEEDS)).cost_min, rel=0.01)


@pytest.mark.parametrize(("age_min", "believed"), [(9, ReasonKind.TOLD_CLOSED), (11, ReasonKind.NEED_HAS)])
def test_the_younger_of_board_and_hospital_is_believed(age_min: int, believed: ReasonKind) -> None:
    entered = Status(beds={"O017": 3}, entered_ms=NOW - 10 * MINUTE)
    known = Known(NOW, board(SIM_A=entered), needs=NEEDS, told=told_of(A.CLOSED, age_min * 60))
    assert first(known).reasons[0].kind is believed
    undated = Status(beds={"O017": 3})
    assert first(replace(known, board=board(SIM_A=undated))).reasons[0].kind is ReasonKind.TOLD_CLOSED


def test_the_reasons_say_what_was_told_and_when_it_was_set() -> None:
    told = {"SIM-A": {"O017": Told(A.LIMITED, None, 240), "O001": Told(A.OPEN, 4, 60), "ent": Told(A.CLOSED, None, 5)}}
    reasons = [(one.kind, one.value, one.at_ms) for one in first(Known(NOW, needs=NEEDS, told=told)).reasons[:3]]
    assert reasons == [
        (ReasonKind.TOLD_LIMITED, "O017", NOW - 240_000),
        (ReasonKind.TOLD_BEDS, "4", NOW - 60_000),
        (ReasonKind.TOLD_CLOSED, "ent", NOW - 5_000),
    ]
    # No bed left is said as such, and what is open and not needed is no reason.
    told = {"SIM-A": {"O001": Told(A.CLOSED, 0, 0), "spine": Told(A.OPEN, None, 0)}}
    kinds = [(one.kind, one.value) for one in first(Known(NOW, told=told)).reasons]
    assert (ReasonKind.TOLD_CLOSED, "O001") in kinds
    assert "spine" not in [value for _, value in kinds]


def test_what_was_told_half_a_day_ago_is_forgotten() -> None:
    for age_s, shown in ((TOLD_FOR_S, True), (TOLD_FOR_S + 1, False)):
        reasons = first(Known(NOW, told=told_of(A.CLOSED, age_s, "ent"))).reasons
        assert (ReasonKind.TOLD_CLOSED in [one.kind for one in reasons]) == shown


def test_a_status_counts_as_old_as_both_clocks_can_prove(casebook: Casebook) -> None:
    at = now()
    note_status(casebook.database, "SIM-A", status(at.unix_ms - 600_000, (Capability.CT, A.OPEN, None, 30)))
    later = replace(at, unix_ms=at.unix_ms + 60_000, mono_ms=at.mono_ms + 60_000)
    # It lay ten minutes on the way, by the wall clocks.
    assert told_statuses(casebook.database, later)["SIM-A"]["O027"].age_s == pytest.approx(690, abs=2)
    # The hospital's clock is an hour ahead: then as old as since it came.
    note_status(casebook.database, "SIM-A", status(at.unix_ms + 3_600_000, (Capability.CT, A.OPEN, None, 30)))
    assert told_statuses(casebook.database, later)["SIM-A"]["O027"].age_s == pytest.approx(90, abs=2)


def test_an_older_status_that_comes_later_changes_nothing(casebook: Casebook) -> None:
    note_status(casebook.database, "SIM-A", status(2000, (Capability.CT, A.CLOSED, None, 0)))
    note_status(casebook.database, "SIM-A", status(1000, (Capability.CT, A.OPEN, None, 0)))
    assert told_statuses(casebook.database, now())["SIM-A"]["O027"].availability is A.CLOSED
    note_status(casebook.database, "SIM-A", status(3000))
    assert told_statuses(casebook.database, now())["SIM-A"] == {}
