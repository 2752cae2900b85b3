"""The nose of a marked skull as a mask: the ellipse in its box, which keeps its size however the head is turned."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np

from edge_app.reading.finding import Box
from edge_app.reading.protocols.nasal_bone import NOSE
from export.atomic import write_png
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled

FOLDER = "nose_masks"


def with_noses(skulls: Sequence[Labelled], noses: Mapping[Path, Box], folder: Path) -> list[Labelled]:
    """The skulls whose nose is marked (in pixels of the picture), each with a mask of it, written once below ``folder``."""
    found = []
    for skull in skulls:
        nose = noses.get(skull.path)
        if nose is None:
            continue
        named = crc32(f"{skull.source} {skull.path.name} {nose.x:.1f} {nose.y:.1f} {nose.width:.1f} {nose.height:.1f}".encode())
        file = folder / FOLDER / f"{named:08x}.png"
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            whole = opened(skull.path)
            mask = np.zeros((whole.rows, whole.columns), dtype=np.uint8)
            middle = (nose.x + nose.width / 2 - 0.5, nose.y + nose.height / 2 - 0.5)
            cv2.ellipse(mask, (middle, (nose.width, nose.height), 0.0), (255,), -1)
            write_png(file, mask)
        found.append(replace(skull, masks={NOSE: file}))
    return found


def without_noses(pictures: Sequence[Labelled], folder: Path) -> list[Labelled]:
    """Pictures on which there is no nose, with an empty mask that says so."""
    file = folder / FOLDER / "none.png"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_png(file, np.zeros((8, 8), dtype=np.uint8))
    return [replace(picture, masks={NOSE: file}) for picture in pictures]
