"""Findings laid into a healthy chest, each as matter added or taken away before the logarithm."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edge_app.simulator.grid import Field, Grid, as_field
from edge_app.simulator.habitus import Habitus
from edge_app.simulator.thorax import LUNG_DENSITY, Thorax, cavity_half_width

# Above water: a nodule that is seen at a glance is partly calcified.
_NODULE_DENSITY = np.float32(1.15)


class LesionKind(StrEnum):
    """What can be laid into a chest; the values are the names of the chest protocol's findings."""

    PNEUMONIA = "Pneumonia"
    EFFUSION = "Effusion"
    PNEUMOTHORAX = "Pneumothorax"
    NODULE = "Nodule"
    CARDIOMEGALY = "Cardiomegaly"


@dataclass(frozen=True)
class Lesion:
    """One finding: ``side`` is the patient's (no matter for the heart), ``strength`` 0…1 from barely visible to gross."""

    kind: LesionKind
    side: Literal["left", "right"] = "right"
    strength: float = 0.6

    def __post_init__(self) -> None:
        """Refuse strengths outside 0…1."""
        if not 0.0 <= self.strength <= 1.0:
            raise ValueError("a lesion's strength lies in 0…1")


@dataclass(frozen=True, eq=False)
class Effect:
    """What a lesion does: ``water`` (cm, may be negative) is added, vessels are kept by ``vessels`` 0…1, and it is seen in ``region``."""

    water: Field
    vessels: Field
    region: NDArray[np.bool_]


def enlarge_heart(habitus: Habitus, lesions: tuple[Lesion, ...]) -> Habitus:
    """The patient with the heart the lesions ask for."""
    strongest = max((lesion.strength for lesion in lesions if lesion.kind is LesionKind.CARDIOMEGALY), default=None)
    if strongest is None:
        return habitus
    return replace(habitus, heart=max(habitus.heart, 1.0) * (1.12 + 0.26 * strongest), heart_axis_rad=habitus.heart_axis_rad * 0.85)


def lay_lesion(lesion: Lesion, thorax: Thorax, habitus: Habitus, grid: Grid, rng: np.random.Generator) -> Effect:
    """Lay one lesion into a chest."""
    field = thorax.left_field if lesion.side == "left" else thorax.right_field
    side = 1 if lesion.side == "left" else -1
    match lesion.kind:
        case LesionKind.PNEUMONIA:
            return _pneumonia(lesion.strength, side, field, thorax, grid, rng)
        case LesionKind.EFFUSION:
            return _effusion(lesion.strength, side, field, thorax, habitus, grid, rng)
        case LesionKind.PNEUMOTHORAX:
            return _pneumothorax(lesion.strength, side, field, thorax, habitus, grid, rng)
        case LesionKind.NODULE:
            return _nodule(lesion.strength, field, thorax, grid, rng)
        case LesionKind.CARDIOMEGALY:
            nothing = np.zeros_like(thorax.lung)
            return Effect(nothing, np.ones_like(nothing), thorax.heart)


def _somewhere(
    field: NDArray[np.bool_], grid: Grid, rng: np.random.Generator, from_part: float, to_part: float, edge_cm: float
) -> tuple[float, float]:
    """A point (cm) in the field, between two parts of its height, drawn so that it is the same at every resolution."""
    rows = np.flatnonzero(field.any(axis=1))
    row = int(rows[0] + (rows[-1] - rows[0]) * rng.uniform(from_part, to_part)) if len(rows) else grid.rows // 2
    columns = np.flatnonzero(field[row])
    edge = edge_cm * grid.per_cm
    first, last = (columns[0] + edge, columns[-1] - edge) if len(columns) else (grid.midline_column, grid.midline_column)
    column = int(np.clip(first + (last - first) * rng.uniform(0.1, 0.9), 0, grid.columns - 1))
    return float(grid.x[row, column]), float(grid.y[row, column])


def _soft_step(value: Field, width: float) -> Field:
    return np.asarray(1 / (1 + np.exp(np.clip(-value / np.float32(width), -30, 30))), dtype=np.float32)


