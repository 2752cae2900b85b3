from io import StringIO

import pytest

from edge_app.progress import LOGGED_EVERY_S, Progress, followed


class Screen(StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_log_gets_a_line_now_and_then_with_the_time_left_at_the_pace_so_far() -> None:
    out, clock = StringIO(), Clock()
    progress = Progress("chest: pictures", 400, out, clock)
    for number in range(1, 401):
        clock.now += 0.625
        progress.to(number)
    progress.close()
    lines = out.getvalue().splitlines()
    assert lines[0] == "chest: pictures: 48 of 400, about 3.7 min left"
    assert lines[1] == "chest: pictures: 96 of 400, about 3.2 min left"
    assert lines[-1] == "chest: pictures: 400 of 400"
    assert len(lines) <= 400 * 0.625 / LOGGED_EVERY_S + 1


def test_what_is_done_at_once_says_nothing_in_a_log() -> None:
    out = StringIO()
    progress = Progress("pictures", 5, out, Clock())
    for number in range(1, 6):
        progress.to(number)
    progress.close()
    assert out.getvalue() == ""


def test_on_a_terminal_one_line_is_written_over() -> None:
    out, clock = Screen(), Clock()
    progress = Progress("pictures", 1000, out, clock)
    for done in (999, 1000):
        clock.now += 60
        progress.to(done)
    progress.close()
    first, second, last = out.getvalue().split("\r")[1:]
    assert first == "pictures: 999 of 1000, about 0.0 min left"
    assert second == "pictures: 1000 of 1000, about 0.0 min left"
    assert last.rstrip("\n").rstrip() == "pictures: 1000 of 1000"
    assert len(last.rstrip("\n")) == len(second), "nothing of a longer line is left"
    assert out.getvalue().endswith("\n")
    assert out.getvalue().count("\n") == 1


def test_before_anything_is_done_no_time_is_told() -> None:
    out, clock = StringIO(), Clock()
    progress = Progress("pictures", 3, out, clock)
    clock.now += 100
    progress.to(0)
    assert out.getvalue() == "pictures: 0 of 3\n"


def test_items_come_through_and_those_without_a_length_need_a_total() -> None:
    assert list(followed([1, 2, 3], "numbers")) == [1, 2, 3]
    assert list(followed(iter([1, 2, 3]), "numbers", 3)) == [1, 2, 3]
    with pytest.raises(TypeError, match="total"):
        next(followed(iter([1]), "numbers"))
