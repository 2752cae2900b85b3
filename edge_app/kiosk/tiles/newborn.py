"""A newborn's reading in three small pictures side by side, as published: the lungs, the network's map, and the map in the lungs alone."""

from pathlib import Path

import numpy as np

from edge_app.kiosk.tiles.drawing import Tile, cropped, encoded, heated, outlined, own_file
from edge_app.radiograph.picture import Picture
from edge_app.reading.finding import Box, Reading
from edge_app.reading.protocols.neonatal_rds import EVERYWHERE, RDS
from edge_app.reading.protocols.on_lungs import LUNGS

_MARGIN = 0.25
_MAP_OF = {Tile.EVERYWHERE: EVERYWHERE, Tile.WITHIN: RDS}


def tiles_of(reading: Reading, folder: Path) -> tuple[Tile, ...]:
    """The lungs where they were found, and the maps that there are."""
    if _thorax(reading) is None:
        return ()
    return (Tile.LUNGS, *(tile for tile, name in _MAP_OF.items() if own_file(reading.maps, name, folder) is not None))


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
    """One of ``tiles_of`` the reading, as PNG."""
    box = _thorax(reading)
    assert box is not None  # noqa: S101  (it is one of the tiles)
    drawn, name = cropped(picture, box), _MAP_OF.get(tile)
    if name is None:
        lungs = [np.array(polygon) for outline in reading.outlines if outline.name in LUNGS for polygon in outline.polygons]
        return encoded(outlined(drawn, lungs, box))
    file = own_file(reading.maps, name, folder)
    return encoded(drawn if file is None else heated(drawn, file, picture, box))
