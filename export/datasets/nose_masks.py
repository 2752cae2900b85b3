"""The nose of a marked skull as masks: the ellipse in its box, which keeps its size however a head is turned, and a disc on each point."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np

from edge_app.reading.nose import NASION, NOSE, STRUCTURES, SUBNASALE
from export.atomic import write_png
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled
from export.datasets.nose_boxes import Point, box_around

FOLDER = "nose_masks"
_DISC = 0.12
"""Of the nose's height: the radius of the disc on a point. Two readers lie 0.07 apart, but such discs are few pixels, and hardly teach."""


def with_noses(skulls: Sequence[Labelled], marked: Mapping[Path, tuple[Point, Point]], folder: Path) -> list[Labelled]:
    """The skulls whose nasion and subnasale are marked (in pixels of the picture), each with its masks, written once below ``folder``."""
    found = []
    for skull in skulls:
        points = marked.get(skull.path)
        if points is None:
            continue
        named = crc32(f"{skull.source} {skull.path.name} {_DISC} {points}".encode())
        files = {name: folder / FOLDER / f"{named:08x}.{name}.png" for name in STRUCTURES}
        if not all(file.is_file() for file in files.values()):
            _write(skull.path, points, files)
        found.append(replace(skull, masks=files))
    return found


def _write(skull: Path, points: tuple[Point, Point], files: Mapping[str, Path]) -> None:
    whole = opened(skull)
    (nasion, subnasale), (left, top, width, height) = points, box_around(*points)
    radius = _DISC * (subnasale[1] - nasion[1])
    drawn = {
        NOSE: ((left + width / 2, top + height / 2), (width, height)),
        NASION: (nasion, (2 * radius, 2 * radius)),
        SUBNASALE: (subnasale, (2 * radius, 2 * radius)),
    }
    for name, ((x, y), size) in drawn.items():
        mask = np.zeros((whole.rows, whole.columns), dtype=np.uint8)
        cv2.ellipse(mask, ((x - 0.5, y - 0.5), size, 0.0), (255,), -1)
        files[name].parent.mkdir(parents=True, exist_ok=True)
        write_png(files[name], mask)


def without_noses(pictures: Sequence[Labelled], folder: Path) -> list[Labelled]:
    """Pictures on which there is no nose, with an empty mask that says so."""
    file = folder / FOLDER / "none.png"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_png(file, np.zeros((8, 8), dtype=np.uint8))
    return [replace(picture, masks={NOSE: file}) for picture in pictures]
