"""What a finding does to the shape of a chest: an enlarged heart, a shifted mediastinum, flattened or raised diaphragms."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from edge_app.simulator.grid import Field, as_field
from edge_app.simulator.lesions.airspace import COLLAPSES_FROM
from edge_app.simulator.lesions.ground import Ground, Lung
from edge_app.simulator.lesions.lesion import Lesion, LesionKind, TuberculousKind

_SWAY_CM = 0.12


@dataclass(frozen=True, eq=False)
class Shift:
    """Where each pixel of the changed chest is taken from: (rows, columns) float32 columns and rows."""

    column: Field
    row: Field

    def of(self, field: Field) -> Field:
        """(rows, columns) float32, moved; what comes from outside repeats the edge."""
        return as_field(cv2.remap(field, self.column, self.row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _smooth(value: Field) -> Field:
    part = np.clip(value, 0, 1)
    return as_field(part * part * (3 - 2 * part))


def _diaphragm(lung: Lung, down_cm: float) -> Field:
    """(rows, columns) cm by which what lies there has come down; the dome by all of it, the angles by nothing."""
    grid = lung.grid
    column, row = lung.dome
    half = 0.5 * max(lung.columns[1] - lung.columns[0], 1)
    across = (np.arange(grid.columns, dtype=np.float32)[None, :] - column) / np.float32(1.15 * half)
    from_row = lung.rows[0] + 0.35 * (row - lung.rows[0])
    rows = np.arange(grid.rows, dtype=np.float32)[:, None]
    above = _smooth(as_field((rows - np.float32(from_row)) / np.float32(max(row - from_row, 1.0))))
    below = _smooth(as_field(1 - (rows - np.float32(row)) / np.float32(9.0 * grid.per_cm)))
    return as_field(np.float32(down_cm) * np.square(np.clip(1 - np.square(across), 0, 1)) * above * below)


def _hilum(lung: Lung, up_cm: float) -> Field:
    """(rows, columns) cm by which what lies there has been drawn up; the hilum by all of it, apex and base by nothing."""
    grid = lung.grid
    x, y = lung.hilum
    near = np.exp(-np.square((grid.x - np.float32(x + 0.15 * lung.sign * lung.width_cm)) / np.float32(0.5 * lung.width_cm)))
    level = np.where(grid.y < np.float32(y), np.float32(0.3), np.float32(0.36)) * np.float32(lung.height_cm)
    return as_field(np.float32(up_cm) * near * np.exp(-np.square((grid.y - np.float32(y)) / level)) * lung.half)


def _mediastinum(ground: Ground, to_left_cm: float) -> Field:
    """(rows, columns) cm to the patient's left by which what lies there has moved; the walls by nothing."""
    right, left = ground.lungs["right"], ground.lungs["left"]
    room = np.where(right.outward > left.outward, right.inward, left.inward)
    return as_field(np.float32(to_left_cm) * _smooth(as_field(room / np.float32(0.85 * min(right.width_cm, left.width_cm)))))


def _heart(ground: Ground, growth: float) -> Field:
    """(rows, columns) cm to the patient's left by which what lies there has moved as the heart grew; negative growth makes it slender."""
    grid = ground.grid
    to_left = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    if not ground.heart.any():
        return to_left
    rows, columns = np.flatnonzero(ground.heart.any(1)), np.flatnonzero(ground.heart.any(0))
    middle = float(grid.midline_column)
    at = np.arange(grid.rows, dtype=np.float32)[:, None]
    top, floor = float(rows[0]), min(float(rows[-1]), ground.floor_row)
    weight = _smooth(as_field((at - np.float32(top)) / np.float32(max(0.55 * (floor - top), 1)))) * _smooth(
        as_field(1 - (at - np.float32(floor)) / np.float32(3.5 * grid.per_cm))
    )
    column = np.arange(grid.columns, dtype=np.float32)[None, :]
    for lung, border, share in (
        (ground.lungs["left"], float(columns[-1]) - middle, 1.0),
        (ground.lungs["right"], middle - float(columns[0]), 0.55),
    ):
        border = max(border, 0.5 * grid.per_cm)
        # As far as the wall lets it.
        wall = lung.sign * ((lung.columns[1] if lung.sign > 0 else lung.columns[0]) - middle)
        room = max(wall - border, 1.0)
        grown = float(np.clip(growth * share * border, -0.35 * border, 0.75 * room))
        edge = border + grown
        distance = np.float32(lung.sign) * (column - np.float32(middle))
        inside = _smooth(as_field(distance / np.float32(edge)))
        beyond = 1 - _smooth(as_field((distance - np.float32(edge)) / np.float32(max(wall - edge, 1))))
        moved = np.float32(grown / grid.per_cm) * np.where(distance < edge, inside, beyond) * (distance > 0)
        to_left += as_field(np.float32(lung.sign) * moved * weight)
    return to_left


