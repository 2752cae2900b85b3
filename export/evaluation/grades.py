"""How well the lungs are graded, beside how far two readers lie apart on the same pictures."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score, confusion_matrix

from edge_app.reading.card import Grade, GradeFigures
from edge_app.reading.severity import ZONES
from export.datasets.covid import READERS
from export.datasets.labelled import Labelled, label_matrix
from export.evaluation.answers import FORMS, SHIPPED, Answers
from export.evaluation.bootstrap import Draws, Rows
from export.evaluation.fidelity import fidelities
from export.evaluation.figures import Confusion, Estimate, Figures, GradeDetail, Part, Worst
from export.evaluation.metrics import mean_of_columns
from export.evaluation.parts import By, estimated, estimated_mean, groups, how_many_patients, patients_of
from export.evaluation.scaling import calibrated
from export.evaluation.worst import beside_usual, named, worst_of
from export.workplace import Workplace

Float64 = NDArray[np.float64]

SEVERE = 0.5
"""Share of the maximum from which a grade counts as high, for how many such decisions INT8 turns over."""
AGREEMENT = 1.96


def correlation(one: Float64, other: Float64) -> float:
    """Pearson's, over what both know; NaN where fewer than three pictures are, or one side is constant."""
    known = np.isfinite(one) & np.isfinite(other)
    first, second = one[known], other[known]
    if len(first) < 3 or not np.ptp(first) or not np.ptp(second):
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def points_of(shares: Float64, maximum: float) -> NDArray[np.intp]:
    """Shares of the maximum as whole points, a half rounded up."""
    return np.floor(shares * maximum + 0.5).astype(np.intp)


def weighted_kappa(one: NDArray[np.intp], other: NDArray[np.intp], maximum: int) -> float:
    """Cohen's kappa of two (scores,) with quadratic weights; NaN where neither ever gives but one score."""
    if not one.size or (not np.ptp(one) and not np.ptp(other)):
        return float("nan")
    return float(cohen_kappa_score(one, other, labels=list(range(maximum + 1)), weights="quadratic"))


def _readers(pictures: Sequence[Labelled], names: Sequence[str]) -> Float64:
    """(readers, pictures, grades) each reader's own score as a share of the maximum, NaN where unknown."""
    return np.stack([label_matrix(pictures, [f"{name}_{reader}" for name in names]).astype(np.float64) for reader in READERS])


def _detail(grade: Grade, pictures: Sequence[Labelled], given: Float64, truth: Float64, readers: Float64, draws: Draws) -> GradeDetail:
    """Of (pictures,) shares; ``readers`` (readers, pictures)."""
    known, most = np.isfinite(truth), grade.maximum
    error = (given - truth) * most
    spread = float(error[known].std(ddof=1)) if known.sum() > 1 else None
    bias = estimated_mean(error, draws)
    limits = None if bias.value is None or spread is None else (bias.value - AGREEMENT * spread, bias.value + AGREEMENT * spread)
    return GradeDetail(
        name=grade.name,
        maximum=most,
        pictures=int(known.sum()),
        patients=how_many_patients(pictures, known),
        mae=estimated_mean(np.abs(error), draws),
        constant_mae=float(np.abs(truth[known] - np.median(truth[known])).mean() * most) if known.any() else None,
        reader_mae=estimated_mean(np.abs(given - readers).mean(0) * most, draws),
        readers_mae=estimated_mean(np.abs(readers[0] - readers[1]) * most, draws),
        correlation=estimated(lambda rows: correlation(given[rows], truth[rows]), len(truth), draws),
        bias=bias,
        agreement=limits,
        points=tuple((round(float(t) * most, 3), round(float(g) * most, 3)) for t, g in zip(truth[known], given[known], strict=True)),
    )


def _figures(detail: GradeDetail) -> GradeFigures:
    """What the card states of it."""
    return GradeFigures(pictures=detail.pictures, mae=detail.mae.value, mae_ci95=detail.mae.ci95, readers_mae=detail.readers_mae.value)


