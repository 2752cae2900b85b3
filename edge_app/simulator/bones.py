"""Bones: ribs, clavicles, scapulae, humeri and spine as hollow tubes and plates; results are extra attenuation over soft tissue (nat)."""

import numpy as np
from numpy.typing import NDArray

from edge_app.simulator.grid import Field, Grid, Points, as_field, curve
from edge_app.simulator.habitus import Habitus
from edge_app.simulator.thorax import cavity_half_depth, cavity_half_width

_CORTEX_PER_CM = 0.38
_SPONGY_PER_CM = 0.075
_RIBS = 12
_STEP_PIXELS = 0.7
_SIDES = (-1, 1)
_RIB_END_DEG = (128, 146, 150, 150, 147, 143, 138, 131, 123, 112, 78, 46)
_RIB_TILT = (0.85, 0.9, 0.95, 1.0, 1.03, 1.06, 1.08, 1.12, 1.18, 1.28, 1.6, 2.2)


class _Lines:
    """Curves of one kind of bone, gathered so that they are laid out in one go."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._points: list[Points] = []
        self._weights: list[NDArray[np.float64]] = []

    def add(self, points: Points, share: NDArray[np.float64] | float = 1.0) -> None:
        """A curve (n, 3) in cm with the share of full bone along it; laid out in even steps finer than a pixel."""
        run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
        count = max(2, int(run[-1] * self._grid.per_cm / _STEP_PIXELS))
        at = (np.arange(count) + 0.5) * run[-1] / count
        self._points.append(np.column_stack([np.interp(at, run, points[:, axis]) for axis in range(3)]))
        self._weights.append(np.interp(at, run, np.broadcast_to(share, len(run))) * run[-1] / count)

    def laid(self) -> Field:
        """All of them as arc lengths on the detector."""
        return self._grid.splat(np.concatenate(self._points), np.concatenate(self._weights))

    def bone(self, half_cm: tuple[float, float], cortex_cm: float) -> Field:
        """Attenuation (nat) of hollow bones of that cross-section along them."""
        return self._grid.hollow_tube(self.laid(), half_cm, cortex_cm, _CORTEX_PER_CM, _SPONGY_PER_CM)


def build_bones(habitus: Habitus, grid: Grid, rng: np.random.Generator) -> Field:
    """Extra attenuation (nat) of the whole visible skeleton, (rows, columns) float32."""
    total = (
        _ribs(habitus, grid, rng)
        + _spine(grid, rng)
        + _clavicles(habitus, grid, rng)
        + _shoulder_blades(habitus, grid)
        + _humeri(habitus, grid)
    )
    return np.asarray(total * np.float32(habitus.bone), dtype=np.float32)


def vertebra_y(number: int) -> float:
    """Height (cm) of the middle of thoracic vertebra ``number``; 0 and below are cervical, 13 and above lumbar."""
    step = number - 1
    return -0.4 + 1.9 * step + 0.035 * step * abs(step)


def rib_path(habitus: Habitus, number: int, side: int, jitter_cm: float = 0.0) -> Points:
    """(n, 3) cm along rib ``number`` (1…12) from its vertebra around the chest to its cartilage; ``side`` −1 is the patient's right."""
    if number == 1:
        knots = np.array([[1.9, -0.1, -3.5], [4.2, 0.45, -3.2], [5.9, 1.7, -1.4], [6.2, 3.2, 1.5], [5.0, 4.6, 4.0], [3.0, 5.4, 5.5]])
        return curve((knots + np.array([0.0, jitter_cm, 0.0])) * np.array([side, 1, 1]), 260)
    tilt = habitus.rib_tilt * _RIB_TILT[number - 1]
    start_y = vertebra_y(number) + jitter_cm
    angle = np.linspace(0.0, np.deg2rad(_RIB_END_DEG[number - 1]), 260)
    fall = (1 - np.cos(angle)) * 0.5
    y = start_y + fall * 2 * cavity_half_depth(habitus, np.array([start_y + 6.0]))[0] * tilt + 0.25 * np.sin(2 * angle)
    level = np.maximum(y, 1.2)
    width, depth = cavity_half_width(habitus, level) - 0.08, cavity_half_depth(habitus, level) + 0.3
    x = side * np.maximum(width * np.sin(angle) ** 0.72, 1.9 * (angle < 0.6))
    return np.stack([x, y, -depth * np.cos(angle)], axis=1)


