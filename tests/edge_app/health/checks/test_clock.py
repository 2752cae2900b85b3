"""The clock."""

from edge_app.clock import ClockSource, Stamp, now
from edge_app.config import Settings
from edge_app.health.check import State
from edge_app.health.checks.clock import judge, look


def test_a_synchronised_clock_is_ok_with_its_uncertainty() -> None:
    check = judge(Stamp(0, 0, "boot", ClockSource.SYNCHRONISED, 12))
    assert check.state is State.OK
    assert "12 ms" in check.word


def test_an_unsynchronised_clock_is_a_warning() -> None:
    assert judge(Stamp(0, 0, "boot", ClockSource.UNSYNCHRONISED, None)).state is State.WARNING


def test_this_machine_is_judged_by_what_its_kernel_says(settings: Settings) -> None:
    synchronised = now().source is ClockSource.SYNCHRONISED
    assert look(settings).state is (State.OK if synchronised else State.WARNING)
