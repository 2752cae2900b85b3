import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from edge_app.reading.card import is_validated
from export.calibrate import admission_threshold, finding_threshold, fit_scaling, sigmoid, softmax, youden
from export.metrics import auroc_interval, auroc_of


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=80))
@settings(deadline=None, max_examples=200)
def test_auroc_agrees_with_scikit_learn_also_on_ties(pairs: list[tuple[int, bool]]) -> None:
    scores, truth = np.array([score for score, _ in pairs], dtype=float), np.array([true for _, true in pairs], dtype=float)
    if truth.min() == truth.max():
        assert np.isnan(auroc_of(scores, truth))
    else:
        assert auroc_of(scores, truth) == pytest.approx(roc_auc_score(truth, scores))


def test_auroc_leaves_the_unknown_out() -> None:
    assert auroc_of(np.array([0.1, 0.9, 0.5]), np.array([0.0, 1.0, np.nan])) == 1.0


def test_the_interval_widens_when_patients_repeat() -> None:
    random = np.random.default_rng(1)
    truth = np.repeat(random.integers(0, 2, 60), 8).astype(float)
    scores = np.repeat(random.normal(size=60), 8) + truth
    own = auroc_interval(scores, truth, [str(index) for index in range(480)], 1)
    shared = auroc_interval(scores, truth, [str(index // 8) for index in range(480)], 1)
    assert own is not None
    assert shared is not None
    assert shared[1] - shared[0] > 1.5 * (own[1] - own[0])


def test_one_positive_gives_no_interval() -> None:
    truth = np.zeros(50)
    truth[0] = 1.0
    assert auroc_interval(np.linspace(0, 1, 50), truth, [str(index) for index in range(50)], 1) is None


def test_calibration_recovers_what_was_distorted() -> None:
    random = np.random.default_rng(2)
    honest = random.normal(-1.0, 1.5, 4000)
    truth = (random.uniform(size=4000) < sigmoid(honest)).astype(float)
    scaling = fit_scaling((honest - 2.0) * 2.5, truth)
    assert scaling.temperature == pytest.approx(2.5, rel=0.15)
    assert scaling.bias == pytest.approx(2.0, abs=0.15)


def test_calibration_on_one_class_changes_nothing() -> None:
    scaling = fit_scaling(np.array([1.0, 2.0]), np.array([0.0, 0.0]))
    assert (scaling.temperature, scaling.bias) == (1.0, 0.0)


def test_youden_separates_what_can_be_separated() -> None:
    assert youden(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0.0, 0.0, 1.0, 1.0])) == pytest.approx(0.5)


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
    assert (np.linspace(0.6, 0.9, 100) < threshold.value).mean() <= 0.02


def test_softmax_and_sigmoid_do_not_overflow() -> None:
    assert softmax(np.array([[1000.0, -1000.0]])).tolist() == [[1.0, 0.0]]
    assert sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist() == [0.0, 0.5, 1.0]
