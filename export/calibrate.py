"""From logits on validation pictures to honest probabilities, thresholds and the band in which the box says uncertain."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

LOG_TEMPERATURE_SPREAD = 0.5
"""Spread of the prior on the logarithm of the temperature: a label with few positives stays near 1."""
TELLING_SPECIFICITIES = (0.90, 0.95)
"""Where a telling label is called, and from where on it is called present."""
CAUTIOUS_SPECIFICITIES = (0.90, 0.95, 0.975)
"""The same for any other label, with where its uncertain band begins."""


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


def admission_threshold(probabilities: Float64, truth: Float64, largest_refusal: float = 0.02) -> Threshold:
    """The threshold from one half up that admits no negative, unless that refuses more than ``largest_refusal`` of the positives."""
    positive = truth >= 0.5
    highest_negative = float(probabilities[~positive].max()) if (~positive).any() else 0.0
    still_admitting = float(np.quantile(probabilities[positive], largest_refusal)) if positive.any() else 1.0
    value = min(max(0.5, highest_negative + 0.5 * max(still_admitting - highest_negative, 0.0)), max(still_admitting, 0.5))
    return Threshold(value, value, value)
