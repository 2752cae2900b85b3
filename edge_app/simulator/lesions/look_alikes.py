"""What may be taken for tuberculosis and is not: a mass above the diaphragm, chalk in the first ribs' cartilage, an old fracture."""

import numpy as np

from edge_app.simulator.grid import as_field
from edge_app.simulator.lesions.ground import Ground, Lung
from edge_app.simulator.lesions.lesion import Effect
from edge_app.simulator.lesions.nodular import mass

_LOWER = (0.55, 0.85)
_CHALK = np.float32(4.0)
_BONE = np.float32(2.8)


def basal_mass(strength: float, lung: Lung, ground: Ground, rng: np.random.Generator) -> Effect:
    """A mass in the lower half of a lung."""
    return mass(strength, lung, ground, rng, _LOWER)


def rib_cartilage(strength: float, ground: Ground, rng: np.random.Generator) -> Effect:
    """Knobs and grains of chalk where the first ribs meet the breastbone, on both sides alike, as age brings them."""
    grid = ground.grid
    knobs = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    height = rng.uniform(0.12, 0.2)
    for lung in ground.lungs.values():
        row = int(np.clip(lung.rows[0] + height * (lung.rows[1] - lung.rows[0]), 0, grid.rows - 1))
        x = float(grid.x[row, 0]) - lung.sign * float(lung.outward[row, 0]) + lung.sign * rng.uniform(0.2, 1.4)
        y = float(grid.y[row, grid.columns // 2])
        half = (0.6 + 0.7 * strength, 0.35 + 0.35 * strength)
        grains = np.clip(0.75 + 0.5 * grid.texture(rng, 0.35), 0.05, 1.6)
        knobs += grid.ellipsoid(x, y, half, 1.1 * half[1], lung.sign * rng.uniform(0.2, 0.7)) * grains
    water = grid.blurred(as_field(_CHALK * np.float32(0.35 + 0.65 * strength) * knobs), 0.05)
    return Effect(water, np.ones_like(water), knobs > 0)


def old_fracture(strength: float, lung: Lung, _ground: Ground, rng: np.random.Generator) -> Effect:
    """Callus along one to three ribs that lie one below the other, near the wall."""
    grid = lung.grid
    callus = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    x, y = lung.somewhere(rng, 0.12, 0.6, 0.4, (0.75, 1.0))
    for number in range(int(rng.integers(1, 4))):
        half = (rng.uniform(0.7, 1.1), rng.uniform(0.35, 0.5))
        turn = lung.sign * rng.uniform(0.5, 0.9)
        callus += grid.ellipsoid(x + rng.normal(0, 0.25), y + 2.3 * number, half, 1.5 * half[1], turn)
    uneven = np.clip(1 + 0.2 * grid.texture(rng, 0.4), 0.4, 1.6)
    water = grid.blurred(as_field(_BONE * np.float32(0.3 + 0.7 * strength) * callus * uneven), 0.08)
    return Effect(water, np.ones_like(water), callus > 0)
