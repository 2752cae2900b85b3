"""Pictures decoded and letterboxed once, kept as bytes, so that an epoch costs no decoding."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.progress import followed
from edge_app.radiograph.picture import Picture
from edge_app.radiograph.reader import read_picture
from edge_app.radiograph.video import read_video
from edge_app.reading.alignment import shown
from edge_app.reading.canvas import letterbox
from edge_app.reading.card import Input
from edge_app.reading.finding import Box
from export.datasets.kept import kept_array
from export.datasets.labelled import Labelled, listed


class UnreadableTrainingPictureError(Exception):
    """A picture of a training set cannot be read; the message names the file and why."""


def opened(path: Path) -> Picture:
    """A picture of a training set, read by the box's own reader; of a video the frame in its middle."""
    try:
        return read_picture(path)
    except UnreadablePictureError as error:
        if error.reason is Refusal.MULTI_FRAME:
            video = read_video(path)
            return video.still(len(video.frames) // 2)
        raise UnreadableTrainingPictureError(f"{path}: {error}") from error


def kept_canvases(named: str, count: int, side: int, folder: Path, make: Callable[[int], NDArray[np.float32]]) -> NDArray[np.uint8]:
    """(count, side, side) uint8 of what ``make`` gives by place, (side, side) in 0…1; made once for a name, then opened as a memory map."""

    def made() -> NDArray[np.uint8]:
        array = np.empty((count, side, side), dtype=np.uint8)
        for index in followed(range(count), f"pictures made ready at {side}²"):
            array[index] = np.rint(make(index) * 255.0).astype(np.uint8)
        return array

    return kept_array(f"canvases-{side}", f"{side}\n{named}", folder, made)


def canvases(pictures: Sequence[Labelled], side: int, folder: Path) -> NDArray[np.uint8]:
    """(pictures, side, side) uint8, letterboxed as on the box."""
    listing = listed(pictures)

    def boxed(index: int) -> NDArray[np.float32]:
        return letterbox(opened(pictures[index].path).windowed(side), side, side)

    return kept_canvases(listing, len(pictures), side, folder, boxed)


def part_canvases(pictures: Sequence[Labelled], parts: Sequence[Box | None], side: int, folder: Path) -> NDArray[np.uint8]:
    """(pictures, side, side) uint8 of what lies in each part, cut out and letterboxed as on the box; the whole where there is none."""
    plain = Input(height=side, width=side, mean=0.0, std=1.0)

    def cut(index: int) -> NDArray[np.float32]:
        return np.asarray(shown(opened(pictures[index].path), parts[index], plain)[0][0, 0])

    key = listed(pictures, parts)
    return kept_canvases(f"lungs {key}", len(pictures), side, folder, cut)
