"""Makes a picture smaller before any floating-point work is done on it."""

import cv2
import numpy as np
from numpy.typing import NDArray


def shrunk(values: NDArray[np.uint16], rows: int, columns: int, longest_side: int | None) -> NDArray[np.uint16]:
    """(rows, columns) uint16 shrunk by area so that the longest side is at most ``longest_side``; never enlarged.

    ``rows`` and ``columns`` are the original's: a picture that was decoded at half its size comes out as large as one that was not.
    """
    factor = 1.0 if longest_side is None else longest_side / max(rows, columns)
    if factor >= 1:
        return values
    size = (max(1, round(columns * factor)), max(1, round(rows * factor)))
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), dtype=np.uint16)


def halvings_for(rows: int, columns: int, longest_side: int | None, available: int) -> int:
    """How often a picture may be halved while its longest side stays at least ``longest_side``."""
    if longest_side is None:
        return 0
    halvings = 0
    while halvings < available and -(-max(rows, columns) // (2 << halvings)) >= longest_side:
        halvings += 1
    return halvings
