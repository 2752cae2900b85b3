"""Tubes, lines and leads of real pictures, as people outlined them, pasted onto other pictures."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]
Bytes = NDArray[np.uint8]

_EDGE = 2
"""Pixels around an outline that still belong to what is outlined."""
_RADIUS = 4
_LEAST_PIXELS = 12
_MOST_AT_ONCE = 3


def device_of(picture: Bytes, mask: NDArray[np.bool_]) -> Grey | None:
    """(side, side) of a picture with an outlined device → what the device adds to its background, cut out; None of a speck.

    The background is what the surroundings make likely under it (Telea 2004).
    """
    if np.count_nonzero(mask) < _LEAST_PIXELS:
        return None
    wide = cv2.dilate(mask.astype(np.uint8), np.ones((2 * _EDGE + 1,) * 2, dtype=np.uint8))
    behind = cv2.inpaint(picture, wide, _RADIUS, cv2.INPAINT_TELEA)
    added = (picture.astype(np.float32) - behind.astype(np.float32)) / np.float32(255) * wide
    x, y, width, height = cv2.boundingRect(wide)
    return np.ascontiguousarray(added[y : y + height, x : x + width], dtype=np.float32)


def with_devices(grey: Grey, devices: Sequence[Grey], random: np.random.Generator) -> Grey:
    """(side, side) in 0…1 with one to three of the ``devices``, each turned, sized and put anywhere."""
    made = grey.copy()
    for _ in range(int(random.integers(1, _MOST_AT_ONCE + 1))):
        own = devices[int(random.integers(len(devices)))]
        size, angle = float(np.exp(random.uniform(-0.5, 0.4))), random.uniform(-180.0, 180.0)
        height, width = own.shape
        turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, size)
        turn[:, 2] += random.uniform(0.1, 0.9, 2) * np.array(grey.shape[::-1]) - np.array([(width - 1) / 2, (height - 1) / 2])
        laid = cv2.warpAffine(own, turn, grey.shape[::-1], flags=cv2.INTER_LINEAR, borderValue=(0.0,))
        made += np.float32(random.uniform(0.6, 1.6)) * laid
    return np.asarray(np.clip(made, 0.0, 1.0), dtype=np.float32)
