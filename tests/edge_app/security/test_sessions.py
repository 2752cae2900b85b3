"""Sessions: how long they live, and what a browser knows of them."""

import pytest

from edge_app import clock as clocks
from edge_app.database import Database
from edge_app.security.sessions import LONGEST_ID, Limits, Sessions
from tests.edge_app.clocks import DAY_S, Clock

LIMITS = Limits(idle_s=900, longest_s=3600)


@pytest.fixture
def sessions(database: Database) -> Sessions:
    return Sessions(database, LIMITS)


def test_its_number_is_long_random_and_not_in_the_database(database: Database, sessions: Sessions) -> None:
    numbers = {sessions.begin(None) for _ in range(20)}
    assert len(numbers) == 20
    assert all(len(number) >= 43 for number in numbers)
    kept = repr(database.rows("SELECT * FROM sessions"))
    assert not any(number in kept for number in numbers)


@pytest.mark.parametrize("number", [None, "", "made up", "x" * (LONGEST_ID + 1), "x" * 100_000])
def test_a_number_that_was_not_given_opens_nothing(sessions: Sessions, number: str | None) -> None:
    sessions.begin(None)
    assert sessions.find(number) is None


@pytest.mark.parametrize("jump_s", [0, 400 * DAY_S, -400 * DAY_S])
def test_quiet_ends_it_touches_keep_it_and_age_ends_it_all_the_same(sessions: Sessions, clock: Clock, jump_s: float) -> None:
    number = sessions.begin(None)
    clock.jump(jump_s)
    for _ in range(4):
        clock.wait(LIMITS.idle_s - 60)
        session = sessions.find(number)
        assert session is not None
        sessions.touch(session)
    clock.wait(LIMITS.longest_s - 4 * (LIMITS.idle_s - 60) - 30)
    session = sessions.find(number)
    assert session is not None
    assert session.left_s <= 30
    sessions.touch(session)
    clock.wait(31)
    assert sessions.find(number) is None


def test_without_a_touch_it_ends(sessions: Sessions, clock: Clock) -> None:
    number = sessions.begin(None)
    clock.wait(LIMITS.idle_s + 1)
    assert sessions.find(number) is None


def test_a_service_that_starts_anew_goes_on_with_it_and_a_machine_that_does_asks_anew(
    database: Database, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = sessions.begin(None)
    assert Sessions(database, LIMITS).find(number) is not None
    monkeypatch.setattr(clocks, "boot_id", lambda: "next boot")
    assert sessions.find(number) is None


def test_those_that_are_over_are_swept_away_by_the_next(database: Database, sessions: Sessions, clock: Clock) -> None:
    for _ in range(5):
        sessions.begin(None)
    clock.wait(LIMITS.idle_s + 1)
    sessions.begin(None)
    assert len(database.rows("SELECT * FROM sessions")) == 1


def test_many_touches_are_few_writes(database: Database, sessions: Sessions, clock: Clock) -> None:
    number = sessions.begin(None)
    before = database.rows("SELECT * FROM sessions")
    for _ in range(5):
        clock.wait(1)
        session = sessions.find(number)
        assert session is not None
        sessions.touch(session)
    assert database.rows("SELECT * FROM sessions") == before
