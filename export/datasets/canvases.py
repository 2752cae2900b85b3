"""Pictures decoded and letterboxed once, kept as bytes, so that an epoch costs no decoding."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.radiograph.picture import Facts, Picture, VoiFunction, Window
from edge_app.reading.canvas import letterbox
from export.atomic import replacing
from export.datasets.labelled import Labelled


class UnreadableTrainingPictureError(Exception):
    """A picture of a training set cannot be decoded; the message names the file."""


def opened(path: Path) -> Picture:
    """An 8-bit grey JPEG or PNG as the box's picture, its whole range shown."""
    pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise UnreadableTrainingPictureError(str(path))
    window = Window(127.5, 255.0, VoiFunction.LINEAR_EXACT)
    return Picture(pixels.astype(np.uint16), window, pixels.shape[0], pixels.shape[1], None, Facts())


def canvases(pictures: Sequence[Labelled], side: int, folder: Path) -> NDArray[np.uint8]:
    """(pictures, side, side) uint8, letterboxed as on the box; made once and kept in ``folder``, opened as a memory map."""
    listing = "\n".join(f"{picture.path} {picture.path.stat().st_size}" for picture in pictures)
    key = hashlib.sha256(f"{side}\n{listing}".encode()).hexdigest()[:20]
    kept = folder / f"canvases-{side}-{key}.npy"
    if not kept.is_file():
        made = np.empty((len(pictures), side, side), dtype=np.uint8)
        for index, picture in enumerate(pictures):
            made[index] = np.rint(letterbox(opened(picture.path).windowed(side), side, side) * 255.0).astype(np.uint8)
        with replacing(kept) as temporary, temporary.open("wb") as file:
            np.save(file, made)
    return np.asarray(np.load(kept, mmap_mode="r"), dtype=np.uint8)
