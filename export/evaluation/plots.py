"""The pictures of a report, drawn from the figures alone."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from matplotlib.axes import Axes

from export.evaluation.figures import Bin, Confusion, Figures, GradeDetail, LabelDetail, StructureDetail
from export.plots import BLUE, GREY, INCHES, RED, draw_grid
from export.workplace import METRICS

_Drawn = TypeVar("_Drawn")


def _curve(axes: Axes, bins: Sequence[Bin]) -> None:
    axes.plot([0, 1], [0, 1], color=GREY)
    axes.plot([own.probability for own in bins], [own.share for own in bins], "o-", color=BLUE, markersize=4)
    axes.set_xlabel("probability")
    axes.set_ylabel("share that was so")


def _reliability(axes: Axes, label: LabelDetail) -> None:
    _curve(axes, label.reliability)
    # A rare finding's probabilities would crowd in the corner of the whole square.
    top = max([1e-3, *(max(own.probability, own.share) for own in label.reliability)]) * 1.1
    axes.set(xlim=(0, min(1.0, top)), ylim=(0, min(1.0, top)), title=label.name)


def _roc(axes: Axes, label: LabelDetail) -> None:
    axes.plot([0, 1], [0, 1], color=GREY)
    axes.plot([x for x, _ in label.roc], [y for _, y in label.roc], color=BLUE)
    area = "" if label.auroc.value is None else f" {label.auroc.value:.2f}"
    axes.set(title=f"{label.name}{area}", xlabel="1 − specificity", ylabel="sensitivity")


def _dice(axes: Axes, structure: StructureDetail) -> None:
    axes.hist(structure.dice_by_picture, bins=list(np.linspace(0.0, 1.0, 26)), color=BLUE)
    axes.set(title=structure.name, xlabel="Dice", ylabel="pictures", xlim=(0, 1))


def _pixels(axes: Axes, structure: StructureDetail) -> None:
    _curve(axes, structure.pixels)
    axes.set(title=structure.name, xlim=(0, 1), ylim=(0, 1))


def _scatter(axes: Axes, grade: GradeDetail) -> None:
    axes.plot([0, grade.maximum], [0, grade.maximum], color=GREY)
    axes.plot([x for x, _ in grade.points], [y for _, y in grade.points], "o", color=BLUE, markersize=3, alpha=0.5)
    axes.set(title=grade.name, xlabel="readers", ylabel="network")


def _bias(axes: Axes, grade: GradeDetail) -> None:
    """Bland and Altman: the difference of both scores over their mean."""
    axes.plot([(x + y) / 2 for x, y in grade.points], [y - x for x, y in grade.points], "o", color=BLUE, markersize=3, alpha=0.5)
    if grade.bias.value is not None:
        axes.axhline(grade.bias.value, color=RED)
    for limit in grade.agreement or ():
        axes.axhline(limit, color=RED, linestyle="--")
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


def _scores(axes: Axes, label: LabelDetail) -> None:
    """How many of those with it and without it are told which probability; each as shares of its own, since one of them is rare."""
    edges = np.linspace(0.0, 1.0, len(label.scores) + 1)
    for which, (colour, name) in enumerate(((GREY, "without"), (BLUE, "with"))):
        counts = np.array([own[which] for own in label.scores], dtype=float)
        axes.stairs(counts / max(counts.sum(), 1.0), edges, fill=True, color=colour, alpha=0.6, label=name)
    axes.set(title=label.name, xlabel="probability", ylabel="share", xlim=(0, 1))
    axes.legend(fontsize=6)


@dataclass(frozen=True)
class Learnt:
    """A figure after each epoch of a training, and after which epochs the pictures grew."""

    name: str
    by_epoch: tuple[float, ...]
    grew_after: tuple[int, ...]


def learnt(file: Path) -> list[Learnt]:
    """What a training wrote of itself epoch by epoch; nothing where it wrote nothing."""
    if not file.is_file():
        return []
    with file.open(newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    sides = [row["side"] for row in rows]
    grew = tuple(at for at in range(1, len(sides)) if sides[at] != sides[at - 1])
    names = [name for name in (rows[0] if rows else {}) if name not in ("epoch", "side")]
    return [Learnt(name, tuple(float(row[name]) for row in rows), grew) for name in names]


def _learning(axes: Axes, own: Learnt) -> None:
    for epoch in own.grew_after:
        axes.axvline(epoch + 0.5, color=GREY, linestyle="--")
    axes.plot(range(1, len(own.by_epoch) + 1), own.by_epoch, "o-", color=BLUE, markersize=3)
    axes.set(title=own.name, xlabel="epoch")


def draw_plots(figures: Figures, folder: Path) -> list[tuple[str, str]]:
    """Write every plot that there are figures for; (file name, what it shows) of each."""
    made: list[tuple[str, str]] = []

    def plot(name: str, shows: str, items: Sequence[_Drawn], draw: Callable[[Axes, _Drawn], None], inches: float = INCHES) -> None:
        if items:
            draw_grid(folder / f"{name}.png", items, draw, inches)
            made.append((f"{name}.png", shows))

    structures = [own for own in figures.structure_details if own.pictures]
    grades = [own for own in figures.grade_details if own.pictures]
    labels = [own for own in figures.label_details if own.pictures]
    plot("reliability", "reliability: probabilities against how often it was so", labels, _reliability)
    plot("roc", "ROC curves", [own for own in labels if own.roc], _roc)
    plot("probabilities", "probabilities told of those with it and without it", [own for own in labels if own.scores], _scores)
    plot("dice", "how many pictures are outlined how well", structures, _dice)
    plot("pixels", "reliability of single pixels", structures, _pixels)
    plot("scores", "the network's scores against the readers'", grades, _scatter)
    plot("bias", "bias and limits of agreement", grades, _bias)
    plot("confusion", "what is so against what it was called", [own for own in figures.confusions if own.counts], _confusion, 2 * INCHES)
    plot("learning", "what was learnt epoch by epoch; dashed where pictures grew", learnt(folder / METRICS), _learning)
    return made