def _zones(grades: Sequence[Grade], given: Float64, truth: Float64, readers: Float64, draws: Draws) -> tuple[Confusion, ...]:
    """The six zones of all pictures together, in whole points."""
    columns = [at for at, grade in enumerate(grades) if grade.name in ZONES]
    if not columns:
        return ()
    most = int(grades[columns[0]].maximum)

    def kappa(one: Float64, other: Float64) -> Estimate:
        def figure(rows: Rows) -> float:
            first, second = one[rows][:, columns], other[rows][:, columns]
            known = np.isfinite(first) & np.isfinite(second)
            return weighted_kappa(points_of(first[known], most), points_of(second[known], most), most)

        return estimated(figure, len(truth), draws)

    so, said = truth[:, columns], given[:, columns]
    known = np.isfinite(so)
    counts = confusion_matrix(points_of(so[known], most), points_of(said[known], most), labels=range(most + 1)) if known.any() else []
    return (
        Confusion(
            title="zone scores, the readers' mean against the network",
            names=tuple(str(score) for score in range(most + 1)),
            counts=tuple(tuple(int(count) for count in row) for row in counts),
            kappa=kappa(given, truth),
            readers_kappa=kappa(readers[0], readers[1]),
        ),
    )


def _parts(
    by: Sequence[By], pictures: Sequence[Labelled], grades: Sequence[Grade], given: Float64, truth: Float64, seed: int
) -> tuple[Part, ...]:
    found: list[Part] = []
    for group in groups(pictures, by, seed):
        for at, grade in enumerate(grades):
            error = np.abs(given[group.rows, at] - truth[group.rows, at]) * grade.maximum
            known = np.isfinite(error)
            if known.any():
                found.append(
                    Part(
                        by=group.by,
                        group=group.name,
                        output=grade.name,
                        pictures=int(known.sum()),
                        patients=how_many_patients(pictures, group.rows[known]),
                        score=estimated_mean(error, group.draws),
                    )
                )
    return tuple(found)


def _worst(pictures: Sequence[Labelled], grades: Sequence[Grade], given: Float64, truth: Float64) -> tuple[Worst, ...]:
    """The pictures graded furthest from the readers' mean, measured by how far each grade is off as a rule."""
    found = []
    for row, column in worst_of(beside_usual(np.abs(given - truth))):
        most = grades[column].maximum
        so, said = (f"{float(values[row, column]) * most:.1f} of {most:g}" for values in (truth, given))
        found.append(Worst(picture=named(pictures[row]), output=grades[column].name, truth=so, answer=said))
    return tuple(found)


def judge_grades(place: Workplace, grades: tuple[Grade, ...], answers: Answers) -> Figures:
    """Error and agreement of every grade on the pictures of ``Workplace.figures_from``; by source on all pictures."""
    names = [grade.name for grade in grades]
    everything = label_matrix(answers.pictures, names).astype(np.float64)
    figured = np.array([picture.source in place.figures_from for picture in answers.pictures], dtype=np.bool_)
    pictures = [picture for picture in answers.pictures if picture.source in place.figures_from]
    truth, readers = everything[figured], _readers(pictures, names)
    draws = Draws.of(patients_of(answers.pictures, figured), place.seed)
    every = {form: calibrated(grades, answers.logits[form]) for form in FORMS}
    given = {form: own[figured] for form, own in every.items()}
    shipped = given[SHIPPED]
    details = tuple(_detail(grade, pictures, shipped[:, at], truth[:, at], readers[:, :, at], draws) for at, grade in enumerate(grades))
    by_kind: list[dict[str, GradeFigures]] = [{} for _ in grades]
    for group in groups(pictures, ("kind",), place.seed):
        own = [pictures[at] for at in group.rows]
        for at, grade in enumerate(grades):
            known = _detail(grade, own, shipped[group.rows, at], truth[group.rows, at], readers[:, group.rows, at], group.draws)
            by_kind[at] |= {group.name: _figures(known)} if known.pictures else {}
    carded = tuple(
        grade.model_copy(update={**dict(_figures(detail)), "by_kind": kinds})
        for grade, detail, kinds in zip(grades, details, by_kind, strict=True)
    )
    decisions = {form: own >= SEVERE for form, own in given.items()}
    errors = {form: np.abs(own - truth) for form, own in given.items()}
    return Figures(
        grades=carded,
        fidelity=fidelities(
            given, decisions, "mean absolute error", lambda form, rows: mean_of_columns(errors[form][rows]), draws, less_is_better=True
        ),
        decisions=decisions[SHIPPED].size,
        grade_details=details,
        confusions=_zones(grades, shipped, truth, readers, draws),
        by_source=_parts(("source",), answers.pictures, grades, every[SHIPPED], everything, place.seed),
        subgroups=_parts(("sex", "age", "view"), pictures, grades, shipped, truth, place.seed),
        worst=_worst(pictures, grades, shipped, truth),
        left_out=answers.left_out,
        validation_pictures=dict(Counter(picture.source for picture in pictures)),
        training_pictures=dict(Counter(picture.source for picture in place.taught)),
    )
