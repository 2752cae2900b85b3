"""How every report's plots are drawn: beside the page, from the figures that stand on it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from export.atomic import replacing

COLUMNS = 5
INCHES = 3.0
GREY, BLUE, RED = "0.7", "#1f5fa8", "#b03a2e"
_BAR_INCHES = 0.26
_BAR_WIDTH = 9.0
_DPI = 110
_Drawn = TypeVar("_Drawn")


def draw_grid(path: Path, items: Sequence[_Drawn], draw: Callable[[Axes, _Drawn], None], inches: float = INCHES) -> None:
    """One plot of ``inches`` each way an item, written as a PNG."""
    columns = min(COLUMNS, len(items))
    rows = math.ceil(len(items) / columns)
    # A figure of its own rather than pyplot's: nothing is kept, and no screen is asked for.
    figure = Figure(figsize=(inches * columns, inches * rows), layout="constrained")
    for axes, item in zip(figure.subplots(rows, columns, squeeze=False).flat, items, strict=False):
        draw(axes, item)
    for axes in list(figure.axes)[len(items) : rows * columns]:
        axes.axis("off")
    _written(figure, path)


@dataclass(frozen=True)
class Bar:
    """One bar with its name; ``spread`` each way is how far it may be off, ``marked`` is drawn in red."""

    name: str
    value: float
    spread: float = 0.0
    marked: bool = False


def draw_bars(path: Path, panels: Sequence[tuple[str, Sequence[Bar]]], what: str, limits: tuple[float, float] | None = None) -> None:
    """Panels of bars below one another, each with its title; along all of them ``what`` is measured.

    ``limits`` are of the axis, which begins sooner where a bar would not be seen.
    """
    if limits is not None:
        limits = (min([limits[0], *(bar.value - 0.1 for _, bars in panels for bar in bars if bar.value < limits[0])]), limits[1])
    heights = [len(bars) * _BAR_INCHES + 0.9 for _, bars in panels]
    figure = Figure(figsize=(_BAR_WIDTH, sum(heights)), layout="constrained")
    grid = figure.subplots(len(panels), 1, squeeze=False, gridspec_kw={"height_ratios": heights})
    for axes, (title, bars) in zip(grid.flat, panels, strict=True):
        places = range(len(bars))
        spread = [bar.spread for bar in bars]
        axes.barh(
            places, [bar.value for bar in bars], xerr=spread if any(spread) else None, color=[RED if bar.marked else BLUE for bar in bars]
        )
        axes.set_yticks(places, [bar.name for bar in bars], fontsize=8)
        axes.invert_yaxis()
        axes.set(title=title, xlabel=what, xlim=limits)
    _written(figure, path)


@dataclass(frozen=True)
class Told:
    """Two sets of numbers of one kind, to be seen over each other."""

    title: str
    first: Sequence[float]
    second: Sequence[float]


def draw_histograms(path: Path, items: Sequence[Told], names: tuple[str, str], what: str) -> None:
    """The shares of both sets over one another, an item a plot; ``names`` are of the first and the second set."""

    def draw(axes: Axes, told: Told) -> None:
        both = [*told.first, *told.second]
        edges = [min(both) + (max(both) - min(both)) * at / 30 for at in range(31)] if max(both) > min(both) else 30
        for numbers, name, colour in ((told.first, names[0], BLUE), (told.second, names[1], RED)):
            axes.hist(numbers, bins=edges, weights=[1 / len(numbers)] * len(numbers), color=colour, alpha=0.5, label=name)
        axes.set(title=told.title, xlabel=what, ylabel="share")
        axes.legend(fontsize=7)

    draw_grid(path, [told for told in items if len(told.first) and len(told.second)], draw, 1.3 * INCHES)


def _written(figure: Figure, path: Path) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=_DPI)
