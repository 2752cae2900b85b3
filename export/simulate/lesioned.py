"""Findings laid into real chests: a labelled picture where no real one exists, composed where attenuations add up.

A radiograph for presentation shows the logarithm of the exposure through a sigmoid (DICOM PS3.3 C.11.2.1.3), and that logarithm is the sum
of what the beam has passed. So a picture is taken back through the sigmoid, water is added or taken away there, and it is shown again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.finding import Box
from edge_app.simulator.grid import Field, Grid, as_field
from edge_app.simulator.lesions.ground import Ground, Mask, moved_ground
from edge_app.simulator.lesions.laying import lay
from edge_app.simulator.lesions.lesion import Lesion
from edge_app.simulator.lesions.shapes import shift_of, swayed
from edge_app.simulator.thorax import LUNG_DENSITY
from edge_app.simulator.tubes import some_tubes

Grey = NDArray[np.float32]

LUNGS_WIDTH_CM = 25.0
"""From wall to wall over both lung fields of an adult; what is laid into a child shrinks with the chest."""
WATER_PER_CM = 0.2
"""Attenuation of water (nat) at the energies of a chest radiograph."""
USUAL_LUNG_CM = 13.0
"""Aerated lung along the beam in the middle of a field."""
_DARKEST, _WHITEST = 0.012, 0.988
_VESSEL_CM = 0.2
"""What is finer than this within a field is taken for vessels; ribs are wider."""


@dataclass(frozen=True, eq=False)
class Lesioned:
    """A chest with findings laid into it.

    Attributes:
        picture: (rows, columns) float32 in 0…1.
        boxes: where each lesion is seen, pixels; one that is seen nowhere has none.
        regions: the same as (rows, columns) bool.
        right, left, heart: (rows, columns) bool, the anatomy as it has become.
    """

    picture: Grey
    boxes: dict[Lesion, Box]
    regions: dict[Lesion, Mask]
    right: Mask
    left: Mask
    heart: Mask


def _exposed(picture: Grey) -> Field:
    """Grey in 0…1 to the logarithm behind it, of no unit and no zero."""
    clipped = np.clip(picture, _DARKEST, _WHITEST)
    return as_field(np.log(clipped / (1 - clipped)))


def _presented(exposure: Field) -> Grey:
    return as_field(1 / (1 + np.exp(-exposure)))


def ground_of(picture: Grey, right: Mask, left: Mask, heart: Mask) -> tuple[Ground, float]:
    """The chest of a picture (rows, columns), and what one cm of water more adds to its exposure.

    How much lung the beam passes is told from how much darker than soft tissue a place is, its ribs and vessels smoothed away.

    Raises:
        ValueError: a lung field is empty.
    """
    fields = right | left
    if not (right.any() and left.any()):
        raise ValueError("a lung field is empty")
    rows, columns = picture.shape
    across = np.flatnonzero(fields.any(0))
    per_cm = float(across[-1] - across[0] + 1) / LUNGS_WIDTH_CM
    inner_right, inner_left = np.flatnonzero(right.any(0))[-1], np.flatnonzero(left.any(0))[0]
    grid = Grid(rows, columns, per_cm, float(np.flatnonzero(fields.any(1))[0]), float(inner_right + inner_left) / 2.0, 0.0, 0.0)
    exposure = _exposed(picture)
    soft = heart if heart.any() else ~fields & (grid.y > 0)
    # Bright noise and letters aside: the median of what lies over the heart, and at least the brighter part of the fields.
    white = max(float(np.median(exposure[soft])) if soft.any() else 0.0, float(np.quantile(exposure[fields], 0.9)))
    dark = float(np.median(exposure[fields]))
    per_water = max(white - dark, 0.35) / (USUAL_LUNG_CM * (1 - LUNG_DENSITY))
    smooth = grid.blurred(exposure, 0.7)
    lung = np.clip((np.float32(white) - smooth) / np.float32(per_water * (1 - LUNG_DENSITY)), 1.5, 1.8 * USUAL_LUNG_CM)
    soft_fields = grid.blurred(as_field(fields), 0.12)
    return Ground(grid, right, left, heart, as_field(lung * soft_fields * (soft_fields > 0.02))), per_water


def lesioned(
    picture: Grey,
    right: Mask,
    left: Mask,
    heart: Mask,
    lesions: Sequence[Lesion],
    random: np.random.Generator,
    *,
    tubes: bool = False,
    sways: bool = False,
) -> Lesioned:
    """Lay ``lesions`` into a chest (rows, columns) in 0…1, whose lung fields and heart are outlined.

    Where asked with tubes and lines, and with lungs that sway a little, so that whether a chest was bent tells nothing of what is laid.

    Raises:
        ValueError: a lung field is empty.
    """
    ground, per_water = ground_of(picture, right, left, heart)
    exposure = _exposed(picture)
    bent = shift_of(lesions, ground, random)
    shift = swayed(bent, ground, random) if sways else bent
    if shift is not None:
        exposure = as_field(cv2.remap(exposure, shift.column, shift.row, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))
        ground = moved_ground(ground, shift.of)
        if bent is not None:
            _, per_water = ground_of(_presented(exposure), ground.right, ground.left, ground.heart)
    fine = exposure - ground.grid.blurred(exposure, _VESSEL_CM)
    water = np.zeros_like(exposure)
    vessels = np.ones_like(exposure)
    boxes: dict[Lesion, Box] = {}
    regions: dict[Lesion, Mask] = {}
    for lesion in lesions:
        effect = lay(lesion, ground, random)
        water, vessels = water + effect.water, vessels * np.clip(effect.vessels, 0, 1)
        regions[lesion] = effect.region
        if (box := effect.box) is not None:
            boxes[lesion] = box
    within = ground.grid.blurred(as_field(ground.fields), 0.1)
    changed = exposure - np.float32(0.75) * fine * (1 - vessels) * within + np.float32(per_water) * water
    if tubes:
        changed = changed + np.float32(per_water / WATER_PER_CM) * some_tubes(ground, random)
    return Lesioned(_presented(as_field(changed)), boxes, regions, ground.right, ground.left, ground.heart)
