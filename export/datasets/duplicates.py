"""The same exposure gathered twice, under two names and sometimes two labels."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from export.datasets.canvases import opened
from export.datasets.labelled import Labelled

THUMBNAIL = 24
SAME_EXPOSURE = 0.998
"""Correlation of thumbnails. Among NIH's pictures and RSNA's normals the same exposures lie above 0.9998 and all others below 0.99."""


def _thumbnails(pictures: Sequence[Labelled]) -> NDArray[np.float32]:
    flat = np.zeros((len(pictures), THUMBNAIL * THUMBNAIL), dtype=np.float32)
    for index, picture in enumerate(pictures):
        small = cv2.resize(opened(picture.path).windowed(), (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA).ravel()
        centred = small - small.mean()
        flat[index] = centred / max(float(np.linalg.norm(centred)), 1e-6)
    return flat


def without_duplicates(candidates: Sequence[Labelled], known: Sequence[Labelled]) -> list[Labelled]:
    """The candidates that are not the same exposure as a known picture."""
    if not candidates or not known:
        return list(candidates)
    alike = (_thumbnails(candidates) @ _thumbnails(known).T).max(axis=1)
    return [picture for picture, value in zip(candidates, alike, strict=True) if value < SAME_EXPOSURE]
