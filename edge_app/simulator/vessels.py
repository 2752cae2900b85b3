"""The lung's vessels: two trees that leave the hila, fork and taper, as path lengths of blood in cm."""

import numpy as np
from numpy.typing import NDArray

from edge_app.simulator.grid import Field, Grid, Points
from edge_app.simulator.habitus import Habitus
from edge_app.simulator.thorax import cavity_half_depth, cavity_half_width, dome_height

_GENERATIONS = 8
_SAMPLES = 40
# Radius classes (cm): each is laid out with one disc.
_CLASSES = (0.028, 0.042, 0.065, 0.1, 0.15, 0.22, 0.32, 0.45, 0.62)

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


def build_vessels(habitus: Habitus, grid: Grid, rng: np.random.Generator) -> Field:
    """Path length of blood (cm) in the lungs' vessels, (rows, columns) float32; not yet kept inside the lungs."""
    points: list[Points] = []
    radii: list[NDArray[np.float64]] = []
    lengths: list[NDArray[np.float64]] = []
    for side in (-1, 1):
        for path, radius, length in _tree(habitus, side, rng):
            points.append(path)
            radii.append(radius)
            lengths.append(length)
    every, radius, length = np.concatenate(points), np.concatenate(radii) * habitus.vessels, np.concatenate(lengths)
    total = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    edges = np.sqrt(np.array(_CLASSES[:-1]) * np.array(_CLASSES[1:]))
    chosen = np.digitize(radius, edges)
    for index, half in enumerate(_CLASSES):
        mine = chosen == index
        if mine.any():
            # Thickness goes with the radius itself; the disc's width is that of its class.
            total += grid.tube(grid.splat(every[mine], length[mine] * radius[mine] / half), (half, half))
    return total


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


def _tree(habitus: Habitus, side: int, rng: np.random.Generator) -> list[tuple[Points, NDArray[np.float64], NDArray[np.float64]]]:
    mirror = np.array([side, 1.0, 1.0])
    lift = -0.7 if side > 0 else 0.0
    start = np.array([trunk[0] for trunk in _TRUNKS]) * mirror + [0, lift, 0] + rng.normal(0, 0.2, (len(_TRUNKS), 3))
    heading = _unit(np.array([trunk[1] for trunk in _TRUNKS]) * mirror + rng.normal(0, 0.12, (len(_TRUNKS), 3)))
    radius = np.array([trunk[2] for trunk in _TRUNKS]) * rng.uniform(0.95, 1.25, len(_TRUNKS))
    found = []
    hilum = np.array([3.0 * side, 10.8 + lift, 0.0])
    for generation in range(_GENERATIONS):
        length = 2.9 * (radius / 0.35) ** 0.55 * rng.uniform(0.65, 1.35, len(radius))
        bend = _unit(heading + rng.normal(0, 0.2, heading.shape))
        end = start + (0.5 * (heading + bend)) * length[:, None]
        s = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
        path = (
            start[:, None]
            + heading[:, None] * (s * (1 - s))[None, :, None] * length[:, None, None]
            + (end - start)[:, None] * (s * s)[None, :, None]
        )
        taper = 1 - 0.22 * s
        found.append((path.reshape(-1, 3), (radius[:, None] * taper).reshape(-1), np.repeat(length / _SAMPLES, _SAMPLES)))
        alive = _inside(habitus, side, end, 0.7)
        end, bend, radius = end[alive], bend[alive], radius[alive]
        if not len(end) or generation == _GENERATIONS - 1:
            break
        outward = _unit(end - hilum)
        aside = _unit(np.cross(bend, rng.normal(size=bend.shape)))
        spread = rng.uniform(0.35, 0.85, (len(end), 1))
        major = _unit(bend + 0.22 * outward - aside * spread * 0.45)
        minor = _unit(bend + 0.22 * outward + aside * spread * 1.25)
        share = rng.uniform(0.6, 0.76, len(end))
        start = np.concatenate([end, end])
        heading = np.concatenate([major, minor])
        radius = np.concatenate([radius * 0.82 * rng.uniform(0.94, 1.02, len(end)), radius * share])
        thick = radius > 0.02
        start, heading, radius = start[thick], heading[thick], radius[thick]
    return found
