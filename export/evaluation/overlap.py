"""How far a mask agrees with an expert's: overlap and distance of the outlines, by MONAI."""

import warnings

import numpy as np
import torch
from monai.metrics import compute_average_surface_distance, compute_dice
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def _batch(mask: Mask) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(mask, dtype=np.uint8))[None, None]


def dice(one: Mask, other: Mask) -> float:
    """Twice the common area over the sum of both; (rows, columns) masks. 1 where both are empty, for then they agree."""
    return float(compute_dice(_batch(one), _batch(other), ignore_empty=False))


def surface_distance(one: Mask, other: Mask) -> float:
    """Mean distance in pixels from each point of either outline to the nearest of the other; NaN where a mask is empty."""
    if not one.any() or not other.any():
        return float("nan")
    with warnings.catch_warnings():
        # MONAI calls its own functions in a way that it warns of.
        warnings.simplefilter("ignore", FutureWarning)
        return float(compute_average_surface_distance(_batch(one), _batch(other), include_background=True, symmetric=True))
