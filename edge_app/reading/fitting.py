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
_OUTWARDS = (1.0, 1.0, 0.6, 0.6)
"""How far to the side counts against how far up where a corner is looked for, pass by pass. Once the plate's direction is known, less, so
that it is where the plate ends and not somewhere on the slant of a rounded corner."""
_CIRCLE_PASSES = 40
_CIRCLE_POINTS = 200
"""Of an edge are enough to find both circles."""
_AXES = (0.0, np.pi / 2, np.pi / 4, -np.pi / 4)
"""Beside the direction in which an edge is longest, from where two circles are looked for until they are found."""
_SURELY = 0.008
"""Two circles that an edge lies off by less than so many radii need not be looked for further."""
_STRAIGHT = 1e12
"""Condition of what is solved, from which on points are taken for a line."""
_LEAST_POINTS = 8
_ONE_CIRCLE = 0.12
"""Two middles that lie closer than so many radii cannot be told apart on an edge of pixels."""
_ROUND = 0.07
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
    for outwards in _OUTWARDS:
        found = _plate(edge, up, outwards)
        if found is None:
            return None
        one, other, _ = found
        across = other - one
        normal = np.array([-across[1], across[0]]) / max(float(np.linalg.norm(across)), 1e-9)
        up = normal if float(normal @ up) >= 0 else -normal
    assert found is not None  # noqa: S101  (at least one pass)
    one, other, off = found
    return Plate((float(one[0]), float(one[1])), (float(other[0]), float(other[1])), off)


def _plate(edge: Points, up: Points, outwards: float) -> tuple[Points, Points, float] | None:
    """One pass, with the plate's normal as far as it is known."""
    across = np.array([-up[1], up[0]])
    along, height = edge @ across, edge @ up
    # Only the side towards it: what lies below its own middle is of another face.
    upper = height >= (height.max() + np.median(height)) / 2 - 1e-9
    if upper.sum() < _LEAST_POINTS:
        return None
    corners = [np.flatnonzero(upper)[int(np.argmax((height + side * outwards * along)[upper]))] for side in (-1.0, 1.0)]
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
    squares = system.T @ system
    if np.linalg.cond(squares) > _STRAIGHT:
        return None
    solved = np.linalg.solve(squares, system.T @ (x**2 + y**2))
    radius = float(np.sqrt(max(solved[2] + solved[0] ** 2 + solved[1] ** 2, 0.0)))
    off = np.hypot(x - solved[0], y - solved[1]) - radius
    return Circle(float(solved[0] + middle[0]), float(solved[1] + middle[1]), radius, float(off.std()))


def two_circles(edge: Points) -> tuple[Circle, Circle] | None:
    """The two circles whose union has that edge, the same twice where they cannot be told apart; None where the edge is of no such thing.

    An edge may have gaps where something cuts it off.
    """
    edge = edge[:: max(1, len(edge) // _CIRCLE_POINTS)]
    whole = circle_through(edge) if len(edge) >= 2 * _LEAST_POINTS else None
    if whole is None:
        return None
    best: tuple[float, Circle, Circle] | None = None
    for angle in _AXES:
        tried = _told_apart(edge, whole, _axis(edge) + angle)
        if tried is not None and (best is None or tried[0] < best[0]):
            best = tried
        if best is not None and best[0] < _SURELY * whole.radius:
            break
    if best is not None and best[0] < _ROUND * min(best[1].radius, best[2].radius):
        _, one, other = best
        if np.hypot(one.x - other.x, one.y - other.y) >= _ONE_CIRCLE * whole.radius:
            return one, other
    return (whole, whole) if whole.off < _ROUND * whole.radius else None


def _axis(edge: Points) -> float:
    """The direction in which an edge is longest, in radians."""
    along = np.linalg.svd(edge - edge.mean(0), full_matrices=False)[2][0]
    return float(np.arctan2(along[1], along[0]))


def _told_apart(edge: Points, whole: Circle, angle: float) -> tuple[float, Circle, Circle] | None:
    """Two circles from a start on both sides of the whole, and how far the edge lies off them (root of the mean square).

    Each point belongs to the circle it lies on, which is then fitted anew, as k-means does with middles. None where only one is left, or
    the two are no pair of heads.
    """
    middle, axis = edge.mean(0), np.array([np.cos(angle), np.sin(angle)])
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
        if min(first.sum(), (~first).sum()) < _LEAST_POINTS:
            return None
        fitted = [own for own in (circle_through(edge[first]), circle_through(edge[~first])) if own is not None]
        if len(fitted) < 2:
            return None
        circles = fitted
    one, other = circles
    largest = max(one.radius, other.radius)
    if abs(one.radius - other.radius) > _UNLIKE * largest or np.hypot(one.x - other.x, one.y - other.y) > 2 * largest:
        return None
    low, high = edge.min(0), edge.max(0)
    if any(not (low[0] < own.x < high[0] and low[1] < own.y < high[1]) for own in circles):
        return None
    return float(np.sqrt(np.mean(np.minimum(_off(edge, one), _off(edge, other)) ** 2))), one, other


def _off(points: Points, circle: Circle) -> NDArray[np.float64]:
    return np.asarray(np.abs(np.hypot(points[:, 0] - circle.x, points[:, 1] - circle.y) - circle.radius))
