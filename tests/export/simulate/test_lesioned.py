"""Findings composed into a chest of which everything is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.lesions.lesion import Lesion, LesionKind
from export.simulate.lesioned import Lesioned, ground_of, lesioned

SIDE = 256


@pytest.fixture(scope="module")
def chest() -> tuple[NDArray[np.float32], dict[str, NDArray[np.bool_]]]:
    made = simulated_chest(14, SIDE, SIDE)
    return (made.pixels / float(2**made.bits - 1)).astype(np.float32), dict(made.masks)


def laid(chest: tuple[NDArray[np.float32], dict[str, NDArray[np.bool_]]], *lesions: Lesion, seed: int = 1, tubes: bool = False) -> Lesioned:
    picture, masks = chest
    return lesioned(
        picture, masks["right_lung"], masks["left_lung"], masks["heart"], lesions, np.random.default_rng(seed), tubes=tubes
    )  # fmt: skip


def test_nothing_laid_changes_nothing(chest: tuple[NDArray[np.float32], dict[str, NDArray[np.bool_]]]) -> None:
    drawn = laid(chest)
    # Only what is black or white beyond the sigmoid is held a little within it.
    assert np.abs(drawn.picture - chest[0]).max() < 0.013
    assert drawn.boxes == {}


@pytest.mark.parametrize("kind", list(LesionKind))
def test_every_kind_is_laid_within_the_picture(chest: tuple[NDArray[np.float32], dict[str, NDArray[np.bool_]]], kind: LesionKind) -> None:
    lesion = Lesion(kind, "left", 0.8)
    drawn = laid(chest, lesion)
    assert drawn.picture.dtype == np.float32
    assert 0.0 <= drawn.picture.min() < drawn.picture.max() <= 1.0
    assert np.abs(drawn.picture - chest[0]).max() > 0.04
    box, region = drawn.boxes[lesion], drawn.regions[lesion]
    assert region.any()
    assert 0 <= box.x < box.x + box.width <= SIDE
    assert 0 <= box.y < box.y + box.height <= SIDE


def test_an_opacity_whitens_lung_and_leaves_what_is_white_as_it_was(
    chest: tuple[NDArray[np.float32], dict[str, NDArray[np.bool_]]],
) -> None:
    drawn = laid(chest, Lesion(LesionKind.EFFUSION, "right", 0.7))
    change = drawn.picture - chest[0]
    assert change[drawn.right].mean() > 0.05
    assert abs(change[drawn.left].mean()) < 0.01
    below = np.zeros_like(drawn.right)
    below[int(0.9 * SIDE) :] = True
    assert np.abs(change[below]).max() < 0.05


def test_emphysema_darkens_both_lungs(chest: tuple[NDArray[np.float32], dict[str, NDArray[np.bool_]]]) -> None:
    drawn = laid(chest, Lesion(LesionKind.EMPHYSEMA, strength=0.9))
    for before, after in ((chest[1]["left_lung"], drawn.left), (chest[1]["right_lung"], drawn.right)):
        assert (drawn.picture - chest[0])[before & after].mean() < -0.02


def test_a_large_heart_moves_the_outlines_with_it(chest: tuple[NDArray[np.float32], dict[str, NDArray[np.bool_]]]) -> None:
    drawn = laid(chest, Lesion(LesionKind.CARDIOMEGALY, strength=0.9))
    before, after = (np.ptp(np.flatnonzero(own.any(0))) for own in (chest[1]["heart"], drawn.heart))
    assert after > 1.15 * before
    assert drawn.left.sum() < chest[1]["left_lung"].sum()


def test_tubes_are_no_finding(chest: tuple[NDArray[np.float32], dict[str, NDArray[np.bool_]]]) -> None:
    drawn = laid(chest, tubes=True)
    assert drawn.boxes == {}
    assert (drawn.picture - chest[0]).max() > 0.05


def test_a_centimetre_of_water_is_worth_more_where_contrast_is_higher(
    chest: tuple[NDArray[np.float32], dict[str, NDArray[np.bool_]]],
) -> None:
    picture, masks = chest
    flat = np.float32(0.5) + np.float32(0.4) * (picture - np.float32(0.5))
    steep, gentle = (ground_of(own, masks["right_lung"], masks["left_lung"], masks["heart"])[1] for own in (picture, flat))
    assert steep > 1.5 * gentle


def test_without_a_lung_nothing_is_laid(chest: tuple[NDArray[np.float32], dict[str, NDArray[np.bool_]]]) -> None:
    picture, masks = chest
    with pytest.raises(ValueError, match="empty"):
        ground_of(picture, masks["right_lung"], np.zeros_like(masks["left_lung"]), masks["heart"])
