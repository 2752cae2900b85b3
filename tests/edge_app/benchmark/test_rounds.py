"""Interleaving and ratios."""

import functools

import pytest

from edge_app.benchmark.rounds import interleaved, ratio, spread


def test_every_round_runs_everything_and_begins_elsewhere() -> None:
    calls: list[str] = []
    times = interleaved({name: functools.partial(calls.append, name) for name in "abc"}, 3)
    assert "".join(calls) == "abc" + "abc" + "bca" + "cab"
    assert {name: len(values) for name, values in times.items()} == {"a": 3, "b": 3, "c": 3}


def test_nothing_to_run() -> None:
    assert interleaved({}, 3) == {}


def test_ratios_are_taken_round_by_round() -> None:
    # The machine was twice as slow in the second round; the ratio does not see it.
    both = ratio((10.0, 20.0, 10.0), (5.0, 10.0, 5.0))
    assert (both.median, both.quarter, both.three_quarters) == (2.0, 2.0, 2.0)


def test_no_measurements_have_no_median() -> None:
    with pytest.raises(ValueError, match="no measurements"):
        spread(())
