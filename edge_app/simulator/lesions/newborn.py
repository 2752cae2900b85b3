"""What makes a newborn breathe hard: lungs without surfactant, and lungs that are still wet.

Respiratory distress syndrome in four grades after Bomsel and Giedion, as Couchard et al. 1974 tell them: fine granules and, behind the
heart at most, air in the bronchi (I); granules everywhere, air bronchograms beyond the heart (II); heart and diaphragm losing their edges
(III); lungs as white as the heart (IV). Transient tachypnoea: streaks from the hila, fluid in the fissure and beside the diaphragm.

A newborn's lungs are a third as wide as the adult's that a ``Ground`` is measured by, and so is all that is laid into them: a granule of a
millimetre is three here.
"""

import numpy as np

from edge_app.simulator.grid import Field, arc_lengths, as_field
from edge_app.simulator.lesions.airspace import SOLID, bronchogram, edema
from edge_app.simulator.lesions.ground import Ground, Lung
from edge_app.simulator.lesions.lesion import Effect
from edge_app.simulator.lesions.pleura import effusion

GRADES = 4
_STEPS = (0.0, 0.125, 0.375, 0.625, 0.875, 1.0)
"""Strengths in the middle of each grade, and both ends."""
_EVEN = (0.05, 0.13, 0.28, 0.55, 0.9, 0.97)
"""Share of the air that is gone all over, at each of ``_STEPS``."""
_GRANULES = (0.5, 0.75, 0.6, 0.32, 0.08, 0.03)
"""How far granules differ from it, against it."""
_BRONCHI = (0.0, 0.15, 0.45, 0.85, 1.0, 1.0)
"""How far from the hilum to the wall air is seen in the bronchi."""
_GRANULE_CM, _NET_CM = 0.3, 0.7
_FISSURE_AT = 0.52
"""The minor fissure's height in the right lung."""


def grade_of(strength: float) -> int:
    """The grade, 1…4, of respiratory distress syndrome of that strength (0…1)."""
    return min(int(strength * GRADES), GRADES - 1) + 1


def _at(strength: float, values: tuple[float, ...]) -> np.float32:
    return np.float32(np.interp(strength, _STEPS, values))


def respiratory_distress(strength: float, ground: Ground, rng: np.random.Generator) -> Effect:
    """Lungs without surfactant: alike on both sides, a little whiter below, granular until hardly any air is left."""
    grid = ground.grid
    even, differ, reach = (_at(strength, values) for values in (_EVEN, _GRANULES, _BRONCHI))
    granular = 0.75 * grid.texture(rng, _GRANULE_CM * rng.uniform(0.8, 1.25)) + 0.4 * grid.texture(rng, _NET_CM * rng.uniform(0.8, 1.25))
    uneven = 1 + np.float32(rng.uniform(0.03, 0.12)) * grid.texture(rng, 5.0)
    water, gone = np.zeros((2, grid.rows, grid.columns), dtype=np.float32)
    for lung in ground.lungs.values():
        lower = 1 + np.float32(rng.uniform(0.0, 0.25)) * (np.clip(lung.down, 0, 1) - np.float32(0.5))
        fraction = np.clip(even * uneven * lower * np.float32(rng.uniform(0.92, 1.08)) * (1 + differ * granular), 0, 0.98) * lung.half
        filled = SOLID * ground.lung * fraction
        air = bronchogram(lung, rng, 0.2) * _as_far_as(lung, float(reach))
        water += filled - np.minimum(np.float32(1.1) * air * fraction, np.float32(0.65) * filled)
        gone = np.maximum(gone, fraction)
    inside = ground.lung > 0.5
    return Effect(as_field(water), 1 - as_field(np.clip(1.2 * gone, 0, 1)), inside & ground.fields)


def _as_far_as(lung: Lung, reach: float) -> Field:
    """(rows, columns) 1 from the inner edge to that part of the way to the wall, then falling to 0."""
    return as_field(np.clip((np.float32(reach) - lung.across) / np.float32(0.2) + 1, 0, 1)) if reach > 0 else np.zeros_like(lung.across)


def wet_lung(strength: float, ground: Ground, rng: np.random.Generator) -> Effect:
    """Lungs that are still wet: streaks from the hila, a line of fluid in the minor fissure, a little beside the diaphragm now and then."""
    streaks = edema(0.15 + 0.45 * strength, ground, rng)
    lung = ground.lungs["right"]
    water, region = streaks.water + _fissure(lung, ground, strength, rng), streaks.region
    for own in ground.lungs.values():
        if rng.random() < 0.15 + 0.35 * strength:
            beside = effusion(rng.uniform(0.02, 0.15 + 0.1 * strength), own, ground, rng)
            water, region = water + beside.water, region | beside.region
    return Effect(as_field(water), streaks.vessels, region)


def _fissure(lung: Lung, ground: Ground, strength: float, rng: np.random.Generator) -> Field:
    """(rows, columns) cm of water along the minor fissure, thickest in its middle."""
    grid = lung.grid
    row = int(lung.rows[0] + (_FISSURE_AT + rng.normal(0, 0.04)) * (lung.rows[1] - lung.rows[0]))
    own = np.flatnonzero(lung.field[row])
    line = np.zeros((grid.rows + 2 * grid.margin, grid.columns + 2 * grid.margin), dtype=np.float32)
    if len(own) > 1:
        begin, end = (np.array([grid.x[row, column], grid.y[row, column], 0.0]) for column in (own[0], own[-1]))
        path = np.linspace(begin, end, 300)
        path[:, 1] += rng.normal(0, 0.3) * np.sin(np.linspace(0, np.pi, 300))
        line += grid.splat(path, arc_lengths(path) * np.sin(np.linspace(0.15, np.pi - 0.15, 300)))
    thick = grid.tube(line, (0.1 + 0.1 * strength, 0.1 + 0.1 * strength))
    return as_field(np.minimum(thick * np.float32(4.0 + 8.0 * strength), np.float32(3.0)) * (ground.lung > 0.5))
