"""One grey picture in five renderings, each of which shows something that another hides; a network learns what to take of each.

As published for videofluoroscopy: as it is, sharpened, with its contrast evened out within small regions (CLAHE, Zuiderveld 1994), the same
twice, and that sharpened.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]

RENDERINGS = ("original", "sharpened", "evened", "evened_twice", "evened_sharpened")
"""In the order of the channels."""
_REGIONS = 8
"""Along each side."""
_CLIP = 2.0
_BLUR = 1.0 / 128.0
"""Of the longer side: what is sharpened is what a blur of this standard deviation takes away."""
_SHARPER = 1.0


def _evened(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.createCLAHE(_CLIP, (_REGIONS, _REGIONS)).apply(levels), dtype=np.uint8)


def _sharpen(grey: Grey, into: Grey) -> None:
    added = np.asarray(cv2.GaussianBlur(grey, (0, 0), max(grey.shape) * _BLUR), dtype=np.float32)
    np.subtract(grey, added, out=added)
    added *= np.float32(_SHARPER)
    added += grey
    np.clip(added, 0.0, 1.0, out=into)


def renderings(grey: Grey) -> Grey:
    """(rows, columns) float32 in 0…1 → (5, rows, columns), likewise."""
    shown, scale = np.empty((len(RENDERINGS), *grey.shape), dtype=np.float32), np.float32(1.0 / 255.0)
    once = _evened(np.rint(np.clip(grey, 0.0, 1.0) * 255.0).astype(np.uint8))
    shown[0] = grey
    _sharpen(grey, shown[1])
    np.multiply(once, scale, out=shown[2])
    np.multiply(_evened(once), scale, out=shown[3])
    _sharpen(shown[2], shown[4])
    return shown
