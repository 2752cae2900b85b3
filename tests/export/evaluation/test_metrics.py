"""Figures of merit against scikit-learn's and against what is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from export.evaluation.metrics import auprc_of, auroc_of, calibration_error, mean_of_columns, reliability, roc_points, sensitivity_at


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


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=80), st.sampled_from([0.5, 0.9, 1.0]))
@settings(deadline=None, max_examples=200)
def test_precision_and_sensitivity_agree_with_scikit_learn_also_on_ties(pairs: list[tuple[int, bool]], specificity: float) -> None:
    scores, truth = np.array([score for score, _ in pairs], dtype=float), np.array([true for _, true in pairs], dtype=float)
    if truth.min() == truth.max():
        assert np.isnan(auprc_of(scores, truth))
        assert np.isnan(sensitivity_at(scores, truth, specificity))
    else:
        assert auprc_of(scores, truth) == pytest.approx(average_precision_score(truth, scores))
        false, true, _ = roc_curve(truth, scores, drop_intermediate=False)
        assert sensitivity_at(scores, truth, specificity) == pytest.approx(true[false <= 1.0 - specificity + 1e-9].max())


def test_precision_over_recall_of_a_perfect_order_is_whole_and_of_none_the_share_of_positives() -> None:
    truth = np.array([0.0, 0.0, 0.0, 1.0])
    assert auprc_of(np.array([0.1, 0.2, 0.3, 0.9]), truth) == 1.0
    assert auprc_of(np.full(4, 0.5), truth) == 0.25
    assert np.isnan(auprc_of(np.array([0.1, 0.2]), np.array([1.0, np.nan])))


def test_sensitivity_is_the_greatest_that_keeps_to_the_specificity() -> None:
    negatives, positives = np.arange(10.0), np.array([3.5, 8.5, 9.5, 20.0])
    scores, truth = np.concatenate([negatives, positives]), np.repeat([0.0, 1.0], [10, 4])
    assert sensitivity_at(scores, truth, 0.9) == 0.75
    assert sensitivity_at(scores, truth, 1.0) == 0.5
    assert np.isnan(sensitivity_at(negatives, np.zeros(10)))


def test_the_roc_curve_is_thinned_and_keeps_its_ends() -> None:
    random = np.random.default_rng(4)
    points = roc_points(random.normal(size=3000), (random.uniform(size=3000) < 0.3).astype(float), most=50)
    assert len(points) <= 50
    assert (points[0], points[-1]) == ((0.0, 0.0), (1.0, 1.0))


def test_honest_probabilities_have_no_calibration_error_and_boastful_ones_do() -> None:
    random = np.random.default_rng(5)
    honest = random.uniform(0.05, 0.95, 40_000)
    truth = (random.uniform(size=honest.size) < honest).astype(float)
    assert calibration_error(honest, truth) < 0.012
    assert calibration_error(np.clip(honest + 0.2, 0.0, 1.0), truth) == pytest.approx(0.19, abs=0.03)


def test_the_calibration_error_of_known_groups() -> None:
    scores, truth = np.repeat([0.2, 0.8], 10), np.concatenate([np.repeat([1.0, 0.0], [4, 6]), np.repeat([1.0, 0.0], [8, 2])])
    assert calibration_error(scores, truth) == pytest.approx(0.1)


def test_reliability_agrees_with_scikit_learn_and_counts_every_picture() -> None:
    random = np.random.default_rng(6)
    scores = random.beta(1, 8, 500)
    truth = (random.uniform(size=500) < scores).astype(float)
    share, probability = calibration_curve(truth, scores, n_bins=10, strategy="quantile")
    own = reliability(scores, truth)
    assert np.allclose(own.share, share)
    assert np.allclose(own.probability, probability)
    assert own.pictures.sum() == 500


def test_nothing_known_has_no_calibration_error() -> None:
    assert np.isnan(calibration_error(np.array([0.5]), np.array([np.nan])))


def test_a_column_that_few_have_counts_as_much_as_any_other() -> None:
    assert mean_of_columns(np.array([[1.0, 0.0], [1.0, np.nan], [1.0, np.nan]])) == 0.5
    assert np.isnan(mean_of_columns(np.full((2, 2), np.nan)))
