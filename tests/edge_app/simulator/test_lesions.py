"""Findings laid into simulated chests, of which the same patient without them is known."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.simulator.chest import SimulatedChest, simulated_chest
from edge_app.simulator.lesions.lesion import Lesion, LesionKind, Side

SIZE = 256

DENSER = (
    LesionKind.ATELECTASIS,
    LesionKind.CONSOLIDATION,
    LesionKind.EFFUSION,
    LesionKind.INFILTRATION,
    LesionKind.MASS,
    LesionKind.NODULE,
    LesionKind.PLEURAL_THICKENING,
    LesionKind.PNEUMONIA,
)
"""What is on one side alone and takes the place of air."""
ON_BOTH_SIDES = (LesionKind.EDEMA, LesionKind.EMPHYSEMA, LesionKind.FIBROSIS)


def seen(picture: SimulatedChest) -> NDArray[np.float64]:
    return picture.pixels / float(2**picture.bits - 1)


@cache
def chest(seed: int, *lesions: Lesion, size: int = SIZE) -> SimulatedChest:
    return simulated_chest(seed, size, size, lesions)


def width(mask: NDArray[np.bool_]) -> int:
    return int(np.ptp(np.flatnonzero(mask.any(axis=0))))


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("strength", [0.4, 0.9])
@pytest.mark.parametrize("kind", DENSER)
def test_what_fills_a_lung_is_denser_in_its_box_and_nowhere_else(kind: LesionKind, strength: float, side: Side) -> None:
    lesion = Lesion(kind, side, strength)
    sick, well = chest(21, lesion), chest(21)
    box = sick.boxes[lesion]
    window = np.s_[int(box.y) : int(box.y + box.height), int(box.x) : int(box.x + box.width)]
    change = seen(sick) - seen(well)
    field = well.masks[f"{side}_lung"]
    other = well.masks["left_lung" if side == "right" else "right_lung"]
    assert field[window].any(), "the box lies on the patient's own side"
    assert change[window][field[window]].max() > 0.04
    assert change[window][field[window]].mean() > 4 * abs(change[other].mean())


@pytest.mark.parametrize("kind", list(LesionKind))
def test_every_kind_changes_the_picture_more_the_stronger_it_is(kind: LesionKind) -> None:
    faint, gross = chest(5, Lesion(kind, "left", 0.2)), chest(5, Lesion(kind, "left", 1.0))
    changes = [np.abs(seen(sick) - seen(chest(5))).mean() for sick in (faint, gross)]
    assert 0.0001 < changes[0] < changes[1]
    for sick in (faint, gross):
        (box,) = sick.boxes.values()
        assert 0 <= box.x < box.x + box.width <= SIZE
        assert 0 <= box.y < box.y + box.height <= SIZE


@pytest.mark.parametrize("kind", ON_BOTH_SIDES)
def test_what_is_on_both_sides_changes_both(kind: LesionKind) -> None:
    sick, well = chest(33, Lesion(kind, strength=0.9)), chest(33)
    change = np.abs(seen(sick) - seen(well))
    for name in ("left_lung", "right_lung"):
        assert change[well.masks[name]].mean() > 0.01


def test_the_same_lesion_at_another_size() -> None:
    lesion = Lesion(LesionKind.CONSOLIDATION, "right", 0.8)
    small, large = chest(12, lesion, size=128), chest(12, lesion, size=256)
    one, other = small.boxes[lesion], large.boxes[lesion]
    assert (one.x, one.y, one.width, one.height) == pytest.approx((other.x / 2, other.y / 2, other.width / 2, other.height / 2), abs=5)


def test_oedema_is_a_haze_that_is_densest_near_the_hila() -> None:
    sick, well = chest(34, Lesion(LesionKind.EDEMA, strength=0.8)), chest(34)
    change, field = seen(sick) - seen(well), well.masks["left_lung"]
    columns = np.flatnonzero(field.any(axis=0))
    near, far = field.copy(), field.copy()
    third = len(columns) // 3
    near[:, columns[0] + third :] = False
    far[:, : columns[-1] - third] = False
    rows = np.flatnonzero(field.any(axis=1))
    middle = np.s_[rows[0] + len(rows) // 3 : rows[0] + 3 * len(rows) // 4]
    # The tone follows the lungs as a whole, so that what is spared looks darker than it was.
    assert change[middle][near[middle]].mean() > change[middle][far[middle]].mean() + 0.02


def test_a_pneumothorax_is_darker_where_the_lung_is_gone() -> None:
    lesion = Lesion(LesionKind.PNEUMOTHORAX, "left", 0.9)
    sick, well = chest(8, lesion), chest(8)
    box, field = sick.boxes[lesion], sick.masks["left_lung"]
    apex = np.zeros_like(field)
    apex[int(box.y) : int(box.y + box.height * 0.1)] = True
    assert (seen(sick) - seen(well))[apex & field].mean() < -0.02


def test_one_under_tension_pushes_the_heart_to_the_other_side_and_the_diaphragm_down() -> None:
    lesion = Lesion(LesionKind.TENSION_PNEUMOTHORAX, "left", 0.9)
    sick, well = chest(8, lesion), chest(8)
    middle = [float(np.flatnonzero(own.masks["heart"].any(axis=0)).mean()) for own in (sick, well)]
    assert middle[0] < middle[1] - 0.01 * SIZE
    assert sick.masks["left_lung"].sum() > well.masks["left_lung"].sum()
    assert lesion.kind.finding == "Pneumothorax"


def test_fluid_lies_at_the_bottom_and_rises_along_the_wall() -> None:
    lesion = Lesion(LesionKind.EFFUSION, "left", 0.5)
    sick, well = chest(10, lesion), chest(10)
    change, field = seen(sick) - seen(well), well.masks["left_lung"]
    rows = np.flatnonzero(field.any(axis=1))
    thirds = np.array_split(rows, 3)
    means = [change[own][field[own]].mean() for own in thirds]
    assert means[2] > 0.1 > abs(means[0])
    box = sick.boxes[lesion]
    assert box.y + box.height >= rows[-1] - 3


def test_a_large_heart_is_wider_and_emphysema_makes_lungs_longer() -> None:
    large = Lesion(LesionKind.CARDIOMEGALY, strength=0.8)
    sick, well = chest(9, large), chest(9)
    assert sick.boxes[large].width > 1.15 * width(well.masks["heart"])
    lungs = [own.masks["left_lung"] | own.masks["right_lung"] for own in (chest(9, Lesion(LesionKind.EMPHYSEMA, strength=0.9)), well)]
    assert lungs[0].sum() > 1.03 * lungs[1].sum()


def test_a_hernia_lies_over_the_heart_with_air_above_fluid() -> None:
    lesion = Lesion(LesionKind.HERNIA, strength=0.9)
    sick, well = chest(11, lesion), chest(11)
    box = sick.boxes[lesion]
    change = seen(sick) - seen(well)
    column = np.s_[int(box.x + 0.35 * box.width) : int(box.x + 0.65 * box.width)]
    upper = change[int(box.y + 0.15 * box.height) : int(box.y + 0.35 * box.height), column].mean()
    lower = change[int(box.y + 0.75 * box.height) : int(box.y + 0.95 * box.height), column].mean()
    assert lower > upper + 0.01


def test_refusals() -> None:
    with pytest.raises(ValueError, match="0…1"):
        Lesion(LesionKind.NODULE, "left", 1.5)
