"""Soft tissue and air: body, thoracic cavity, diaphragm, heart, great vessels and airways as path lengths in cm."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_app.simulator.grid import Field, Grid, Points, arc_lengths, as_field, curve
from edge_app.simulator.habitus import Dome, Habitus

LUNG_DENSITY = 0.27


@dataclass(frozen=True, eq=False)
class Thorax:
    """Path lengths of one patient before bones and vessels, each (rows, columns) float32 in cm; outlines as bool of the same shape.

    Attributes:
        body: skin to skin.
        cavity: between the inner chest walls.
        lung: aerated lung within the cavity.
        air: free gas in airways and stomach.
        right_field, left_field: the lung fields, beside heart and mediastinum and above the domes.
        heart: the heart's silhouette.
    """

    body: Field
    cavity: Field
    lung: Field
    air: Field
    right_field: NDArray[np.bool_]
    left_field: NDArray[np.bool_]
    heart: NDArray[np.bool_]

    def moved(self, remapped: Callable[[Field], Field]) -> "Thorax":
        """The same patient with everything moved by one displacement."""
        right, left, heart = (remapped(as_field(outline)) >= 0.5 for outline in (self.right_field, self.left_field, self.heart))
        body, cavity, lung, air = (remapped(length) for length in (self.body, self.cavity, self.lung, self.air))
        return Thorax(body, cavity, lung, air, np.asarray(right), np.asarray(left), np.asarray(heart))


def cavity_half_width(habitus: Habitus, y: NDArray[np.floating]) -> NDArray[np.float64]:
    """Half width (cm) of the thoracic cavity at height ``y`` (cm below the apex)."""
    t = np.clip(np.asarray(y, dtype=np.float64) / 20.0, 0.0, 1.0)
    return habitus.chest_half_width_cm * np.sqrt(1 - (1 - t) ** 4.2) * (1 - 0.02 * np.clip((y - 21) / 8, 0, 1))


def cavity_half_depth(habitus: Habitus, y: NDArray[np.floating]) -> NDArray[np.float64]:
    """Half depth (cm) of the thoracic cavity at height ``y``."""
    t = np.clip(np.asarray(y, dtype=np.float64) / 15.0, 0.0, 1.0)
    return habitus.chest_half_depth_cm * np.sqrt(1 - (1 - t) ** 2.2)


def dome_height(dome: Dome, x: NDArray[np.floating]) -> NDArray[np.floating]:
    """Height (cm) of a hemidiaphragm's silhouette at ``x``."""
    outward = (x - dome.x_cm) * np.sign(dome.x_cm)
    return as_field(dome.top_cm + np.where(outward > 0, dome.lateral, dome.medial) * outward**2)


def build_thorax(habitus: Habitus, grid: Grid, rng: np.random.Generator) -> Thorax:
    """Lay out one patient's soft tissue."""
    table = np.linspace(-12.0, 50.0, 1241)
    half_width = _lookup(grid.y, table, cavity_half_width(habitus, table))
    half_depth = _lookup(grid.y, table, cavity_half_depth(habitus, table))
    u = grid.x / np.maximum(half_width, np.float32(1e-3))
    squared = np.minimum(u * u, 1)
    cavity = 2 * half_depth * np.sqrt(1 - squared * (np.float32(0.35) + np.float32(0.65) * squared))
    cavity[grid.y <= 0] = 0

    is_left = grid.x + np.float32(0.3) > 0
    domes = np.where(is_left, dome_height(habitus.left_dome, grid.x), dome_height(habitus.right_dome, grid.x)).astype(np.float32)
    before, behind = _beside_dome(habitus, cavity, np.maximum(grid.y - domes, 0), is_left)

    heart = _heart(habitus, grid)
    front = _merged(_mediastinum(habitus, grid, cavity), heart, _fat_pads(habitus, grid, rng), *_great_vessels(habitus, grid))
    # The heart lies in front: it takes the air there first, and only then the lung behind the dome.
    aerated = np.maximum(before - front, 0) + np.minimum(behind, np.maximum(cavity - front, 0))
    lung = np.maximum(aerated - _behind(habitus, grid), 0)
    above = grid.y < domes
    silhouette = (front > 0.25 * np.maximum(cavity, 0.5)) | (np.abs(grid.x) < 1.8)
    heart_seen = (heart > 0.5) & (grid.y < domes + 1.2)
    field = (cavity > 1.0) & above & ~silhouette & ~heart_seen & (lung > 0.8)
    return Thorax(
        body=_body(habitus, grid, rng),
        cavity=cavity,
        lung=lung,
        air=_airways(grid) + _stomach(habitus, grid),
        right_field=field & ~is_left,
        left_field=field & is_left,
        heart=heart_seen,
    )


