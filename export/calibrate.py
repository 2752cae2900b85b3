"""From logits on validation pictures to honest probabilities, thresholds and the band in which the box says uncertain."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.card import POSITIVES_TO_COUNT_AS_VALIDATED

Float64 = NDArray[np.float64]

LOG_TEMPERATURE_SPREAD = 0.5
"""Spread of the prior on the logarithm of the temperature: a label with few positives stays near 1."""
RARE_SPECIFICITY = 0.95
BAND_ROUNDS = 200
BAND_PERCENTILES = (10.0, 90.0)
NARROWEST_BAND = 0.2
WIDEST_BAND = 0.8
"""Half widths of the uncertain band, in logits."""


@dataclass(frozen=True)
class Scaling:
    """The calibrated logit is logit / ``temperature`` + ``bias``."""

    temperature: float = 1.0
    bias: float = 0.0


@dataclass(frozen=True)
class Threshold:
    """On the calibrated probability: present from ``value`` on, uncertain between the two others."""

    value: float
    uncertain_from: float
    uncertain_to: float


def sigmoid(values: Float64) -> Float64:
    """1 / (1 + e^−x), without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)), dtype=np.float64)


def softmax(values: Float64) -> Float64:
    """Along the last axis, without overflow."""
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float64)


def fit_scaling(logits: Float64, truth: Float64) -> Scaling:
    """Temperature and bias of least cross-entropy (Platt 1999 with his smoothed targets), the temperature held near 1 by a prior."""
    positive = truth >= 0.5
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if not positives or not negatives:
        return Scaling()
    target = np.where(positive, (positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0))

    best, least = Scaling(), np.inf
    for log_temperature in np.linspace(-1.5, 1.5, 121):
        scaled = logits * np.exp(-log_temperature)
        bias = _best_bias(scaled, target)
        moved = scaled + bias
        cost = float((np.logaddexp(0.0, moved) - target * moved).sum()) + 0.5 * (log_temperature / LOG_TEMPERATURE_SPREAD) ** 2
        if cost < least:
            best, least = Scaling(float(np.exp(log_temperature)), bias), cost
    return best


def _best_bias(scaled: Float64, target: Float64, rounds: int = 60) -> float:
    """The bias at which the mean probability is the mean target, by bisection."""
    low, high = -20.0 - float(scaled.max()), 20.0 - float(scaled.min())
    for _ in range(rounds):
        middle = (low + high) / 2.0
        if sigmoid(scaled + middle).mean() < target.mean():
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def youden(probabilities: Float64, truth: Float64) -> float:
    """The threshold of greatest sensitivity + specificity − 1, midway between the two probabilities it separates."""
    positive = truth >= 0.5
    order = np.unique(probabilities)
    cuts = np.concatenate([[order[0] - 1e-6], (order[1:] + order[:-1]) / 2.0, [order[-1] + 1e-6]])
    ranked_positive, ranked_negative = np.sort(probabilities[positive]), np.sort(probabilities[~positive])
    sensitivity = 1.0 - np.searchsorted(ranked_positive, cuts) / len(ranked_positive)
    specificity = np.searchsorted(ranked_negative, cuts) / len(ranked_negative)
    return float(np.clip(cuts[int(np.argmax(sensitivity + specificity))], 0.0, 1.0))


def _logit(probability: float) -> float:
    kept = min(max(probability, 1e-4), 1.0 - 1e-4)
    return float(np.log(kept / (1.0 - kept)))


def _banded(value: float, low: float, high: float) -> Threshold:
    centre = _logit(value)
    below = min(max(centre - _logit(low), NARROWEST_BAND), WIDEST_BAND)
    above = min(max(_logit(high) - centre, NARROWEST_BAND), WIDEST_BAND)
    ends = sigmoid(np.array([centre - below, centre, centre + above]))
    return Threshold(float(ends[1]), float(ends[0]), float(ends[2]))


def finding_threshold(probabilities: Float64, truth: Float64, patients: Sequence[str], seed: int) -> Threshold:
    """Youden's threshold where there are positives enough, else that of 95 % specificity.

    The uncertain band is where the threshold itself would lie for other draws of the same patients.
    """
    positive = truth >= 0.5
    if int(positive.sum()) < POSITIVES_TO_COUNT_AS_VALIDATED:
        value = float(np.quantile(probabilities[~positive], RARE_SPECIFICITY)) if (~positive).any() else 0.5
        return _banded(value, value, value)
    names, owner = np.unique(np.array(patients), return_inverse=True)
    members = [np.flatnonzero(owner == index) for index in range(len(names))]
    random = np.random.default_rng(seed)
    values: list[float] = []
    for _ in range(BAND_ROUNDS):
        drawn = np.concatenate([members[index] for index in random.integers(0, len(names), len(names))])
        if positive[drawn].any() and not positive[drawn].all():
            values.append(youden(probabilities[drawn], truth[drawn]))
    low, high = np.percentile(values, BAND_PERCENTILES)
    return _banded(youden(probabilities, truth), float(low), float(high))


def admission_threshold(probabilities: Float64, truth: Float64, largest_refusal: float = 0.02) -> Threshold:
    """The threshold from one half up that admits no negative, unless that refuses more than ``largest_refusal`` of the positives."""
    positive = truth >= 0.5
    highest_negative = float(probabilities[~positive].max()) if (~positive).any() else 0.0
    still_admitting = float(np.quantile(probabilities[positive], largest_refusal)) if positive.any() else 1.0
    value = min(max(0.5, highest_negative + 0.5 * max(still_admitting - highest_negative, 0.0)), max(still_admitting, 0.5))
    return Threshold(value, value, value)
