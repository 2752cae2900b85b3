"""The report of an evaluation, for people: tables in Markdown, reliability and ROC as pictures."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from export.atomic import replacing, write_text
from export.figures import Figures
from export.workplace import Workplace

Float64 = NDArray[np.float64]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _labels(figures: Figures) -> list[str]:
    lines = [
        "| label | positives | negatives | AUROC | 95 % of patient draws | threshold | uncertain | sensitivity | specificity | validated |"
    ]
    lines.append("|" + "---|" * 10)
    for label in figures.labels:
        interval = "–" if label.auroc_ci95 is None else f"{label.auroc_ci95[0]:.3f}–{label.auroc_ci95[1]:.3f}"
        lines.append(
            f"| {label.name} | {label.positives} | {label.negatives} | {_number(label.auroc)} | {interval} | {label.threshold:.3f} | "
            f"{label.uncertain_from:.3f}–{label.uncertain_to:.3f} | {_number(label.sensitivity)} | {_number(label.specificity)} | "
            f"{'yes' if label.validated else 'no'} |"
        )
    return lines


def _rule(place: Workplace) -> list[str]:
    if place.recipe.activation == "softmax":
        return ["A chest is admitted from the least threshold that admits nothing else, unless that refuses more than 2 % of the chests."]
    return [
        "Where there are 20 positives and the AUROC is above chance, a finding is called at 90 % specificity, present from 95 %,",
        "uncertain down to Youden's threshold. Otherwise it is called at 95 %, present from 97.5 % and uncertain from 90 %.",
    ]


def _fidelity(figures: Figures) -> list[str]:
    lines = ["| runtime | cases | mean Δp | max Δp | decisions flipped | mean AUROC FP32 | mean AUROC INT8 |", "|" + "---|" * 7]
    lines += [
        f"| {own.runtime} | {own.cases} | {own.mean_delta_p:.4f} | {own.max_delta_p:.4f} | {own.flips_at_threshold} | "
        f"{_number(own.mean_auroc_fp32)} | {_number(own.mean_auroc_int8)} |"
        for own in figures.fidelity
    ]
    return lines


def _sources(figures: Figures) -> list[str]:
    lines = ["| source | trained on | label | positives | negatives | AUROC | mean probability | at or above threshold |", "|" + "---|" * 8]
    lines += [
        f"| {own.source} | {'yes' if own.trained_on else 'no'} | {own.label} | {own.positives} | {own.negatives} | {_number(own.auroc)} | "
        f"{own.mean_probability:.3f} | {own.called} |"
        for own in figures.by_source
        if own.positives + own.negatives
    ]
    return lines


def _save(figure: Figure, path: Path) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110)


def _reliability(axes: Axes, scores: Float64, truth: Float64) -> None:
    edges = np.quantile(scores, np.linspace(0.0, 1.0, 7))
    groups = np.digitize(scores, edges[1:-1])
    present = np.unique(groups)
    axes.plot([0, 1], [0, 1], color="0.7")
    axes.plot([scores[groups == group].mean() for group in present], [truth[groups == group].mean() for group in present], "o-")


def _roc(axes: Axes, scores: Float64, truth: Float64) -> None:
    order = np.argsort(-scores, kind="stable")
    positive = truth[order] >= 0.5
    axes.plot([0, 1], [0, 1], color="0.7")
    axes.plot(np.cumsum(~positive) / max(int((~positive).sum()), 1), np.cumsum(positive) / max(int(positive.sum()), 1))


def _plots(place: Workplace, scores: Float64, truth: Float64) -> None:
    mpl.use("Agg")
    columns = 5
    rows = -(-len(place.recipe.labels) // columns)
    for name, draw in (("reliability", _reliability), ("roc", _roc)):
        figure = Figure(figsize=(3 * columns, 3 * rows), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False)
        for index, axes in enumerate(grid.flat):
            if index >= len(place.recipe.labels):
                axes.axis("off")
                continue
            known = ~np.isnan(truth[:, index])
            draw(axes, scores[known, index], truth[known, index])
            axes.set_title(place.recipe.labels[index])
        _save(figure, place.folder / f"{name}.png")


def write_report(place: Workplace, figures: Figures, scores: Float64, truth: Float64) -> None:
    """Write ``report.md``, ``reliability.png`` and ``roc.png`` into the run's folder."""
    _plots(place, scores, truth)
    lines = [
        f"# {place.recipe.title} ({place.recipe.name} {place.recipe.version})",
        "",
        "Research prototype, not a medical device.",
        "",
        f"Trained on {sum(figures.training_pictures.values())} pictures: "
        + ", ".join(f"{name} {count}" for name, count in sorted(figures.training_pictures.items())),
        "",
        f"Figures on {sum(figures.validation_pictures.values())} pictures of other patients: "
        + ", ".join(f"{name} {count}" for name, count in sorted(figures.validation_pictures.items())),
        "",
        "## Labels",
        *_rule(place),
        "",
        *_labels(figures),
        "",
        "## INT8 against FP32, case by case",
        *_fidelity(figures),
        "",
        "## By source",
        *_sources(figures),
        "",
        "![reliability](reliability.png)",
        "![ROC](roc.png)",
        "",
    ]
    write_text(place.folder / "report.md", "\n".join(lines))
