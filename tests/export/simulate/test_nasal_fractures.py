"""A bone is followed to its tip, and broken where the outline says and nowhere else."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from export.simulate.nasal_bone import NasalBone, trace
from export.simulate.nasal_fractures import SHARES, Break, drawn_nose

NASION, SUBNASALE = (60.0, 40.0), (80.0, 240.0)
ANGLE = np.deg2rad(55.0)
LENGTH = 85.0


def _face() -> NDArray[np.float32]:
    """Soft tissue before a dark room, and a bright bone that runs straight down and forwards from the nasion."""
    grey = np.full((280, 240), 0.15, dtype=np.float32)
    cv2.fillPoly(grey, [np.array([(0, 0), (75, 0), (75, 40), (200, 230), (120, 279), (0, 279)], dtype=np.int32)], 0.4)
    grey = cv2.GaussianBlur(grey, (0, 0), 3)
    tip = (round(NASION[0] + LENGTH * np.cos(ANGLE)), round(NASION[1] + LENGTH * np.sin(ANGLE)))
    bone = np.zeros_like(grey)
    cv2.line(bone, (60, 40), tip, 0.35, 4, cv2.LINE_AA)
    return np.asarray(grey + cv2.GaussianBlur(bone, (0, 0), 1), dtype=np.float32)


@pytest.fixture(scope="module")
def bone() -> NasalBone:
    return trace(_face(), NASION, SUBNASALE)


def test_the_bone_is_followed_to_its_tip(bone: NasalBone) -> None:
    away = bone.ridge - np.array(NASION)
    across = np.abs(away @ np.array([-np.sin(ANGLE), np.cos(ANGLE)]))
    assert np.median(across) < 1.5
    assert across.max() < 5.0
    assert float(np.linalg.norm(away[-1])) == pytest.approx(LENGTH, abs=8.0)
    at, along = bone.at(0.5)
    assert along == pytest.approx([np.cos(ANGLE), np.sin(ANGLE)], abs=0.12)
    assert 0.3 * LENGTH < float(np.linalg.norm(at - np.array(NASION))) < 0.7 * LENGTH


def test_a_nose_upside_down_is_refused() -> None:
    with pytest.raises(ValueError, match="below"):
        trace(_face(), SUBNASALE, NASION)


@pytest.mark.parametrize("seed", range(12))
def test_what_a_break_changes_lies_along_the_bone_and_at_its_outline(bone: NasalBone, seed: int) -> None:
    whole = drawn_nose(_face(), bone, broken=False, random=np.random.default_rng(seed))
    broken = drawn_nose(_face(), bone, broken=True, random=np.random.default_rng(seed))
    assert (whole.kind, whole.fracture.any()) == (None, False)
    assert broken.kind in Break
    changed = np.abs(broken.picture - whole.picture)
    outlined = broken.fracture
    assert outlined.any()
    assert changed[outlined].mean() > 10 * changed[~outlined].mean()
    # No mark is left far from the bone, in the room or at the back of the head.
    nearest = min(float(np.hypot(*(bone.ridge - point).T).min()) for point in np.argwhere(outlined)[:, ::-1])
    assert nearest < 3 * bone.mm
    assert changed[:, :30].max() < 0.01
    assert 0.0 <= broken.picture.min() <= broken.picture.max() <= 1.0


def test_all_kinds_of_breaks_occur_as_often_as_they_should(bone: NasalBone) -> None:
    kinds = [drawn_nose(_face(), bone, broken=True, random=np.random.default_rng(seed)).kind for seed in range(120)]
    for kind, share in SHARES.items():
        assert kinds.count(kind) == pytest.approx(120 * share, abs=18)


def test_an_unbroken_nose_is_changed_by_what_is_mistaken_for_a_break_alone(bone: NasalBone) -> None:
    changes = []
    for seed in range(30):
        drawn = drawn_nose(_face(), bone, broken=False, random=np.random.default_rng(seed))
        changes.append(float(np.abs(drawn.picture - _face()).max()))
    assert 0.0 < min(changes) < max(changes)
    assert max(changes) > 0.03, "here and there a groove or a suture is seen"