def _pneumonia(strength: float, side: int, field: NDArray[np.bool_], thorax: Thorax, grid: Grid, rng: np.random.Generator) -> Effect:
    x, y = _somewhere(field, grid, rng, 0.35, 0.85, 1.5)
    ragged = 0.55 * grid.texture(rng, 2.4) + 0.28 * grid.texture(rng, 1.0)
    blob = np.zeros_like(thorax.lung)
    for part in range(4):
        spread = 0.0 if part == 0 else 1.9
        size = (1.9 + 2.3 * strength) * (1.0 if part == 0 else rng.uniform(0.4, 0.8))
        along, across = size * rng.uniform(0.85, 1.3), size * rng.uniform(0.75, 1.05)
        angle, cx, cy = rng.uniform(-1, 1), x + spread * rng.normal(), y + spread * rng.normal()
        dx, dy = grid.x - np.float32(cx), grid.y - np.float32(cy)
        cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        distance = ((dx * cos + dy * sin) / np.float32(along)) ** 2 + ((dy * cos - dx * sin) / np.float32(across)) ** 2
        blob = np.maximum(blob, _soft_step(as_field(0.85 - distance + 0.5 * ragged), 0.28))
    patchy = np.clip(1 + 0.13 * grid.texture(rng, 0.45) + 0.15 * grid.texture(rng, 1.2), 0.2, 1.4)
    ours = np.clip(grid.x * side + 0.5, 0, 1)
    fraction = np.clip(blob * patchy * np.float32(0.22 + 0.5 * strength), 0, 0.95) * ours
    return Effect(
        (1 - LUNG_DENSITY) * thorax.lung * fraction, 1 - fraction, (fraction > 0.35 * (0.22 + 0.5 * strength)) & (thorax.lung > 1.0)
    )


def _effusion(
    strength: float, side: int, field: NDArray[np.bool_], thorax: Thorax, habitus: Habitus, grid: Grid, rng: np.random.Generator
) -> Effect:
    dome = habitus.left_dome if side > 0 else habitus.right_dome
    wall = cavity_half_width(habitus, np.array([dome.top_cm]))[0]
    level = dome.top_cm + 3.6 - (1.2 + 9.5 * strength) + rng.normal(0, 0.3)
    inward = np.maximum(np.float32(wall) - grid.x * side, 0)
    rise = np.float32(2.0 + 2.2 * strength)
    surface = (
        np.float32(level)
        - rise * np.exp(-inward / np.float32(2.4))
        - np.float32(0.5) * rise * np.exp(-np.maximum(grid.x * side - 2, 0) / np.float32(1.5))
    )
    ours = grid.x * side > -0.3
    depth = grid.y - surface + np.float32(0.25) * grid.texture(rng, 2.5)
    fraction = np.clip(_soft_step(depth, 0.45) * np.clip(0.75 + depth * 0.12, 0, 1), 0, 1) * ours
    return Effect((1 - LUNG_DENSITY) * thorax.lung * fraction, 1 - fraction, (fraction > 0.4) & (thorax.lung > 0.6))


def _pneumothorax(
    strength: float, side: int, field: NDArray[np.bool_], thorax: Thorax, habitus: Habitus, grid: Grid, rng: np.random.Generator
) -> Effect:
    wall = np.interp(grid.y, np.linspace(0, 40, 401), cavity_half_width(habitus, np.linspace(0, 40, 401))).astype(np.float32)
    height = np.maximum(grid.y, 0)
    gap = np.float32(0.5 + 2.6 * strength) * (np.float32(0.25) + np.float32(1.15) * np.exp(-height / np.float32(4 + 5 * strength)))
    gap += np.float32(0.12) * grid.texture(rng, 3.5)
    top = np.float32(1.0 + 3.2 * strength) + np.float32(0.07) * (np.abs(grid.x) - np.float32(4.5)) ** 2
    inside = np.minimum(wall - grid.x * side - gap, grid.y - top)
    ours = (grid.x * side > 0).astype(np.float32)
    free = _soft_step(-inside, 0.02) * ours
    line = np.exp(-np.square(inside / np.float32(0.05))) * ours * np.float32(0.42) * (thorax.lung > 1.0)
    collapsed = (1 - free) * ours * field * np.float32(0.02 + 0.06 * strength)
    water = -np.float32(LUNG_DENSITY) * 0.9 * thorax.lung * free + line + collapsed * thorax.lung
    return Effect(water, 1 - free, (free > 0.5) & field)


def _nodule(strength: float, field: NDArray[np.bool_], thorax: Thorax, grid: Grid, rng: np.random.Generator) -> Effect:
    x, y = _somewhere(field, grid, rng, 0.12, 0.85, 1.8)
    half = 0.55 + 1.1 * strength
    ball = grid.ellipsoid(x, y, (half * rng.uniform(0.95, 1.15), half), 2 * half, rng.uniform(-1, 1))
    ragged = np.clip(1 + 0.12 * grid.texture(rng, 0.35), 0.6, 1.4)
    water = grid.blurred(_NODULE_DENSITY * ball * ragged, 0.05)
    return Effect(water, np.ones_like(water), ball > 0)
