"""What is seen over the heart: a hiatal hernia. An enlarged heart is a change of shape (``shapes``)."""

import numpy as np

from edge_app.simulator.grid import as_field
from edge_app.simulator.lesions.ground import Ground, soft_step
from edge_app.simulator.lesions.lesion import Effect


def hernia(strength: float, ground: Ground, rng: np.random.Generator) -> Effect:
    """A part of the stomach behind the heart, rounded, with air above fluid at a level."""
    grid = ground.grid
    half = 1.8 + 2.2 * strength
    inner = {side: lung.hilum[0] for side, lung in ground.lungs.items()}
    middle = 0.5 * (inner["right"] + inner["left"])
    row = int(np.clip(ground.floor_row, 0, grid.rows - 1))
    floor = float(grid.y[row, grid.columns // 2])
    x, y = middle + rng.uniform(-0.3, 1.4), floor - half * rng.uniform(0.5, 0.9)
    tall = half * rng.uniform(0.8, 1.05)
    turn = rng.uniform(-0.3, 0.3)
    bag = grid.ellipsoid(x, y, (half, tall), 2 * min(half, tall), turn)
    hollow = grid.ellipsoid(x, y, (0.9 * half, 0.88 * tall), 1.7 * min(half, tall), turn)
    level = soft_step(as_field(grid.y - np.float32(y + rng.uniform(-0.2, 0.45) * tall)), 0.05)
    # Over the lung beside the spine the bag replaces air, over the heart it only adds what it is made of.
    water = np.float32(0.45 + 0.3 * strength) * (bag - hollow * (1 - level) * np.float32(1.25))
    return Effect(grid.blurred(as_field(water), 0.05), 1 - np.float32(0.5) * as_field(bag > 0), np.asarray(bag > 0))


def whole_heart(ground: Ground) -> Effect:
    """What an enlarged heart is seen by: its silhouette."""
    nothing = np.zeros_like(ground.lung)
    return Effect(nothing, np.ones_like(nothing), ground.heart.copy())