def _lookup(y: Field, table: NDArray[np.float64], values: NDArray[np.float64]) -> Field:
    scaled = (y - np.float32(table[0])) * np.float32(1 / (table[1] - table[0]))
    index = np.clip(scaled.astype(np.int32), 0, len(table) - 1)
    return values.astype(np.float32)[index]


def _beside_dome(habitus: Habitus, cavity: Field, below: Field, is_left: NDArray[np.bool_]) -> tuple[Field, Field]:
    """Air before and behind the top of the dome, ``below`` cm under its silhouette."""
    centre = np.float32(0.12 * habitus.chest_half_depth_cm)
    root = np.sqrt(below)
    left, right = habitus.left_dome, habitus.right_dome
    steep_back = np.where(is_left, np.float32(left.back**-0.5), np.float32(right.back**-0.5))
    steep_front = np.where(is_left, np.float32(left.front**-0.5), np.float32(right.front**-0.5))
    before = np.maximum(cavity / 2 - centre - root * steep_front, 0)
    behind = np.maximum(cavity / 2 + np.minimum(centre, cavity / 2) - root * steep_back, 0)
    return before, behind


def _merged(*parts: Field) -> Field:
    total = np.zeros_like(parts[0])
    for part in parts:
        squared = part * part
        total += squared * squared
    return np.sqrt(np.sqrt(total))


def _mediastinum(habitus: Habitus, grid: Grid, cavity: Field) -> Field:
    y = grid.y
    table = np.linspace(-12.0, 50.0, 1241)
    wide = habitus.mediastinum_half_width_cm
    shape = (
        wide * (1 + 1.4 * np.exp(-np.maximum(table, 0) / 1.3))
        + 0.25 * np.exp(-(((table - 5.5) / 2.5) ** 2))
        + 0.9 * np.clip((table - 8) / 5, 0, 1)
    )
    half = _lookup(y, table, shape)
    u = (grid.x + np.float32(0.15)) / half
    u = np.minimum(u * u, 1)
    low = np.clip((y - 7) / 5, 0, 1)
    edged = np.sqrt(1 - u * (np.float32(0.6) + np.float32(0.4) * u))
    return as_field(np.maximum(cavity, 3) * ((1 - low) * edged + low * (1 - u)))


def _heart(habitus: Habitus, grid: Grid) -> Field:
    size = habitus.heart
    turn = grid.rotation * 4
    bottom = 0.5 * (habitus.right_dome.top_cm + habitus.left_dome.top_cm) - 20.7
    ventricles = grid.ellipsoid(3.5 * size + turn, 16.8 + bottom, (7.1 * size, 4.0 * size), 13.5 * size, habitus.heart_axis_rad)
    atrium = grid.ellipsoid(-0.5 * size + turn, 16.6 + bottom, (3.4 * size, 5.2 * size), 12.5 * size, -0.05)
    left_atrium = grid.ellipsoid(0.8 + turn, 13.2 + bottom / 2, (3.4 * size, 3.9 * size), 11.0 * size)
    seat = grid.ellipsoid(1.8 + turn, 20.6 + bottom, (4.9 * size, 3.0 * size), 13.0 * size, 0.1)
    return _merged(ventricles, atrium, left_atrium, seat)


def _fat_pads(habitus: Habitus, grid: Grid, rng: np.random.Generator) -> Field:
    """Fat beside the heart in both angles with the diaphragm; its outlines are soft."""
    left, right = habitus.left_dome, habitus.right_dome
    pads = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    for x, y in ((left.x_cm + 0.8, left.top_cm + 0.1), (right.x_cm + 3.4, right.top_cm + 0.4)):
        size = rng.uniform(0.5, 1.2)
        mound = grid.ellipsoid(x, y, (2.6 * size, 1.7 * size), 1.0, 0.5 if x > 0 else -0.4)
        mound *= mound
        pads += np.float32(4.5 * size) * mound * mound
    return pads


