"""How a picture looks, in a few bytes: a perceptual hash to find its likes by, and a thumbnail to confirm them with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.errors import UnreadablePictureError
from edge_app.radiograph.reader import read_picture
from export.datasets.canvases import UnreadableTrainingPictureError

SIDE = 32
READ_AT = 256
LOW = 8
FLAT = 0.025
"""A line at an edge whose standard deviation is below this share of the range is border, not picture."""
MOST_BORDER = 0.25
"""Of a side: no more is ever taken for border, so that a collimated or empty picture keeps its middle."""

FURTHEST_MOVE = 2.5
"""Of the thumbnail's pixels."""

Float32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Looks:
    """How n pictures look, each as it is and without its border.

    Attributes:
        hashes: (n, 2) uint64, the signs of the lowest frequencies (Zauner 2010).
        mirrored: (n, 2) uint64, the same of the picture seen in a mirror.
        thumbnails: (n, 2, 32, 32) float16, mean 0 and length 1, so that a product is a correlation.
    """

    hashes: NDArray[np.uint64]
    mirrored: NDArray[np.uint64]
    thumbnails: NDArray[np.float16]

    @classmethod
    def together(cls, looks: Sequence["Looks"]) -> "Looks":
        """Those of several pictures one after the other."""
        if not looks:
            return cls(np.zeros((0, 2), np.uint64), np.zeros((0, 2), np.uint64), np.zeros((0, 2, SIDE, SIDE), np.float16))
        return cls(
            np.concatenate([own.hashes for own in looks]),
            np.concatenate([own.mirrored for own in looks]),
            np.concatenate([own.thumbnails for own in looks]),
        )


def _border(lines: Float32) -> int:
    """How many lines from the first are border."""
    picture = np.flatnonzero(lines >= FLAT)
    return min(int(picture[0]) if picture.size else len(lines), int(len(lines) * MOST_BORDER))


def without_border(pixels: Float32) -> Float32:
    """The picture without uniform lines along its edges; (rows, columns) float32 in 0…1."""
    # Twice, for what lies beside a border above and below is uniform only once those are gone.
    for _ in range(2):
        spread = pixels.std(axis=1)
        pixels = pixels[_border(spread) : len(spread) - _border(spread[::-1])]
        spread = pixels.std(axis=0)
        pixels = pixels[:, _border(spread) : len(spread) - _border(spread[::-1])]
    return pixels


def _thumbnail(pixels: Float32) -> Float32:
    small = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    centred = small - small.mean()
    return np.asarray(centred / max(float(np.linalg.norm(centred)), 1e-6), dtype=np.float32)


def perceptual_hash(thumbnail: Float32) -> np.uint64:
    """64 bits: which of the 8 × 8 lowest frequencies of the cosine transform lie above their median."""
    low = cv2.dct(thumbnail)[:LOW, :LOW].ravel()
    return np.uint64(int.from_bytes(np.packbits(low > np.median(low[1:])).tobytes(), "big"))


def look_of_pixels(pixels: Float32) -> Looks:
    """How a picture looks, from (rows, columns) float32 in 0…1."""
    thumbnails = [_thumbnail(pixels), _thumbnail(without_border(pixels))]
    return Looks(
        np.array([[perceptual_hash(own) for own in thumbnails]]),
        np.array([[perceptual_hash(np.ascontiguousarray(own[:, ::-1])) for own in thumbnails]]),
        np.array([thumbnails], dtype=np.float16),
    )


def look_of(path: Path) -> Looks:
    """How the picture in a file looks.

    Raises:
        UnreadableTrainingPictureError: it cannot be read; the message names the file.
    """
    try:
        return look_of_pixels(read_picture(path, longest_side=READ_AT).windowed(READ_AT))
    except UnreadablePictureError as error:
        raise UnreadableTrainingPictureError(f"{path}: {error}") from error


def aligned_correlation(first: Float32, second: Float32) -> Float32:
    """(n,) correlation of (n, 32, 32) thumbnails with others, each of which may be shifted and stretched by a little to fit.

    A picture a little moved is, to first order, itself plus its slopes (Lucas & Kanade 1981): one least-squares fit instead of a search.
    Where the fit asks for more than two or three pixels of the thumbnail it is no copy, and counts as 0.
    """
    place = (np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2) / (SIDE / 2)
    down, across = np.gradient(second, axis=(1, 2))
    parts = np.stack([second, across, down, across * place, down * place[:, None]], axis=-1).reshape(len(second), SIDE * SIDE, 5)
    parts -= parts.mean(axis=1, keepdims=True)
    wanted = first.reshape(len(first), SIDE * SIDE, 1)
    wanted = wanted - wanted.mean(axis=1, keepdims=True)
    turned = parts.transpose(0, 2, 1)
    weights = np.linalg.solve(turned @ parts + 1e-6 * np.eye(5, dtype=np.float32), turned @ wanted)
    fitted = np.linalg.norm(parts @ weights, axis=(1, 2)) / np.maximum(np.linalg.norm(wanted, axis=(1, 2)), 1e-6)
    moved = np.abs(weights[:, 1:, 0]).max(axis=1)
    return np.where(moved < FURTHEST_MOVE * np.maximum(weights[:, 0, 0], 0.1), fitted, 0.0).astype(np.float32)
