"""The pictures of one source, sex, age band, view or kind, and an output's figure on them alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from export.datasets.labelled import Labelled
from export.evaluation.bootstrap import Draws, Rows
from export.evaluation.figures import Estimate, TimedDetail

By = Literal["source", "sex", "age", "view", "kind"]
ADULT_FROM_YEARS = 18
AGE_EDGES_YEARS = (40, 60, 80)
CHILDREN = frozenset({"chest_child", "chest_newborn"})
"""Kinds whose pictures are of children also where no age is known."""
NINE_IN_TEN = 0.9
"""So many of what is measured lie within the margin that is told."""


def age_band(picture: Labelled) -> str | None:
    """ "child", "18–39" …, "80 and over" years; None where neither age nor kind tells."""
    if picture.age_years is None:
        return "child" if picture.kind in CHILDREN else None
    if picture.age_years < ADULT_FROM_YEARS:
        return "child"
    edges = (ADULT_FROM_YEARS, *AGE_EDGES_YEARS)
    at = int(np.searchsorted(edges, picture.age_years, side="right")) - 1
    return f"{edges[at]} and over" if at == len(edges) - 1 else f"{edges[at]}–{edges[at + 1] - 1}"


_TELLING: dict[By, Callable[[Labelled], str | None]] = {
    "source": lambda picture: picture.source,
    "sex": lambda picture: picture.sex,
    "age": age_band,
    "view": lambda picture: picture.view,
    "kind": lambda picture: picture.kind,
}


@dataclass(frozen=True, eq=False)
class Group:
    """Pictures that have something in common: (n,) ``rows`` among all of them, and draws of their patients alone."""

    by: By
    name: str
    rows: Rows
    draws: Draws


def groups(pictures: Sequence[Labelled], by: Sequence[By], seed: int) -> Iterator[Group]:
    """Every group that there is, in order of name; pictures of which it is not known are in none."""
    for what in by:
        values = np.array([_TELLING[what](picture) or "" for picture in pictures], dtype=np.str_)
        for name in sorted(set(values.tolist()) - {""}):
            rows = np.flatnonzero(values == name)
            yield Group(what, name, rows, Draws.of(patients_of(pictures, rows), seed))


def patients_of(pictures: Sequence[Labelled], rows: NDArray[np.intp] | NDArray[np.bool_]) -> list[str]:
    """The patient of each of those rows."""
    places = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
    return [pictures[at].patient for at in places]


def how_many_patients(pictures: Sequence[Labelled], rows: NDArray[np.intp] | NDArray[np.bool_]) -> int:
    """Different patients among those rows."""
    return len(set(patients_of(pictures, rows)))


def estimated(figure: Callable[[Rows], float], pictures: int, draws: Draws) -> Estimate:
    """A figure of all rows, with its interval over the draws."""
    value = figure(np.arange(pictures))
    return Estimate(value=value, ci95=draws.interval(figure)) if np.isfinite(value) else Estimate()


def estimated_mean(values: NDArray[np.float64], draws: Draws) -> Estimate:
    """The mean of (pictures,) values over those that have one, with its interval."""
    known = values[np.isfinite(values)]
    return Estimate(value=float(known.mean()), ci95=draws.interval_of_mean(values)) if known.size else Estimate()


def how_far_off(name: str, off: NDArray[np.float64], asked: NDArray[np.bool_], draws: Draws) -> TimedDetail:
    """Of (pictures,) differences from the truth, NaN where nothing was measured; ``asked``: where its truth is known."""
    told = np.isfinite(off)
    distance = np.abs(off[told])
    return TimedDetail(
        name=name,
        asked=int(asked.sum()),
        measured=int(told.sum()),
        error=estimated_mean(np.abs(off), draws),
        nine_in_ten=float(np.quantile(distance, NINE_IN_TEN)) if distance.size else None,
        worst=float(distance.max()) if distance.size else None,
        bias=float(off[told].mean()) if distance.size else None,
    )