def _great_vessels(habitus: Habitus, grid: Grid) -> list[Field]:
    old = habitus.unfolded_aorta
    turn = grid.rotation * 3
    knob = grid.ellipsoid(0.7 + 0.7 * old + turn, 6.7 - 0.5 * old, (2.75 + 0.4 * old, 1.75 + 0.35 * old), 6.0, 0.25)
    trunk = grid.ellipsoid(0.9 + turn, 10.4, (3.0, 2.1), 5.5, 0.6)
    ascending = grid.ellipsoid(-0.9 - 0.5 * old + turn, 9.6, (2.3 + 0.3 * old, 4.4), 6.0)
    cava = grid.ellipsoid(-1.4 + turn, 6.5, (1.6, 7.0), 4.5)
    subclavian = grid.ellipsoid(1.2, 1.8, (2.2, 4.8), 4.5, -0.06)
    return [knob, trunk, ascending, cava, subclavian]


def _behind(habitus: Habitus, grid: Grid) -> Field:
    spine = grid.x - np.float32(-6.0 * grid.rotation)
    u = spine / np.float32(3.1)
    vertebrae = np.float32(1.3) * np.maximum(1 - u * u, 0) * np.clip(grid.y / 4, 0, 1)
    old = habitus.unfolded_aorta
    knots = np.array(
        [
            [1.6 + 0.5 * old, 6.5, -4],
            [2.2 + 0.9 * old, 10.0, -5],
            [1.9 + 0.8 * old, 15.0, -5.5],
            [1.0 + 0.3 * old, 22.0, -5],
            [0.3, 30.0, -4],
        ]
    )
    path = curve(knots, 900)
    aorta = _upright_tube(grid, path, 1.15 + 0.2 * old) * np.clip((grid.y - 7) / 4, 0, 1)
    return _merged(vertebrae, aorta)


