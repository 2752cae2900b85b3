"""Time that admits what it does not know."""

import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from edge_app import clock
from edge_app.clock import ClockSource, Stamp, boot_id, now


def at(unix_ms: int, mono_ms: int, boot: str = "a") -> Stamp:
    return Stamp(unix_ms, mono_ms, boot, ClockSource.UNSYNCHRONISED, None)


def test_within_one_boot_the_wall_clock_has_no_say() -> None:
    assert at(0, 5_500).seconds_since(at(9_999_999, 1_000)) == 4.5


def test_across_boots_only_the_wall_clock_is_left() -> None:
    assert at(61_000, 10, "b").seconds_since(at(1_000, 90_000, "a")) == 60.0


@given(st.integers(0, 2**52), st.integers(0, 2**52), st.integers(0, 2**52), st.integers(0, 2**52), st.booleans())
def test_no_duration_is_negative(a: int, b: int, c: int, d: int, same_boot: bool) -> None:
    assert at(a, b).seconds_since(at(c, d, "a" if same_boot else "b")) >= 0.0


def test_now_is_between_the_clocks_before_and_after() -> None:
    wall, mono = time.time_ns() // 1_000_000, time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    stamp = now()
    assert wall <= stamp.unix_ms <= time.time_ns() // 1_000_000
    assert mono <= stamp.mono_ms <= time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    assert stamp.boot == boot_id() == Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def test_a_clock_that_is_not_synchronised_has_no_known_error() -> None:
    stamp = now()
    assert (stamp.source is ClockSource.UNSYNCHRONISED) == (stamp.uncertainty_ms is None)


def test_a_kernel_without_adjtimex_is_not_synchronised(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    # As it is before the first time, whatever was asked in other tests.
    monkeypatch.setattr(clock, "_adjtimex", clock._adjtimex.__wrapped__)
    monkeypatch.setattr(clock.ctypes, "CDLL", lambda *_args, **_more: object())
    assert (now().source, now().uncertainty_ms) == (ClockSource.UNSYNCHRONISED, None)
