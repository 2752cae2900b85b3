"""From probabilities on validation pictures to thresholds and the band in which the box says uncertain."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

CALLED_SPECIFICITY = 0.90
"""Where a telling label is called."""
MISSED, ALARMED = 0.10, 0.05
"""Of those that have what a telling label names, at most so many are called absent; of those that do not, at most so many present."""
CAUTIOUS_SPECIFICITIES = (0.90, 0.95, 0.975)
"""The same for any other label, with where its uncertain band begins."""
SCREENING_SENSITIVITY = 0.90
"""Where a label that screens is called: so many of those that have it are sent on, as WHO asks of a triage test at least (target product
profiles for new tuberculosis diagnostics, WHO/HTM/TB/2014.18, which also asks for a specificity of 70 %; that is told, not chosen)."""
REFUSING_SPECIFICITY = 0.999
"""Where a label is called with which a picture is refused: several of them together refuse hardly more than one in two hundred."""


@dataclass(frozen=True)
class Threshold:
    """On the calibrated probability: present from ``value`` on, uncertain between the two others."""

    value: float
    uncertain_from: float
    uncertain_to: float


def conformal_edges(probabilities: Float64, truth: Float64) -> tuple[float, float]:
    """Below the first edge a label is called absent, from the second on present; between them the box does not say.

    Class-conditional split conformal prediction (Vovk et al. 2005): of new pictures like these, with the finding at most ``MISSED`` lie
    below the first edge, and without it at most ``ALARMED`` at or above the second, whatever the model is worth. Too few of either class
    give no edge: then nothing is called absent, or nothing present.
    """
    positives, negatives = np.sort(probabilities[truth >= 0.5]), np.sort(probabilities[truth < 0.5])
    below, above = int(MISSED * (len(positives) + 1)), math.ceil((1.0 - ALARMED) * (len(negatives) + 1))
    lower = float(positives[below - 1]) if below else 0.0
    upper = float(np.nextafter(negatives[above - 1], 2.0)) if 0 < above <= len(negatives) else 1.0
    return lower, upper


def finding_threshold(probabilities: Float64, truth: Float64, *, telling: bool) -> Threshold:
    """Where a finding is called. The same specificity for all alike, so that findings can be ranked by how far they exceed it.

    A telling label is called at 90 % specificity, and absent and present as ``conformal_edges`` allow. Any other label is called at
    95 % specificity, present from 97.5 % and uncertain from 90 %.
    """
    negatives = probabilities[truth < 0.5]
    if not negatives.size:
        return Threshold(0.5, 0.5, 0.5)
    if telling:
        value = float(np.quantile(negatives, CALLED_SPECIFICITY))
        lower, upper = conformal_edges(probabilities, truth)
        return Threshold(value, min(lower, value), max(upper, value))
    lower, value, upper = (float(edge) for edge in np.quantile(negatives, CAUTIOUS_SPECIFICITIES))
    return Threshold(value, lower, upper)


def screening_threshold(probabilities: Float64, truth: Float64, *, telling: bool) -> Threshold:
    """Where a finding is called that people are screened for: the highest threshold that misses no more of them than WHO allows.

    What specificity that leaves is a figure, and nobody's choice. The uncertain band is that of ``finding_threshold``, widened to hold it.
    """
    positives = np.sort(probabilities[truth >= 0.5])
    usual = finding_threshold(probabilities, truth, telling=telling)
    if not positives.size:
        return usual
    # Rounding must not let one more be missed than the share allows.
    value = float(positives[math.floor((1.0 - SCREENING_SENSITIVITY) * len(positives) + 1e-9)])
    return Threshold(value, min(usual.uncertain_from, value), max(usual.uncertain_to, value))


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
