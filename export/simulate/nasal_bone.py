"""The nasal bone on a lateral skull: a bright ridge that leaves the nasion downwards and forwards, traced to its tip."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]
Points = NDArray[np.float64]

_WIDTHS = (1.5, 2.5)
"""Pixels: how wide the ridge may be."""
_START, _END = 0.06, 0.55
"""Shares of the nose's height, from nasion to subnasale: from where to where the ridge is followed."""
_DEGREES = np.deg2rad(np.arange(25.0, 90.0))
"""Below the horizontal, looking the way the face does."""
_SIDEWAYS, _STIFF = 0.7, 0.0015
_LEAST_BONE, _FADED, _AHEAD, _SMOOTHED = 0.35, 0.35, 8, 9


@dataclass(frozen=True, eq=False)
class NasalBone:
    """The bone's ridge from near the nasion to its tip, (points, 2) x and y in pixels about one apart, on a face that looks right.

    ``height`` is the nose's, from nasion to subnasale, in pixels.
    """

    ridge: Points
    height: float

    @property
    def mm(self) -> float:
        """Pixels a millimetre, if this nose is 52 mm high as an adult's is on average (Farkas 1994)."""
        return self.height / 52.0

    @property
    def length(self) -> float:
        """Pixels."""
        return float(np.linalg.norm(np.diff(self.ridge, axis=0), axis=1).sum())

    def at(self, share: float) -> tuple[Points, Points]:
        """The point at that share of the length, and the unit vector along the bone towards its tip."""
        index = min(len(self.ridge) - 1, max(0, round(share * (len(self.ridge) - 1))))
        before, after = self.ridge[max(0, index - 5)], self.ridge[min(len(self.ridge) - 1, index + 5)]
        along = after - before
        return self.ridge[index], along / max(float(np.linalg.norm(along)), 1e-6)


def _ridges(grey: Grey) -> Grey:
    """How much of a bright line each pixel lies on: the larger curvature across it, over the widths."""
    found = np.zeros_like(grey)
    for width in _WIDTHS:
        soft = cv2.GaussianBlur(grey, (0, 0), width)
        across, down, both = (cv2.Sobel(soft, cv2.CV_32F, *order, ksize=3) for order in ((2, 0), (0, 2), (1, 1)))
        curved = (across + down) / 2 - np.sqrt(((across - down) / 2) ** 2 + both**2)
        found = np.maximum(found, np.maximum(-curved, 0.0) * np.float32(width**2))
    return np.asarray(found, dtype=np.float32)


def trace(grey: Grey, nasion: tuple[float, float], subnasale: tuple[float, float]) -> NasalBone:
    """Follow the bone on a picture (rows, columns) of a face that looks to the right; both points are x and y in pixels.

    The path that gathers most of the ridge is found from one radius around the nasion to the next, no further sideways than it is long;
    it ends where the ridge has faded.

    Raises:
        ValueError: the subnasale does not lie below the nasion.
    """
    height = subnasale[1] - nasion[1]
    if height <= 0:
        raise ValueError("the subnasale lies below the nasion")
    radii = np.arange(_START * height, _END * height)
    x = nasion[0] + radii[:, None] * np.cos(_DEGREES)
    y = nasion[1] + radii[:, None] * np.sin(_DEGREES)
    seen = cv2.remap(_ridges(grey), x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR).astype(np.float64)
    seen /= np.percentile(seen, 95) + 1e-6
    path = _best_path(np.minimum(seen, 1.5), radii)
    steps = np.arange(len(radii))
    along = np.convolve(seen[steps, path], np.ones(_SMOOTHED) / _SMOOTHED, "same")
    usual = float(np.median(along[: len(along) // 2]))
    least = round(_LEAST_BONE * len(along))
    end = next((at for at in range(least, len(along)) if along[at : at + _AHEAD].mean() < _FADED * usual), len(along) - 1)
    return NasalBone(np.stack([x[steps, path], y[steps, path]], axis=1)[: end + 1], height)


def _best_path(seen: NDArray[np.float64], radii: NDArray[np.float64]) -> NDArray[np.intp]:
    """(radii,): the direction at each radius of the path that gathers most of (radii, directions) without bending more than it may."""
    count = seen.shape[1]
    total, came_from = seen[0], np.zeros(seen.shape, dtype=np.intp)
    for row in range(1, len(radii)):
        most = max(1, round(float(np.rad2deg(_SIDEWAYS / radii[row]))))
        best, origin = np.full(count, -np.inf), np.zeros(count, dtype=np.intp)
        for bend in range(-most, most + 1):
            before = np.arange(count) - bend
            inside = (before >= 0) & (before < count)
            given = np.where(inside, total[np.clip(before, 0, count - 1)] - _STIFF * abs(bend) * radii[row], -np.inf)
            better = given > best
            best, origin = np.where(better, given, best), np.where(better, before, origin)
        total, came_from[row] = best + seen[row], origin
    path = [int(total.argmax())]
    for row in range(len(radii) - 1, 0, -1):
        path.append(int(came_from[row, path[-1]]))
    return np.array(path[::-1], dtype=np.intp)
