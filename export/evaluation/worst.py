"""Which pictures went worst, so that people look at those first."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from export.datasets.labelled import Labelled

WORST = 10


def named(picture: Labelled) -> str:
    """A picture as reports call it."""
    return f"{picture.source}/{picture.path.name}"


def worst_of(loss: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """(pictures, outputs) losses above 0, NaN where there is none → (row, column) of at most ten pictures, each by its worst output."""
    known = np.where(np.isfinite(loss), loss, 0.0)
    most, column = known.max(1, initial=0.0), known.argmax(1)
    for row in np.argsort(-most, kind="stable")[:WORST]:
        if most[row] > 0.0:
            yield int(row), int(column[row])


def beside_usual(loss: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each (pictures, outputs) loss as a multiple of its output's mean: else the hardest output would be the worst on every picture."""
    known = np.isfinite(loss)
    mean = np.where(known, loss, 0.0).sum(0) / np.maximum(known.sum(0), 1)
    return np.where(known, loss, np.nan) / np.where(mean > 0.0, mean, 1.0)
