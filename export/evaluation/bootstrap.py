"""What the number of patients leaves uncertain: figures on patients drawn with replacement (Efron and Tibshirani 1993)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.card import Interval

ROUNDS = 500
LEAST_SHARE = 0.9
"""Of the draws, so many must give the figure at all."""
LEAST_PATIENTS = 5
"""Fewer patients look alike on every draw, so that an interval over them would be far too narrow."""

Rows = NDArray[np.intp]
Float64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Draws:
    """The same draws for every figure, so that differences are paired: each (pictures of the patients drawn,) rows."""

    rows: tuple[Rows, ...]
    patients: NDArray[np.intp]
    """(pictures,) the number of each one's patient."""

    @classmethod
    def of(cls, patients: Sequence[str], seed: int, rounds: int | None = None) -> "Draws":
        """Draw as many patients as there are with replacement, each with all of their pictures; ``patients`` names each picture's.

        ``rounds`` times, ``ROUNDS`` unless told.
        """
        names, owner = np.unique(np.array(patients, dtype=np.str_), return_inverse=True)
        members = [np.flatnonzero(owner == index) for index in range(len(names))]
        random = np.random.default_rng(seed)
        drawn = (random.integers(0, len(names), len(names)) for _ in range((ROUNDS if rounds is None else rounds) if members else 0))
        return cls(tuple(np.concatenate([members[at] for at in own]) for own in drawn), np.asarray(owner, dtype=np.intp))

    def interval(self, figure: Callable[[Rows], float]) -> Interval | None:
        """The 95 % interval of ``figure`` of some rows; None where too many draws do not give it (NaN)."""
        return self.interval_of(np.array([figure(rows) for rows in self.rows], dtype=np.float64))

    def interval_of_mean(self, values: Float64) -> Interval | None:
        """The 95 % interval of the mean of (pictures,) values, NaN where a picture has none; None of too few patients."""
        known = np.isfinite(values)
        if len(np.unique(self.patients[known])) < LEAST_PATIENTS:
            return None
        filled = np.where(known, values, 0.0)
        counts = np.array([np.count_nonzero(known[rows]) for rows in self.rows], dtype=np.float64)
        sums = np.array([filled[rows].sum() for rows in self.rows], dtype=np.float64)
        return self.interval_of(sums[counts > 0] / counts[counts > 0])

    def interval_of(self, figures: Float64) -> Interval | None:
        """The 95 % interval of a figure that was computed on the draws, NaN or left out where one did not give it."""
        found = figures[np.isfinite(figures)]
        if not found.size or found.size < LEAST_SHARE * len(self.rows):
            return None
        low, high = np.percentile(found, [2.5, 97.5])
        return float(low), float(high)
