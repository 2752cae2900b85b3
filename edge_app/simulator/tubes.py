"""What doctors have put into a patient: tubes, lines, wires. It is no finding, and must not be taken for one. Attenuation in nat."""

from collections.abc import Callable, Sequence

import numpy as np

from edge_app.simulator.grid import Field, Grid, Points, arc_lengths, as_field, curve
from edge_app.simulator.lesions.ground import Ground, Lung
from edge_app.simulator.lesions.lesion import Side

_SIDES: tuple[Side, Side] = ("left", "right")
_BEYOND_CM = 12.0
"""Far enough above the apex to be outside of any picture."""
_MARK_PER_CM = 1.6
_METAL_PER_CM = 5.0


def _laid(grid: Grid, knots: Sequence[tuple[float, float]], half_cm: float, per_cm: float, *, hollow: bool = False) -> Field:
    """A tube or wire along a smooth curve through ``knots`` (cm); one that is hollow shows its walls and the stripe that marks it."""
    points = np.column_stack([np.array(knots, dtype=np.float64), np.zeros(len(knots))])
    path = curve(points, 240 * len(knots))
    line = grid.splat(path, arc_lengths(path))
    half = max(half_cm, 0.6 / grid.per_cm)
    if not hollow:
        return grid.tube(line, (half, half)) * np.float32(per_cm * (half_cm / half) ** 2)
    walls = grid.hollow_tube(line, (half, half), 0.3 * half, 0.35, 0.05)
    stripe: Points = path + np.array([0.55 * half_cm, 0.0, 0.0])
    mark = max(0.07, 0.5 / grid.per_cm)
    return as_field(walls + np.float32(per_cm * (0.07 / mark) ** 2) * grid.tube(grid.splat(stripe, arc_lengths(stripe)), (mark, mark)))


def _middle(ground: Ground) -> float:
    return 0.5 * sum(lung.hilum[0] for lung in ground.lungs.values())


def _hilum_y(ground: Ground) -> float:
    return 0.5 * sum(lung.hilum[1] for lung in ground.lungs.values())


