"""A nose's reading in three small pictures side by side, as published: the nose, what is suspected on it, and the nose as it would be
without. The last is no picture of the patient, and its words say so."""

from pathlib import Path

import cv2
import numpy as np

from edge_app.kiosk.tiles.drawing import Tile, cropped, encoded, heated, outlined, own_file, size_of
from edge_app.radiograph.picture import Picture
from edge_app.reading.finding import Box, Reading
from edge_app.reading.nose import NOSE, nose_square
from edge_app.reading.protocols.nasal_bone import NASAL_FRACTURE


def tiles_of(reading: Reading, folder: Path) -> tuple[Tile, ...]:
    """The nose where it was found; the rest where it is suspected to be broken, for what is not there cannot be repaired."""
    if _nose(reading) is None:
        return ()
    finding = next((own for own in reading.findings if own.name == NASAL_FRACTURE), None)
    if finding is None or not finding.called:
        return (Tile.NOSE,)
    there = {
        Tile.SUSPECTED: own_file(reading.maps, NASAL_FRACTURE, folder),
        Tile.REPAIRED: own_file(reading.repaired, NASAL_FRACTURE, folder),
    }
    return (Tile.NOSE, *(tile for tile, file in there.items() if file is not None))


def _nose(reading: Reading) -> Box | None:
    """The square that was looked at, as far as it lies on the picture."""
    nose = reading.regions.get(NOSE)
    return None if nose is None or reading.rows is None or reading.columns is None else nose_square(nose, reading.rows, reading.columns)


def drawn_tile(picture: Picture, reading: Reading, tile: Tile, folder: Path) -> bytes:
    """One of ``tiles_of`` the reading, as PNG."""
    box = _nose(reading)
    assert box is not None  # noqa: S101  (it is one of the tiles)
    drawn = cropped(picture, box)
    if tile is Tile.SUSPECTED:
        file = own_file(reading.maps, NASAL_FRACTURE, folder)
        if file is not None:
            drawn = heated(drawn, file, picture, box)
        for found in reading.places(NASAL_FRACTURE):
            right, bottom = found.x + found.width, found.y + found.height
            drawn = outlined(drawn, [np.array([(found.x, found.y), (right, found.y), (right, bottom), (found.x, bottom)])], box)
    if tile is Tile.REPAIRED:
        file = own_file(reading.repaired, NASAL_FRACTURE, folder)
        grey = None if file is None else cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        if grey is not None:
            sized = cv2.resize(grey, size_of(box), interpolation=cv2.INTER_LINEAR)
            drawn = np.repeat(np.asarray(sized, dtype=np.float32)[..., None], 3, axis=2)
    return encoded(drawn)
