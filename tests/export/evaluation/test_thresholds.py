"""Where a finding is called, where it is uncertain, and what the gate admits."""

import numpy as np
import pytest

from edge_app.reading.card import is_validated
from export.evaluation.scaling import sigmoid
from export.evaluation.thresholds import (
    SCREENING_SENSITIVITY,
    admission_threshold,
    conformal_edges,
    finding_threshold,
    refusing_threshold,
    screening_threshold,
)


@pytest.mark.parametrize("worth", [0.0, 1.0, 3.0])
def test_the_edges_keep_what_they_state_whatever_the_model_is_worth(worth: float) -> None:
    random = np.random.default_rng(5)
    missed, alarmed = [], []
    for _ in range(200):
        truth = (np.arange(260) < 60).astype(float)
        probabilities = sigmoid(random.normal(size=260) + worth * truth)
        lower, upper = conformal_edges(probabilities[::2], truth[::2])
        new, so = probabilities[1::2], truth[1::2] >= 0.5
        missed.append((new[so] < lower).mean())
        alarmed.append((new[~so] >= upper).mean())
    assert 0.06 < np.mean(missed) <= 0.105
    assert 0.03 < np.mean(alarmed) <= 0.055


def test_too_few_of_a_class_give_no_edge() -> None:
    truth = np.array([1.0] * 8 + [0.0] * 18)
    assert conformal_edges(np.linspace(0.1, 0.9, 26), truth) == (0.0, 1.0)


@pytest.mark.parametrize(("telling", "present", "called"), [(True, 0.05, 0.10), (False, 0.025, 0.05)])
def test_a_finding_that_tells_little_is_called_with_more_caution(telling: bool, present: float, called: float) -> None:
    random = np.random.default_rng(3)
    truth = (random.uniform(size=2000) < 0.3).astype(float)
    probabilities = sigmoid(random.normal(size=2000) + truth)
    threshold = finding_threshold(probabilities, truth, telling=telling)
    negatives = probabilities[truth < 0.5]
    assert threshold.uncertain_from < threshold.value < threshold.uncertain_to
    assert (negatives >= threshold.uncertain_to).mean() == pytest.approx(present, abs=0.002)
    assert (negatives >= threshold.value).mean() == pytest.approx(called, abs=0.002)


def test_the_uncertain_band_never_leaves_its_threshold_outside() -> None:
    truth = np.array([0.0] * 40 + [1.0] * 40)
    apart = finding_threshold(np.concatenate([np.linspace(0.0, 0.4, 40), np.linspace(0.6, 1.0, 40)]), truth, telling=True)
    assert apart.uncertain_from <= apart.value <= apart.uncertain_to


@pytest.mark.parametrize("telling", [True, False])
@pytest.mark.parametrize("worth", [0.0, 2.0, 5.0])
def test_a_label_that_screens_misses_as_few_as_who_allows_and_no_higher_threshold_does(worth: float, telling: bool) -> None:
    random = np.random.default_rng(7)
    truth = (np.arange(500) < 150).astype(float)
    probabilities = sigmoid(random.normal(size=500) + worth * truth)
    threshold = screening_threshold(probabilities, truth, telling=telling)
    positives = probabilities[truth >= 0.5]
    assert (positives >= threshold.value).mean() >= SCREENING_SENSITIVITY
    assert (positives > threshold.value).mean() < SCREENING_SENSITIVITY
    usual = finding_threshold(probabilities, truth, telling=telling)
    assert threshold.uncertain_from <= min(threshold.value, usual.uncertain_from)
    assert threshold.uncertain_to >= max(threshold.value, usual.uncertain_to)


def test_of_ten_positives_one_may_be_missed_and_of_nine_none() -> None:
    for count, called in ((10, 9), (9, 9)):
        truth = np.array([1.0] * count + [0.0] * 30)
        value = screening_threshold(np.linspace(0.1, 0.9, count + 30), truth, telling=False).value
        assert int((np.linspace(0.1, 0.9, count + 30)[:count] >= value).sum()) == called
    assert screening_threshold(np.linspace(0.1, 0.9, 30), np.zeros(30), telling=False) == finding_threshold(
        np.linspace(0.1, 0.9, 30), np.zeros(30), telling=False
    )


def test_chance_and_few_positives_are_not_telling() -> None:
    assert is_validated(20, (0.51, 0.7))
    assert not is_validated(19, (0.9, 0.99))
    assert not is_validated(200, (0.49, 0.9))
    assert not is_validated(200, None)


def test_the_gate_admits_nothing_else_where_that_costs_little() -> None:
    truth = np.array([1.0] * 100 + [0.0] * 50)
    probabilities = np.concatenate([np.linspace(0.9, 0.99, 100), np.linspace(0.0, 0.7, 50)])
    threshold = admission_threshold(probabilities, truth)
    assert 0.7 < threshold.value < 0.91


def test_the_gate_refuses_few_chests_even_for_a_stubborn_stranger() -> None:
    truth = np.array([1.0] * 100 + [0.0])
    threshold = admission_threshold(np.concatenate([np.linspace(0.6, 0.9, 100), [0.99]]), truth)
    assert (np.linspace(0.6, 0.9, 100) < threshold.value).mean() <= 0.01


def test_what_refuses_a_picture_is_never_called_below_one_half() -> None:
    truth = np.array([0.0] * 1000 + [1.0])
    assert refusing_threshold(np.linspace(0.0, 0.1, 1001), truth).value == 0.5
    assert refusing_threshold(np.linspace(0.0, 0.999, 1001), truth).value == pytest.approx(0.997, abs=0.002)
    assert refusing_threshold(np.array([0.9]), np.array([1.0])).value == 0.5