def _ribs(habitus: Habitus, grid: Grid, rng: np.random.Generator) -> Field:
    back, front = _Lines(grid), _Lines(grid)
    for number in range(1, _RIBS + 1):
        level = rng.normal(0, 0.08)
        for side in _SIDES:
            path = rib_path(habitus, number, side, level + rng.normal(0, 0.06))
            ends = np.interp(np.arange(len(path)), [0, 14, 215, 259], [0.5, 1.0, 1.0, 0.35]) * (0.75 if number == 1 else 1.0)
            bend = np.clip((path[:, 2] + 2.0) / 4.0, 0.0, 1.0)
            back.add(path, ends * (1 - bend))
            front.add(path, ends * bend)
    # Beside the lungs the ribs lie in muscle seen edge-on, and their turns are lost in it.
    wall = np.clip(1.15 - np.maximum(np.abs(grid.x) - _lung_edge(habitus, grid), 0) * 2.2, 0.4, 1)
    return as_field((back.bone((0.3, 0.58), 0.09) + np.float32(0.72) * front.bone((0.28, 0.68), 0.055)) * wall)


def _lung_edge(habitus: Habitus, grid: Grid) -> Field:
    heights = np.linspace(0, 45, 901)
    return as_field(np.interp(grid.y, heights, cavity_half_width(habitus, heights)))


def _clavicles(habitus: Habitus, grid: Grid, rng: np.random.Generator) -> Field:
    shafts, ends = _Lines(grid), _Lines(grid)
    tip = habitus.chest_half_width_cm + 3.2
    along = np.linspace(0, 1, 500)
    at_ends = np.clip(np.abs(along - 0.5) * 2 - 0.55, 0, 1) * 2
    fading = np.clip((1 - along) / 0.12, 0.0, 1)
    for side in _SIDES:
        drop = habitus.shoulder_drop_cm + rng.normal(0, 0.2)
        knots = np.array(
            [
                [1.9, 4.3, 6.5],
                [3.6, 3.5, 7.0],
                [0.44 * tip, 2.2 + 0.25 * drop, 6.0],
                [0.69 * tip, 0.9 + 0.6 * drop, 2.8],
                [0.88 * tip, 0.4 + 0.85 * drop, 0.8],
                [tip, 0.55 + drop, 0.0],
            ]
        )
        path = curve(knots * np.array([side, 1, 1]), 500)
        shafts.add(path, fading * (1 - 0.5 * at_ends))
        ends.add(path, fading * 0.5 * at_ends)
    return shafts.bone((0.5, 0.56), 0.11) + ends.bone((0.75, 0.8), 0.06)


def _shoulder_blades(habitus: Habitus, grid: Grid) -> Field:
    out, drop = habitus.scapula_out_cm, habitus.shoulder_drop_cm
    joint = habitus.chest_half_width_cm + 2.9
    size = habitus.chest_half_width_cm / 13.3
    blade = np.array(
        [
            [joint - 0.6, 2.0 + drop, 0],
            [joint - 3.5, 1.5 + drop, -4],
            [10.4 * size + out, 2.4 + drop, -5],
            [10.6 * size + out, 6.0 + drop, -6],
            [11.6 * size + out, 11.0 + drop, -6.5],
            [12.9 * size + out, 14.6 + drop, -6.5],
            [13.7 * size + out, 13.8 + drop, -6],
            [14.2 * size + out, 10.0 + drop, -4.5],
            [joint - 0.9, 6.3 + drop, -2],
            [joint, 5.2 + drop, -0.5],
        ]
    )
    ridge = np.array(
        [[10.9 * size + out, 5.0 + drop, -6], [joint - 3, 2.6 + drop, -4], [joint + 0.4, 0.6 + drop, -2], [joint + 1.9, 0.7 + drop, 0]]
    )
    rims, crests = _Lines(grid), _Lines(grid)
    plates = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    for side in _SIDES:
        mirror = np.array([side, 1.0, 1.0])
        outline = curve(np.vstack([blade, blade[:1]]) * mirror, 300)
        plates += np.float32(0.1) * grid.polygon(outline)
        rims.add(outline, np.interp(np.arange(300), [0, 60, 150, 180, 300], [0.3, 0.3, 0.3, 1.0, 1.0]))
        crests.add(curve(ridge * mirror, 260), np.linspace(0.25, 0.9, 260))
        plates += np.float32(0.11) * grid.ellipsoid(side * (joint - 1.7), 2.9 + drop, (1.15, 0.75), 1.4, side * 0.5)
        plates += np.float32(0.11) * grid.ellipsoid(side * (joint - 0.1), 3.9 + drop, (0.65, 1.75), 2.0, side * 0.15)
    return grid.blurred(plates, 0.05) + rims.bone((0.3, 0.3), 0.1) * np.float32(0.8) + crests.bone((0.35, 0.4), 0.09)


