"""What other programs take of the processor while something is measured."""

import subprocess
import sys

import pytest

from edge_app.benchmark import machine
from edge_app.benchmark.machine import Others


def test_what_is_taken_and_not_ones_own_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([(100.0, 40.0, 10.0), (120.0, 55.0, 15.0), (140.0, 60.0, 30.0)])
    monkeypatch.setattr(machine, "_processor_seconds", lambda: next(seconds))
    others = Others()
    # Of 20 seconds 15 were busy, 5 of them this program's own.
    assert others.share() == 0.5
    # Own time is noted to the hundredth, the machine's more coarsely: less than nothing is nothing.
    assert others.share() == 0.0


def test_the_processors_own_counts_are_read() -> None:
    whole, busy, own = machine._processor_seconds()
    assert whole > busy > 0
    assert own > 0
    subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
    assert machine._processor_seconds()[2] > own
    assert 0.0 <= Others().share() <= 1.0
