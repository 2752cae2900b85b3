"""Pictures decoded and letterboxed once, kept as bytes, so that an epoch costs no decoding."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import UnreadablePictureError
from edge_app.radiograph.picture import Picture
from edge_app.radiograph.reader import read_picture
from edge_app.reading.canvas import letterbox
from export.atomic import replacing
from export.datasets.labelled import Labelled


class UnreadableTrainingPictureError(Exception):
    """A picture of a training set cannot be read; the message names the file and why."""


def opened(path: Path) -> Picture:
    """A picture of a training set, read by the box's own reader."""
    try:
        return read_picture(path)
    except UnreadablePictureError as error:
        raise UnreadableTrainingPictureError(f"{path}: {error}") from error


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
