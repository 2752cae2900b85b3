"""From a network's activation map to a box and a heat map on the original picture."""

import math
from dataclasses import dataclass
from functools import cached_property
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
AREA_MARGIN = 0.02
"""Share of the width by which an area is widened: outlines are not exact."""
Area = tuple[NDArray[np.float64], ...]
"""Closed outlines, each (points, 2) x and y in original pixels; what lies in any of them belongs to it."""
_FASTEST_COMPRESSION = [cv2.IMWRITE_PNG_COMPRESSION, 1]


@dataclass(frozen=True, eq=False)
class View:
    """What a network was shown: ``part`` (original pixels) of a picture of ``rows`` × ``columns``, all of it where None, on its canvas.

    Beyond the ``area`` nothing can be found; what a network sees there, a letter or a tube, is no finding.
    """

    canvas: Input
    placement: Placement
    rows: int
    columns: int
    part: Box | None = None
    area: Area | None = None

    @cached_property
    def allowed(self) -> NDArray[np.bool_]:
        """(placement.height, placement.width) of the canvas where the picture lies: what can hold a finding, the area a little widened."""
        shape = self.placement.height, self.placement.width
        if self.area is None:
            return np.ones(shape, dtype=np.bool_)
        start = (0.0, 0.0) if self.part is None else (self.part.x, self.part.y)
        inside = np.zeros(shape, dtype=np.uint8)
        # One by one: filled together, what lies in two of them would lie in neither.
        for outline in self.area:
            points = (outline - np.array(start)) * np.array([self.placement.factor_x, self.placement.factor_y])
            cv2.fillPoly(inside, [np.rint(points).astype(np.int32)], 1)
        beyond = 2 * max(1, round(AREA_MARGIN * self.placement.width)) + 1
        return np.asarray(cv2.dilate(inside, np.ones((beyond, beyond), dtype=np.uint8)) > 0)

    def on_picture(self, box: Box) -> Box | None:
        """A box on the canvas in original pixels, clipped to the picture; None where nothing of it is left."""
        return on_picture(box, self.placement, self.rows, self.columns, self.part)


@dataclass(frozen=True, eq=False)
class Heat:
    """Where in a picture a network saw something: ``values`` (placement.height, placement.width) float32 of its view, 1 at the peak."""

    values: NDArray[np.float32]
    view: View

    def box(self) -> Box | None:
        """The box around the largest connected region at or above half of the peak, in original pixels, clipped to the picture.

        None where nothing of it is left, and where it is so large that it points nowhere.
        """
        count, _, stats, _ = cv2.connectedComponentsWithStats((self.values >= BOX_FRACTION).astype(np.uint8), connectivity=8)
        if count < 2:
            return None
        x, y, width, height, _ = (int(value) for value in stats[1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))])
        view = self.view
        box = view.on_picture(Box(x + view.placement.offset_x, y + view.placement.offset_y, width, height))
        return None if box is None or box.width * box.height > LARGEST_BOX_SHARE * view.rows * view.columns else box

    def write(self, file: Path, probability: float) -> None:
        """Write it as an 8-bit grey PNG of the picture's size, durably and complete or not at all.

        Its brightest pixel is 255 × ``probability``, so a heat map never looks surer than its finding.

        Raises:
            OSError: it cannot be written.
        """
        small = np.rint(self.values * (255.0 * probability)).astype(np.uint8)
        rows, columns = self.view.rows, self.view.columns
        part = self.view.part or Box(0.0, 0.0, float(columns), float(rows))
        left, top = max(0, round(part.x)), max(0, round(part.y))
        right, bottom = min(columns, round(part.x + part.width)), min(rows, round(part.y + part.height))
        full = np.zeros((rows, columns), dtype=np.uint8)
        full[top:bottom, left:right] = cv2.resize(small, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
        encoded, png = cv2.imencode(".png", full, _FASTEST_COMPRESSION)
        if not encoded:
            raise OSError(f"cannot encode {file.name}")
        write_durably(file, png.tobytes())


def heat_of(activation: NDArray[np.float32], view: View, *, averaged: bool = False) -> Heat | None:
    """One label's map of logits (rows, columns) on the network's canvas as it lies on the picture.

    Where the label's logit is their mean (``averaged``), each cell counts by how much it adds to it (Zhou et al. 2016), elsewhere by its
    probability. None where the map is flat within what is allowed and so points nowhere.
    """
    inner, allowed = _laid(activation, view) if averaged else _shares(activation, view), view.allowed
    if not allowed.any():
        return None
    lowest, highest = float(inner[allowed].min()), float(inner[allowed].max())
    if not highest - lowest > 1e-6 * abs(highest):
        return None
    # What is as sure everywhere points nowhere, however sure it is.
    values = np.where(allowed, (inner - lowest) / (highest - lowest), 0.0)
    return Heat(np.asarray(values, dtype=np.float32), view)


def _shares(activation: NDArray[np.float32], view: View) -> NDArray[np.float32]:
    """(placement.height, placement.width) float32 where the picture lies: each pixel's probability as a share of the surest cell's."""
    peak = float(activation.max())
    # Of very unsure ones those are the shares of their odds.
    share = np.exp(np.minimum(activation - np.float32(peak), 0)) * np.float32(1 + math.exp(min(peak, 60.0)))
    return _laid(np.asarray(share / (1 + np.exp(np.minimum(activation, 60.0))), dtype=np.float32), view)


def _laid(cells: NDArray[np.float32], view: View) -> NDArray[np.float32]:
    """(rows, columns) of the network's map → (placement.height, placement.width) where the picture lies."""
    return within(cv2.resize(cells, (view.canvas.width, view.canvas.height), interpolation=cv2.INTER_LINEAR), view.placement)


def energy_within(activation: NDArray[np.float32], view: View) -> float | None:
    """The share 0…1 of a map's energy that lies in the view's area, before anything outside is left out; None of a flat map.

    Energy is the map less its least value, summed, as in the energy-based pointing game of Wang et al. 2020 (Score-CAM): a network that
    looks at the lungs has nearly all of it there, one that reads a letter beside them has not, however its masked map may look.
    """
    shares = _shares(activation, view).astype(np.float64)
    energy = shares - shares.min()
    total = float(energy.sum())
    return float(energy[view.allowed].sum()) / total if total > 1e-6 * shares.max() * energy.size else None


def log_odds(probability: float) -> float:
    """Natural logarithm of the odds, held within what float can tell from certainty."""
    p = min(max(probability, 1e-9), 1.0 - 1e-9)
    return math.log(p / (1.0 - p))
