"""Two meanings of lung, each taught only what it says."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from export.datasets.labelled import LUNG_FIELDS, WHOLE_LUNGS, Labelled
from export.datasets.outlines import STRUCTURES, UNKNOWN, OneLungOutlineError, lungs_on_canvas, outlines, right_and_left, structure_targets

SIDE = 96
RIGHT, LEFT, HEART = STRUCTURES.index("right_lung"), STRUCTURES.index("left_lung"), STRUCTURES.index("heart")
WHOLE_RIGHT, WHOLE_LEFT = STRUCTURES.index("right_lung_whole"), STRUCTURES.index("left_lung_whole")


def _drawn(path: Path, *ovals: tuple[int, int, int, int]) -> Path:
    """Ovals (x, y, half width, half height) on a mask of 96 × 96."""
    mask = np.zeros((SIDE, SIDE), dtype=np.uint8)
    for x, y, half_width, half_height in ovals:
        cv2.ellipse(mask, (x, y), (half_width, half_height), 0, 0, 360, 255, -1)
    assert cv2.imwrite(str(path), mask)
    return path


def _picture(folder: Path, masks: dict[str, Path]) -> Labelled:
    path = folder / "picture.png"
    assert cv2.imwrite(str(path), np.zeros((SIDE, SIDE), dtype=np.uint8))
    return Labelled(path, "x:1", "x", "chest_adult", masks=masks)


@pytest.fixture
def fields(tmp_path: Path) -> Labelled:
    return _picture(tmp_path, {LUNG_FIELDS: _drawn(tmp_path / "fields.png", (28, 48, 12, 30), (68, 48, 12, 30))})


@pytest.fixture
def whole(tmp_path: Path) -> Labelled:
    lungs = _drawn(tmp_path / "whole.png", (28, 48, 16, 30), (68, 48, 16, 30))
    return _picture(tmp_path, {WHOLE_LUNGS: lungs, "heart": _drawn(tmp_path / "heart.png", (52, 60, 14, 14))})


def test_the_patients_right_lung_lies_on_the_pictures_left(fields: Labelled) -> None:
    targets = structure_targets(fields, SIDE)
    assert targets[RIGHT][48, 28] == 1
    assert targets[RIGHT][48, 68] == 0
    assert targets[LEFT][48, 68] == 1


def test_fields_say_nothing_of_what_lies_between_them(fields: Labelled) -> None:
    targets = structure_targets(fields, SIDE)
    assert (targets[[RIGHT, LEFT]] != UNKNOWN).all()
    # A whole lung holds its field; whether it goes on behind the heart nobody said.
    assert targets[WHOLE_RIGHT][48, 28] == 1
    assert targets[WHOLE_RIGHT][48, 46] == UNKNOWN
    assert targets[WHOLE_RIGHT][48, 68] == 0
    assert targets[WHOLE_RIGHT][2, 2] == 0
    assert targets[HEART][48, 48] == UNKNOWN
    assert targets[HEART][48, 20] == 0
    assert not (targets[HEART] == 1).any()


def test_whole_lungs_say_of_the_fields_only_what_follows(whole: Labelled) -> None:
    targets = structure_targets(whole, SIDE)
    assert (targets[[WHOLE_RIGHT, WHOLE_LEFT, HEART]] != UNKNOWN).all()
    assert targets[LEFT][60, 56] == 0, "the middle of the heart is no field"
    assert targets[LEFT][48, 80] == 1, "the outer part of a whole lung is field"
    assert targets[LEFT][22, 62] == UNKNOWN, "above the heart the mediastinum may reach as far"
    assert targets[RIGHT][48, 80] == 0


def test_a_mask_in_one_piece_teaches_nothing_rather_than_something_wrong(tmp_path: Path) -> None:
    one = _picture(tmp_path, {LUNG_FIELDS: _drawn(tmp_path / "one.png", (48, 48, 40, 30))})
    assert (structure_targets(one, SIDE) == UNKNOWN).all()
    with pytest.raises(OneLungOutlineError):
        right_and_left(np.ones((4, 4), dtype=np.bool_))


def test_a_speck_goes_to_the_side_it_lies_on() -> None:
    lungs = np.zeros((40, 40), dtype=np.bool_)
    lungs[10:30, 4:14] = lungs[10:30, 26:36] = lungs[34, 8] = True
    right, left = right_and_left(lungs)
    assert right[34, 8]
    assert right.sum() + left.sum() == lungs.sum()


def test_lungs_are_known_only_where_somebody_outlined_them(fields: Labelled, tmp_path: Path) -> None:
    lungs = lungs_on_canvas(fields, SIDE)
    assert lungs is not None
    assert lungs[48, 28]
    assert not lungs[48, 48]
    assert lungs_on_canvas(Labelled(fields.path, "x:1", "x", "chest_adult"), SIDE) is None


def test_outlines_are_made_once(fields: Labelled, tmp_path: Path) -> None:
    first = outlines([fields], SIDE, tmp_path / "cache")
    (kept,) = (tmp_path / "cache").iterdir()
    made_at = kept.stat().st_mtime_ns
    assert (outlines([fields], SIDE, tmp_path / "cache") == first).all()
    assert kept.stat().st_mtime_ns == made_at
    assert (first[0] == structure_targets(fields, SIDE)).all()
