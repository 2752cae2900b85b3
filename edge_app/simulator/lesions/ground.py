"""The chest that a lesion is laid into: where its lungs and heart are, and how much aerated lung the beam passes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.simulator.grid import Field, Grid, as_field
from edge_app.simulator.lesions.lesion import Side

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Ground:
    """A chest before anything is laid into it.

    Attributes:
        right, left: (rows, columns) bool, the lung fields, neither of them empty.
        heart: (rows, columns) bool, the heart's silhouette; empty where it is not known.
        lung: (rows, columns) float32, cm of aerated lung along the beam, 0 where there is none.
    """

    grid: Grid
    right: Mask
    left: Mask
    heart: Mask
    lung: Field

    @cached_property
    def lungs(self) -> dict[Side, "Lung"]:
        """Both lungs by the patient's side."""
        return {"right": Lung(self.grid, self.right, -1), "left": Lung(self.grid, self.left, 1)}

    @cached_property
    def fields(self) -> Mask:
        """Both lung fields."""
        return self.right | self.left

    @cached_property
    def floor_row(self) -> float:
        """The row of the lower of both diaphragms' tops, where the heart ends at the latest."""
        return max(float(lung.dome[1]) for lung in self.lungs.values())


@dataclass(frozen=True, eq=False)
class Lung:
    """One lung field with what is measured on it. ``sign`` is the direction of its wall in columns: 1 for the patient's left."""

    grid: Grid
    field: Mask
    sign: int

    @cached_property
    def rows(self) -> tuple[int, int]:
        """Its first and last row."""
        own = np.flatnonzero(self.field.any(1))
        return int(own[0]), int(own[-1])

    @cached_property
    def columns(self) -> tuple[int, int]:
        """Its first and last column."""
        own = np.flatnonzero(self.field.any(0))
        return int(own[0]), int(own[-1])

    @cached_property
    def height_cm(self) -> float:
        """From the apex to the lowest point, which is the angle between ribs and diaphragm."""
        return (self.rows[1] - self.rows[0] + 1) / self.grid.per_cm

    @cached_property
    def width_cm(self) -> float:
        """At its widest."""
        return (self.columns[1] - self.columns[0] + 1) / self.grid.per_cm

    @cached_property
    def down(self) -> Field:
        """(rows, 1) 0 at the apex, 1 at the lowest point; beyond them below 0 and above 1."""
        first, last = self.rows
        return as_field((np.arange(self.grid.rows, dtype=np.float32) - first) / max(last - first, 1))[:, None]

    @cached_property
    def above_bottom(self) -> Field:
        """(rows, 1) cm above the lowest point."""
        return as_field((self.rows[1] - np.arange(self.grid.rows, dtype=np.float32)) / self.grid.per_cm)[:, None]

    @cached_property
    def _borders(self) -> tuple[Field, Field]:
        """(rows,) columns of the wall and of the inner edge; beyond the lung those of its nearest row."""
        inside = self.field.any(1)
        at = np.flatnonzero(inside)
        first = self.field.argmax(1)[at]
        last = self.grid.columns - 1 - self.field[:, ::-1].argmax(1)[at]
        outer, inner = (last, first) if self.sign > 0 else (first, last)
        rows = np.arange(self.grid.rows)
        smooth = (1, 2 * max(1, int(0.4 * self.grid.per_cm)) + 1)
        wall, edge = (cv2.blur(np.interp(rows, at, own).astype(np.float32)[None], smooth)[0] for own in (outer, inner))
        return wall, edge

    @cached_property
    def inward(self) -> Field:
        """(rows, columns) cm from the chest wall towards the middle, negative outside of it."""
        columns = np.arange(self.grid.columns, dtype=np.float32)[None, :]
        return as_field((self._borders[0][:, None] - columns) * np.float32(self.sign / self.grid.per_cm))

    @cached_property
    def outward(self) -> Field:
        """(rows, columns) cm from the inner edge towards the wall, negative within the mediastinum."""
        columns = np.arange(self.grid.columns, dtype=np.float32)[None, :]
        return as_field((columns - self._borders[1][:, None]) * np.float32(self.sign / self.grid.per_cm))

    @cached_property
    def across(self) -> Field:
        """(rows, columns) 0 at the inner edge, 1 at the wall."""
        return as_field(self.outward / np.maximum(self.outward + self.inward, np.float32(0.5)))

    @cached_property
    def floor(self) -> Field:
        """(columns,) row of the diaphragm; beside the lung that of its nearest column."""
        at = np.flatnonzero(self.field.any(0))
        lowest = self.grid.rows - 1 - self.field[::-1].argmax(0)[at]
        return as_field(np.interp(np.arange(self.grid.columns), at, lowest))

    @cached_property
    def dome(self) -> tuple[int, int]:
        """Column and row of the top of its diaphragm: the highest place of the floor in the middle half of the lung."""
        first, last = self.columns
        quarter = max(1, (last - first) // 4)
        part = self.floor[first + quarter : last - quarter + 1]
        at = int(part.argmin())
        return first + quarter + at, int(part[at])

    @cached_property
    def hilum(self) -> tuple[float, float]:
        """x and y in cm of where vessels and bronchi enter: the inner edge, a little above the middle."""
        row = int(self.rows[0] + 0.45 * (self.rows[1] - self.rows[0]))
        column = int(np.clip(self._borders[1][row], 0, self.grid.columns - 1))
        return float(self.grid.x[row, column]), float(self.grid.y[row, column])

    @cached_property
    def depth(self) -> Field:
        """(rows, columns) cm from the field's own edge, 0 outside."""
        framed = cv2.copyMakeBorder(self.field.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        return as_field(cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1] / np.float32(self.grid.per_cm))

    @cached_property
    def half(self) -> Field:
        """(rows, columns) 0…1, the side of the picture that it lies on, from its inner edge outwards."""
        return soft_step(as_field(self.outward + np.float32(0.6)), 0.2)

    def somewhere(
        self, rng: np.random.Generator, from_part: float, to_part: float, edge_cm: float, across: tuple[float, float] = (0.1, 0.9)
    ) -> tuple[float, float]:
        """A point (cm) in the field, between two parts of its height, drawn so that it is the same at every resolution."""
        first, last = self.rows
        row = int(first + (last - first) * rng.uniform(from_part, to_part))
        own = np.flatnonzero(self.field[row])
        if not len(own):
            return self.hilum
        edge = min(edge_cm * self.grid.per_cm, 0.45 * (own[-1] - own[0]))
        begin, end = own[0] + edge, own[-1] - edge
        part = rng.uniform(*across)
        column = int(np.clip(begin + (end - begin) * (part if self.sign > 0 else 1.0 - part), 0, self.grid.columns - 1))
        return float(self.grid.x[row, column]), float(self.grid.y[row, column])


def soft_step(value: Field, width: float) -> Field:
    """0 well below 0, 1 well above, over about four ``width``."""
    return np.asarray(1 / (1 + np.exp(np.clip(-value / np.float32(width), -30, 30))), dtype=np.float32)


def moved_ground(ground: Ground, remapped: Callable[[Field], Field]) -> Ground:
    """The ground with everything on it moved by the same displacement."""

    def mask(own: Mask) -> Mask:
        return np.asarray(remapped(own.astype(np.float32)) >= 0.5)

    right, left = mask(ground.right), mask(ground.left)
    if not (right.any() and left.any()):
        return ground
    return Ground(ground.grid, right, left, mask(ground.heart), remapped(ground.lung))
