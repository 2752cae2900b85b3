"""What would be said of each picture had only other patients set the calibration and the thresholds, so that neither is flattered."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.card import Label
from edge_app.reading.finding import Flaw
from export.evaluation.bootstrap import Draws
from export.evaluation.figures import Estimate
from export.evaluation.parts import estimated_mean
from export.evaluation.scaling import calibrated, cross_fits, fit_scaling
from export.evaluation.thresholds import finding_threshold

Float64 = NDArray[np.float64]

FLAWS = frozenset(Flaw)


def calibrated_label(label: Label, logits: Float64, truth: Float64) -> Label:
    """The label with the scaling that fits (pictures,) FP32 logits; outputs that share a softmax keep their own."""
    known = ~np.isnan(truth)
    if label.group is not None or not known.any():
        return label
    scaling = fit_scaling(logits[known], truth[known])
    return label.model_copy(update={"temperature": scaling.temperature, "bias": scaling.bias})


def unseen_probabilities(labels: Sequence[Label], fit_on: Float64, logits: Float64, truth: Float64, patients: Sequence[str]) -> Float64:
    """(pictures, labels) probabilities, each calibrated by the pictures of other patients, so that their calibration is not flattered."""
    result = calibrated(labels, logits)
    for fitted, held in cross_fits(patients):
        own = [calibrated_label(label, fit_on[fitted, at], truth[fitted, at]) for at, label in enumerate(labels)]
        result[held] = calibrated(own, logits[held])
    return result


def unseen_decisions(
    labels: Sequence[Label], fit_on: Float64, logits: Float64, truth: Float64, patients: Sequence[str], validated: Sequence[bool]
) -> Float64:
    """(pictures, labels) −1 where absent would be said, 1 where present, 0 where neither; calibrated and decided by other patients."""
    said = np.full(truth.shape, np.nan)
    for fitted, held in cross_fits(patients):
        own = [calibrated_label(label, fit_on[fitted, at], truth[fitted, at]) for at, label in enumerate(labels)]
        known, other = calibrated(own, logits[fitted]), calibrated(own, logits[held])
        for at, label in enumerate(labels):
            so = ~np.isnan(truth[fitted, at])
            if label.group is None and label.name not in FLAWS and so.any():
                edges = finding_threshold(known[so, at], truth[fitted, at][so], telling=validated[at])
                said[held, at] = (other[:, at] >= edges.uncertain_to).astype(float) - (other[:, at] < edges.uncertain_from)
    return said


def how_often_said(said: Float64, truth: Float64, draws: Draws) -> dict[str, Estimate]:
    """How often what is there is not called absent, what is not is not called present, and how often neither is said."""
    told = np.isfinite(said)
    positive, negative = told & (truth >= 0.5), told & (truth < 0.5)

    def share(of: NDArray[np.bool_], so: NDArray[np.bool_]) -> Estimate:
        return estimated_mean(np.where(of, so.astype(np.float64), np.nan), draws)

    return {
        "not_missed": share(positive, said >= 0),
        "not_alarmed": share(negative, said <= 0),
        "undecided": share(positive | negative, said == 0),
    }
