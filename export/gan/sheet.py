"""Sheets of pictures side by side, for people to look at."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.protocols.chest import CHEST_FINDINGS
from export.atomic import replacing
from export.datasets.labelled import NO_FINDING
from export.gan.draw import asked_for
from export.gan.networks import LATENT
from export.gan.weights import Drawer

TILE = 128
CAPTION = 18
EACH = 8


def sheet(rows: Sequence[tuple[str, Sequence[NDArray[np.uint8]]]]) -> NDArray[np.uint8]:
    """Rows of square pictures with a caption (ASCII) above each row → (rows, columns) uint8."""
    lines = []
    for caption, pictures in rows:
        tiles = [cv2.resize(own, (TILE, TILE), interpolation=cv2.INTER_LINEAR) for own in pictures]
        line = np.full((TILE + CAPTION, TILE * len(tiles)), 32, dtype=np.uint8)
        line[CAPTION:] = np.hstack(tiles)
        cv2.putText(line, caption, (4, CAPTION - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (235,), 1, cv2.LINE_AA)
        lines.append(line)
    return np.vstack(lines)


def write_sheet(path: Path, rows: Sequence[tuple[str, Sequence[NDArray[np.uint8]]]]) -> None:
    """Write a sheet as a PNG, whole or not at all."""
    encoded = cv2.imencode(".png", sheet(rows))[1].tobytes()
    with replacing(path) as temporary:
        temporary.write_bytes(encoded)


def findings_rows(drawer: Drawer, seed: int) -> list[tuple[str, list[NDArray[np.uint8]]]]:
    """A row for no finding and for each one; in a column all are drawn of the same noise, so that they differ by the finding alone."""
    latent = np.random.default_rng([seed, 0x5EE7]).standard_normal((EACH, LATENT), dtype=np.float32)
    rows = []
    for name in (None, *CHEST_FINDINGS):
        labels = NO_FINDING if name is None else {**NO_FINDING, name: 1.0}
        known = np.repeat(asked_for(labels)[None], EACH, 0)
        rows.append((name or "no finding", list(drawer.draw(known, latent))))
    return rows
