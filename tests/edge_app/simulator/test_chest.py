"""The simulated chest: the same seed is the same picture, and its truth agrees with what is seen."""

import numpy as np
import pytest

from edge_app.simulator.chest import Lesion, LesionKind, SimulatedChest, marked, simulated_chest

SIZE = 256
SEEDS = (0, 1, 2, 3, 4, 5)


def seen(picture: SimulatedChest) -> np.ndarray:
    return picture.pixels.astype(np.float64) / (2**picture.bits - 1)


@pytest.fixture(scope="module")
def healthy() -> dict[int, SimulatedChest]:
    return {seed: simulated_chest(seed, SIZE, SIZE) for seed in SEEDS}


def test_the_same_seed_is_the_same_picture(healthy: dict[int, SimulatedChest]) -> None:
    again = simulated_chest(3, SIZE, SIZE)
    assert np.array_equal(again.pixels, healthy[3].pixels)
    assert all(np.array_equal(again.masks[name], healthy[3].masks[name]) for name in again.masks)


def test_every_seed_is_another_patient(healthy: dict[int, SimulatedChest]) -> None:
    pictures = [seen(picture) for picture in healthy.values()]
    closest = min(np.abs(a - b).mean() for i, a in enumerate(pictures) for b in pictures[:i])
    assert closest > 0.02


@pytest.mark.parametrize(("rows", "columns"), [(64, 64), (200, 320), (333, 256)])
def test_shape_type_and_range(rows: int, columns: int) -> None:
    picture = simulated_chest(7, rows, columns)
    assert picture.pixels.shape == (rows, columns)
    assert picture.pixels.dtype == np.uint16
    assert picture.bits == 14
    assert picture.pixels.max() < 2**picture.bits
    assert seen(picture).std() > 0.15
    assert set(picture.masks) == {"left_lung", "right_lung", "heart"}
    assert all(mask.shape == (rows, columns) and mask.dtype == np.bool_ for mask in picture.masks.values())
    assert min(rows, columns) * picture.spacing_mm == pytest.approx(387.5, abs=23)


@pytest.mark.parametrize("seed", SEEDS)
def test_lungs_are_darker_than_the_heart_between_them(seed: int, healthy: dict[int, SimulatedChest]) -> None:
    picture = healthy[seed]
    values = seen(picture)
    heart = np.median(values[picture.masks["heart"]])
    for side in ("left_lung", "right_lung"):
        assert np.median(values[picture.masks[side]]) < heart - 0.2


@pytest.mark.parametrize("seed", SEEDS)
def test_masks_are_sane(seed: int, healthy: dict[int, SimulatedChest]) -> None:
    masks = healthy[seed].masks
    left, right, heart = masks["left_lung"], masks["right_lung"], masks["heart"]
    assert not (left & right).any()
    assert not ((left | right) & heart).any()
    column = {name: np.flatnonzero(mask.any(axis=0)).mean() for name, mask in masks.items()}
    assert column["right_lung"] < column["heart"] < column["left_lung"], "the patient's right is on the picture's left"
    assert 0.1 < (left | right).mean() < 0.35
    width = np.ptp(np.flatnonzero((left | right).any(axis=0)))
    assert 0.36 < np.ptp(np.flatnonzero(heart.any(axis=0))) / width < 0.6


def test_the_same_patient_at_another_size() -> None:
    small, large = simulated_chest(5, 128, 128), simulated_chest(5, 256, 256)
    shrunk = seen(large).reshape(128, 2, 128, 2).mean(axis=(1, 3))
    assert np.corrcoef(seen(small).ravel(), shrunk.ravel())[0, 1] > 0.99
    overlap = (small.masks["left_lung"] & large.masks["left_lung"][::2, ::2]).sum()
    assert overlap > 0.93 * small.masks["left_lung"].sum()


def test_lesions_come_together() -> None:
    lesions = (Lesion(LesionKind.PNEUMONIA, "right", 0.7), Lesion(LesionKind.NODULE, "left", 0.7), Lesion(LesionKind.NODULE, "left", 0.5))
    picture = simulated_chest(4, SIZE, SIZE, lesions)
    assert set(picture.boxes) == set(lesions)


def test_marking_touches_the_lower_left_corner_only(healthy: dict[int, SimulatedChest]) -> None:
    picture = healthy[0]
    changed = marked(picture) != picture.pixels
    rows, columns = np.nonzero(changed)
    assert changed.any()
    assert rows.min() > 0.9 * SIZE
    assert columns.max() < 0.4 * SIZE


def test_refusals() -> None:
    with pytest.raises(ValueError, match="at least 64"):
        simulated_chest(1, 63, 200)
    with pytest.raises(ValueError, match="twice"):
        simulated_chest(1, 64, 64, (Lesion(LesionKind.NODULE), Lesion(LesionKind.NODULE)))
    with pytest.raises(ValueError, match="0…1"):
        Lesion(LesionKind.NODULE, "left", 1.5)
