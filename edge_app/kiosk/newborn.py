"""A newborn's reading in three small pictures side by side, as published: the lungs, the network's map, and the map in the lungs alone."""

from enum import StrEnum
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.radiograph.picture import Picture
from edge_app.reading.finding import Box, Protocol, Reading
from edge_app.reading.protocols.neonatal_rds import EVERYWHERE, RDS
from edge_app.reading.protocols.on_lungs import LUNGS

TILE_SIDE = 320
_MARGIN = 0.25
_OUTLINE, _WARM = (255, 224, 96), (255, 140, 32)
"""Red, green, blue."""
_MOST_HEAT = 0.75


class Tile(StrEnum):
    """What one of them shows."""

    LUNGS = "lungs"
    EVERYWHERE = "everywhere"
    WITHIN = "within"


_MAP_OF = {Tile.EVERYWHERE: EVERYWHERE, Tile.WITHIN: RDS}


def map_file(reading: Reading, name: str, folder: Path) -> Path | None:
    """Where that heat map of a reading lies; None where it is not there.

    Only what the reading service wrote into its own ``folder`` is ever served, whatever a row says.
    """
    path = reading.maps.get(name)
    resolved = None if path is None else path.resolve()
    return resolved if resolved is not None and resolved.is_relative_to(folder.resolve()) and resolved.is_file() else None


def tiles_of(reading: Reading, folder: Path) -> tuple[Tile, ...]:
    """The small pictures that there are of a reading; none of any other protocol, nor without lungs."""
    if reading.protocol is not Protocol.NEONATAL_RDS or _thorax(reading) is None:
        return ()
    return (Tile.LUNGS, *(tile for tile, name in _MAP_OF.items() if map_file(reading, name, folder) is not None))


def _thorax(reading: Reading) -> Box | None:
    """A box around both lungs with room around it, in original pixels."""
    points = [point for outline in reading.outlines if outline.name in LUNGS for polygon in outline.polygons for point in polygon]
    if not points or reading.rows is None or reading.columns is None:
        return None
    (left, top), (right, bottom) = np.min(points, axis=0), np.max(points, axis=0)
    wide, high = _MARGIN * (right - left), _MARGIN * (bottom - top)
    left, top = max(0.0, left - wide), max(0.0, top - high)
    return Box(left, top, min(float(reading.columns), right + wide) - left, min(float(reading.rows), bottom + high) - top)


def drawn_tile(picture: Picture, reading: Reading, tile: Tile, folder: Path) -> bytes:
    """One of ``tiles_of`` the reading, a PNG of at most ``TILE_SIDE`` pixels a side."""
    box = _thorax(reading)
    assert box is not None  # noqa: S101  (it is one of the tiles)
    factor = TILE_SIDE / max(box.width, box.height)
    size = max(1, round(box.width * factor)), max(1, round(box.height * factor))
    grey = _part(picture.windowed(), box, picture.columns, size)
    drawn = np.repeat(np.rint(grey * 255.0)[..., None], 3, axis=2)
    name = _MAP_OF.get(tile)
    if name is None:
        drawn = np.ascontiguousarray(drawn, dtype=np.uint8)
        for outline in reading.outlines:
            if outline.name in LUNGS:
                polygons = [np.rint((np.array(polygon) - (box.x, box.y)) * factor).astype(np.int32) for polygon in outline.polygons]
                cv2.polylines(drawn, polygons, isClosed=True, color=_OUTLINE[::-1], thickness=2, lineType=cv2.LINE_AA)
    else:
        file = map_file(reading, name, folder)
        heat = None if file is None else cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        if heat is not None:
            share = _part(np.asarray(heat, dtype=np.float32) / max(1.0, float(heat.max())), box, picture.columns, size)
            weight = _MOST_HEAT * share[..., None]
            drawn = drawn * (1 - weight) + np.array(_WARM[::-1], dtype=np.float32) * weight
    return bytes(cv2.imencode(".png", np.clip(drawn, 0, 255).astype(np.uint8))[1].tobytes())


def _part(pixels: NDArray[np.float32], box: Box, columns: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """What lies in a box of a picture ``columns`` wide, of which ``pixels`` may be fewer, at ``size`` (width, height)."""
    scale = pixels.shape[1] / columns
    left, top = round(box.x * scale), round(box.y * scale)
    right, bottom = max(left + 1, round((box.x + box.width) * scale)), max(top + 1, round((box.y + box.height) * scale))
    part = pixels[top:bottom, left:right]
    shrinking = part.shape[1] > size[0]
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR), dtype=np.float32)
