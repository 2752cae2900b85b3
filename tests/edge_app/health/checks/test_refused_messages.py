"""Messages that could not be taken."""

import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.cases import case_for_study
from edge_app.casebook.events import EventKind, record
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.dispatch.uplink import Uplink
from edge_app.errors import Who
from edge_app.health.check import State
from edge_app.health.checks import refused_messages
from edge_app.health.checks.refused_messages import WITHIN_S, look
from tests.edge_app.clocks import DAY_S, Clock


def test_none_is_ok_and_what_the_box_could_not_send_is_not_one(settings: Settings, casebook: Casebook) -> None:
    assert look(settings).state is State.OK
    case = case_for_study(casebook.database, None, None, None)
    record(casebook.database, EventKind.MESSAGE_REFUSED, now(), case.id, case.id, {"kind": "decision", "word": "too long"})
    assert look(settings).state is State.OK


def test_they_are_counted_with_why_the_last_one_was_refused(settings: Settings, casebook: Casebook, clock: Clock) -> None:
    uplink = Uplink(casebook.database)
    uplink.refused("bytes after the message")
    clock.wait(600)
    uplink.refused("another version")
    clock.wait(130)
    check = look(settings)
    assert (check.state, check.who) == (State.WARNING, Who.TECHNICIAN)
    assert check.word == "2 within a day, the last 2 minutes ago: another version"


@pytest.mark.parametrize("jump_s", [0, 30 * DAY_S, -30 * DAY_S])
def test_after_a_day_they_are_past_whatever_the_clock_says(settings: Settings, casebook: Casebook, clock: Clock, jump_s: float) -> None:
    Uplink(casebook.database).refused("another version")
    clock.jump(jump_s)
    clock.wait(WITHIN_S - 60)
    assert look(settings).state is State.WARNING
    clock.wait(120)
    assert look(settings).state is State.OK


def test_a_flood_is_not_counted_to_its_end(settings: Settings, casebook: Casebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refused_messages, "MOST", 3)
    for _ in range(4):
        Uplink(casebook.database).refused("not CBOR")
    assert look(settings).word.startswith("3 or more within a day")
