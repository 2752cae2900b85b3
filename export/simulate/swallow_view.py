"""How a neck lies before the detector at one moment: it nods and shifts, and an image intensifier bends the picture at its edges."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.simulator.grid import Field, Points, as_field

Mask = NDArray[np.uint8]

_NODS_AROUND = (0.2, -3.0)
_STILL_BELOW, _WHOLLY_ABOVE = 1.0, -6.0
_FINER = 4
"""Parts of a pixel that an outline is laid on, each way."""


@dataclass(frozen=True, eq=False)
class Lens:
    """The detector.

    Attributes:
        rows, columns: pixels.
        per_cm: pixels for a centimetre of the neck.
        column, row: where the neck's origin lies.
        tilt_rad: of the patient against the picture.
        bulge: by how much of itself a corner lies further out than it should.
    """

    rows: int
    columns: int
    per_cm: float
    column: float
    row: float
    tilt_rad: float
    bulge: float

    @property
    def _middle(self) -> tuple[float, float, float]:
        return (self.columns - 1) / 2, (self.rows - 1) / 2, (self.rows**2 + self.columns**2) / 4

    def pixels(self, points: Points) -> Points:
        """(n, 2) cm → (n, 2) column and row."""
        cos, sin = np.cos(self.tilt_rad), np.sin(self.tilt_rad)
        x = (points[:, 0] * cos - points[:, 1] * sin) * self.per_cm + self.column
        y = (points[:, 0] * sin + points[:, 1] * cos) * self.per_cm + self.row
        middle_x, middle_y, corner = self._middle
        dx, dy = x - middle_x, y - middle_y
        out = 1 + self.bulge * (dx * dx + dy * dy) / corner
        return np.column_stack([middle_x + dx * out, middle_y + dy * out])

    @cached_property
    def cm(self) -> tuple[Field, Field]:
        """x and y in cm of every pixel, (rows, columns) float32 each."""
        middle_x, middle_y, corner = self._middle
        seen_y, seen_x = np.mgrid[0 : self.rows, 0 : self.columns].astype(np.float64)
        seen_x, seen_y = seen_x - middle_x, seen_y - middle_y
        dx, dy = seen_x, seen_y
        for _ in range(12):
            out = 1 + self.bulge * (dx * dx + dy * dy) / corner
            dx, dy = seen_x / out, seen_y / out
        x, y = (dx + middle_x - self.column) / self.per_cm, (dy + middle_y - self.row) / self.per_cm
        cos, sin = np.cos(self.tilt_rad), np.sin(self.tilt_rad)
        return as_field(x * cos + y * sin), as_field(y * cos - x * sin)


@dataclass(frozen=True, eq=False)
class View:
    """The neck before the detector at one moment; ``nod_rad`` of the head forwards, ``shift_cm`` to the front and down."""

    lens: Lens
    nod_rad: float
    shift_cm: tuple[float, float]

    @property
    def rows(self) -> int:
        """Pixels."""
        return self.lens.rows

    @property
    def columns(self) -> int:
        """Pixels."""
        return self.lens.columns

    @property
    def per_cm(self) -> float:
        """Pixels."""
        return self.lens.per_cm

    def pixels(self, points: Points) -> Points:
        """(n, 2) cm of the upright neck at rest → (n, 2) column and row."""
        share = np.clip((_STILL_BELOW - points[:, 1]) / (_STILL_BELOW - _WHOLLY_ABOVE), 0, 1)
        angle = self.nod_rad * share * share * (3 - 2 * share)
        cos, sin = np.cos(angle), np.sin(angle)
        dx, dy = points[:, 0] - _NODS_AROUND[0], points[:, 1] - _NODS_AROUND[1]
        bent = np.column_stack([_NODS_AROUND[0] + dx * cos - dy * sin, _NODS_AROUND[1] + dx * sin + dy * cos])
        return self.lens.pixels(bent + self.shift_cm)

    @cached_property
    def sources(self) -> tuple[Field, Field]:
        """x and y in cm of the upright neck at rest that every pixel shows, (rows, columns) float32 each."""
        x, y = (own - np.float32(shift) for own, shift in zip(self.lens.cm, self.shift_cm, strict=True))
        dx, dy = x - np.float32(_NODS_AROUND[0]), y - np.float32(_NODS_AROUND[1])
        found_x, found_y = x, y
        for _ in range(3):
            share = np.clip((np.float32(_STILL_BELOW) - found_y) / np.float32(_STILL_BELOW - _WHOLLY_ABOVE), 0, 1)
            angle = np.float32(self.nod_rad) * share * share * (3 - 2 * share)
            # A few degrees: third order is exact to far less than a pixel.
            square = angle * angle
            cos, sin = 1 - square / 2, angle * (1 - square / 6)
            found_x = np.float32(_NODS_AROUND[0]) + dx * cos + dy * sin
            found_y = np.float32(_NODS_AROUND[1]) - dx * sin + dy * cos
        return found_x, found_y

    def _filled(self, outlines: list[Points]) -> Mask:
        """(rows, columns) uint8: how much of every pixel lies in one of the outlines, of 255."""
        canvas = np.zeros((self.rows, self.columns), dtype=np.uint8)
        drawn = [self.pixels(points) for points in outlines]
        every = np.concatenate(drawn)
        left, top = np.clip(np.floor(every.min(0)).astype(int) - 1, 0, (self.columns, self.rows))
        right, bottom = np.clip(np.ceil(every.max(0)).astype(int) + 2, 0, (self.columns, self.rows))
        if right <= left or bottom <= top:
            return canvas
        # Finer where the outlines are: what the library fills is half a pixel too large all round.
        fine = np.zeros(((bottom - top) * _FINER, (right - left) * _FINER), dtype=np.uint8)
        for points in drawn:
            at = (points - (left, top) + 0.5) * _FINER - 0.5
            cv2.fillPoly(fine, [np.rint(at * 16).astype(np.int32)], 255, cv2.LINE_8, 4)
        canvas[top:bottom, left:right] = cv2.resize(fine, (int(right - left), int(bottom - top)), interpolation=cv2.INTER_AREA)
        return canvas

    def cover(self, outlines: list[Points]) -> Field:
        """(rows, columns) float32 0…1, the inside of any of the closed outlines, smooth at the edge."""
        return self._filled(outlines).astype(np.float32) / np.float32(255)

    def mask(self, outlines: list[Points]) -> Mask:
        """(rows, columns) uint8, 255 where a pixel's middle lies inside any of the closed outlines."""
        return np.where(self._filled(outlines) > 127, 255, 0).astype(np.uint8)

    def lines(self, paths: list[Points], thick_cm: float) -> Field:
        """(rows, columns) float32 0…1 along open curves (n, 2)."""
        canvas = np.zeros((self.rows, self.columns), dtype=np.uint8)
        thick = max(1, round(thick_cm * self.per_cm))
        for points in paths:
            cv2.polylines(
                canvas,
                [np.rint(self.pixels(points) * 16).astype(np.int32)],
                isClosed=False,
                color=255,
                thickness=thick,
                lineType=cv2.LINE_AA,
                shift=4,
            )
        return canvas.astype(np.float32) / np.float32(255)
