"""Figures of merit, with what the patients' number leaves uncertain."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32] | NDArray[np.float64]


def auroc_of(scores: FloatArray, truth: FloatArray) -> float:
    """Area under the ROC curve of one label over known truth, ties counted half (Mann–Whitney); NaN where one class is missing."""
    known = ~np.isnan(truth)
    positive = truth[known] >= 0.5
    values = scores[known]
    count_positive, count_negative = int(positive.sum()), int((~positive).sum())
    if not count_positive or not count_negative:
        return float("nan")
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2.0)[inverse]
    return float((ranks[positive].sum() - count_positive * (count_positive + 1) / 2.0) / (count_positive * count_negative))


def auroc(scores: FloatArray, truth: FloatArray) -> NDArray[np.float64]:
    """(labels,) AUROC of each column; NaN where it cannot be computed."""
    return np.array([auroc_of(scores[:, column], truth[:, column]) for column in range(truth.shape[1])], dtype=np.float64)


def auroc_interval(
    scores: FloatArray, truth: FloatArray, patients: Sequence[str], seed: int, rounds: int = 500
) -> tuple[float, float] | None:
    """95 % interval of one label's AUROC by drawing whole patients with replacement; None where too few draws hold both classes."""
    names, owner = np.unique(np.array(patients), return_inverse=True)
    members = [np.flatnonzero(owner == index) for index in range(len(names))]
    random = np.random.default_rng(seed)
    found: list[float] = []
    for _ in range(rounds):
        drawn = np.concatenate([members[index] for index in random.integers(0, len(names), len(names))])
        value = auroc_of(scores[drawn], truth[drawn])
        if np.isfinite(value):
            found.append(value)
    if len(found) < rounds * 0.9:
        return None
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)
