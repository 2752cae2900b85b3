"""The door of the gate as the box opens it: which pictures the chest protocol is shown, judged over all labels that decide it together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.card import Label
from edge_app.reading.gate import DECEIVING, FRONTAL_CHESTS, NEWBORN
from edge_app.reading.protocols.chest import CHEST_KINDS
from export.datasets.labelled import Labelled
from export.evaluation.bootstrap import Draws
from export.evaluation.figures import Admission
from export.evaluation.parts import estimated_mean
from export.evaluation.thresholds import Threshold, admission_threshold

Float64 = NDArray[np.float64]

KIND_THRESHOLD = 0.5
"""From where on any other kind is called."""


def passing(labels: Sequence[Label]) -> list[int]:
    """The columns of the kinds that pass together, with one threshold."""
    return [at for at, label in enumerate(labels) if label.group is not None and label.name in CHEST_KINDS]


def admission_scores(labels: Sequence[Label], given: Float64) -> Float64:
    """(pictures, labels) probabilities → (pictures,) what the box holds against the threshold (``gate.refuse_kind``).

    All frontal chests count together, for one that is taken for another must not be refused; a likeliest kind that is none of them, and a
    chest that is a newborn's by that kind's own threshold, are refused whatever the sum: theirs is 0.
    """
    kinds = [at for at, label in enumerate(labels) if label.group is not None]
    frontal = [at for at in kinds if labels[at].name in FRONTAL_CHESTS]
    likeliest = np.array(kinds)[given[:, kinds].argmax(1)]
    total = given[:, frontal].sum(1)
    refused = ~np.isin(likeliest, frontal)
    for at in kinds:
        if labels[at].name == NEWBORN:
            refused |= (likeliest == at) & (given[:, at] >= labels[at].threshold)
    return np.where(refused, 0.0, total)


def called_by(labels: Sequence[Label], given: Float64) -> Float64:
    """(pictures, labels) what each label's threshold is held against: its probability, or what decides on all that pass together."""
    result = given.copy()
    if columns := passing(labels):
        result[:, columns] = admission_scores(labels, given)[:, None]
    return result


def thresholds_on(labels: Sequence[Label], kinds: Sequence[str]) -> Float64:
    """(pictures, labels) where each label is called on a picture of that kind."""
    by_kind = {kind: [label.on(kind).threshold for label in labels] for kind in set(kinds)}
    return np.array([by_kind[kind] for kind in kinds], dtype=np.float64).reshape(len(kinds), len(labels))


def decided(labels: Sequence[Label], given: Float64, kinds: Sequence[str]) -> NDArray[np.bool_]:
    """(pictures, decisions) which labels are called; those that pass together are one decision."""
    once = [at for at in range(len(labels)) if at not in passing(labels)[1:]]
    return np.asarray((called_by(labels, given) >= thresholds_on(labels, kinds))[:, once])


def _deceives(picture: Labelled) -> bool:
    """Whether it has a flaw with which no chest is read."""
    return any(picture.labels.get(flaw, 0.0) >= 0.5 for flaw in DECEIVING)


@dataclass(frozen=True, eq=False)
class Door:
    """(pictures,) ``score`` to be admitted by; ``truth`` 1 of the ``names``, 0 of all others.

    NaN of newborns, who may pass or not, and of chests with a flaw that refuses them whatever their kind.
    """

    names: tuple[str, ...]
    score: Float64
    truth: Float64

    @classmethod
    def of(cls, labels: Sequence[Label], pictures: Sequence[Labelled], given: Float64, truth: Float64) -> "Door | None":
        """None of a model that tells no kinds of chest."""
        columns = passing(labels)
        if not columns:
            return None
        own = truth[:, columns]
        wanted = np.where(np.isnan(own).any(1), np.nan, (own >= 0.5).any(1).astype(np.float64))
        wanted[[picture.kind == NEWBORN or _deceives(picture) for picture in pictures]] = np.nan
        return cls(tuple(labels[at].name for at in columns), admission_scores(labels, given), wanted)

    @property
    def threshold(self) -> Threshold:
        """Fitted on chests against everything else."""
        known = ~np.isnan(self.truth)
        return admission_threshold(self.score[known], self.truth[known])

    def judged(self, draws: Draws) -> Admission:
        """How many chests are let in, and how many others kept out."""
        threshold = self.threshold.value
        passed = (self.score >= threshold).astype(np.float64)
        return Admission(
            labels=self.names,
            threshold=threshold,
            admitted=estimated_mean(np.where(self.truth >= 0.5, passed, np.nan), draws),
            refused=estimated_mean(np.where(self.truth < 0.5, 1.0 - passed, np.nan), draws),
            pictures=int((self.truth >= 0.5).sum()),
            others=int((self.truth < 0.5).sum()),
        )
