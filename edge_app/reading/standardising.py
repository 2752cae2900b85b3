"""A chest made to look as every chest does, whatever made the picture: fine and coarse contrast brought to one measure.

Every manufacturer sharpens, flattens and stretches in its own way, and a network that has seen one hospital takes its way for disease.
After Philipsen et al. 2015 (Localized energy-based normalization of medical images: application to chest radiography) a picture is taken
apart into bands of one octave each, and every band is given the energy that is usual in it.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]

BORDER = np.float32(1.5 / 255.0)
"""What is darker is border, whatever it comes from, and has no say in what the rest is measured by."""
_FINEST = 1.0 / 200.0
"""Of the longer side: the standard deviation of the finest blur. Finer than that is noise, which is not brought to any measure."""
_BANDS = 5
_USUAL = (0.034, 0.027, 0.041, 0.062, 0.076)
"""Root mean square of each band, finest first: in the proportions of 600 chests of four sources, cut out around the lungs."""
_USUAL_MIDDLE, _USUAL_SPREAD = 0.5, 0.085
_LEAST = 1e-4
_LARGEST_GAIN = 4.0
_LEAST_INSIDE = 16


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


def standardised(grey: Grey) -> Grey:
    """(rows, columns) float32 in 0…1 → the same shape in 0…1, borders 0; a picture that is nearly all border comes back as it is."""
    inside = grey > BORDER
    if np.count_nonzero(inside) < _LEAST_INSIDE:
        return grey
    filled = np.where(inside, grey, np.float32(grey[inside].mean()))
    bands, rest = bands_of(filled)
    own = rest[inside]
    middle, spread = float(own.mean()), float(own.std())
    made = (rest - np.float32(middle)) * np.float32(min(_USUAL_SPREAD / max(spread, _LEAST), _LARGEST_GAIN)) + np.float32(_USUAL_MIDDLE)
    for band, usual in zip(bands, _USUAL, strict=True):
        energy = float(np.sqrt(np.mean(np.square(band[inside]))))
        made = made + band * np.float32(min(usual / max(energy, _LEAST), _LARGEST_GAIN))
    return np.asarray(np.where(inside, np.clip(made, 0.0, 1.0), np.float32(0.0)), dtype=np.float32)
