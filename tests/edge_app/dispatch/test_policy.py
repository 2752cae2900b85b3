"""What each policy lets the box do by itself: the whole table."""

from typing import get_args

import pytest

from edge_app.config import Dispatch, PolicyName
from edge_app.dispatch.emergency_rooms import EmergencyRoom
from edge_app.dispatch.policy import POLICIES, Chooser, asked_first, asks_at_once, policy_of
from edge_app.dispatch.ranking import Ranked

RANKED = [
    Ranked(EmergencyRoom(hpid, hpid, None, None, None, 37.5, 127.0, None, frozenset()), 1.0, 60, float(cost), ())
    for cost, hpid in enumerate(("SIM-A", "SIM-B", "SIM-C", "SIM-D"))
]


@pytest.mark.parametrize(
    ("settings", "first", "widens", "picker"),
    [
        (Dispatch(), ["SIM-A", "SIM-B", "SIM-C"], True, Chooser.CREW),
        (Dispatch(ask=1), ["SIM-A"], True, Chooser.CREW),
        (Dispatch(policy="crew"), [], False, Chooser.CREW),
        (Dispatch(policy="single", destination="SIM-C"), ["SIM-C"], False, Chooser.CREW),
        (Dispatch(policy="single", destination="SIM-X"), [], False, Chooser.CREW),
        (Dispatch(policy="control_room", control_room_phone="119"), [], False, Chooser.CONTROL_ROOM),
    ],
)
def test_who_is_asked_by_whom(settings: Dispatch, first: list[str], widens: bool, picker: Chooser) -> None:
    assert [choice.room.hpid for choice in asked_first(RANKED, settings)] == first
    assert (policy_of(settings).widens, policy_of(settings).picker) == (widens, picker)
    assert len(first) in (asks_at_once(settings), 0)


def test_every_policy_that_can_be_set_is_in_the_table() -> None:
    assert set(POLICIES) == set(get_args(PolicyName))