def _humeri(habitus: Habitus, grid: Grid) -> Field:
    drop, out = habitus.shoulder_drop_cm, habitus.arm_out_cm
    joint = habitus.chest_half_width_cm + 5.1
    shafts = _Lines(grid)
    heads = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    for side in _SIDES:
        head = grid.ellipsoid(side * joint, 3.3 + drop, (2.25, 2.35), 4.2, side * 0.4)
        rim = np.maximum(head - grid.ellipsoid(side * joint, 3.33 + drop, (2.2, 2.25), 4.1, side * 0.4), 0)
        heads += np.float32(0.075) * head + np.float32(0.1) * rim
        heads += np.float32(0.06) * grid.ellipsoid(side * (joint + 1.4), 4.3 + drop, (1.1, 1.7), 2.4)
        shaft = curve(np.array([[joint + 0.3, 3.8 + drop, 0], [joint + 0.6 + 0.2 * out, 9.0, 0], [joint + 0.8 + 1.0 * out, 44.0, 0]]), 700)
        shafts.add(shaft * np.array([side, 1, 1]), np.interp(shaft[:, 1], [3.5 + drop, 6.5 + drop], [0.0, 1.0]))
    return heads + shafts.bone((1.1, 1.1), 0.3)


def _ring(x: float, y: float, half_x: float, half_y: float) -> Points:
    turn = np.linspace(0, 2 * np.pi, 60)
    return np.column_stack([x + half_x * np.cos(turn), y + half_y * np.sin(turn), np.zeros(60)])


def _spine(grid: Grid, rng: np.random.Generator) -> Field:
    sway = rng.normal(0, 0.3)
    shift = -6.5 * grid.rotation
    rims = _Lines(grid)
    outlines = []
    for number in range(-4, 16):
        y = vertebra_y(number)
        pitch = vertebra_y(number + 1) - y if number >= 1 else 1.75
        x = shift + sway * np.sin((y + 2) / 9.0)
        half_x, half_y = float(np.clip(1.25 + 0.045 * number, 1.15, 1.85)), 0.42 * pitch
        waist = half_x * 0.92
        corners = np.array(
            [
                [-half_x, -half_y],
                [0, -half_y + 0.06],
                [half_x, -half_y],
                [waist, 0],
                [half_x, half_y],
                [0, half_y - 0.06],
                [-half_x, half_y],
                [-waist, 0],
            ]
        )
        outline = curve(np.vstack([corners, corners[:1]]), 120) + np.array([x, y])
        outlines.append(outline)
        rims.add(np.column_stack([outline, np.zeros(120)]), rng.uniform(0.22, 0.4))
        rims.add(_ring(x, y + 0.75, 0.2, 0.5), 0.5)
        for side in _SIDES:
            rims.add(_ring(x + side * half_x * 0.68, y - 0.15, 0.26, 0.42), 0.4)
            reach = 2.9 if number > 0 else 2.0
            rims.add(
                curve(np.array([[x + side * 1.2, y - 0.1, 0], [x + side * 2.0, y - 0.25, 0], [x + side * reach, y - 0.45, 0]]), 60), 0.5
            )
    bodies = grid.blurred(grid.polygons(outlines), 0.07)
    return np.float32(0.1) * bodies + np.float32(_CORTEX_PER_CM) * grid.tube(rims.laid(), (0.13, 0.13))
