"""Round things in the lung: nodules and masses."""

import numpy as np

from edge_app.simulator.grid import as_field
from edge_app.simulator.lesions.ground import Ground, Lung, soft_step
from edge_app.simulator.lesions.lesion import Effect

_DENSITY = np.float32(1.35)
"""Above water: what is seen of a nodule at a glance is more than a ball of water would show."""
_CHALK = np.float32(2.2)


def nodule(strength: float, lung: Lung, _ground: Ground, rng: np.random.Generator) -> Effect:
    """A ball of less than three centimetres, smooth or with an uneven edge; a small one that is seen at all is often calcified."""
    grid = lung.grid
    half = 0.45 + 0.95 * strength
    x, y = lung.somewhere(rng, 0.1, 0.85, half)
    ball = grid.ellipsoid(x, y, (half * rng.uniform(0.9, 1.15), half), 2 * half, rng.uniform(-1, 1))
    ragged = np.clip(1 + 0.15 * grid.texture(rng, 0.35), 0.6, 1.4)
    density = _CHALK if rng.random() < 0.15 or half < 0.55 else _DENSITY * np.float32(rng.uniform(0.9, 1.25))
    water = grid.blurred(as_field(density * ball * ragged), rng.uniform(0.04, 0.12))
    return Effect(water, np.ones_like(water), (ball > 0) & (lung.half > 0.5))


def mass(strength: float, lung: Lung, ground: Ground, rng: np.random.Generator, between: tuple[float, float] = (0.15, 0.8)) -> Effect:
    """Three centimetres and more, lobed, with strands into the lung around it; some have broken down in the middle, with fluid in them."""
    grid = lung.grid
    half = 1.5 + 2.1 * strength
    x, y = lung.somewhere(rng, *between, 0.5 * half)
    lobed = 0.18 * grid.texture(rng, 1.6) + 0.07 * grid.texture(rng, 0.6)
    dx, dy = grid.x - np.float32(x), grid.y - np.float32(y)
    across = np.float32(half * rng.uniform(0.8, 1.1))
    square = (dx / np.float32(half)) ** 2 + (dy / across) ** 2
    inside = 1 + lobed - square
    thick = 2 * np.float32(min(half, 2.6)) * np.sqrt(np.maximum(inside, 0))
    water = as_field(np.float32(1.1) * thick)
    if rng.random() < 0.2:
        hollow = np.maximum(np.float32(0.4) + lobed - square, 0)
        level = soft_step(as_field(dy - np.float32(0.3 * half)), 0.05)
        water = water - np.float32(0.85) * as_field(2 * np.float32(half) * np.sqrt(hollow)) * (1 - level)
    strands = np.clip(grid.texture(rng, 0.5), 0, 2) * np.exp(-np.square((square - 1) / np.float32(0.25))) * np.float32(0.25)
    water = grid.blurred(as_field((water + strands) * lung.half), 0.07) * (ground.lung > 0.2)
    return Effect(as_field(water), 1 - as_field(np.clip(inside, 0, 1) * 0.7), (inside > 0) & lung.field)
