"""The detector plane and the few ways of laying matter on it: ellipsoids, tubes along curves, blown-up outlines, random textures."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Field = NDArray[np.float32]
Points = NDArray[np.float64]

_SUPERSAMPLING = 5


def as_field(values: ArrayLike) -> Field:
    """The values as float32, without a copy where they are."""
    return np.asarray(values, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Grid:
    """Pixels of the detector in the patient's coordinates (cm). ``rotation`` shifts what lies in front (z > 0) against what lies behind."""

    rows: int
    columns: int
    per_cm: float
    apex_row: float
    midline_column: float
    tilt_rad: float
    rotation: float

    @cached_property
    def _rows_columns(self) -> tuple[Field, Field]:
        rows = (np.arange(self.rows, dtype=np.float32)[:, None] - self.apex_row) / self.per_cm
        columns = (np.arange(self.columns, dtype=np.float32)[None, :] - self.midline_column) / self.per_cm
        return rows.astype(np.float32), columns.astype(np.float32)

    @cached_property
    def x(self) -> Field:
        """(rows, columns) float32, cm to the patient's left of the midline."""
        rows, columns = self._rows_columns
        return as_field(columns * np.cos(self.tilt_rad) + rows * np.sin(self.tilt_rad))

    @cached_property
    def y(self) -> Field:
        """(rows, columns) float32, cm below the lung apices."""
        rows, columns = self._rows_columns
        return as_field(rows * np.cos(self.tilt_rad) - columns * np.sin(self.tilt_rad))

    @property
    def margin(self) -> int:
        """Pixels around the detector on which lines are laid too, so that thick tubes leave the picture whole."""
        return int(1.4 * self.per_cm) + 1

    def project(self, points: Points) -> Points:
        """(n, 3) cm → (n, 2) column and row in pixels."""
        x = points[:, 0] + self.rotation * points[:, 2]
        y = points[:, 1]
        cos, sin = np.cos(self.tilt_rad), np.sin(self.tilt_rad)
        columns = (x * cos - y * sin) * self.per_cm + self.midline_column
        rows = (x * sin + y * cos) * self.per_cm + self.apex_row
        return np.stack([columns, rows], axis=1)

    def blurred(self, field: Field, sigma_cm: float) -> Field:
        """Gaussian blur; wide ones are done on a shrunk copy, where they are cheap."""
        sigma = sigma_cm * self.per_cm
        shrink = max(1, int(sigma / 4))
        if shrink == 1:
            return as_field(cv2.GaussianBlur(field, (0, 0), max(sigma, 1e-3), borderType=cv2.BORDER_REPLICATE))
        size = (max(2, self.columns // shrink), max(2, self.rows // shrink))
        small = cv2.resize(field, size, interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), sigma / shrink, borderType=cv2.BORDER_REPLICATE)
        return as_field(cv2.resize(small, (self.columns, self.rows), interpolation=cv2.INTER_CUBIC))

    def texture(self, rng: np.random.Generator, scale_cm: float, extent_cm: float = 60.0) -> Field:
        """(rows, columns) float32 smooth noise of mean 0 and about unit deviation, the same at every resolution."""
        cells = max(4, int(extent_cm / scale_cm))
        noise = cv2.GaussianBlur(rng.standard_normal((cells, cells)).astype(np.float32), (0, 0), 0.8)
        noise /= max(float(noise.std()), 1e-6)
        to_cells = cells / extent_cm / self.per_cm
        matrix = np.array(
            [[to_cells, 0.0, cells / 2 - self.midline_column * to_cells], [0.0, to_cells, cells / 3 - self.apex_row * to_cells]]
        )
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        return np.asarray(
            cv2.warpAffine(noise, matrix, (self.columns, self.rows), flags=flags, borderMode=cv2.BORDER_REFLECT), dtype=np.float32
        )

    def ellipsoid(self, x_cm: float, y_cm: float, half_cm: tuple[float, float], depth_cm: float, angle_rad: float = 0.0) -> Field:
        """Path length (cm) through an ellipsoid: half axes in the plane, full depth along the beam, turned by ``angle_rad``."""
        column, row = self.project(np.array([[x_cm, y_cm, 0.0]]))[0]
        reach = max(half_cm) * self.per_cm + 2
        part = np.s_[max(0, int(row - reach)) : max(0, int(row + reach) + 1), max(0, int(column - reach)) : max(0, int(column + reach) + 1)]
        cos, sin = np.float32(np.cos(angle_rad)), np.float32(np.sin(angle_rad))
        dx, dy = self.x[part] - np.float32(x_cm), self.y[part] - np.float32(y_cm)
        along, across = (dx * cos + dy * sin) / np.float32(half_cm[0]), (dy * cos - dx * sin) / np.float32(half_cm[1])
        length = np.zeros((self.rows, self.columns), dtype=np.float32)
        length[part] = np.float32(depth_cm) * np.sqrt(np.maximum(1 - along * along - across * across, 0))
        return length

    def polygon(self, points: Points) -> Field:
        """(rows, columns) float32 0…1, the inside of an outline given as (n, 2) or (n, 3) cm, anti-aliased."""
        return self.polygons([points])

    def polygons(self, outlines: list[Points]) -> Field:
        """(rows, columns) float32 0…1, the inside of any of the outlines."""
        canvas = np.zeros((self.rows, self.columns), dtype=np.uint8)
        for points in outlines:
            flat = points if points.shape[1] == 3 else np.column_stack([points, np.zeros(len(points))])
            cv2.fillPoly(canvas, [np.rint(self.project(flat) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        return canvas.astype(np.float32) / np.float32(255)

    def inflated(self, outline: Points, round_cm: float, depth_cm: float) -> Field:
        """Thickness (cm) of a rounded body with that outline: full depth ``round_cm`` inside its edge."""
        shrink = max(1, int(self.per_cm / 8))
        coarse = Grid(
            self.rows // shrink,
            self.columns // shrink,
            self.per_cm / shrink,
            self.apex_row / shrink,
            self.midline_column / shrink,
            self.tilt_rad,
            0.0,
        )
        pad = int(round_cm * coarse.per_cm) + 2
        wide = Grid(
            coarse.rows + 2 * pad,
            coarse.columns + 2 * pad,
            coarse.per_cm,
            coarse.apex_row + pad,
            coarse.midline_column + pad,
            self.tilt_rad,
            0.0,
        )
        inside = (wide.polygon(outline) > 0.5).astype(np.uint8)
        distance = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_5)
        depth = 1 - np.clip(distance / (round_cm * wide.per_cm), 0, 1)
        thick = depth_cm * np.sqrt(np.maximum(1 - depth * depth, 0)).astype(np.float32)
        thick = cv2.GaussianBlur(thick, (0, 0), 1.2)[pad:-pad, pad:-pad]
        return as_field(cv2.resize(thick, (self.columns, self.rows), interpolation=cv2.INTER_CUBIC)).clip(0, None)

    def splat(self, points: Points, weights: NDArray[np.float64]) -> Field:
        """Weights laid at (n, 3) points with bilinear shares, on the detector and ``margin`` pixels around it."""
        flat = self.project(points) + self.margin
        column, row = np.floor(flat[:, 0]).astype(np.int64), np.floor(flat[:, 1]).astype(np.int64)
        right, down = flat[:, 0] - column, flat[:, 1] - row
        width, height = self.columns + 2 * self.margin, self.rows + 2 * self.margin
        keep = (column >= 0) & (row >= 0) & (column < width - 1) & (row < height - 1)
        column, row, right, down, weights = column[keep], row[keep], right[keep], down[keep], weights[keep]
        start = row * width + column
        index = np.concatenate([start, start + 1, start + width, start + width + 1])
        share = np.concatenate([(1 - right) * (1 - down), right * (1 - down), (1 - right) * down, right * down]) * np.tile(weights, 4)
        image = np.bincount(index, weights=share, minlength=width * height).reshape(height, width)
        return image.astype(np.float32)

    def tube(self, line: Field, half_cm: tuple[float, float]) -> Field:
        """Path length (cm) through a solid tube around splatted arc lengths.

        A line laid out with a disc is a cylinder, whatever its obliquity to the beam.
        """
        return self._along(line, self._disc(half_cm))

    def hollow_tube(self, line: Field, half_cm: tuple[float, float], wall_cm: float, wall_per_cm: float, core_per_cm: float) -> Field:
        """Attenuation (nat) of such a tube with a dense wall and a spongy core, both per cm."""
        outer = self._disc(half_cm)
        inner = self._disc((max(half_cm[0] - wall_cm, 0.01), max(half_cm[1] - wall_cm, 0.01)))
        pad_y, pad_x = (outer.shape[0] - inner.shape[0]) // 2, (outer.shape[1] - inner.shape[1]) // 2
        kernel = np.float32(wall_per_cm) * outer - np.float32(wall_per_cm - core_per_cm) * np.pad(inner, ((pad_y, pad_y), (pad_x, pad_x)))
        return self._along(line, kernel)

    def _along(self, line: Field, kernel: Field) -> Field:
        inner = slice(self.margin, -self.margin)
        return as_field(cv2.filter2D(line, cv2.CV_32F, kernel, borderType=cv2.BORDER_CONSTANT)[inner, inner])

    def _disc(self, half_cm: tuple[float, float]) -> Field:
        half_x, half_y = half_cm[0] * self.per_cm, half_cm[1] * self.per_cm
        reach_x, reach_y = int(np.ceil(half_x)), int(np.ceil(half_y))
        fine_x = (np.arange((2 * reach_x + 1) * _SUPERSAMPLING) + 0.5) / _SUPERSAMPLING - 0.5 - reach_x
        fine_y = (np.arange((2 * reach_y + 1) * _SUPERSAMPLING) + 0.5) / _SUPERSAMPLING - 0.5 - reach_y
        inside = ((fine_x[None, :] / half_x) ** 2 + (fine_y[:, None] / half_y) ** 2 <= 1).astype(np.float32)
        blocks = inside.reshape(2 * reach_y + 1, _SUPERSAMPLING, 2 * reach_x + 1, _SUPERSAMPLING)
        return as_field(blocks.mean(axis=(1, 3)))


def curve(knots: Points, count: int) -> Points:
    """(count, d) points along a smooth curve through the (k, d) knots (Catmull–Rom)."""
    extended = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    position = np.linspace(0, len(knots) - 1 - 1e-9, count)
    index = position.astype(np.int64)
    t = (position - index)[:, None]
    p0, p1, p2, p3 = extended[index], extended[index + 1], extended[index + 2], extended[index + 3]
    bent: Points = 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
    return bent


def arc_lengths(points: Points) -> NDArray[np.float64]:
    """(n,) length in cm that each of the (n, 3) points of a curve stands for."""
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    return np.concatenate([[steps[0] / 2], (steps[1:] + steps[:-1]) / 2, [steps[-1] / 2]])
