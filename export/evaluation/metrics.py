"""Figures of merit of probabilities against what is known to be there; what is unknown is left out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

FloatArray = NDArray[np.float32] | NDArray[np.float64]

BINS = 10
SPECIFICITY = 0.90


def _both_classes(scores: FloatArray, truth: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]] | None:
    known = ~np.isnan(truth)
    positive = truth[known] >= 0.5
    return (scores[known], positive) if positive.any() and not positive.all() else None


def _called(scores: FloatArray, positive: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(thresholds,) how many positives and how many negatives lie at or above each different score, from the highest down."""
    # Scikit-learn's check of its arguments takes ten times as long as the figure, and a bootstrap asks for it 500 times a label.
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    true = np.cumsum(positive[order])[last]
    return true, last + 1 - true


def auroc_of(scores: FloatArray, truth: FloatArray) -> float:
    """Area under the ROC curve of one label over known truth, ties counted half; NaN where one class is missing."""
    both = _both_classes(scores, truth)
    if both is None:
        return float("nan")
    true, false = _called(*both)
    return float((np.diff(false, prepend=0) * (true - 0.5 * np.diff(true, prepend=0))).sum() / (true[-1] * false[-1]))


def auroc(scores: FloatArray, truth: FloatArray) -> NDArray[np.float64]:
    """(labels,) AUROC of each column; NaN where it cannot be computed."""
    return np.array([auroc_of(scores[:, column], truth[:, column]) for column in range(truth.shape[1])], dtype=np.float64)


def mean_auroc(scores: FloatArray, truth: FloatArray) -> float:
    """The mean over the columns that have one; NaN where none has."""
    areas = auroc(scores, truth)
    return float(areas[np.isfinite(areas)].mean()) if np.isfinite(areas).any() else float("nan")


def auprc_of(scores: FloatArray, truth: FloatArray) -> float:
    """Area under precision over recall, as average precision; NaN where one class is missing."""
    both = _both_classes(scores, truth)
    if both is None:
        return float("nan")
    true, false = _called(*both)
    return float((np.diff(true, prepend=0) / true[-1] * (true / (true + false))).sum())


def sensitivity_at(scores: FloatArray, truth: FloatArray, specificity: float = SPECIFICITY) -> float:
    """The greatest sensitivity of a threshold that keeps to ``specificity``; NaN where one class is missing."""
    both = _both_classes(scores, truth)
    if both is None:
        return float("nan")
    true, false = _called(*both)
    return float(true[false <= (1.0 - specificity) * false[-1] + 1e-9].max(initial=0) / true[-1])


def roc_points(scores: FloatArray, truth: FloatArray, most: int = 100) -> tuple[tuple[float, float], ...]:
    """At most ``most`` points (1 − specificity, sensitivity) of the ROC curve from (0, 0) to (1, 1); none where one class is missing."""
    both = _both_classes(scores, truth)
    if both is None:
        return ()
    false, true, _ = roc_curve(both[1], both[0])
    chosen = np.unique(np.linspace(0, len(false) - 1, most).round().astype(int))
    return tuple((round(float(false[at]), 4), round(float(true[at]), 4)) for at in chosen)


@dataclass(frozen=True)
class Reliability:
    """Pictures in groups of like probability: (groups,) mean ``probability``, ``share`` that was there, number of ``pictures``."""

    probability: NDArray[np.float64]
    share: NDArray[np.float64]
    pictures: NDArray[np.int64]

    @property
    def error(self) -> float:
        """The expected calibration error: how far probability and share lie apart, weighted by pictures (Naeini et al. 2015)."""
        total = self.pictures.sum()
        return float((np.abs(self.probability - self.share) * self.pictures).sum() / total) if total else float("nan")


def reliability(scores: FloatArray, truth: FloatArray, bins: int = BINS) -> Reliability:
    """In groups of equally many pictures: with groups of equal width, those of a rare finding would all lie in the first."""
    known = ~np.isnan(truth)
    values, positive = scores[known], truth[known] >= 0.5
    if not values.size:
        return Reliability(np.empty(0), np.empty(0), np.empty(0, dtype=np.int64))
    edges = np.quantile(values, np.linspace(0.0, 1.0, bins + 1))
    group = np.searchsorted(edges[1:-1], values)
    pictures = np.bincount(group, minlength=bins)
    there = pictures > 0
    probability, share = (np.bincount(group, weights=own, minlength=bins)[there] / pictures[there] for own in (values, positive))
    return Reliability(probability, share, pictures[there].astype(np.int64))


def calibration_error(scores: FloatArray, truth: FloatArray) -> float:
    """See ``Reliability.error``; NaN where nothing is known."""
    return reliability(scores, truth).error


def mean_of_columns(values: NDArray[np.float64]) -> float:
    """The mean of the columns' means over what is finite: one that few pictures have counts as much as any other; NaN of nothing."""
    known = np.isfinite(values)
    counts = known.sum(0)
    if not counts.any():
        return float("nan")
    return float((np.where(known, values, 0.0).sum(0)[counts > 0] / counts[counts > 0]).mean())