def shift_of(lesions: Sequence[Lesion], ground: Ground, rng: np.random.Generator) -> Shift | None:
    """What those lesions together do to the shape of that chest; None where they leave it as it is."""
    grid = ground.grid
    left, down = (np.zeros((grid.rows, grid.columns), dtype=np.float32) for _ in range(2))
    for lesion in lesions:
        lung, away = ground.lungs[lesion.side], -ground.lungs[lesion.side].sign
        strength = lesion.strength
        match lesion.kind:
            case LesionKind.CARDIOMEGALY:
                left += _heart(ground, 0.16 + 0.5 * strength)
            case LesionKind.TENSION_PNEUMOTHORAX:
                left += _mediastinum(ground, away * (0.6 + 1.8 * strength))
                down += _diaphragm(lung, 0.8 + 1.6 * strength)
            case LesionKind.EFFUSION if strength > 0.7:
                left += _mediastinum(ground, away * 3.0 * (strength - 0.7))
            case LesionKind.ATELECTASIS if strength > COLLAPSES_FROM:
                left += _mediastinum(ground, -away * rng.uniform(0.4, 1.4))
                down -= _diaphragm(lung, rng.uniform(0.6, 2.0))
            case LesionKind.EMPHYSEMA:
                lower = 0.6 + 1.9 * strength
                down += sum((_diaphragm(own, lower * rng.uniform(0.8, 1.1)) for own in ground.lungs.values()), np.zeros_like(down))
                left += _heart(ground, -0.12 - 0.12 * strength)
            case LesionKind.FIBROSIS:
                for own in ground.lungs.values():
                    down -= _diaphragm(own, 1.6 * strength * rng.uniform(0.2, 1.0))
            case TuberculousKind.SCAR:
                pulled = -away * (0.3 + 1.9 * strength) * rng.uniform(0.4, 1.0)
                left += _mediastinum(ground, pulled) * np.clip(np.float32(1.25) - np.float32(0.75) * lung.down, 0.2, 1.2)
                down -= _hilum(lung, 2.6 * strength * rng.uniform(0.5, 1.0))
                down -= _diaphragm(lung, 1.9 * strength * rng.uniform(0.2, 1.0))
            case _:
                pass
    if not (left.any() or down.any()):
        return None
    rows, columns = np.mgrid[0 : grid.rows, 0 : grid.columns].astype(np.float32)
    return Shift(as_field(columns - left * np.float32(grid.per_cm)), as_field(rows - down * np.float32(grid.per_cm)))


def swayed(shift: Shift | None, ground: Ground, rng: np.random.Generator) -> Shift:
    """That change of shape, and a slight one of the lungs as between two breaths: no chest keeps the sharpness that it came with."""
    grid = ground.grid
    rows, columns = np.mgrid[0 : grid.rows, 0 : grid.columns].astype(np.float32)
    within = grid.blurred(as_field(ground.fields), 1.0) * np.float32(_SWAY_CM * grid.per_cm)
    column, row = (columns, rows) if shift is None else (shift.column, shift.row)
    return Shift(as_field(column + within * grid.texture(rng, 6.0)), as_field(row + within * grid.texture(rng, 6.0)))
