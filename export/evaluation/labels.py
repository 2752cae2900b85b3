"""How well labels are told: calibrated on FP32, thresholds and figures on the INT8 form that the box prefers."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from edge_app.reading.card import Label, LabelFigures, LabelOfKind, is_validated
from edge_app.reading.gate import NEWBORN
from export.datasets.labelled import Labelled, label_matrix
from export.evaluation.admission import KIND_THRESHOLD, Door, called_by, decided, passing, thresholds_on
from export.evaluation.answers import FORMS, SHIPPED, Answers
from export.evaluation.bootstrap import Draws, Rows
from export.evaluation.fidelity import fidelities
from export.evaluation.figures import Bin, Confusion, Estimate, Figures, LabelDetail, Part, Worst
from export.evaluation.metrics import (
    Reliability,
    auprc_of,
    auroc_of,
    calibration_error,
    mean_auroc,
    reliability,
    roc_points,
    sensitivity_at,
)
from export.evaluation.operating import operating_points
from export.evaluation.parts import By, estimated, groups, how_many_patients, patients_of
from export.evaluation.scaling import calibrated
from export.evaluation.thresholds import Threshold, finding_threshold, refusing_threshold, screening_threshold
from export.evaluation.unseen import FLAWS, calibrated_label, how_often_said, unseen_decisions, unseen_labels, unseen_probabilities
from export.evaluation.worst import named, worst_of
from export.workplace import Workplace

Float64 = NDArray[np.float64]

_LEAST = 1e-6
SCORE_STEPS = 20


def _threshold(label: Label, score: Float64, truth: Float64, interval: tuple[float, float] | None, *, screens: bool) -> Threshold:
    known = ~np.isnan(truth)
    if label.name == NEWBORN or label.name in FLAWS:
        return refusing_threshold(score[known], truth[known])
    if label.group is not None or not known.any():
        return Threshold(KIND_THRESHOLD, KIND_THRESHOLD, KIND_THRESHOLD)
    rule = screening_threshold if screens else finding_threshold
    return rule(score[known], truth[known], telling=is_validated(int((truth[known] >= 0.5).sum()), interval))


def _share(part: NDArray[np.bool_]) -> float | None:
    return float(part.mean()) if part.size else None


def _carded(
    label: Label, score: Float64, truth: Float64, area: Estimate, threshold: Threshold, real: NDArray[np.bool_], gate: Door | None
) -> Label:
    """The label as the card states it; one that passes the gate is called by the gate's own score and threshold.

    Only ``real`` positives are counted: on what a program drew nothing is validated.
    """
    positive, negative = truth >= 0.5, truth < 0.5
    called, refused = score, negative
    if gate is not None and label.name in gate.names:
        threshold, called, refused = gate.threshold, gate.score, gate.truth < 0.5
    return label.model_copy(
        update={
            "threshold": threshold.value,
            "uncertain_from": threshold.uncertain_from,
            "uncertain_to": threshold.uncertain_to,
            "positives": int((positive & real).sum()),
            "negatives": int(negative.sum()),
            "auroc": area.value,
            "auroc_ci95": area.ci95,
            "sensitivity": _share(called[positive] >= threshold.value),
            "specificity": _share(called[refused] < threshold.value),
        }
    )


def _by_kind(
    place: Workplace,
    label: Label,
    pictures: Sequence[Labelled],
    score: Float64,
    truth: Float64,
    threshold: Threshold,
    real: NDArray[np.bool_],
    *,
    screens: bool,
) -> dict[str, LabelOfKind]:
    """The figures that the card states, on the pictures of each kind alone, and the thresholds of the kinds that have enough of their own.

    Of the gate's own labels there are none, for it tells kinds.
    """
    if label.group is not None or label.name in FLAWS:
        return {}
    found = {}
    for group in groups(pictures, ("kind",), place.seed):
        given, so = score[group.rows], truth[group.rows]
        if np.isfinite(so).any():

            def area(rows: Rows, given: Float64 = given, so: Float64 = so) -> float:
                return auroc_of(given[rows], so[rows])

            estimate, calibration = estimated(area, len(so), group.draws), label.by_kind.get(group.name)
            telling, called = None if calibration is None else calibration.telling, threshold
            if telling is not None:
                called = _threshold(label, given, so, estimate.ci95, screens=screens)
                edges = {"threshold": called.value, "uncertain_from": called.uncertain_from, "uncertain_to": called.uncertain_to}
                telling = telling.model_copy(update=edges)
            own = _carded(label, given, so, estimate, called, real[group.rows], None)
            figures = {name: getattr(own, name) for name in LabelFigures.model_fields}
            if screens:
                figures["operating_points"] = operating_points(given, so, called.value, group.draws)
            found[group.name] = LabelOfKind(**figures, telling=telling)
    return found


def bins_of(found: Reliability) -> tuple[Bin, ...]:
    """The groups of a reliability curve as they are kept."""
    rows = zip(found.probability, found.share, found.pictures, strict=True)
    return tuple(Bin(probability=round(float(p), 5), share=round(float(share), 5), count=int(count)) for p, share, count in rows)


def _detail(
    name: str, pictures: Sequence[Labelled], score: Float64, unseen: Float64, truth: Float64, area: Estimate, draws: Draws
) -> LabelDetail:
    known, count = ~np.isnan(truth), len(truth)
    return LabelDetail(
        name=name,
        pictures=int(known.sum()),
        patients=how_many_patients(pictures, known),
        auroc=area,
        auprc=estimated(lambda rows: auprc_of(score[rows], truth[rows]), count, draws),
        sensitivity_at_90=estimated(lambda rows: sensitivity_at(score[rows], truth[rows]), count, draws),
        calibration_error=estimated(lambda rows: calibration_error(unseen[rows], truth[rows]), count, draws),
        reliability=bins_of(reliability(unseen, truth)),
        roc=roc_points(score, truth),
        scores=_told(unseen, truth),
    )


def _told(probability: Float64, truth: Float64) -> tuple[tuple[int, int], ...]:
    """How many without it and with it were told which probability, in ``SCORE_STEPS`` equal steps."""
    sides = [np.histogram(probability[rows], SCORE_STEPS, (0.0, 1.0))[0] for rows in (truth < 0.5, truth >= 0.5)]
    return tuple((int(without), int(having)) for without, having in zip(*sides, strict=True))


def _confusions(labels: Sequence[Label], given: Float64, truth: Float64) -> tuple[Confusion, ...]:
    found = []
    for group in sorted({label.group for label in labels if label.group is not None}):
        columns = [at for at, label in enumerate(labels) if label.group == group]
        known = ~np.isnan(truth[:, columns]).any(1)
        counts = confusion_matrix(truth[known][:, columns].argmax(1), given[known][:, columns].argmax(1), labels=range(len(columns)))
        rows = tuple(tuple(int(count) for count in row) for row in counts)
        found.append(Confusion(title=group, names=tuple(labels[at].name for at in columns), counts=rows))
    return tuple(found)


def _parts(
    place: Workplace, by: Sequence[By], pictures: Sequence[Labelled], labels: Sequence[Label], given: Float64, truth: Float64
) -> tuple[Part, ...]:
    found: list[Part] = []
    called = called_by(labels, given) >= thresholds_on(labels, [picture.kind for picture in pictures])
    for group in groups(pictures, by, place.seed):
        for at, label in enumerate(labels):
            score, own = given[group.rows, at], truth[group.rows, at]
            known = ~np.isnan(own)
            if known.any():

                def area(rows: Rows, score: Float64 = score, own: Float64 = own) -> float:
                    return auroc_of(score[rows], own[rows])

                found.append(
                    Part(
                        by=group.by,
                        group=group.name,
                        output=label.name,
                        pictures=int(known.sum()),
                        patients=how_many_patients(pictures, group.rows[known]),
                        score=estimated(area, len(own), group.draws),
                        positives=int((own >= 0.5).sum()),
                        mean_probability=float(score[known].mean()),
                        called=int(called[group.rows[known], at].sum()),
                    )
                )
    return tuple(found)


def _worst(pictures: Sequence[Labelled], labels: Sequence[Label], given: Float64, truth: Float64, gate: Door | None) -> tuple[Worst, ...]:
    """The pictures decided wrongly by most, each by the label that is furthest on the wrong side of its threshold.

    In log odds, because a rare finding's threshold of 0.05 and a common one's of 0.5 are then measured with one rule.
    """
    called, so = called_by(labels, given), truth.copy()
    if gate is not None:
        so[:, passing(labels)] = gate.truth[:, None]
    thresholds = thresholds_on(labels, [picture.kind for picture in pictures])
    above = _log_odds(called) - _log_odds(thresholds)
    wrong = np.where(np.isnan(so), np.nan, np.where(so >= 0.5, -above, above))
    found = []
    for where in worst_of(wrong):
        label = labels[where[1]]
        found.append(
            Worst(
                picture=named(pictures[where[0]]),
                output=" + ".join(gate.names) if gate is not None and label.name in gate.names else label.name,
                truth="present" if so[where] >= 0.5 else "absent",
                answer=f"{called[where]:.3f}, called from {thresholds[where]:.3f}",
            )
        )
    return tuple(found)


def _log_odds(probability: Float64) -> Float64:
    clipped = np.clip(probability, _LEAST, 1.0 - _LEAST)
    return np.asarray(np.log(clipped / (1.0 - clipped)))


def judge_labels(place: Workplace, labels: tuple[Label, ...], answers: Answers, *, screens: bool = False) -> Figures:
    """Figures of every label on the pictures of ``Workplace.figures_from``, and by source on all pictures.

    A label of its own is calibrated and called by ``finding_threshold``, and where its task ``screens`` by ``screening_threshold``, with
    its operating points on the card. Of the labels of a group, those that pass the gate share one
    threshold (``admission``), and the others are called from one half.
    """
    everything = label_matrix(answers.pictures, [label.name for label in labels]).astype(np.float64)
    figured = np.array([picture.source in place.figures_from for picture in answers.pictures], dtype=np.bool_)
    pictures = [picture for picture in answers.pictures if picture.source in place.figures_from]
    truth, patients = everything[figured], patients_of(answers.pictures, figured)
    draws = Draws.of(patients, place.seed)
    fp32 = answers.logits["fp32"][figured]
    every_kind = [picture.kind for picture in answers.pictures]
    kinds = np.array(every_kind, dtype=np.str_)[figured]
    scaled = [calibrated_label(label, fp32[:, at], truth[:, at], kinds) for at, label in enumerate(labels)]
    every = {form: calibrated(scaled, answers.logits[form], every_kind) for form in FORMS}
    given = {form: own[figured] for form, own in every.items()}
    shipped = given[SHIPPED]
    by_others = unseen_labels(labels, fp32, truth, patients, kinds)
    unseen = unseen_probabilities(labels, by_others, answers.logits[SHIPPED][figured], kinds)
    real = np.array([not picture.simulated for picture in pictures], dtype=np.bool_)
    areas, thresholds = [], []
    for at, label in enumerate(scaled):
        score, own = shipped[:, at], truth[:, at]

        def area(rows: Rows, score: Float64 = score, own: Float64 = own) -> float:
            return auroc_of(score[rows], own[rows])

        areas.append(estimated(area, len(own), draws))
        thresholds.append(_threshold(label, score, own, areas[at].ci95, screens=screens))
    # The gate's own threshold rests on what is surely a newborn.
    gate = Door.of(
        [label.model_copy(update={"threshold": own.value}) for label, own in zip(scaled, thresholds, strict=True)], pictures, shipped, truth
    )
    telling = [is_validated(int((own >= 0.5).sum()), area.ci95) for own, area in zip(truth.T, areas, strict=True)]
    said = unseen_decisions(by_others, answers.logits[SHIPPED][figured], truth, kinds, telling, screens=screens)
    carded, details = [], []
    for at, label in enumerate(scaled):
        score, own, estimate = shipped[:, at], truth[:, at], areas[at]
        by_kind = _by_kind(place, label, pictures, score, own, thresholds[at], real, screens=screens)
        points = operating_points(score, own, thresholds[at].value, draws) if screens else ()
        more = {"by_kind": by_kind, "operating_points": points}
        carded.append(_carded(label, score, own, estimate, thresholds[at], real, gate).model_copy(update=more))
        detail = _detail(label.name, pictures, score, unseen[:, at], own, estimate, draws)
        details.append(detail.model_copy(update=how_often_said(said[:, at], own, draws)))
    decisions = {form: decided(carded, own, kinds.tolist()) for form, own in given.items()}
    return Figures(
        labels=tuple(carded),
        fidelity=fidelities(
            given,
            decisions,
            "mean AUROC",
            lambda form, rows: mean_auroc(given[form][rows], truth[rows]),
            draws,
            repaired=answers.repaired,
        ),
        decisions=decisions[SHIPPED].size,
        label_details=tuple(details),
        admission=None if gate is None else gate.judged(draws),
        confusions=_confusions(carded, shipped, truth),
        by_source=_parts(place, ("source",), answers.pictures, carded, every[SHIPPED], everything),
        subgroups=_parts(place, ("sex", "age", "view"), pictures, carded, shipped, truth),
        worst=_worst(pictures, carded, shipped, truth, gate),
        left_out=answers.left_out,
        validation_pictures=dict(Counter(picture.source for picture in pictures)),
        training_pictures=dict(Counter(picture.source for picture in place.taught)),
    )
