"""What lies between lung and chest wall: fluid, air, thickened pleura."""

import numpy as np

from edge_app.simulator.grid import Field, as_field
from edge_app.simulator.lesions.ground import Ground, Lung, soft_step
from edge_app.simulator.lesions.lesion import Effect
from edge_app.simulator.thorax import LUNG_DENSITY


def effusion(strength: float, lung: Lung, ground: Ground, rng: np.random.Generator) -> Effect:
    """Fluid whose surface rises along the wall and a little along the mediastinum (the meniscus), denser downwards."""
    grid = lung.grid
    # From a blunted angle to two thirds of the lung.
    level = (0.05 + 0.62 * strength) * lung.height_cm + rng.normal(0, 0.2)
    rise = np.float32(1.6 + 2.6 * strength)
    inward, outward = np.maximum(lung.inward, 0), np.maximum(lung.outward, 0)
    surface = np.float32(level) + rise * np.exp(-inward / np.float32(2.2)) + np.float32(0.4) * rise * np.exp(-outward / np.float32(1.4))
    depth = surface - np.float32(rise) * np.float32(0.6) - lung.above_bottom + np.float32(0.22) * grid.texture(rng, 2.5)
    fraction = as_field(np.clip(soft_step(as_field(depth), 0.4) * np.clip(0.75 + depth * 0.12, 0, 1), 0, 1) * lung.half)
    water = np.float32(1 - LUNG_DENSITY) * ground.lung * fraction
    # The fluid also lies before and behind the lung above its surface, and thins out upwards.
    veil = np.float32(0.12 * strength) * np.exp(np.minimum(depth, 0) / np.float32(2.0)) * lung.half * (ground.lung > 0.5)
    return Effect(
        as_field(water + np.float32(1 - LUNG_DENSITY) * ground.lung * veil * (1 - fraction)), 1 - fraction, (fraction > 0.4) & lung.field
    )


def pneumothorax(strength: float, lung: Lung, ground: Ground, rng: np.random.Generator, *, tension: bool = False) -> Effect:
    """Air along the wall and over the apex, no vessels in it, bounded by the thin line of the visceral pleura."""
    grid = lung.grid
    height = np.maximum(lung.down, 0) * np.float32(lung.height_cm)
    widest = np.float32((0.05 + 0.26 * strength) * lung.width_cm * (1.9 if tension else 1.0))
    fall = np.float32((0.35 + 0.4 * strength) * lung.height_cm * (3.0 if tension else 1.0))
    gap = widest * (np.float32(0.3) + np.float32(0.9) * np.exp(-height / fall)) + np.float32(0.12) * grid.texture(rng, 3.5)
    cap = np.float32(lung.height_cm * (0.04 + 0.16 * strength) * (1.6 if tension else 1.0))
    over = height - cap * (np.float32(1.0) - np.float32(0.35) * lung.across)
    # The lung's own edge is round where both bounds meet.
    inside = _least(as_field(lung.inward - gap), as_field(over), 0.9)
    if tension:
        # The lung is pressed flat against the hilum.
        x, y = lung.hilum
        half = (0.34 * lung.width_cm, 0.3 * lung.height_cm)
        stump = 1 - ((grid.x - np.float32(x)) / np.float32(half[0])) ** 2 - ((grid.y - np.float32(y + 0.5)) / np.float32(half[1])) ** 2
        inside = np.maximum(np.minimum(inside, as_field(stump * np.float32(1.5) + np.float32(0.1) * grid.texture(rng, 1.5))), -9)
    ours = as_field(lung.half)
    free = soft_step(as_field(-inside), 0.12 if tension else 0.03) * ours
    line = np.exp(-np.square(inside / np.float32(0.07))) * ours * np.float32(0.42) * (ground.lung > 1.0)
    collapsed = (1 - free) * ours * lung.field * np.float32(0.3 if tension else 0.03 + 0.1 * strength)
    water = -np.float32(LUNG_DENSITY) * 0.9 * ground.lung * free + line + collapsed * ground.lung
    return Effect(as_field(water), 1 - free, (free > 0.5) & lung.field)


def _least(one: Field, other: Field, round_cm: float) -> Field:
    """The lesser of both, rounded off where they are alike."""
    apart = np.clip(np.float32(round_cm) - np.abs(one - other), 0, None) / np.float32(round_cm)
    return as_field(np.minimum(one, other) - apart * apart * np.float32(round_cm / 4))


def pleural_thickening(strength: float, lung: Lung, ground: Ground, rng: np.random.Generator) -> Effect:
    """A band of soft tissue along the wall or over the apex, with an uneven inner edge, now and then with chalk in it."""
    grid = lung.grid
    thick = np.float32(0.3 + 1.1 * strength)
    uneven = np.clip(1 + 0.35 * grid.texture(rng, 2.0) + 0.2 * grid.texture(rng, 0.9), 0.1, 2.0)
    if rng.random() < 0.35:
        distance = np.maximum(lung.down, 0) * np.float32(lung.height_cm)
        where = np.ones_like(distance)
        thick = thick * np.float32(1.3)
    else:
        distance = np.maximum(lung.inward, 0)
        centre, half = rng.uniform(0.45, 0.95), rng.uniform(0.2, 0.4)
        where = np.exp(-(np.square((lung.down - np.float32(centre)) / np.float32(half)) ** 2))
    band = soft_step(as_field(thick * uneven * where - distance), 0.1) * soft_step(as_field(where * 10 - 1), 0.2)
    band = as_field(band * lung.half * lung.field)
    water = np.float32(0.5) * np.minimum(as_field(band * (2.5 + 3.0 * strength)), ground.lung + np.float32(0.5)) * 2
    if rng.random() < 0.25:
        chalk = soft_step(grid.texture(rng, 0.7) - np.float32(1.0), 0.1) * band
        water = water + np.float32(1.5) * chalk
    return Effect(as_field(water), 1 - np.float32(0.6) * band, (band > 0.4) & lung.field)
