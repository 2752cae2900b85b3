"""What a label is worth at every threshold that a site might choose: sensitivity and specificity with their intervals."""

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.card import OperatingPoint
from export.evaluation.bootstrap import Draws
from export.evaluation.parts import estimated_mean

Float64 = NDArray[np.float64]

MOST_POINTS = 60
_DIGITS = 6


def operating_points(score: Float64, truth: Float64, threshold: float, draws: Draws) -> tuple[OperatingPoint, ...]:
    """The points of (pictures,) calibrated probabilities against what is known to be there, NaN where it is not, from the lowest up.

    At most ``MOST_POINTS``: the ``threshold`` that the card calls it from, others at evenly spaced ranks among the positives and among the
    negatives, so that both shares change by like steps, and the ends, 0 and 1, so that any lies between two of them. None where one class
    is missing.
    """
    known = ~np.isnan(truth)
    positive, negative = known & (truth >= 0.5), known & (truth < 0.5)
    if not positive.any() or not negative.any():
        return ()
    ranks = [_ranks(score[rows], (MOST_POINTS - 3) // 2) for rows in (positive, negative)]
    thresholds = np.unique(np.concatenate([[0.0, threshold, 1.0], *ranks]))
    return tuple(_point(float(each), score, positive, negative, draws) for each in thresholds)


def _ranks(score: Float64, most: int) -> Float64:
    """At most so many of the values, evenly spaced by rank, a little below themselves so that rounding keeps them called."""
    values = np.unique(score)
    chosen = values[np.unique(np.linspace(0, len(values) - 1, min(most, len(values))).round().astype(int))]
    return np.asarray(np.floor(chosen * 10**_DIGITS) / 10**_DIGITS)


def _point(threshold: float, score: Float64, positive: NDArray[np.bool_], negative: NDArray[np.bool_], draws: Draws) -> OperatingPoint:
    called = (score >= threshold).astype(np.float64)
    sensitivity = estimated_mean(np.where(positive, called, np.nan), draws)
    specificity = estimated_mean(np.where(negative, 1.0 - called, np.nan), draws)
    return OperatingPoint(
        threshold=threshold,
        sensitivity=round(sensitivity.value or 0.0, 4),
        sensitivity_ci95=sensitivity.ci95,
        specificity=round(specificity.value or 0.0, 4),
        specificity_ci95=specificity.ci95,
    )
