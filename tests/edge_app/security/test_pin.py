"""The kiosk's PIN."""

import pytest

from edge_app import clock as clocks
from edge_app.casebook import Casebook
from edge_app.database import Database
from edge_app.security.backoff import Refused
from edge_app.security.pin import PinError, has_pin, pin_wait_s, remove_pin, set_pin, try_pin
from edge_app.security.sessions import Limits, Sessions
from tests.edge_app.clocks import DAY_S, Clock
from tests.edge_app.security.watched import quickly

HERE = "127.0.0.1"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quickly(monkeypatch)


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12a4", " 1234", "１２３４", "-123"])
def test_what_is_no_pin_changes_nothing(database: Database, pin: str) -> None:
    set_pin(database, "4711")
    with pytest.raises(PinError):
        set_pin(database, pin)
    assert try_pin(database, "4711", HERE) is None


@pytest.mark.parametrize("pin", ["4711", "00000000"])
def test_only_the_pin_opens(database: Database, pin: str) -> None:
    assert not has_pin(database)
    set_pin(database, pin)
    assert has_pin(database)
    assert try_pin(database, pin[:-1] + "9", HERE) == Refused(tried=True, wait_s=0.0)
    assert try_pin(database, "", HERE) == Refused(tried=True, wait_s=0.0)
    assert try_pin(database, pin, HERE) is None
    assert pin not in repr(database.rows("SELECT * FROM pin"))


def test_a_pause_outlives_a_restart_of_the_service_and_of_the_machine_and_a_clock_that_jumps(
    casebook: Casebook, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.stand_still()
    database = casebook.database
    set_pin(database, "4711")
    for _ in range(3):
        try_pin(database, "0000", HERE)
    clock.jump(400 * DAY_S)
    clock.wait(1)
    anew = Casebook(casebook.folder).database
    assert try_pin(anew, "4711", HERE) == Refused(tried=False, wait_s=4.0)
    monkeypatch.setattr(clocks, "boot_id", lambda: "next boot")
    monkeypatch.setattr(clock, "clock_gettime_ns", lambda _which: 1_000_000_000)
    assert try_pin(anew, "4711", HERE) == Refused(tried=False, wait_s=4.0)
    monkeypatch.setattr(clock, "clock_gettime_ns", lambda _which: 5_000_000_000)
    assert try_pin(anew, "4711", HERE) is None
    assert pin_wait_s(anew) == 0
    anew.close()


def test_a_new_pin_and_none_end_every_session_and_every_pause(database: Database) -> None:
    sessions = Sessions(database, Limits(900, 43_200))
    set_pin(database, "4711")
    for change in (lambda: set_pin(database, "1234"), lambda: remove_pin(database)):
        session = sessions.begin(None)
        for _ in range(3):
            try_pin(database, "0000", HERE)
        change()
        assert sessions.find(session) is None
        assert pin_wait_s(database) == 0
    assert not has_pin(database)
