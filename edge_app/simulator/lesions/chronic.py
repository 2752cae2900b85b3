"""Lungs that have been ill for long: emphysema and fibrosis."""

import numpy as np

from edge_app.simulator.grid import Field, as_field
from edge_app.simulator.lesions.ground import Ground, Lung, soft_step
from edge_app.simulator.lesions.lesion import Effect
from edge_app.simulator.thorax import LUNG_DENSITY


def emphysema(strength: float, ground: Ground, rng: np.random.Generator) -> Effect:
    """Darker lungs with few vessels towards the wall, and thin-walled bullae in the upper zones. The diaphragms are flattened before."""
    grid = ground.grid
    lost, walls, bullae = (np.zeros((grid.rows, grid.columns), dtype=np.float32) for _ in range(3))
    for lung in ground.lungs.values():
        lost += as_field((0.35 + 0.65 * np.clip(lung.across, 0, 1)) * lung.half)
        for _ in range(int(rng.integers(0, 3 + round(3 * strength)))):
            x, y = lung.somewhere(rng, 0.02, 0.55, 0.3, (0.4, 1.0))
            half = rng.uniform(0.6, 1.0 + 1.6 * strength)
            square = ((grid.x - np.float32(x)) ** 2 + (grid.y - np.float32(y)) ** 2 * np.float32(rng.uniform(0.7, 1.2))) / np.float32(
                half**2
            )
            bulla = soft_step(as_field(1 - square), 0.05) * lung.half
            bullae = np.maximum(bullae, bulla)
            walls += np.exp(-np.square((square - 1) * np.float32(half / 0.16))) * np.float32(0.22) * lung.half
    patchy = np.clip(1 + 0.2 * grid.texture(rng, 2.0), 0.3, 1.6)
    share = np.clip(lost * patchy * np.float32(0.25 + 0.4 * strength) + np.float32(0.35) * bullae, 0, 0.85)
    water = -np.float32(LUNG_DENSITY) * ground.lung * share + as_field(walls) * (ground.lung > 1.0)
    return Effect(as_field(water), 1 - as_field(np.clip(0.9 * share + 0.5 * bullae, 0, 0.95)), ground.fields.copy())


def fibrosis(strength: float, ground: Ground, rng: np.random.Generator) -> Effect:
    """A net of strands under the pleura, densest at the bases, with small rings where it is gross; or scars that draw up the hila."""
    if rng.random() < 0.3:
        return _scars(strength, ground, rng)
    grid = ground.grid
    where = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    for lung in ground.lungs.values():
        under = np.exp(-np.maximum(lung.inward, 0) / np.float32(1.2 + 2.5 * strength)) + np.exp(
            -lung.above_bottom.clip(0) / np.float32(1.5 + 3.5 * strength)
        )
        where += as_field(np.clip(under, 0, 1) * lung.half * np.float32(rng.uniform(0.7, 1.1)))
    net = _net(ground, 0.32, rng) + np.float32(0.7) * _net(ground, 0.55, rng)
    if strength > 0.6:
        net = net + np.float32(0.8) * _net(ground, 0.8, rng)
    share = np.clip(where * np.clip(0.8 + 0.4 * grid.texture(rng, 2.5), 0, 1.5), 0, 1.2)
    inside = ground.lung > 0.4
    water = share * (np.float32(0.8 + 1.5 * strength) * net + np.float32(0.06 + 0.12 * strength) * ground.lung) * inside
    return Effect(as_field(water), 1 - as_field(np.clip(0.3 * share * strength, 0, 1)), (share > 0.5) & ground.fields)


def _net(ground: Ground, scale_cm: float, rng: np.random.Generator) -> Field:
    """(rows, columns) about 0…1: the ridges of a random texture, which are a net of that mesh."""
    ridge = 1 - np.abs(ground.grid.texture(rng, scale_cm)) * np.float32(2.2)
    return as_field(np.clip(ridge, -0.25, 1) * np.clip(0.7 + 0.4 * ground.grid.texture(rng, 1.4), 0, 1.5))


def _scars(strength: float, ground: Ground, rng: np.random.Generator) -> Effect:
    """Strands and knots of chalk in an apex, as healed tuberculosis leaves them."""
    grid = ground.grid
    sides: list[Lung] = list(ground.lungs.values())
    if rng.random() < 0.5:
        sides = [sides[int(rng.integers(2))]]
    water, seen = np.zeros((grid.rows, grid.columns), dtype=np.float32), np.zeros((grid.rows, grid.columns), dtype=np.float32)
    for lung in sides:
        upper = soft_step(as_field((np.float32(0.2 + 0.15 * strength) - lung.down) * np.float32(lung.height_cm)), 0.8) * lung.half
        streaks = np.clip(_net(ground, 0.6, rng) + np.float32(0.6) * _net(ground, 1.1, rng), 0, 2)
        water += upper * (streaks * np.float32(0.7 + 1.3 * strength) + np.float32(0.12 + 0.15 * strength) * ground.lung)
        for _ in range(int(rng.integers(0, 7))):
            x, y = lung.somewhere(rng, 0.05, 0.35, 0.3)
            half = rng.uniform(0.12, 0.35)
            water += np.float32(2.0) * grid.ellipsoid(x, y, (half, half), 2 * half)
        seen = np.maximum(seen, upper)
    inside = ground.lung > 0.3
    return Effect(as_field(water * inside), 1 - np.float32(0.5) * seen, (seen > 0.4) & ground.fields)
