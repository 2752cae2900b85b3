"""Intervals are over patients, not pictures, and are not given where they would mean nothing."""

from collections.abc import Sequence

import numpy as np
import pytest

from edge_app.reading.card import Interval
from export.evaluation.bootstrap import Draws
from export.evaluation.metrics import FloatArray, auroc_of


def interval(scores: FloatArray, truth: FloatArray, patients: Sequence[str]) -> Interval | None:
    return Draws.of(patients, 1, rounds=500).interval(lambda rows: auroc_of(scores[rows], truth[rows]))


def test_the_interval_widens_when_patients_repeat() -> None:
    random = np.random.default_rng(1)
    truth = np.repeat(random.integers(0, 2, 60), 8).astype(float)
    scores = np.repeat(random.normal(size=60), 8) + truth
    own = interval(scores, truth, [str(index) for index in range(480)])
    shared = interval(scores, truth, [str(index // 8) for index in range(480)])
    assert own is not None
    assert shared is not None
    assert shared[1] - shared[0] > 1.5 * (own[1] - own[0])


def test_one_positive_gives_no_interval() -> None:
    truth = np.zeros(50)
    truth[0] = 1.0
    assert interval(np.linspace(0, 1, 50), truth, [str(index) for index in range(50)]) is None


def test_a_patient_is_drawn_with_all_pictures_or_not_at_all() -> None:
    for rows in Draws.of(["a", "a", "a", "b", "c", "c"], 2, rounds=50).rows:
        counts = np.bincount(rows, minlength=6)
        assert counts[0] == counts[1] == counts[2]
        assert counts[4] == counts[5]
        assert counts[0] + counts[3] + counts[4] == 3


def test_the_same_seed_draws_the_same() -> None:
    one, other = (Draws.of(["a", "b", "c"], 7, rounds=5) for _ in range(2))
    assert all((first == second).all() for first, second in zip(one.rows, other.rows, strict=True))


def test_the_interval_of_a_mean_is_near_theory_and_leaves_the_unknown_out() -> None:
    values = np.random.default_rng(3).normal(5.0, 2.0, 400)
    patients = [str(index) for index in range(500)]
    found = Draws.of(patients, 1, rounds=500).interval_of_mean(np.concatenate([values, np.full(100, np.nan)]))
    assert found is not None
    assert (found[1] - found[0]) / 2 == pytest.approx(1.96 * 2.0 / 20.0, rel=0.2)
    assert found[0] < values.mean() < found[1]


def test_nobody_gives_no_interval() -> None:
    draws = Draws.of([], 1)
    assert draws.interval(lambda rows: 1.0) is None
    assert draws.interval_of_mean(np.empty(0)) is None


def test_a_handful_of_patients_has_no_interval_however_many_pictures_there_are() -> None:
    values = np.random.default_rng(5).normal(size=80)
    assert Draws.of([str(at % 4) for at in range(80)], 1).interval_of_mean(values) is None
    assert Draws.of([str(at % 5) for at in range(80)], 1).interval_of_mean(values) is not None
    few = np.where(np.arange(80) % 20 < 3, values, np.nan)
    assert Draws.of([str(at % 20) for at in range(80)], 1).interval_of_mean(few) is None
