"""A frontal chest radiograph of nobody: drawn from a seed, built from path lengths, exposed on a simulated detector."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.finding import Box
from edge_app.simulator.bones import build_bones
from edge_app.simulator.detector import BITS, expose, lead_letter, present
from edge_app.simulator.devices import build_devices
from edge_app.simulator.grid import Grid, as_field
from edge_app.simulator.habitus import draw_exposure, draw_habitus, in_pose
from edge_app.simulator.lesions.ground import Ground
from edge_app.simulator.lesions.laying import lay
from edge_app.simulator.lesions.lesion import Lesion, LesionKind
from edge_app.simulator.lesions.shapes import shift_of
from edge_app.simulator.thorax import LUNG_DENSITY, Thorax, build_thorax
from edge_app.simulator.vessels import build_vessels

__all__ = ["Lesion", "LesionKind", "SimulatedChest", "marked", "simulated_chest"]

SMALLEST = 64
_MARK = "SIMULATED"


@dataclass(frozen=True, eq=False)
class SimulatedChest:
    """A simulated radiograph and the truth about it.

    Attributes:
        pixels: (rows, columns) uint16, MONOCHROME2 (higher is whiter), ``bits`` bits, for presentation; without any burned-in text.
        bits: Bits Stored.
        masks: left_lung, right_lung (the lung fields), heart → (rows, columns) bool.
        boxes: where each lesion is seen, pixels; lesions that cannot be seen anywhere have none.
        spacing_mm: size of a pixel at the detector.
        view: AP or PA.
    """

    seed: int
    pixels: NDArray[np.uint16]
    bits: int
    masks: Mapping[str, NDArray[np.bool_]]
    boxes: Mapping[Lesion, Box]
    spacing_mm: float
    view: Literal["AP", "PA"]
    sex: Literal["F", "M"]
    age_years: int
    lesions: tuple[Lesion, ...]


def simulated_chest(seed: int, rows: int = 1024, columns: int = 1024, lesions: tuple[Lesion, ...] = ()) -> SimulatedChest:
    """Simulate a frontal chest radiograph. The same seed is the same patient and exposure at every size, pixel noise apart.

    Raises:
        ValueError: the picture would be smaller than 64 pixels on a side, or a lesion is asked for twice.
    """
    if min(rows, columns) < SMALLEST:
        raise ValueError(f"a simulated chest is at least {SMALLEST} pixels high and wide")
    if len(set(lesions)) < len(lesions):
        raise ValueError("the same lesion is asked for twice")
    exposure = draw_exposure(np.random.default_rng([seed, 1]))
    habitus = in_pose(draw_habitus(np.random.default_rng([seed, 0])), exposure)
    per_cm = min(rows, columns) / exposure.field_cm
    grid = Grid(
        rows,
        columns,
        per_cm,
        exposure.apex_below_top_cm * per_cm,
        columns / 2 + exposure.shift_cm * per_cm,
        exposure.tilt_rad,
        exposure.rotation,
    )

    rng = np.random.default_rng([seed, 2])
    thorax = build_thorax(habitus, grid, rng)
    vessels = build_vessels(habitus, grid, np.random.default_rng([seed, 3]))
    shift = shift_of(lesions, _ground(thorax, grid), np.random.default_rng([seed, 9]))
    if shift is not None:
        # Bones stay where they are.
        thorax, vessels = thorax.moved(shift.of), shift.of(vessels)
    ground = _ground(thorax, grid)
    lung_texture = np.random.default_rng([seed, 4])
    grain = 1 + np.float32(0.05) * grid.texture(lung_texture, 0.4) + np.float32(0.05) * grid.texture(lung_texture, 1.1)
    inside = np.clip(thorax.lung / np.maximum(thorax.cavity, np.float32(1.0)) * np.float32(1.5) - np.float32(0.12), 0, 1)
    water = thorax.body - thorax.lung * (1 - LUNG_DENSITY * grain) - thorax.air
    seen: dict[Lesion, Box] = {}
    for index, lesion in enumerate(lesions):
        effect = lay(lesion, ground, np.random.default_rng([seed, 5, index]))
        water = water + effect.water
        inside = inside * effect.vessels
        if (box := effect.box) is not None:
            seen[lesion] = box
    water = np.maximum(water + vessels * inside * np.float32(1.35 * (1.06 - LUNG_DENSITY)), 0)
    bones = build_bones(habitus, grid, np.random.default_rng([seed, 6]))
    devices = build_devices(exposure, grid, np.random.default_rng([seed, 8]))
    attenuation = as_field(np.float32(exposure.water_per_cm) * water + bones + devices + lead_letter(exposure, grid))
    density = expose(attenuation, as_field(water), exposure, grid, np.random.default_rng([seed, 7]))
    fields = thorax.left_field | thorax.right_field
    return SimulatedChest(
        seed=seed,
        pixels=present(density, fields, exposure, grid),
        bits=BITS,
        masks={"left_lung": thorax.left_field, "right_lung": thorax.right_field, "heart": thorax.heart},
        boxes=seen,
        spacing_mm=10.0 / per_cm,
        view=exposure.view,
        sex=habitus.sex,
        age_years=habitus.age_years,
        lesions=lesions,
    )


def _ground(thorax: Thorax, grid: Grid) -> Ground:
    return Ground(grid, thorax.right_field, thorax.left_field, thorax.heart, thorax.lung)


def marked(picture: SimulatedChest) -> NDArray[np.uint16]:
    """The pixels with a small SIMULATED burned into the lower left corner, for every picture that is shown or sent; same shape and bits."""
    rows, columns = picture.pixels.shape
    scale = max(min(rows, columns) / 1400, 0.22)
    (width, height), base = cv2.getTextSize(_MARK, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    edge = max(2, round(height * 0.6))
    canvas = np.zeros((rows, columns), dtype=np.uint8)
    canvas[rows - height - base - 2 * edge :, : width + 2 * edge] = 1
    paper = np.where(canvas == 1, 0, picture.pixels).astype(np.uint16)
    ink = np.zeros((rows, columns), dtype=np.uint8)
    cv2.putText(ink, _MARK, (edge, rows - base - edge), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 1, cv2.LINE_AA)
    white = ink.astype(np.float32) * np.float32((2**picture.bits - 1) / 255)
    return np.asarray(np.maximum(paper, np.rint(white)), dtype=np.uint16)
