"""Lines and circles fitted to the edge of a structure, finer than its pixels."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""(n, 2) x and y."""

_FINER = 4
_TRIMMED = 0.14
"""Of an end plate's length at either end, where it is rounded, nothing is fitted to."""
_PASSES = 3
_CIRCLE_PASSES = 40
_LEAST_POINTS = 8
_ONE_CIRCLE = 0.12
"""Two middles that lie closer than so many radii cannot be told apart on an edge of pixels."""
_ROUND = 0.1
"""An edge that lies off its circle by more than so many radii is of something else."""
_UNLIKE = 0.35
"""Two circles whose radii differ by more than so much of the larger are not both a femoral head's."""


def edge_of(level: NDArray[np.float32], at: float) -> Points:
    """The outer edge of the largest part of (rows, columns) where ``level`` reaches ``at``, 0 being the outer edge of the first pixel.

    Nothing where it reaches it nowhere.
    """
    inside = (level >= at).astype(np.uint8)
    if not inside.any():
        return np.empty((0, 2))
    x, y, width, height = cv2.boundingRect(inside)
    left, top = max(0, x - 2), max(0, y - 2)
    cut = np.ascontiguousarray(level[top : y + height + 2, left : x + width + 2])
    # Enlarged about its outer edges, with what lies beyond the picture below any level, so that a cut edge is closed along the border.
    framed = cv2.copyMakeBorder(cut, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    fine = cv2.resize(framed, None, fx=_FINER, fy=_FINER, interpolation=cv2.INTER_LINEAR)[_FINER:-_FINER, _FINER:-_FINER]
    contours, _ = cv2.findContours((fine >= at).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(contours, key=cv2.contourArea)[:, 0].astype(np.float64)
    return _on_the_level(fine, largest, at) / _FINER + np.array([left, top], dtype=np.float64)


def _on_the_level(fine: NDArray[np.float32], contour: Points, at: float) -> Points:
    """The pixel centres of a contour moved along the slope to where the level is reached, in pixels from the outer edge of the first."""
    smooth = cv2.GaussianBlur(fine, (0, 0), 1.0)
    slope_x, slope_y = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125)
    columns, rows = contour[:, 0].astype(int), contour[:, 1].astype(int)
    slope = np.column_stack([slope_x[rows, columns], slope_y[rows, columns]]).astype(np.float64)
    steep = np.linalg.norm(slope, axis=1)
    along = slope / np.maximum(steep, 1e-9)[:, None]
    by = np.where(steep > 1e-4, (at - fine[rows, columns]) / np.maximum(steep, 1e-4), -0.5)
    return np.asarray(contour + 0.5 + np.clip(by, -1.0, 1.0)[:, None] * along)


@dataclass(frozen=True)
class Plate:
    """An end plate: the two ends of the straight line through it, x and y, and how far its edge lies off that, one standard deviation."""

    one: tuple[float, float]
    other: tuple[float, float]
    off: float


def end_plate(edge: Points, towards: Points) -> Plate | None:
    """The end plate on the side of an edge that lies ``towards`` that direction (2,); None where there is none to speak of.

    The line is the chord of a parabola through the edge between its two corners, for an end plate is hollow.
    """
    up = towards / max(float(np.linalg.norm(towards)), 1e-9)
    found: tuple[Points, Points, float] | None = None
    for _ in range(_PASSES):
        found = _plate(edge, up)
        if found is None:
            return None
        one, other, _ = found
        across = other - one
        normal = np.array([-across[1], across[0]]) / max(float(np.linalg.norm(across)), 1e-9)
        up = normal if float(normal @ up) >= 0 else -normal
    assert found is not None  # noqa: S101  (at least one pass)
    one, other, off = found
    return Plate((float(one[0]), float(one[1])), (float(other[0]), float(other[1])), off)


def _plate(edge: Points, up: Points) -> tuple[Points, Points, float] | None:
    """One pass, with the plate's normal as far as it is known."""
    across = np.array([-up[1], up[0]])
    along, height = edge @ across, edge @ up
    # Only the side towards it: what lies below its own middle is of another face.
    upper = height >= (height.max() + np.median(height)) / 2 - 1e-9
    if upper.sum() < _LEAST_POINTS:
        return None
    corners = [np.flatnonzero(upper)[int(np.argmax((height + side * along)[upper]))] for side in (-1.0, 1.0)]
    first, last = along[corners[0]], along[corners[1]]
    length = last - first
    if length <= 0:
        return None
    level = np.interp(along, [first, last], height[corners])
    inner = (along >= first + _TRIMMED * length) & (along <= last - _TRIMMED * length) & (np.abs(height - level) < 0.25 * length)
    if inner.sum() < _LEAST_POINTS:
        return None
    centred = (along - (first + last) / 2) / length
    parabola = np.polyfit(centred[inner], height[inner], 2)
    off = float(np.std(height[inner] - np.polyval(parabola, centred[inner])))
    start, end = np.polyval(parabola, (-0.5, 0.5))
    return first * across + start * up, last * across + end * up, off


@dataclass(frozen=True)
class Circle:
    """Its middle, x and y, its radius, and how far the edge lies off it, one standard deviation."""

    x: float
    y: float
    radius: float
    off: float


def circle_through(points: Points) -> Circle | None:
    """The circle with the least squared algebraic distance (Kåsa 1976) from at least three points; None where they lie on a line."""
    if len(points) < 3:
        return None
    middle = points.mean(0)
    x, y = (points - middle).T
    system = np.column_stack([2 * x, 2 * y, np.ones(len(points))])
    solved, _, rank, _ = np.linalg.lstsq(system, x**2 + y**2, rcond=None)
    if rank < 3:
        return None
    radius = float(np.sqrt(max(solved[2] + solved[0] ** 2 + solved[1] ** 2, 0.0)))
    off = np.hypot(x - solved[0], y - solved[1]) - radius
    return Circle(float(solved[0] + middle[0]), float(solved[1] + middle[1]), radius, float(off.std()))


def two_circles(edge: Points) -> tuple[Circle, Circle] | None:
    """The two circles whose union has that edge, the same twice where they cannot be told apart; None where the edge is of no such thing.

    Each point belongs to the circle it lies on, which is then fitted anew (as k-means does with middles).
    """
    whole = circle_through(edge)
    if whole is None or len(edge) < 2 * _LEAST_POINTS:
        return None
    middle = edge.mean(0)
    axis = np.linalg.svd(edge - middle, full_matrices=False)[2][0]
    along = (edge - middle) @ axis
    spread = max(float(along.max() - along.min()) / 2 - 0.9 * whole.radius, 0.1 * whole.radius)
    begun = [middle + sign * spread * axis for sign in (-1.0, 1.0)]
    circles = [Circle(float(at[0]), float(at[1]), whole.radius, whole.off) for at in begun]
    before: NDArray[np.bool_] | None = None
    for _ in range(_CIRCLE_PASSES):
        first = _off(edge, circles[0]) <= _off(edge, circles[1])
        if before is not None and (first == before).all():
            break
        before = first
        fitted = [circle_through(edge[own]) for own in (first, ~first)]
        if any(own is None for own in fitted) or min(first.sum(), (~first).sum()) < _LEAST_POINTS:
            return (whole, whole) if whole.off < _ROUND * whole.radius else None
        circles = [own for own in fitted if own is not None]
    one, other = circles
    apart = float(np.hypot(one.x - other.x, one.y - other.y))
    largest = max(one.radius, other.radius)
    if apart < _ONE_CIRCLE * whole.radius:
        return whole, whole
    apart_enough = abs(one.radius - other.radius) <= _UNLIKE * largest and apart <= 2 * largest
    if apart_enough and max(one.off / one.radius, other.off / other.radius) < _ROUND:
        return one, other
    return (whole, whole) if whole.off < _ROUND * whole.radius else None


def _off(points: Points, circle: Circle) -> NDArray[np.float64]:
    return np.asarray(np.abs(np.hypot(points[:, 0] - circle.x, points[:, 1] - circle.y) - circle.radius))
