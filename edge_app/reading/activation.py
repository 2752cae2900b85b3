"""From a network's activation map to a box and a heat map on the original picture."""

import math
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.files import write_durably
from edge_app.reading.canvas import Placement
from edge_app.reading.card import Input
from edge_app.reading.finding import Box

BOX_FRACTION = 0.5
LARGEST_BOX_SHARE = 0.5
_FASTEST_COMPRESSION = [cv2.IMWRITE_PNG_COMPRESSION, 1]


def on_picture(activation: NDArray[np.float32], wanted: Input, placement: Placement) -> NDArray[np.float32] | None:
    """One label's map (rows, columns) → (placement.height, placement.width) float32 in 0…1, lowest to highest, only where the picture lies.

    None where the map is flat and so points nowhere.
    """
    canvas = cv2.resize(activation, (wanted.width, wanted.height), interpolation=cv2.INTER_LINEAR)
    inner = canvas[placement.offset_y : placement.offset_y + placement.height, placement.offset_x : placement.offset_x + placement.width]
    lowest, highest = float(inner.min()), float(inner.max())
    if not highest - lowest > 1e-6 * max(1.0, abs(highest), abs(lowest)):
        return None
    return np.asarray((inner - lowest) / (highest - lowest), dtype=np.float32)


def box_of(heat: NDArray[np.float32], placement: Placement, rows: int, columns: int) -> Box | None:
    """The box around the largest connected region of ``heat`` (from ``on_picture``) at or above half of its peak, in original pixels.

    Clipped to the picture of ``rows`` × ``columns``; None where nothing of it is left, and where it is so large that it points nowhere.
    """
    count, _, stats, _ = cv2.connectedComponentsWithStats((heat >= BOX_FRACTION).astype(np.uint8), connectivity=8)
    if count < 2:
        return None
    x, y, width, height, _ = (int(value) for value in stats[1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))])
    box = placement.box_to_original(Box(x + placement.offset_x, y + placement.offset_y, width, height))
    left, top = max(0.0, box.x), max(0.0, box.y)
    right, bottom = min(float(columns), box.x + box.width), min(float(rows), box.y + box.height)
    if right <= left or bottom <= top or (right - left) * (bottom - top) > LARGEST_BOX_SHARE * rows * columns:
        return None
    return Box(left, top, right - left, bottom - top)


def write_heat_map(file: Path, heat: NDArray[np.float32], probability: float, rows: int, columns: int) -> None:
    """Write ``heat`` as an 8-bit grey PNG of ``rows`` × ``columns``, durably and complete or not at all.

    Its brightest pixel is 255 × ``probability``, so a heat map never looks surer than its finding.

    Raises:
        OSError: it cannot be written.
    """
    small = np.rint(heat * (255.0 * probability)).astype(np.uint8)
    full = cv2.resize(small, (columns, rows), interpolation=cv2.INTER_LINEAR)
    encoded, png = cv2.imencode(".png", full, _FASTEST_COMPRESSION)
    if not encoded:
        raise OSError(f"cannot encode {file.name}")
    write_durably(file, png.tobytes())


def log_odds(probability: float) -> float:
    """Natural logarithm of the odds, held within what float can tell from certainty."""
    p = min(max(probability, 1e-9), 1.0 - 1e-9)
    return math.log(p / (1.0 - p))
