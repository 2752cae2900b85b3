"""From a network's activation map to a box and a heat map on the original picture."""

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.files import write_durably
from edge_app.reading.alignment import on_picture, within
from edge_app.reading.canvas import Placement
from edge_app.reading.card import Input
from edge_app.reading.finding import Box

BOX_FRACTION = 0.5
LARGEST_BOX_SHARE = 0.5
HULL_MARGIN = 0.02
"""Share of the width by which a hull is widened: outlines are not exact."""
Hull = NDArray[np.float64]
"""(points, 2) x and y in original pixels of a convex outline."""
_FASTEST_COMPRESSION = [cv2.IMWRITE_PNG_COMPRESSION, 1]


@dataclass(frozen=True, eq=False)
class Heat:
    """Where in a picture of ``rows`` × ``columns`` a network saw something.

    ``values`` (placement.height, placement.width) float32, 1 at its peak, cover what the network was shown: ``part`` of the picture in
    original pixels, or all of it where that is None.
    """

    values: NDArray[np.float32]
    placement: Placement
    rows: int
    columns: int
    part: Box | None = None

    def box(self) -> Box | None:
        """The box around the largest connected region at or above half of the peak, in original pixels, clipped to the picture.

        None where nothing of it is left, and where it is so large that it points nowhere.
        """
        count, _, stats, _ = cv2.connectedComponentsWithStats((self.values >= BOX_FRACTION).astype(np.uint8), connectivity=8)
        if count < 2:
            return None
        x, y, width, height, _ = (int(value) for value in stats[1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))])
        on_canvas = Box(x + self.placement.offset_x, y + self.placement.offset_y, width, height)
        box = on_picture(on_canvas, self.placement, self.rows, self.columns, self.part)
        return None if box is None or box.width * box.height > LARGEST_BOX_SHARE * self.rows * self.columns else box

    def write(self, file: Path, probability: float) -> None:
        """Write it as an 8-bit grey PNG of the picture's size, durably and complete or not at all.

        Its brightest pixel is 255 × ``probability``, so a heat map never looks surer than its finding.

        Raises:
            OSError: it cannot be written.
        """
        small = np.rint(self.values * (255.0 * probability)).astype(np.uint8)
        part = self.part or Box(0.0, 0.0, float(self.columns), float(self.rows))
        left, top = max(0, round(part.x)), max(0, round(part.y))
        right, bottom = min(self.columns, round(part.x + part.width)), min(self.rows, round(part.y + part.height))
        full = np.zeros((self.rows, self.columns), dtype=np.uint8)
        full[top:bottom, left:right] = cv2.resize(small, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
        encoded, png = cv2.imencode(".png", full, _FASTEST_COMPRESSION)
        if not encoded:
            raise OSError(f"cannot encode {file.name}")
        write_durably(file, png.tobytes())


def heat_of(
    activation: NDArray[np.float32],
    wanted: Input,
    placement: Placement,
    rows: int,
    columns: int,
    part: Box | None = None,
    hull: Hull | None = None,
) -> Heat | None:
    """One label's map of logits (rows, columns) on the network's canvas as it lies on the picture of ``rows`` × ``columns``.

    Beyond the ``hull`` nothing can be found; what a network sees there, a letter or a tube, is no heat. None where the map is flat within
    it and so points nowhere.
    """
    peak = float(activation.max())
    # Shares of the surest cell's probability; of very unsure ones those are the shares of their odds.
    share = np.exp(np.minimum(activation - np.float32(peak), 0)) * np.float32(1 + math.exp(min(peak, 60.0)))
    share = share / (1 + np.exp(np.minimum(activation, 60.0)))
    canvas = cv2.resize(share.astype(np.float32), (wanted.width, wanted.height), interpolation=cv2.INTER_LINEAR)
    inner = within(canvas, placement)
    allowed = np.ones(inner.shape, dtype=np.bool_) if hull is None else filled(hull, placement, part)
    if not allowed.any():
        return None
    lowest, highest = float(inner[allowed].min()), float(inner[allowed].max())
    if not highest - lowest > 1e-6 * highest:
        return None
    # What is as sure everywhere points nowhere, however sure it is.
    values = np.where(allowed, (inner - lowest) / (highest - lowest), 0.0)
    return Heat(np.asarray(values, dtype=np.float32), placement, rows, columns, part)


def filled(hull: Hull, placement: Placement, part: Box | None) -> NDArray[np.bool_]:
    """(placement.height, placement.width) where a hull and a little beyond it lie on what a network was shown."""
    start = (0.0, 0.0) if part is None else (part.x, part.y)
    points = (hull - np.array(start)) * np.array([placement.factor_x, placement.factor_y])
    inside = np.zeros((placement.height, placement.width), dtype=np.uint8)
    cv2.fillConvexPoly(inside, np.rint(points).astype(np.int32), 1)
    beyond = 2 * max(1, round(HULL_MARGIN * placement.width)) + 1
    return np.asarray(cv2.dilate(inside, np.ones((beyond, beyond), dtype=np.uint8)) > 0)


def log_odds(probability: float) -> float:
    """Natural logarithm of the odds, held within what float can tell from certainty."""
    p = min(max(probability, 1e-9), 1.0 - 1e-9)
    return math.log(p / (1.0 - p))
