"""A chest made to look as every chest does, whatever made the picture: fine and coarse contrast brought to one measure.

Every manufacturer sharpens, flattens and stretches in its own way, and a network that has seen one hospital takes its way for disease.
After Philipsen et al. 2015 (Localized energy-based normalization of medical images: application to chest radiography) a picture is taken
apart into bands of one octave each, and every band is given the energy that is usual in it.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]

BORDER = np.float32(1.5 / 255.0)
"""What is darker is border, whatever it comes from, and has no say in what the rest is measured by."""
_FINEST = 1.0 / 200.0
"""Of the longer side: the standard deviation of the finest blur. Finer than that is noise, which is not brought to any measure."""
_BANDS = 5
_LEAST = 1e-4
_LARGEST_GAIN = 4.0
_LEAST_INSIDE = 16


@dataclass(frozen=True)
class Look:
    """How a picture looks whatever it shows.

    Attributes:
        energies: root mean square of each band, finest first.
        middle: the mean of what is coarser than all bands.
        spread: its standard deviation.
    """

    energies: tuple[float, ...]
    middle: float
    spread: float


_USUAL = Look((0.034, 0.027, 0.041, 0.062, 0.076), middle=0.5, spread=0.085)
"""The energies in the proportions of 600 chests of four sources, cut out around the lungs."""


@dataclass(frozen=True)
class _Apart:
    """A picture's bands, finest first, what is left, and where it is no border."""

    bands: list[Grey]
    rest: Grey
    inside: NDArray[np.bool_]

    def look(self) -> Look:
        """How it looks where it is no border."""
        own = self.rest[self.inside]
        energies = tuple(float(np.sqrt(np.mean(np.square(band[self.inside])))) for band in self.bands)
        return Look(energies, float(own.mean()), float(own.std()))


def _blurred(grey: Grey, sigma: float) -> Grey:
    """By way of a smaller picture where the blur is wide: the same within what the eye sees, and far quicker."""
    factor = max(1, int(sigma / 2.0))
    rows, columns = grey.shape
    if factor == 1:
        return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), dtype=np.float32)
    small = cv2.resize(grey, (max(4, columns // factor), max(4, rows // factor)), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), sigma / factor, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(soft, (columns, rows), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def bands_of(grey: Grey) -> tuple[list[Grey], Grey]:
    """(rows, columns) → its bands of one octave each, finest first, with what is finer than all of them in the first, and what is left."""
    sigma, bands, rest = _FINEST * max(grey.shape), [], grey
    for _ in range(_BANDS):
        sigma *= 2.0
        softer = _blurred(grey, sigma)
        bands.append(np.asarray(rest - softer, dtype=np.float32))
        rest = softer
    return bands, rest


def _taken_apart(grey: Grey) -> _Apart | None:
    inside = grey > BORDER
    if np.count_nonzero(inside) < _LEAST_INSIDE:
        return None
    bands, rest = bands_of(np.where(inside, grey, np.float32(grey[inside].mean())))
    return _Apart(bands, rest, inside)


def look_of(grey: Grey) -> Look | None:
    """How a picture (rows, columns) in 0…1 looks; None of one that is nearly all border."""
    apart = _taken_apart(grey)
    return None if apart is None else apart.look()


def shown_as(grey: Grey, look: Look, *, largest_gain: float = math.inf) -> Grey:
    """(rows, columns) float32 in 0…1 → the same shape in 0…1 with that look, as far as no band is strengthened beyond ``largest_gain``.

    Borders are 0; a picture that is nearly all border comes back as it is.
    """
    apart = _taken_apart(grey)
    if apart is None:
        return grey
    own = apart.look()

    def gain(wanted: float, has: float) -> np.float32:
        return np.float32(min(wanted / max(has, _LEAST), largest_gain))

    made = (apart.rest - np.float32(own.middle)) * gain(look.spread, own.spread) + np.float32(look.middle)
    for band, wanted, has in zip(apart.bands, look.energies, own.energies, strict=True):
        made = made + band * gain(wanted, has)
    return np.asarray(np.where(apart.inside, np.clip(made, 0.0, 1.0), np.float32(0.0)), dtype=np.float32)


def standardised(grey: Grey) -> Grey:
    """(rows, columns) float32 in 0…1 → the same shape in 0…1 with the usual look, see ``shown_as``."""
    return shown_as(grey, _USUAL, largest_gain=_LARGEST_GAIN)
