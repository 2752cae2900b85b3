"""Drawn spines: kept once drawn, with outlines that hold their landmarks and angles that are what the stance was built with."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_app.reading.anatomy import FEMORAL_HEADS, SACRUM, VERTEBRAE
from edge_app.reading.spine import STRUCTURES
from edge_app.reading.spinopelvic import LANDMARKS, LUMBAR_LORDOSIS, PELVIC_TILT, SACRAL_SLOPE, angles
from export.datasets.outlines import SPINE, on_map
from export.simulate.lumbar_phantom import phantom
from export.simulate.lumbar_pose import stance
from export.simulate.lumbar_spines import IMPLANT, frontal_spines, implants_on, landmarks_on, lumbar_spines, plain_of


def test_a_spine_is_drawn_once_with_everything_that_is_true_of_it(tmp_path: Path) -> None:
    drawn = lumbar_spines(tmp_path, 3, 4, workers=1)
    written = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")}
    assert lumbar_spines(tmp_path, 3, 4, workers=1) == drawn
    assert written == {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")}
    assert len({own.patient for own in drawn}) == 4
    assert [own.labels[IMPLANT] for own in drawn] == [0.0, 1.0, 0.0, 1.0]
    for own in drawn:
        assert own.simulated
        assert set(own.masks) == {*STRUCTURES, *([IMPLANT] if own.labels[IMPLANT] else [])}
        assert set(landmarks_on(own.path)) == set(LANDMARKS)
        picture = cv2.imread(str(own.path), cv2.IMREAD_GRAYSCALE)
        assert picture is not None
        masks = {name: cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) for name, file in own.masks.items()}
        assert all(mask is not None and mask.shape == picture.shape for mask in masks.values())
        assert (own.drawn_on == plain_of(own.path)) == bool(own.labels[IMPLANT])
    assert drawn != lumbar_spines(tmp_path, 4, 4, workers=1)


def test_implants_are_where_the_picture_is_brighter_than_without_and_nowhere_else(tmp_path: Path) -> None:
    spine, operated = lumbar_spines(tmp_path, 5, 2, workers=1)
    assert operated.drawn_on is not None
    metal = implants_on(operated.path)
    assert 0.002 < metal.mean() < 0.1
    one, other = (np.asarray(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE), dtype=np.float32) for file in (operated.path, operated.drawn_on))
    around = cv2.dilate(metal.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert (one - other)[metal].mean() > (one - other)[~around].mean() + 12
    with pytest.raises(FileNotFoundError):
        implants_on(spine.path)


def test_of_a_frontal_spine_it_is_known_that_nothing_is_there(tmp_path: Path) -> None:
    spine = frontal_spines(tmp_path, 3, 1, workers=1)[0]
    assert (SPINE.targets(spine, 64) == 0).all()
    assert landmarks_on(spine.path) == {}


def test_targets_lie_where_the_masks_do_and_every_structure_is_known(tmp_path: Path) -> None:
    spine = lumbar_spines(tmp_path, 3, 1, workers=1)[0]
    shares = on_map(SPINE.targets(spine, 256))
    assert np.isfinite(shares).all()
    for at, name in enumerate(STRUCTURES):
        mask = cv2.imread(str(spine.masks[name]), cv2.IMREAD_GRAYSCALE)
        assert mask is not None
        scale = 128 / max(mask.shape)
        assert shares[at].sum() == pytest.approx((mask / 255.0).sum() * scale**2, rel=0.08), name


@pytest.mark.parametrize("seed", range(6))
def test_the_angles_are_those_of_the_person(seed: int) -> None:
    person = stance(np.random.default_rng(seed))
    # Upright and seen along the axis of the hips, as the angles are defined.
    made = phantom(np.random.default_rng(seed), implants=False, person=person)
    found = made.angles
    assert found[LUMBAR_LORDOSIS] == pytest.approx(person.lordosis, abs=1.5)
    # The picture may be tilted by a few degrees, by which one grows as the other shrinks.
    assert found[SACRAL_SLOPE] + found[PELVIC_TILT] == pytest.approx(person.slope + person.tilt, abs=6.0)
    for name in VERTEBRAE:
        assert made.masks[name].any() or person.body(name).middle[1] < -15


def test_landmarks_lie_on_the_edges_of_their_structures() -> None:
    made = phantom(np.random.default_rng(8), implants=False, rows=600)
    for name, structure in (("S1_front", SACRUM), ("S1_back", SACRUM), ("L1_front", "L1"), ("L1_back", "L1")):
        x, y = made.landmarks[name]
        mask = made.masks[structure]
        near = mask[max(0, int(y) - 5) : int(y) + 6, max(0, int(x) - 5) : int(x) + 6]
        assert near.size == 0 or (near.max() > 200 and near.min() < 50), name
    for name in ("hip_1", "hip_2"):
        x, y = made.landmarks[name]
        if 0 <= y < 600 and 0 <= x < made.picture.shape[1]:
            assert made.masks[FEMORAL_HEADS][int(y), int(x)] == 255


def test_with_implants_nothing_else_of_the_truth_changes() -> None:
    person = stance(np.random.default_rng(2))
    plain, operated = (phantom(np.random.default_rng(2), implants=implants, person=person) for implants in (False, True))
    assert operated.with_implants is not None
    assert plain.with_implants is None
    assert angles(operated.landmarks)[SACRAL_SLOPE] == pytest.approx(angles(plain.landmarks)[SACRAL_SLOPE])
    assert (operated.with_implants > 0.9).sum() > (operated.picture > 0.9).sum()
