from dataclasses import replace

import pytest

from edge_app.clock import ClockSource, Stamp
from edge_app.link.arriving import LAST, LEAST_PATIENCE_S, PATIENCE_S, Arrival, Arriving, arriving, bytes_per_s, to_the_second
from edge_app.link.messages import LEAST_PART_BYTES


def at(seconds: float, boot: str = "this-boot") -> Stamp:
    return Stamp(1_790_000_000_000 + int(seconds * 1000), int(seconds * 1000), boot, ClockSource.UNSYNCHRONISED, None)


def every(seconds: float, count: int, size_bytes: int = LEAST_PART_BYTES) -> list[Arrival]:
    return [Arrival(size_bytes, at(seconds * number)) for number in range(1, count + 1)]


def told(arrivals: list[Arrival], now_s: float, *, here: int = 2, of: int = 10, ahead_bytes: int = 0, link_up: bool = True) -> Arriving:
    part = LEAST_PART_BYTES
    return arriving(here * part, of * part, arrivals, at(0), at(now_s), ahead_bytes=ahead_bytes, link_up=link_up)


def test_the_pace_is_that_of_the_last_arrivals() -> None:
    slow, quick = every(10, 20, 1000), [Arrival(1000, at(200 + number)) for number in range(1, LAST)]
    assert bytes_per_s(slow) == pytest.approx(100)
    assert bytes_per_s([*slow, *quick]) == pytest.approx(1000)


def test_what_the_link_did_not_take_is_no_pace() -> None:
    assert bytes_per_s([]) is None
    assert bytes_per_s(every(10, 1)) is None
    idle = [Arrival(1000, at(1)), Arrival(1000, at(500), waited=False), Arrival(1000, at(510))]
    assert bytes_per_s(idle) == pytest.approx(100), "nothing waited in the first of both times"
    paused = [*every(10, 3, 1000), Arrival(1000, at(600)), Arrival(1000, at(610))]
    assert bytes_per_s(paused) == pytest.approx(100)
    assert bytes_per_s([Arrival(1000, at(1, "boot before")), Arrival(1000, at(2))]) is None
    assert bytes_per_s([Arrival(1000, at(1)), Arrival(1000, at(1))]) is None


def test_the_rest_takes_as_long_as_the_last_parts_did() -> None:
    arrivals = every(6, 2)
    assert told(arrivals, 12).left_s == pytest.approx(8 * 6)
    assert told(arrivals, 16).left_s == pytest.approx(8 * 6 - 4)
    assert told(arrivals, 12, ahead_bytes=5 * LEAST_PART_BYTES).left_s == pytest.approx(13 * 6)
    assert told(arrivals, 12).left_minutes == 1
    assert told(arrivals, 12, of=13).left_minutes == 2
    assert told(every(6, 1), 6).left_s is None, "no pace was measured"


def test_it_stands_still_when_nothing_came_for_longer_than_parts_take() -> None:
    quick, slow = every(1, 5), every(30, 5)
    assert told(quick, 5 + LEAST_PATIENCE_S).still_s is None
    stalled = told(quick, 6 + LEAST_PATIENCE_S)
    assert (stalled.moved, stalled.still_s, stalled.left_s) == (at(5), 1 + LEAST_PATIENCE_S, None)
    assert told(slow, 150 + 89).still_s is None
    assert told(slow, 150 + 91).still_s == 91
    assert told([], PATIENCE_S).still_s is None
    assert told([], PATIENCE_S + 1).still_s == PATIENCE_S + 1


def test_without_the_link_it_stands_still_at_once() -> None:
    down = told(every(1, 5), 7, link_up=False)
    assert (down.still_s, down.left_s) == (2, None)


def test_what_has_just_begun_has_not_stood_still_since_what_came_before_it() -> None:
    old = every(1, 5)
    begun = arriving(0, 100, old, at(900), at(901))
    assert (begun.moved, begun.still_s) == (at(900), None)


def test_what_is_not_all_there_never_reads_100() -> None:
    assert arriving(999, 1000, [], at(0), at(1)).percent == 99
    assert arriving(0, 1000, [], at(0), at(1)).percent == 0


def test_a_screen_has_something_new_at_most_once_a_second() -> None:
    seconds = {to_the_second(replace(at(7), mono_ms=7000 + ms, unix_ms=at(7).unix_ms + ms)) for ms in range(0, 1000, 50)}
    assert seconds == {at(7)}
