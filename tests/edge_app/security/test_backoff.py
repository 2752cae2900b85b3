"""Pauses after wrong words, whatever happens to the machine and to its wall clock in between."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.clock import ClockSource, Stamp
from edge_app.database import Database
from edge_app.security.backoff import (
    ACCOUNT_PACE,
    ADDRESS_PACE,
    FORGET_AFTER_S,
    PIN_PACE,
    Attempts,
    Pace,
    attempts_of,
    forgive,
    take_turn,
    wait_s,
)

PACES = (PIN_PACE, ACCOUNT_PACE, ADDRESS_PACE)
paces = st.sampled_from(PACES)
SECONDS = st.floats(0, 2 * FORGET_AFTER_S)


def at(mono_s: float, boot: str = "boot", unix_s: float = 0.0) -> Stamp:
    return Stamp(int(unix_s * 1000), int(mono_s * 1000), boot, ClockSource.UNSYNCHRONISED, None)


@given(paces, st.integers(0, 10**9))
def test_the_pause_grows_and_ends(pace: Pace, failures: int) -> None:
    assert 0 <= pace.pause_s(failures) <= pace.pause_s(failures + 1) <= pace.longest_s
    assert (pace.pause_s(failures) == 0) == (failures < pace.free)


@given(paces, st.lists(SECONDS, min_size=1, max_size=40), st.floats(-1e9, 1e9))
def test_nobody_waits_longer_than_the_longest_nor_for_good_and_no_wall_clock_counts(pace: Pace, waits: list[float], jump_s: float) -> None:
    now, tried = at(10_000.0), Attempts(0, 0, "boot")
    for seconds in waits:
        now = replace(now, mono_ms=now.mono_ms + int(seconds * 1000))
        tried = tried.after_failure(now)
        assert 0 <= tried.wait_s(pace, now) <= pace.longest_s
        assert tried.wait_s(pace, replace(now, unix_ms=now.unix_ms + int(jump_s * 1000))) == tried.wait_s(pace, now)
        later = replace(now, mono_ms=now.mono_ms + int(pace.longest_s * 1000))
        assert tried.wait_s(pace, later) == 0


@given(paces, st.integers(1, 100), SECONDS)
def test_a_restart_shortens_no_pause_by_more_than_the_machine_has_been_up(pace: Pace, failures: int, up_s: float) -> None:
    tried = Attempts(failures, 5_000_000, "boot")
    left_s = tried.wait_s(pace, at(up_s, "next boot"))
    assert left_s == pytest.approx(max(0.0, pace.pause_s(failures) - int(up_s * 1000) / 1000))


@given(paces, st.integers(1, 100))
def test_a_monotonic_clock_that_ran_backwards_shortens_nothing(pace: Pace, failures: int) -> None:
    assert Attempts(failures, 5_000_000, "unknown-boot").wait_s(pace, at(0, "unknown-boot")) == pace.pause_s(failures)


@given(st.integers(1, 50), SECONDS)
def test_failures_are_forgotten_after_an_hour_of_quiet_and_no_sooner(failures: int, seconds: float) -> None:
    after = Attempts(failures, 1_000_000, "boot").after_failure(at(1000 + seconds))
    assert after.failures == (1 if int((1000 + seconds) * 1000) - 1_000_000 >= FORGET_AFTER_S * 1000 else failures + 1)


def test_every_try_is_counted_before_it_is_one_and_none_while_there_is_a_pause(database: Database) -> None:
    subjects = {"pin": PIN_PACE}
    assert [take_turn(database, subjects, at(100)) for _ in range(3)] == [0, 0, 0]
    assert take_turn(database, subjects, at(101)) == 4
    assert attempts_of(database, "pin") == Attempts(3, 100_000, "boot")
    assert take_turn(database, subjects, at(105)) == 0
    assert wait_s(database, subjects, at(105)) == 10


def test_the_longest_of_all_pauses_counts(database: Database) -> None:
    for _ in range(3):
        take_turn(database, {"account a": ACCOUNT_PACE}, at(100))
    both = {"account a": ACCOUNT_PACE, "address x": ADDRESS_PACE}
    assert take_turn(database, both, at(101)) == 1
    assert attempts_of(database, "address x") is None


def test_the_right_word_begins_anew(database: Database) -> None:
    for subject in ("account a", "account b"):
        for _ in range(3):
            take_turn(database, {subject: ACCOUNT_PACE}, at(100))
    forgive(database, "account a")
    assert wait_s(database, {"account a": ACCOUNT_PACE}, at(100)) == 0
    assert wait_s(database, {"account b": ACCOUNT_PACE}, at(100)) == 2


def test_what_is_forgotten_fills_no_disk(database: Database) -> None:
    for number in range(20):
        take_turn(database, {f"address {number}": ADDRESS_PACE}, at(100))
    take_turn(database, {"address x": ADDRESS_PACE}, at(101 + FORGET_AFTER_S))
    assert [row["subject"] for row in database.rows("SELECT subject FROM attempts")] == ["address x"]