def _upright_tube(grid: Grid, path: Points, half_cm: float) -> Field:
    """A tube that runs nearly down the picture, its edges softened as by neighbouring fat."""
    centre = np.interp(grid.y[:, grid.columns // 2], path[:, 1], path[:, 0]).astype(np.float32)[:, None]
    u = (grid.x + np.float32(5 * grid.rotation) - centre) / np.float32(half_cm)
    return as_field(2 * np.float32(half_cm) * np.maximum(1 - u * u, 0))


def _airways(grid: Grid) -> Field:
    trachea = curve(np.array([[0.0, -9, 3], [0.0, -2, 2], [-0.25, 4, 0], [-0.35, 8.3, -1]]), 500)
    right = curve(np.array([[-0.35, 8.0, -1], [-1.7, 9.6, -1], [-2.9, 11.0, -1.2]]), 120)
    left = curve(np.array([[-0.35, 8.0, -1], [1.6, 9.7, -1], [3.7, 11.2, -1.4]]), 140)
    windpipe = grid.tube(grid.splat(trachea, arc_lengths(trachea)), (0.78, 0.78))
    rings = 1 + np.float32(0.025) * np.sin(grid.y * np.float32(2 * np.pi / 0.45))
    bronchi = grid.splat(right, arc_lengths(right)) + grid.splat(left, arc_lengths(left))
    return as_field(np.minimum(windpipe * rings + np.float32(0.6) * grid.tube(bronchi, (0.52, 0.52)), 1.9))


def _stomach(habitus: Habitus, grid: Grid) -> Field:
    size = habitus.stomach_bubble
    if size < 0.25:
        return np.zeros((grid.rows, grid.columns), dtype=np.float32)
    dome = habitus.left_dome
    top = dome.top_cm + 0.9
    bubble = grid.ellipsoid(dome.x_cm - 1.0, top + 1.6 * size, (2.9 * size, 1.6 * size), 2.6 * size, 0.08)
    level = 1 / (1 + np.exp(np.clip((grid.y - np.float32(top + 2.3 * size)) / np.float32(0.08), -30, 30)))
    return as_field(bubble * level)


def _body(habitus: Habitus, grid: Grid, rng: np.random.Generator) -> Field:
    table = np.linspace(-12.0, 50.0, 1241)
    chest, wall = habitus.chest_half_width_cm, habitus.wall_cm
    outer = np.interp(
        table,
        [-3, 1, 4, 8, 13, 19, 26, 36, 50],
        np.array([8, 12, 15, chest + 3.4, chest + 3.0, chest + 2.3, chest + 1.9, chest + 2.2, chest + 2.8]),
    )
    depth = np.interp(
        table, [-12, -4, 0, 5, 12, 20, 28, 50], np.array([5.2, 5.2, 5.8, 7.2, 8.2, 8.8, 9.2, 9.4]) * habitus.chest_half_depth_cm / 7.6
    )
    kernel = np.hanning(61)
    outer = np.convolve(np.pad(outer, 30, mode="edge"), kernel / kernel.sum(), mode="valid")
    u = grid.x / _lookup(grid.y, table, outer + (wall - 1.5))
    u = u * u
    torso = 2 * _lookup(grid.y, table, depth + wall - 1.2) * np.sqrt(np.maximum(1 - u * (np.float32(0.4) + np.float32(0.6) * u), 0))
    torso *= np.clip((grid.y + 3) / 3, 0, 1)
    neck = 11.0 * np.sqrt(np.maximum(1 - np.square(grid.x / np.float32(5.3 + 0.3 * wall)), 0)) * np.clip((6 - grid.y) / 5, 0, 1)
    both = _merged(torso, neck, *(_shoulder(habitus, grid, side) for side in (-1, 1)))
    for side in (-1, 1):
        both += _breast(habitus, grid, side, rng)
    fine = (
        1
        + np.float32(0.007) * grid.texture(rng, 0.5)
        + np.float32(0.006) * grid.texture(rng, 1.3)
        + np.float32(0.011) * grid.texture(rng, 4.0)
    )
    return as_field(both * fine)


def _shoulder(habitus: Habitus, grid: Grid, side: int) -> Field:
    drop, out = habitus.shoulder_drop_cm, habitus.arm_out_cm
    tip = habitus.chest_half_width_cm + 6.4
    knots = np.array(
        [
            [0, -7],
            [5.0, -6.5],
            [5.6, -4.3],
            [8.5, -2.7 + 0.2 * drop],
            [13, -1.6 + 0.7 * drop],
            [tip - 2.6, -0.9 + drop],
            [tip - 0.5, 1.0 + drop],
            [tip + 0.7, 4.5 + drop],
            [tip + 1.4 + 0.3 * out, 12],
            [tip + 1.6 + 0.9 * out, 24],
            [tip + 1.6 + 1.7 * out, 48],
            [tip - 6.2 + 1.7 * out, 48],
            [tip - 5.2 + 0.8 * out, 24],
            [tip - 4.0, 13.0 + 0.5 * drop],
            [tip - 5.6, 14.5],
            [0, 13],
        ]
    )
    outline = curve(knots, 240)
    thick = grid.inflated(outline * np.array([side, 1.0]), 4.6, 10.0 + habitus.wall_cm)
    beside = np.clip((np.abs(grid.x) - np.float32(tip - 7)) / np.float32(2.5), 0, 1)
    return as_field(thick * (beside + (1 - beside) * np.clip((11 - grid.y) / 11, 0, 1)))


def _breast(habitus: Habitus, grid: Grid, side: int, rng: np.random.Generator) -> Field:
    disc = grid.ellipsoid(side * 8.6, 7.5, (6.5, 6.0), 1.0, side * 0.5)
    muscle = disc * disc * np.float32(1.8 if habitus.sex == "M" else 0.9)
    if habitus.breast <= 0:
        return muscle
    size = habitus.breast**0.4
    x, y = side * (8.7 + rng.uniform(-0.3, 0.3)), 17.2 + 1.6 * size + rng.uniform(-0.4, 0.4)
    mound = grid.ellipsoid(x, y, (6.2 * size, 6.6 * size), 3.0 * habitus.breast, side * 0.35)
    hanging = np.clip((grid.y - np.float32(y - 6.6 * size)) / np.float32(8.5 * size), 0, 1)
    return as_field(muscle + mound * hanging)
