"""What fills the air spaces: consolidation, pneumonia, infiltration, oedema, atelectasis."""

import numpy as np

from edge_app.simulator.grid import Field, Grid, Points, arc_lengths, as_field, curve
from edge_app.simulator.lesions.ground import Ground, Lung, soft_step
from edge_app.simulator.lesions.lesion import Effect
from edge_app.simulator.thorax import LUNG_DENSITY

SOLID = np.float32(1 - LUNG_DENSITY)
"""Water that a centimetre of lung takes up when it is filled."""
COLLAPSES_FROM = 0.55
"""Strength from which an atelectasis is a collapsed lobe, which draws its surroundings towards it."""
_SEEN = 0.3
"""Of the strongest fraction: from here on a pixel counts as part of what is seen."""


def blob(grid: Grid, x: float, y: float, size_cm: float, parts: int, rng: np.random.Generator) -> Field:
    """(rows, columns) 0…1: a ragged patch around a point, of several overlapping parts."""
    ragged = 0.55 * grid.texture(rng, 2.4) + 0.28 * grid.texture(rng, 1.0)
    total = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    for part in range(parts):
        spread = 0.0 if part == 0 else 0.65 * size_cm
        size = size_cm * (1.0 if part == 0 else rng.uniform(0.4, 0.8))
        along, across = size * rng.uniform(0.85, 1.3), size * rng.uniform(0.75, 1.05)
        angle, cx, cy = rng.uniform(-1, 1), x + spread * rng.normal(), y + spread * rng.normal()
        dx, dy = grid.x - np.float32(cx), grid.y - np.float32(cy)
        cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        distance = ((dx * cos + dy * sin) / np.float32(along)) ** 2 + ((dy * cos - dx * sin) / np.float32(across)) ** 2
        total = np.maximum(total, soft_step(as_field(0.85 - distance + 0.5 * ragged), 0.28))
    return total


def bronchogram(lung: Lung, rng: np.random.Generator, half_cm: float = 0.16) -> Field:
    """(rows, columns) cm of air in bronchi that branch from the hilum towards the wall; seen only where the lung around them is solid."""
    grid = lung.grid
    line = np.zeros((grid.rows + 2 * grid.margin, grid.columns + 2 * grid.margin), dtype=np.float32)
    start = np.array(lung.hilum)
    reach = 0.75 * lung.width_cm
    for angle in np.deg2rad(rng.uniform(-50, 75, 7)):
        line += _branch(grid, start, lung.sign, float(angle), reach * rng.uniform(0.5, 1.0), rng)
        second = start + 0.35 * reach * np.array([lung.sign * np.cos(angle), np.sin(angle)])
        line += 0.7 * _branch(grid, second, lung.sign, float(angle + rng.normal(0, 0.5)), reach * rng.uniform(0.3, 0.6), rng)
    return grid.tube(line, (half_cm, half_cm))


def _branch(grid: Grid, start: Points, sign: int, angle: float, length: float, rng: np.random.Generator) -> Field:
    along = np.linspace(0, 1, 4)[:, None] * length
    bent = np.cumsum(rng.normal(0, 0.08, 4))
    knots = start + along * np.stack([sign * np.cos(angle + bent), np.sin(angle + bent)], axis=1)
    path = curve(np.column_stack([knots, np.zeros(4)]), 400)
    # Thinner towards its end.
    return grid.splat(path, arc_lengths(path) * np.linspace(1.0, 0.35, len(path)))


def filled(fraction: Field, ground: Ground, lung: Lung, air: Field | None = None) -> Effect:
    """Lung of which that share is filled, with ``air`` left in its bronchi."""
    fraction = as_field(fraction * lung.half)
    water = SOLID * ground.lung * fraction
    if air is not None:
        water = water - np.minimum(np.float32(0.9) * air * fraction, np.float32(0.6) * water)
    return Effect(water, 1 - fraction, (fraction > _SEEN * max(float(fraction.max()), 0.15)) & (ground.lung > 0.8))


