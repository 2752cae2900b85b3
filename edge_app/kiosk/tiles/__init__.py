"""A reading in small pictures side by side, for the protocols that were published with some."""

from pathlib import Path

from edge_app.kiosk.tiles import newborn, nose
from edge_app.kiosk.tiles.drawing import Tile
from edge_app.radiograph.picture import Picture
from edge_app.reading.finding import Protocol, Reading

__all__ = ["Tile", "drawn_tile", "tiles_of"]

_ROWS = {Protocol.NEONATAL_RDS: newborn, Protocol.NASAL_BONE: nose}


def tiles_of(reading: Reading, folder: Path) -> tuple[Tile, ...]:
    """The small pictures that there are of a reading whose maps lie in ``folder``, from left to right."""
    row = _ROWS.get(reading.protocol)
    return () if row is None else row.tiles_of(reading, folder)


def drawn_tile(picture: Picture, reading: Reading, tile: Tile, folder: Path) -> bytes:
    """One of ``tiles_of`` the reading, a PNG of at most ``drawing.TILE_SIDE`` pixels a side."""
    drawn: bytes = _ROWS[reading.protocol].drawn_tile(picture, reading, tile, folder)
    return drawn
