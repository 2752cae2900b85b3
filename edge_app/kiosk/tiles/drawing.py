"""What small pictures are made of: a part of the radiograph, what a network saw on it, and files that the reading service wrote."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.radiograph.picture import Picture
from edge_app.reading.finding import Box

TILE_SIDE = 320
OUTLINE, WARM = (255, 224, 96), (255, 140, 32)
"""Red, green, blue."""
_MOST_HEAT = 0.75

Drawn = NDArray[np.float32]
"""(rows, columns, 3) blue, green, red in 0…255."""


class Tile(StrEnum):
    """What one of them shows: of a newborn both lungs and the map, everywhere and within them; of a nose itself, what is suspected on it
    and what it would look like without."""

    LUNGS = "lungs"
    EVERYWHERE = "everywhere"
    WITHIN = "within"
    NOSE = "nose"
    SUSPECTED = "suspected"
    REPAIRED = "repaired"


def own_file(files: Mapping[str, Path], name: str, folder: Path) -> Path | None:
    """Where the file of that name lies; None where it is not there.

    Only what the reading service wrote into its own ``folder`` is ever served, whatever a row says.
    """
    path = files.get(name)
    resolved = None if path is None else path.resolve()
    return resolved if resolved is not None and resolved.is_relative_to(folder.resolve()) and resolved.is_file() else None


def size_of(box: Box) -> tuple[int, int]:
    """Width and height of the small picture of a box."""
    factor = TILE_SIDE / max(box.width, box.height)
    return max(1, round(box.width * factor)), max(1, round(box.height * factor))


def cropped(picture: Picture, box: Box) -> Drawn:
    """What lies in a box of the picture (original pixels), as small as ``size_of`` says."""
    grey = _part(picture.windowed(), box, picture.columns, size_of(box))
    return np.repeat(np.rint(grey * np.float32(255.0))[..., None], 3, axis=2)


def outlined(drawn: Drawn, polygons: list[NDArray[np.float64]], box: Box) -> Drawn:
    """The small picture of a box with closed lines on it, each (points, 2) in original pixels."""
    factor = TILE_SIDE / max(box.width, box.height)
    canvas = np.ascontiguousarray(drawn, dtype=np.uint8)
    lines = [np.rint((polygon - (box.x, box.y)) * factor).astype(np.int32) for polygon in polygons]
    cv2.polylines(canvas, lines, isClosed=True, color=OUTLINE[::-1], thickness=2, lineType=cv2.LINE_AA)
    return canvas.astype(np.float32)


def heated(drawn: Drawn, file: Path, picture: Picture, box: Box) -> Drawn:
    """The small picture of a box under a heat map of the whole picture; as it was where the file is none."""
    heat = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    if heat is None:
        return drawn
    share = _part(np.asarray(heat, dtype=np.float32) / max(1.0, float(heat.max())), box, picture.columns, size_of(box))
    weight = np.float32(_MOST_HEAT) * share[..., None]
    return np.asarray(drawn * (1 - weight) + np.array(WARM[::-1], dtype=np.float32) * weight, dtype=np.float32)


def encoded(drawn: Drawn) -> bytes:
    """As a PNG."""
    return bytes(cv2.imencode(".png", np.clip(drawn, 0, 255).astype(np.uint8))[1].tobytes())


def _part(pixels: NDArray[np.float32], box: Box, columns: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """What lies in a box of a picture ``columns`` wide, of which ``pixels`` may be fewer, at ``size`` (width, height)."""
    scale = pixels.shape[1] / columns
    left, top = round(box.x * scale), round(box.y * scale)
    right, bottom = max(left + 1, round((box.x + box.width) * scale)), max(top + 1, round((box.y + box.height) * scale))
    part = pixels[top:bottom, left:right]
    shrinking = part.shape[1] > size[0]
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR), dtype=np.float32)