def consolidation(strength: float, lung: Lung, ground: Ground, rng: np.random.Generator) -> Effect:
    """Dense and near to a lobe or segment in shape: a straight upper or lower border now and then, air in the bronchi."""
    grid = lung.grid
    size = (0.16 + 0.24 * strength) * lung.height_cm
    x, y = lung.somewhere(rng, 0.25, 0.85, 1.0)
    patch = blob(grid, x, y, size, 4, rng)
    if rng.random() < 0.5:
        # A fissure bounds it, above in a lower lobe, below in an upper one.
        border = y + rng.uniform(-0.4, 0.2) * size
        slope = rng.uniform(-0.15, 0.15)
        beyond = (grid.y - np.float32(border) - np.float32(slope) * (grid.x - np.float32(x))) * np.float32(1 if y > border else -1)
        patch = patch * soft_step(as_field(beyond), 0.12)
    patchy = np.clip(1 + 0.08 * grid.texture(rng, 0.45) + 0.1 * grid.texture(rng, 1.2), 0.3, 1.3)
    fraction = np.clip(patch * patchy * np.float32(0.4 + 0.45 * strength), 0, 0.92)
    return filled(fraction, ground, lung, bronchogram(lung, rng))


def pneumonia(strength: float, lung: Lung, ground: Ground, rng: np.random.Generator) -> Effect:
    """One ragged patch, less dense than a consolidation and patchier."""
    grid = lung.grid
    x, y = lung.somewhere(rng, 0.3, 0.85, 1.5)
    patch = blob(grid, x, y, (0.09 + 0.12 * strength) * lung.height_cm, 4, rng)
    patchy = np.clip(1 + 0.13 * grid.texture(rng, 0.45) + 0.15 * grid.texture(rng, 1.2), 0.2, 1.4)
    fraction = np.clip(patch * patchy * np.float32(0.22 + 0.5 * strength), 0, 0.95)
    return filled(fraction, ground, lung, bronchogram(lung, rng) if strength > 0.6 else None)


def infiltration(strength: float, lung: Lung, ground: Ground, rng: np.random.Generator) -> Effect:
    """Several faint patches without an edge."""
    grid = lung.grid
    total = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    for _ in range(int(rng.integers(2, 5))):
        x, y = lung.somewhere(rng, 0.15, 0.9, 0.5)
        total = np.maximum(total, blob(grid, x, y, rng.uniform(0.06, 0.12) * lung.height_cm, 2, rng) * np.float32(rng.uniform(0.6, 1.0)))
    mottled = np.clip(1 + 0.35 * grid.texture(rng, 0.5) + 0.25 * grid.texture(rng, 1.1), 0.05, 2.0)
    fraction = np.clip(grid.blurred(total, 0.4) * mottled * np.float32(0.12 + 0.33 * strength), 0, 0.7)
    return filled(fraction, ground, lung)


def edema(strength: float, ground: Ground, rng: np.random.Generator) -> Effect:
    """Haze around both hila, densest in the middle zones, strands at the wall (Kerley's B lines), vessels without an edge."""
    grid = ground.grid
    wings = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    strands = np.zeros_like(wings)
    base = rng.uniform(0.4, 0.75)
    for lung in ground.lungs.values():
        near = np.exp(-np.square(np.maximum(lung.across, 0) / np.float32(0.45 + 0.25 * strength)))
        middle = np.exp(-np.square((lung.down - np.float32(base)) / np.float32(0.3 + 0.1 * strength)))
        wings += as_field(near * middle * lung.half * np.float32(rng.uniform(0.8, 1.1)))
        strands += _septa(lung, rng) * np.float32(0.25 + 0.5 * strength)
    mottled = np.clip(1 + 0.22 * grid.texture(rng, 0.6) + 0.2 * grid.texture(rng, 1.6), 0.1, 1.8)
    haze = np.float32(0.05 + 0.12 * strength) * ground.fields
    fraction = np.clip(wings * mottled * np.float32(0.1 + 0.5 * strength) + grid.blurred(as_field(haze), 0.8), 0, 0.9)
    inside = ground.lung > 0.5
    water = (SOLID * ground.lung * fraction + strands) * inside
    return Effect(as_field(water), 1 - as_field(np.clip(0.4 * strength + fraction, 0, 1)), (fraction > 0.35 * fraction.max()) & inside)


