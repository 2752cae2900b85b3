"""Examples of a set side by side, each with its file's name."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.canvas import letterbox
from export.atomic import replacing
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled
from export.datasets.split import in_mixed_order

COLUMNS = 6
TILE = 180
CAPTION = 18
EXAMPLES = 24
_LETTERS = 26


def examples(pictures: Sequence[Labelled], seed: int = 1) -> list[Labelled]:
    """A few pictures by way of example, first one of every kind and positive label, each of another patient as far as there are."""
    waiting = in_mixed_order(pictures, seed)
    chosen: dict[Path, Labelled] = {}
    shown: set[str] = set()
    for picture in waiting:
        marks = {f"kind {picture.kind}", *(name for name, value in picture.labels.items() if value >= 0.5)} - shown
        if marks and len(chosen) < EXAMPLES:
            chosen[picture.path] = picture
            shown |= marks
    patients = {picture.patient for picture in chosen.values()}
    for picture in sorted(waiting, key=lambda own: own.patient in patients):
        if len(chosen) < EXAMPLES:
            chosen.setdefault(picture.path, picture)
    return sorted(chosen.values(), key=lambda own: own.path)


def _caption(name: str) -> str:
    # The font has no letters but ASCII's; of a long name the end tells the pictures apart.
    plain = name.encode("ascii", "replace").decode()
    return plain if len(plain) <= _LETTERS else f"...{plain[-(_LETTERS - 3) :]}"


def contact_sheet(pictures: Sequence[Labelled]) -> NDArray[np.uint8]:
    """(rows, columns) uint8 of the pictures in order, each letterboxed with its file's name below."""
    lines = -(-len(pictures) // COLUMNS)
    sheet = np.full((max(lines, 1) * (TILE + CAPTION), COLUMNS * TILE), 32, dtype=np.uint8)
    for index, picture in enumerate(pictures):
        top, left = index // COLUMNS * (TILE + CAPTION), index % COLUMNS * TILE
        tile = letterbox(opened(picture.path).windowed(TILE), TILE - 2, TILE - 2)
        sheet[top : top + TILE - 2, left : left + TILE - 2] = np.rint(tile * 255.0).astype(np.uint8)
        where = (left + 3, top + TILE + CAPTION - 7)
        cv2.putText(sheet, _caption(picture.path.name), where, cv2.FONT_HERSHEY_SIMPLEX, 0.36, (235,), 1, cv2.LINE_AA)
    return sheet


def write_contact_sheet(path: Path, pictures: Sequence[Labelled]) -> None:
    """Write examples of the pictures as a PNG, whole or not at all."""
    encoded = cv2.imencode(".png", contact_sheet(examples(pictures)))[1].tobytes()
    with replacing(path) as temporary:
        temporary.write_bytes(encoded)
