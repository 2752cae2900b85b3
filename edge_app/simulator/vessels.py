"""The lung's vessels: two trees that leave the hila, fork and taper, as path lengths of blood in cm."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_app.simulator.grid import Field, Grid, Points
from edge_app.simulator.habitus import Habitus
from edge_app.simulator.thorax import cavity_half_depth, cavity_half_width, dome_height

_GENERATIONS = 9
_STEP_PIXELS = 0.8
_TAPER = 0.2
_THINNEST_CM = 0.026
# Radius classes (cm): each is laid out with one disc.
_CLASSES = (0.03, 0.045, 0.065, 0.1, 0.15, 0.22, 0.32, 0.45, 0.62)

# Trunks of one side: start x, y, z; direction x, y, z (x to the outside); radius; all cm.
_TRUNKS = (
    ((3.2, 9.6, 0.5), (0.45, -1.0, 0.1), 0.34),
    ((3.3, 9.8, 0.0), (1.0, -0.75, 0.55), 0.30),
    ((3.4, 10.0, 0.0), (0.9, -0.55, -0.7), 0.28),
    ((3.5, 10.6, 0.5), (1.0, -0.1, 0.9), 0.26),
    ((3.5, 10.8, -0.5), (1.0, 0.15, -0.9), 0.27),
    ((3.3, 10.2, 0.5), (0.55, 1.25, 0.1), 0.60),
    ((3.9, 11.8, 0.3), (0.8, 0.9, 0.55), 0.36),
    ((4.1, 12.4, 0.0), (0.65, 1.0, -0.2), 0.40),
    ((4.0, 12.6, -0.8), (0.35, 1.2, -0.5), 0.38),
    ((4.0, 12.0, -0.6), (1.0, 0.65, -0.6), 0.34),
    ((2.0, 13.6, -1.0), (1.0, 0.35, -0.3), 0.36),
    ((2.0, 13.9, -1.0), (0.9, 0.75, -0.3), 0.34),
    ((2.4, 11.0, 1.5), (0.7, -1.1, 0.35), 0.32),
    ((2.6, 11.2, 1.5), (1.0, 0.25, 0.8), 0.28),
)


@dataclass(frozen=True, eq=False)
class _Branches:
    """Vessel segments: (n, 3) starts, directions and ends, (n,) lengths and radii at the start, all cm."""

    start: Points
    heading: Points
    end: Points
    length: NDArray[np.float64]
    radius: NDArray[np.float64]


def build_vessels(habitus: Habitus, grid: Grid, rng: np.random.Generator) -> Field:
    """Path length of blood (cm) in the lungs' vessels, (rows, columns) float32; not yet kept inside the lungs."""
    total = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    laid = [_laid_out(branches, grid) for side in (-1, 1) for branches in _tree(habitus, side, rng)]
    points = np.concatenate([each[0] for each in laid])
    radius = np.concatenate([each[1] for each in laid]) * habitus.vessels
    length = np.concatenate([each[2] for each in laid])
    chosen = np.digitize(radius, np.sqrt(np.array(_CLASSES[:-1]) * np.array(_CLASSES[1:])))
    for index, half in enumerate(_CLASSES):
        mine = chosen == index
        if mine.any():
            # Thickness goes with the radius itself; the disc's width is that of its class.
            total += grid.tube(grid.splat(points[mine], length[mine] * radius[mine] / half), (half, half))
    return total


def _laid_out(branches: _Branches, grid: Grid) -> tuple[Points, NDArray[np.float64], NDArray[np.float64]]:
    """Points in even steps finer than a pixel along the bent and tapering branches, with radius and length of each."""
    counts = np.maximum(np.ceil(branches.length * grid.per_cm / _STEP_PIXELS), 3).astype(np.int64)
    owner = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    s = ((within + 0.5) / counts[owner])[:, None]
    start, length = branches.start[owner], branches.length[owner]
    points = start + branches.heading[owner] * (s * (1 - s)) * length[:, None] + (branches.end[owner] - start) * (s * s)
    return points, branches.radius[owner] * (1 - _TAPER * s[:, 0]), length / counts[owner]


def _unit(vectors: Points) -> Points:
    lengths: Points = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-9)


def _inside(habitus: Habitus, side: int, points: Points, margin_cm: float) -> NDArray[np.bool_]:
    x, y, z = points[:, 0], points[:, 1], points[:, 2]
    width = np.maximum(cavity_half_width(habitus, y) - margin_cm, 0.1)
    depth = np.maximum(cavity_half_depth(habitus, y) - margin_cm, 0.1)
    dome = habitus.left_dome if side > 0 else habitus.right_dome
    floor = dome_height(dome, x) + np.where(z < 0, dome.back, dome.front) * (z - 1) ** 2
    return np.asarray(((x / width) ** 2 + (z / depth) ** 2 < 1) & (y > 0.5) & (y < floor - margin_cm) & (x * side > 1.0))


def _tree(habitus: Habitus, side: int, rng: np.random.Generator) -> list[_Branches]:
    """One lung's vessels, generation by generation: each fork has a leading and a lesser arm, and a twig leaves half-way."""
    mirror = np.array([side, 1.0, 1.0])
    lift = np.array([0.0, -0.7 if side > 0 else 0.0, 0.0])
    count = len(_TRUNKS)
    start = np.array([trunk[0] for trunk in _TRUNKS]) * mirror + lift + rng.normal(0, 0.2, (count, 3))
    heading = _unit(np.array([trunk[1] for trunk in _TRUNKS]) * mirror + rng.normal(0, 0.14, (count, 3)))
    radius = np.array([trunk[2] for trunk in _TRUNKS]) * rng.uniform(0.9, 1.2, count)
    hilum = np.array([3.0 * side, 10.8, 0.0]) + lift
    found = []
    for _ in range(_GENERATIONS):
        length = 2.5 * (radius / 0.35) ** 0.5 * rng.uniform(0.6, 1.4, len(radius))
        bend = _unit(heading + rng.normal(0, 0.22, heading.shape))
        end = start + 0.5 * (heading + bend) * length[:, None]
        found.append(_Branches(start, heading, end, length, radius))

        alive = _inside(habitus, side, end, 0.5)
        middle = 0.5 * (start + end)[alive]
        end, bend, radius = end[alive], bend[alive], radius[alive]
        outward = 0.2 * _unit(end - hilum)
        aside = _unit(np.cross(bend, rng.normal(size=bend.shape)))
        spread = rng.uniform(0.3, 0.75, (len(end), 1))
        leading = _unit(bend + outward - aside * spread * 0.45)
        lesser = _unit(bend + outward + aside * spread * 1.2)
        twig = _unit(bend + outward - aside * rng.uniform(0.6, 1.3, (len(end), 1)))
        start = np.concatenate([end, end, middle])
        heading = np.concatenate([leading, lesser, twig])
        radius = np.concatenate(
            [
                radius * rng.uniform(0.77, 0.84, len(end)),
                radius * rng.uniform(0.58, 0.74, len(end)),
                radius * rng.uniform(0.28, 0.42, len(end)),
            ]
        )
        thick = radius > _THINNEST_CM
        start, heading, radius = start[thick], heading[thick], radius[thick]
        if not len(radius):
            break
    return found
