"""From probabilities on validation pictures to thresholds and the band in which the box says uncertain."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

TELLING_SPECIFICITIES = (0.90, 0.95)
"""Where a telling label is called, and from where on it is called present."""
CAUTIOUS_SPECIFICITIES = (0.90, 0.95, 0.975)
"""The same for any other label, with where its uncertain band begins."""
REFUSING_SPECIFICITY = 0.999
"""Where a label is called with which a picture is refused: several of them together refuse hardly more than one in two hundred."""


@dataclass(frozen=True)
class Threshold:
    """On the calibrated probability: present from ``value`` on, uncertain between the two others."""

    value: float
    uncertain_from: float
    uncertain_to: float


def youden(probabilities: Float64, truth: Float64) -> float:
    """The threshold of greatest sensitivity + specificity − 1, midway between the two probabilities it separates."""
    positive = truth >= 0.5
    order = np.unique(probabilities)
    cuts = np.concatenate([[order[0] - 1e-6], (order[1:] + order[:-1]) / 2.0, [order[-1] + 1e-6]])
    ranked_positive, ranked_negative = np.sort(probabilities[positive]), np.sort(probabilities[~positive])
    sensitivity = 1.0 - np.searchsorted(ranked_positive, cuts) / len(ranked_positive)
    specificity = np.searchsorted(ranked_negative, cuts) / len(ranked_negative)
    return float(np.clip(cuts[int(np.argmax(sensitivity + specificity))], 0.0, 1.0))


def finding_threshold(probabilities: Float64, truth: Float64, *, telling: bool) -> Threshold:
    """Where a finding is called. The same specificity for all alike, so that findings can be ranked by how far they exceed it.

    A telling label is called at 90 % specificity, present from 95 %, and uncertain down to Youden's threshold. Any other label is
    called at 95 % specificity, present from 97.5 % and uncertain from 90 %.
    """
    negatives = probabilities[truth < 0.5]
    if not negatives.size:
        return Threshold(0.5, 0.5, 0.5)
    if telling:
        value, upper = (float(edge) for edge in np.quantile(negatives, TELLING_SPECIFICITIES))
        return Threshold(value, min(youden(probabilities, truth), value), upper)
    lower, value, upper = (float(edge) for edge in np.quantile(negatives, CAUTIOUS_SPECIFICITIES))
    return Threshold(value, lower, upper)


def refusing_threshold(probabilities: Float64, truth: Float64) -> Threshold:
    """Where something is called that refuses a picture: from one half up, at a specificity that hardly ever refuses a good one."""
    negatives = probabilities[truth < 0.5]
    value = max(0.5, float(np.quantile(negatives, REFUSING_SPECIFICITY))) if negatives.size else 0.5
    return Threshold(value, value, value)


def admission_threshold(probabilities: Float64, truth: Float64, largest_refusal: float = 0.01) -> Threshold:
    """The threshold from one half up that admits no negative, unless that refuses more than ``largest_refusal`` of the positives."""
    positive = truth >= 0.5
    highest_negative = float(probabilities[~positive].max()) if (~positive).any() else 0.0
    still_admitting = float(np.quantile(probabilities[positive], largest_refusal)) if positive.any() else 1.0
    value = min(max(0.5, highest_negative + 0.5 * max(still_admitting - highest_negative, 0.0)), max(still_admitting, 0.5))
    return Threshold(value, value, value)
