"""From logits on validation pictures to honest probabilities."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from edge_app.reading.card import Label, Output

Float64 = NDArray[np.float64]

CROSS_FITS = 5
"""Into how many parts the patients are told, each calibrated by the others, where the calibration itself is judged."""
TEMPERATURES = (0.25, 8.0)
LOG_TEMPERATURE_SPREAD = 0.5
"""Spread of the prior on the logarithm of the temperature: a label with few positives stays near 1."""


@dataclass(frozen=True)
class Scaling:
    """The calibrated logit is logit / ``temperature`` + ``bias``."""

    temperature: float = 1.0
    bias: float = 0.0


def sigmoid(values: Float64) -> Float64:
    """1 / (1 + e^−x), without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)), dtype=np.float64)


def softmax(values: Float64) -> Float64:
    """Along the last axis, without overflow."""
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float64)


def calibrated(outputs: Sequence[Output], logits: Float64, kinds: Sequence[str] | None = None) -> Float64:
    """(pictures, outputs) logits → numbers in 0…1, for all pictures at once what the box makes of each (``reading.calibration``).

    Where the pictures' ``kinds`` are given, every label is calibrated as on pictures of that kind.
    """
    if kinds is not None:
        result, each = np.empty_like(logits), np.array(kinds)
        for kind in set(kinds):
            rows = each == kind
            result[rows] = calibrated([own.on(kind) if isinstance(own, Label) else own for own in outputs], logits[rows])
        return result
    scaled = logits / np.array([own.temperature for own in outputs]) + np.array([own.bias for own in outputs])
    result = sigmoid(scaled)
    for group in {own.group for own in outputs} - {None}:
        members = [at for at, own in enumerate(outputs) if own.group == group]
        result[:, members] = softmax(scaled[:, members])
    return result


def fit_scaling(logits: Float64, truth: Float64) -> Scaling:
    """Temperature and bias of least cross-entropy (Platt 1999 with his smoothed targets), the temperature held near 1 by a prior."""
    positive = truth >= 0.5
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if not positives or not negatives:
        return Scaling()
    target = np.where(positive, (positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0))

    logarithms = np.linspace(-1.5, 1.5, 121)
    scaled = logits * np.exp(-logarithms)[:, None]
    biases = _best_biases(scaled, float(target.mean()))
    moved = scaled + biases[:, None]
    costs = (np.logaddexp(0.0, moved) - target * moved).sum(1) + 0.5 * (logarithms / LOG_TEMPERATURE_SPREAD) ** 2
    best = int(costs.argmin())
    return Scaling(float(np.exp(logarithms[best])), float(biases[best]))


def fit_many(logits: Float64, inside: NDArray[np.bool_]) -> Scaling:
    """Temperature, held within ``TEMPERATURES``, and bias of least cross-entropy, where there are so many that no prior is needed."""
    if inside.all() or not inside.any():
        return Scaling()
    slope = float(LogisticRegression(C=np.inf).fit(logits[:, None], inside).coef_[0, 0])
    temperature = float(np.clip(1.0 / max(slope, 1e-6), *TEMPERATURES))
    return Scaling(temperature, float(_best_biases(logits[None] / temperature, float(inside.mean()))[0]))


def cross_fits(patients: Sequence[str]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """(rows to calibrate by, rows of other patients to judge with that); nothing where there is but one patient."""
    splits = min(CROSS_FITS, len(set(patients)))
    if splits >= 2:
        yield from GroupKFold(splits).split(patients, groups=patients)


def _best_biases(scaled: Float64, wanted: float, rounds: int = 60) -> Float64:
    """(ways, pictures) scaled logits → (ways,) biases at which the mean probability is the one ``wanted``, by bisection."""
    low, high = -20.0 - scaled.max(1), 20.0 - scaled.min(1)
    for _ in range(rounds):
        middle = (low + high) / 2.0
        less = sigmoid(scaled + middle[:, None]).mean(1) < wanted
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return np.asarray((low + high) / 2.0, dtype=np.float64)
