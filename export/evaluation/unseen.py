"""What would be said of each picture had only other patients set the calibration and the thresholds, so that neither is flattered."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.card import POSITIVES_TO_COUNT_AS_VALIDATED, Label, LabelOfKind, Telling
from edge_app.reading.finding import Flaw
from export.evaluation.bootstrap import Draws
from export.evaluation.figures import Estimate
from export.evaluation.parts import estimated_mean
from export.evaluation.scaling import calibrated, cross_fits, fit_scaling
from export.evaluation.thresholds import finding_threshold, screening_threshold

Float64 = NDArray[np.float64]

FLAWS = frozenset(Flaw)


def own_kinds(truth: Float64, kinds: NDArray[np.str_]) -> list[str]:
    """The kinds of which there are enough (pictures,) with and without a label to settle how it is told on them alone."""
    enough = POSITIVES_TO_COUNT_AS_VALIDATED
    return [
        kind
        for kind in sorted(set(kinds.tolist()))
        if min(int((truth[kinds == kind] >= 0.5).sum()), int((truth[kinds == kind] < 0.5).sum())) >= enough
    ]


def calibrated_label(label: Label, logits: Float64, truth: Float64, kinds: NDArray[np.str_]) -> Label:
    """The label with the scaling that fits (pictures,) FP32 logits, and those of the kinds that have enough of their own.

    Outputs that share a softmax keep their own.
    """
    known = ~np.isnan(truth)
    if label.group is not None or not known.any():
        return label
    scaling = fit_scaling(logits[known], truth[known])
    by_kind = {}
    for kind in [] if label.name in FLAWS else own_kinds(truth, kinds):
        rows = known & (kinds == kind)
        own = fit_scaling(logits[rows], truth[rows])
        by_kind[kind] = LabelOfKind(telling=Telling(temperature=own.temperature, bias=own.bias))
    return label.model_copy(update={"temperature": scaling.temperature, "bias": scaling.bias, "by_kind": by_kind})


@dataclass(frozen=True)
class UnseenLabels:
    """The labels as they would be told had only the pictures of the rows ``fitted`` calibrated them; ``held`` are of other patients."""

    fitted: NDArray[np.intp]
    held: NDArray[np.intp]
    labels: tuple[Label, ...]


def unseen_labels(
    labels: Sequence[Label], logits: Float64, truth: Float64, patients: Sequence[str], kinds: NDArray[np.str_]
) -> tuple[UnseenLabels, ...]:
    """The labels calibrated by (pictures, labels) FP32 logits of all but some of the patients, for each part of the patients once."""
    return tuple(
        UnseenLabels(
            fitted,
            held,
            tuple(calibrated_label(own, logits[fitted, at], truth[fitted, at], kinds[fitted]) for at, own in enumerate(labels)),
        )
        for fitted, held in cross_fits(patients)
    )


def unseen_probabilities(labels: Sequence[Label], unseen: Sequence[UnseenLabels], logits: Float64, kinds: NDArray[np.str_]) -> Float64:
    """(pictures, labels) probabilities, each calibrated by the pictures of other patients, so that their calibration is not flattered."""
    result = calibrated(labels, logits)
    for part in unseen:
        result[part.held] = calibrated(part.labels, logits[part.held], kinds[part.held].tolist())
    return result


def unseen_decisions(
    unseen: Sequence[UnseenLabels],
    logits: Float64,
    truth: Float64,
    kinds: NDArray[np.str_],
    validated: Sequence[bool],
    *,
    screens: bool = False,
) -> Float64:
    """(pictures, labels) −1 where absent would be said, 1 where present, 0 where neither; calibrated and decided by other patients."""
    said, rule = np.full(truth.shape, np.nan), screening_threshold if screens else finding_threshold
    for part in unseen:
        fitted, held = part.fitted, part.held
        known, other = (calibrated(part.labels, logits[rows], kinds[rows].tolist()) for rows in (fitted, held))
        for at, label in enumerate(part.labels):
            so = ~np.isnan(truth[fitted, at])
            if label.group is not None or label.name in FLAWS or not so.any():
                continue
            # First by the pictures of all kinds, then over that by those of each kind that has enough of its own.
            for kind in (None, *label.by_kind):
                by = so if kind is None else so & (kinds[fitted] == kind)
                rows = held if kind is None else held[kinds[held] == kind]
                score = other[:, at] if kind is None else other[kinds[held] == kind, at]
                edges = rule(known[by, at], truth[fitted, at][by], telling=validated[at])
                said[rows, at] = (score >= edges.uncertain_to).astype(float) - (score < edges.uncertain_from)
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