def _floor_y(ground: Ground) -> float:
    row = int(np.clip(ground.floor_row, 0, ground.grid.rows - 1))
    return float(ground.grid.y[row, ground.grid.columns // 2])


def endotracheal_tube(ground: Ground, rng: np.random.Generator) -> Field:
    """Down the trachea, its tip some centimetres above the carina."""
    x, tip = _middle(ground), _hilum_y(ground) - rng.uniform(2.0, 6.0)
    sway = rng.normal(0, 0.3, 3)
    knots = [(x + sway[0], -_BEYOND_CM), (x + 0.5 * sway[1], tip - 5.0), (x + sway[2] * 0.5, tip)]
    return _laid(ground.grid, knots, rng.uniform(0.4, 0.55), _MARK_PER_CM, hollow=True)


def gastric_tube(ground: Ground, rng: np.random.Generator) -> Field:
    """Down the middle, under the diaphragm into the stomach."""
    x, floor = _middle(ground), _floor_y(ground)
    sway = rng.normal(0, 0.35, 3)
    stomach = x + rng.uniform(3.0, 8.0)
    knots = [
        (x + sway[0], -_BEYOND_CM), (x + sway[1], 0.35 * floor), (x + 0.6 + sway[2], 0.8 * floor), (x + 1.6, floor + 2.0),
        (stomach, floor + rng.uniform(3.0, 7.0)),
    ]  # fmt: skip
    return _laid(ground.grid, knots, rng.uniform(0.15, 0.3), _MARK_PER_CM, hollow=bool(rng.random() < 0.6))


def central_line(ground: Ground, rng: np.random.Generator) -> Field:
    """From the neck or under a collar bone into the superior vena cava."""
    x, y = _middle(ground), _hilum_y(ground)
    sign = float(rng.choice([-1.0, 1.0]))
    tip = (x - 1.4 + rng.normal(0, 0.4), y + rng.uniform(-1.5, 2.5))
    if rng.random() < 0.5:
        knots = [(x + sign * 5.0, -_BEYOND_CM), (x + sign * 3.2, -3.0), (x - 1.3, 0.35 * y), tip]
    else:
        knots = [(x + sign * 16.0, 6.0), (x + sign * 10.0, 1.0), (x + sign * 5.0, 0.5), (x - 1.3, 0.45 * y), tip]
    return _laid(ground.grid, knots, rng.uniform(0.08, 0.14), 3.0)


def pacemaker(ground: Ground, rng: np.random.Generator) -> Field:
    """A can below a collar bone with one or two leads into the heart."""
    grid, x, floor = ground.grid, _middle(ground), _floor_y(ground)
    sign = 1.0 if rng.random() < 0.75 else -1.0
    can = (x + sign * rng.uniform(8.5, 11.0), rng.uniform(2.0, 6.0))
    half = (rng.uniform(1.7, 2.4), rng.uniform(2.0, 2.8))
    body = np.minimum(grid.ellipsoid(*can, half, 6.0, rng.uniform(-0.4, 0.4)), 0.7)
    total = np.float32(_METAL_PER_CM * 0.6) * body
    tips = [(x + rng.uniform(2.5, 5.0), floor - rng.uniform(0.5, 2.0)), (x - rng.uniform(1.5, 3.0), 0.78 * floor)]
    for tip in tips[: int(rng.integers(1, 3))]:
        knots = [
            can, (x + sign * 6.0, 0.2 + rng.normal(0, 0.4)), (x - 1.2, 0.3 * floor), (x - 1.8 + rng.normal(0, 0.3), 0.62 * floor), tip,
        ]  # fmt: skip
        total = total + _laid(grid, knots, 0.1, _METAL_PER_CM)
    return as_field(total)


def sternal_wires(ground: Ground, rng: np.random.Generator) -> Field:
    """A row of wire loops over the breastbone, as left by an operation on the heart."""
    grid, x, floor = ground.grid, _middle(ground) + rng.normal(0, 0.3), _floor_y(ground)
    total = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    for y in np.linspace(0.15, 0.9, int(rng.integers(5, 8))) * floor:
        wide, high = rng.uniform(0.7, 1.1), rng.uniform(0.3, 0.6)
        turns = np.linspace(0, 2 * np.pi, 9)
        knots = [(float(x + wide * np.cos(turn) + 0.05 * rng.normal()), float(y + high * np.sin(turn))) for turn in turns]
        total += _laid(grid, knots, 0.05, _METAL_PER_CM)
    return total


def chest_tube(ground: Ground, rng: np.random.Generator) -> Field:
    """Through the wall into the pleural space, towards the apex or over the diaphragm."""
    lung: Lung = ground.lungs[_SIDES[int(rng.integers(2))]]
    grid = ground.grid
    row = int(lung.rows[0] + rng.uniform(0.5, 0.85) * (lung.rows[1] - lung.rows[0]))
    column = lung.columns[1] if lung.sign > 0 else lung.columns[0]
    wall = (float(grid.x[row, column]), float(grid.y[row, column]))
    tip = lung.somewhere(rng, 0.05, 0.5, 0.8, (0.2, 0.8))
    between = (0.55 * wall[0] + 0.45 * tip[0] + lung.sign * 1.0, 0.5 * (wall[1] + tip[1]) + rng.normal(0, 0.5))
    return _laid(grid, [(wall[0] + lung.sign * 8.0, wall[1] + 3.0), wall, between, tip], rng.uniform(0.3, 0.5), _MARK_PER_CM, hollow=True)


def buttons(ground: Ground, rng: np.random.Generator) -> Field:
    """Studs, clips and electrodes' snaps on skin and clothes; small, round and often in pairs, like nodules and unlike them."""
    grid = ground.grid
    total = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    for _ in range(int(rng.integers(1, 6))):
        x, y, half = rng.uniform(-14, 14), rng.uniform(-3, 22), rng.uniform(0.2, 0.7)
        disc = grid.ellipsoid(x, y, (half, half), 1.0) > 0
        inner = grid.ellipsoid(x, y, (0.55 * half, 0.55 * half), 1.0) > 0
        ring = rng.random() < 0.4
        total += grid.blurred(as_field(disc & ~(inner & ring)), 0.04) * np.float32(rng.uniform(0.3, 1.2))
    return total


TUBES: tuple[Callable[[Ground, np.random.Generator], Field], ...] = (
    endotracheal_tube, gastric_tube, central_line, pacemaker, sternal_wires, chest_tube, buttons,
)  # fmt: skip


def some_tubes(ground: Ground, rng: np.random.Generator, most: int = 3) -> Field:
    """(rows, columns) attenuation of one to ``most`` different ones."""
    chosen = rng.permutation(len(TUBES))[: int(rng.integers(1, most + 1))]
    return as_field(sum((TUBES[int(index)](ground, rng) for index in chosen), np.zeros_like(ground.lung)))
