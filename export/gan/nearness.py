"""How near pictures come to those that were learnt from, and whether nearer than other patients do."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""(pictures, numbers), each of length 1."""
LOWEST = 0.01
SUSPICIOUS = 0.05
_OTHERS = 10


def unit(rows: NDArray[np.float32], middle: NDArray[np.float32] | None = None) -> Vectors:
    """Each row as it differs from the ``middle`` (numbers,), or from its own mean where there is none, at length 1."""
    own = rows - (rows.mean(1, keepdims=True) if middle is None else middle)
    return np.asarray(own / np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-6), dtype=np.float32)


@dataclass(frozen=True)
class Nearest:
    """Of each picture the nearest taught one.

    Attributes:
        index: (pictures,) its number.
        distance: (pictures,) length of the difference of both vectors, 0…2.
        lead: (pictures,) that distance as a share of the mean one to the ten next patients: near 1 for a picture that is merely ordinary,
            near 0 for a copy, which one patient is nearer to than all others.
    """

    index: NDArray[np.int64]
    distance: NDArray[np.float64]
    lead: NDArray[np.float64]


def nearest(pictures: Vectors, taught: Sequence[Vectors], patients: Sequence[str]) -> Nearest:
    """Hold pictures against several views of the taught ones (as they are, mirrored), each of which is of these ``patients``."""
    likeness = np.max([pictures @ view.T for view in taught], axis=0)
    distance = np.sqrt(np.maximum(2.0 - 2.0 * likeness.astype(np.float64), 0.0))
    index = distance.argmin(1)
    _, number = np.unique(np.asarray(patients), return_inverse=True)
    order = np.argsort(number, kind="stable")
    starts = np.flatnonzero(np.diff(number[order], prepend=-1))
    by_patient = np.sort(np.minimum.reduceat(distance[:, order], starts, axis=1), axis=1)
    least = by_patient[:, 0]
    others = by_patient[:, 1 : 1 + _OTHERS]
    next_ones = others.mean(1) if others.shape[1] else np.ones(len(pictures))
    return Nearest(index.astype(np.int64), least, least / np.maximum(next_ones, 1e-9))


@dataclass(frozen=True)
class Nearness:
    """Drawn pictures held against patients that were never learnt from, by one measure."""

    measure: str
    drawn: Nearest
    unseen: Nearest

    def _share(self, drawn: NDArray[np.float64], unseen: NDArray[np.float64]) -> float:
        return float((drawn < np.quantile(unseen, LOWEST)).mean())

    @property
    def nearer(self) -> float:
        """The share of drawn pictures that are nearer to a taught one than all but 1 % of the unseen ones; chance gives 1 %."""
        return self._share(self.drawn.distance, self.unseen.distance)

    @property
    def leading(self) -> float:
        """The same of the lead that the nearest patient has."""
        return self._share(self.drawn.lead, self.unseen.lead)

    @property
    def copies(self) -> bool:
        """Whether more drawn pictures are nearer than chance would have it, and that to one patient and not to ordinary chests."""
        return self.nearer > SUSPICIOUS and self.leading > SUSPICIOUS


def frechet(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Fréchet distance of the normal distributions that two sets of features (n, numbers) have (Heusel et al. 2017).

    The trace of the root of the product of both covariances is the sum of the singular values of the product of their roots.
    """
    one, other = (rows.astype(np.float64) for rows in (first, second))
    spread_one, spread_other = (np.linalg.qr(rows - rows.mean(0), mode="r") / np.sqrt(max(len(rows) - 1, 1)) for rows in (one, other))
    shared = np.linalg.svd(spread_one @ spread_other.T, compute_uv=False).sum()
    apart = np.square(one.mean(0) - other.mean(0)).sum()
    return float(apart + np.square(spread_one).sum() + np.square(spread_other).sum() - 2.0 * shared)
