"""The pictures of a report, drawn from the figures alone."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from export.atomic import replacing
from export.evaluation.figures import Bin, Confusion, Figures, GradeDetail, LabelDetail, StructureDetail

COLUMNS = 5
INCHES = 3.0
_GREY, _BLUE, _RED = "0.7", "#1f5fa8", "#b03a2e"
_Drawn = TypeVar("_Drawn")


def _grid(path: Path, items: Sequence[_Drawn], draw: Callable[[Axes, _Drawn], None], inches: float) -> None:
    """One plot of ``inches`` each way an item, written as a PNG."""
    columns = min(COLUMNS, len(items))
    rows = math.ceil(len(items) / columns)
    # A figure of its own rather than pyplot's: nothing is kept, and no screen is asked for.
    figure = Figure(figsize=(inches * columns, inches * rows), layout="constrained")
    for axes, item in zip(figure.subplots(rows, columns, squeeze=False).flat, items, strict=False):
        draw(axes, item)
    for axes in list(figure.axes)[len(items) : rows * columns]:
        axes.axis("off")
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110)


def _curve(axes: Axes, bins: Sequence[Bin]) -> None:
    axes.plot([0, 1], [0, 1], color=_GREY)
    axes.plot([own.probability for own in bins], [own.share for own in bins], "o-", color=_BLUE, markersize=4)
    axes.set_xlabel("probability")
    axes.set_ylabel("share that was so")


def _reliability(axes: Axes, label: LabelDetail) -> None:
    _curve(axes, label.reliability)
    # A rare finding's probabilities would crowd in the corner of the whole square.
    top = max([1e-3, *(max(own.probability, own.share) for own in label.reliability)]) * 1.1
    axes.set(xlim=(0, min(1.0, top)), ylim=(0, min(1.0, top)), title=label.name)


def _roc(axes: Axes, label: LabelDetail) -> None:
    axes.plot([0, 1], [0, 1], color=_GREY)
    axes.plot([x for x, _ in label.roc], [y for _, y in label.roc], color=_BLUE)
    area = "" if label.auroc.value is None else f" {label.auroc.value:.2f}"
    axes.set(title=f"{label.name}{area}", xlabel="1 − specificity", ylabel="sensitivity")


def _dice(axes: Axes, structure: StructureDetail) -> None:
    axes.hist(structure.dice_by_picture, bins=list(np.linspace(0.0, 1.0, 26)), color=_BLUE)
    axes.set(title=structure.name, xlabel="Dice", ylabel="pictures", xlim=(0, 1))


def _pixels(axes: Axes, structure: StructureDetail) -> None:
    _curve(axes, structure.pixels)
    axes.set(title=structure.name, xlim=(0, 1), ylim=(0, 1))


def _scatter(axes: Axes, grade: GradeDetail) -> None:
    axes.plot([0, grade.maximum], [0, grade.maximum], color=_GREY)
    axes.plot([x for x, _ in grade.points], [y for _, y in grade.points], "o", color=_BLUE, markersize=3, alpha=0.5)
    axes.set(title=grade.name, xlabel="readers", ylabel="network")


def _bias(axes: Axes, grade: GradeDetail) -> None:
    """Bland and Altman: the difference of both scores over their mean."""
    axes.plot([(x + y) / 2 for x, y in grade.points], [y - x for x, y in grade.points], "o", color=_BLUE, markersize=3, alpha=0.5)
    if grade.bias.value is not None:
        axes.axhline(grade.bias.value, color=_RED)
    for limit in grade.agreement or ():
        axes.axhline(limit, color=_RED, linestyle="--")
    axes.set(title=grade.name, xlabel="mean of both", ylabel="network − readers")


def _confusion(axes: Axes, confusion: Confusion) -> None:
    counts = np.array(confusion.counts, dtype=float)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1.0)
    axes.imshow(share, cmap="Blues", vmin=0.0, vmax=1.0)
    for row, column in np.ndindex(*counts.shape):
        colour = "white" if share[row, column] > 0.5 else "black"
        axes.text(column, row, f"{counts[row, column]:.0f}", ha="center", va="center", color=colour, fontsize=6)
    places = range(len(confusion.names))
    axes.set_xticks(places, confusion.names, rotation=90, fontsize=6)
    axes.set_yticks(places, confusion.names, fontsize=6)
    axes.set(xlabel="called", ylabel="is")


def draw_plots(figures: Figures, folder: Path) -> list[tuple[str, str]]:
    """Write every plot that there are figures for; (file name, what it shows) of each."""
    made: list[tuple[str, str]] = []

    def plot(name: str, shows: str, items: Sequence[_Drawn], draw: Callable[[Axes, _Drawn], None], inches: float = INCHES) -> None:
        if items:
            _grid(folder / f"{name}.png", items, draw, inches)
            made.append((f"{name}.png", shows))

    structures = [own for own in figures.structure_details if own.pictures]
    grades = [own for own in figures.grade_details if own.pictures]
    labels = [own for own in figures.label_details if own.pictures]
    plot("reliability", "reliability: probabilities against how often it was so", labels, _reliability)
    plot("roc", "ROC curves", [own for own in labels if own.roc], _roc)
    plot("dice", "how many pictures are outlined how well", structures, _dice)
    plot("pixels", "reliability of single pixels", structures, _pixels)
    plot("scores", "the network's scores against the readers'", grades, _scatter)
    plot("bias", "bias and limits of agreement", grades, _bias)
    plot("confusion", "what is so against what it was called", [own for own in figures.confusions if own.counts], _confusion, 2 * INCHES)
    return made