def _septa(lung: Lung, rng: np.random.Generator) -> Field:
    """(rows, columns) cm of water: short level lines at the wall of the lower third."""
    grid = lung.grid
    line = np.zeros((grid.rows + 2 * grid.margin, grid.columns + 2 * grid.margin), dtype=np.float32)
    for _ in range(int(rng.integers(6, 14))):
        x, y = lung.somewhere(rng, 0.6, 0.95, 0.1, (0.9, 1.0))
        length, tilt = rng.uniform(0.8, 1.8), rng.uniform(-0.25, 0.25)
        ends = np.array([[x, y, 0.0], [x - lung.sign * length, y + tilt, 0.0]])
        path = np.linspace(ends[0], ends[1], 120)
        line += grid.splat(path, arc_lengths(path))
    return as_field(np.minimum(grid.tube(line, (0.09, 0.09)) * np.float32(2.2), np.float32(0.5)))


def atelectasis(strength: float, lung: Lung, ground: Ground, rng: np.random.Generator) -> Effect:
    """Plates above the diaphragm, or where it is gross a lower lobe that has collapsed to a wedge beside the spine."""
    grid = lung.grid
    if strength > COLLAPSES_FROM:
        lean = np.float32(rng.uniform(0.35, 0.6) * lung.width_cm)
        top = np.float32(rng.uniform(0.45, 0.6))
        along = np.clip((lung.down - top) / (1 - top), 0, 1.2)
        wedge = soft_step(as_field(lean * (np.float32(0.25) + along) - lung.outward + np.float32(0.3) * grid.texture(rng, 2.0)), 0.18)
        fraction = wedge * soft_step(as_field((lung.down - top) * np.float32(lung.height_cm)), 0.6) * np.float32(0.45 + 0.4 * strength)
        fraction = fraction * grid.blurred(as_field(lung.field), 0.25)
        return filled(as_field(np.clip(fraction, 0, 0.9)), ground, lung, bronchogram(lung, rng))
    line = np.zeros((grid.rows + 2 * grid.margin, grid.columns + 2 * grid.margin), dtype=np.float32)
    region = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    for _ in range(int(rng.integers(1, 4))):
        x, y = lung.somewhere(rng, 0.6, 0.92, 1.0, (0.3, 0.7))
        half, tilt = rng.uniform(0.12, 0.3) * lung.width_cm * (0.7 + strength), rng.uniform(-0.5, 0.35)
        knots = np.array([[x - half, y + lung.sign * tilt * half], [x, y + rng.normal(0, 0.15)], [x + half, y - lung.sign * tilt * half]])
        path = curve(np.column_stack([knots, np.zeros(3)]), 500)
        line += grid.splat(path, arc_lengths(path) * np.sin(np.linspace(0.25, np.pi - 0.25, len(path))))
        region = np.maximum(region, grid.ellipsoid(x, y, (1.05 * half, 0.5 + 0.4 * half), 1.0, -lung.sign * tilt))
    thick = rng.uniform(0.1, 0.22) * (0.7 + strength)
    plates = grid.blurred(grid.tube(line, (thick, thick)), 0.06) * np.float32(4.5 + 4.0 * strength)
    haze = np.float32(0.06 + 0.12 * strength) * grid.blurred(as_field(region > 0), 0.6)
    water = (np.minimum(plates, np.float32(0.5) * ground.lung) + SOLID * haze * ground.lung) * lung.half
    return Effect(as_field(water * (ground.lung > 0.3)), 1 - haze, (region > 0) & lung.field)
