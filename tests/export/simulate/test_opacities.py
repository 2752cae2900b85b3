"""Opacities whose grades are known because they were drawn."""

import numpy as np
import pytest

from export.simulate.opacities import Opacified, opacified

SIDE = 96


def _chest() -> tuple[np.ndarray, np.ndarray]:
    picture = np.full((SIDE, SIDE), 0.75, dtype=np.float32)
    lungs = np.zeros((2, SIDE, SIDE), dtype=np.bool_)
    lungs[0, 15:85, 12:42] = True
    lungs[1, 15:85, 54:84] = True
    picture[lungs.any(0)] = 0.15
    return picture, lungs


@pytest.fixture(scope="module")
def drawn() -> list[Opacified]:
    return [opacified(*_chest(), np.random.default_rng(seed)) for seed in range(120)]


def test_they_lie_on_the_lungs_and_are_no_whiter_than_the_rest(drawn: list[Opacified]) -> None:
    picture, _ = _chest()
    far = np.zeros((SIDE, SIDE), dtype=np.bool_)
    far[:8] = far[92:] = True
    for own in drawn:
        assert own.picture.dtype == np.float32
        assert own.picture[far] == pytest.approx(picture[far])
        assert own.picture.min() >= 0.0
        assert own.picture.max() <= 0.85


def test_the_grades_follow_the_whiteness(drawn: list[Opacified]) -> None:
    picture, lungs = _chest()
    whiter = [float((own.picture - picture)[lungs.any(0)].mean()) for own in drawn]
    for grade in (lambda own: own.extent, lambda own: own.opacity, lambda own: own.zones.mean()):
        assert np.corrcoef(whiter, [float(grade(own)) for own in drawn])[0, 1] > 0.7


def test_every_grade_from_nothing_to_nearly_all_is_drawn(drawn: list[Opacified]) -> None:
    zones = np.array([own.zones for own in drawn])
    assert zones.shape == (120, 6)
    assert 0.0 <= zones.min() < 0.01
    assert 0.9 < zones.max() <= 1.0
    extents, opacities = [own.extent for own in drawn], [own.opacity for own in drawn]
    assert 0.0 <= min(extents) < 0.1
    assert 0.7 < max(extents) <= 1.0
    assert 0.0 <= min(opacities) < 0.1
    assert 0.6 < max(opacities) <= 1.0


def test_a_zone_is_graded_by_what_lies_in_it(drawn: list[Opacified]) -> None:
    picture, _ = _chest()
    sides = [(own.picture - picture, own.zones) for own in drawn]
    right_is_whiter = [bool(change[:, 12:42].mean() > change[:, 54:84].mean()) for change, _ in sides]
    right_is_graded_higher = [bool(zones[:3].sum() > zones[3:].sum()) for _, zones in sides]
    assert np.mean(np.equal(right_is_whiter, right_is_graded_higher)) > 0.75
    upper_is_whiter = [bool(change[15:38].mean() > change[62:85].mean()) for change, _ in sides]
    upper_is_graded_higher = [bool(zones[[0, 3]].sum() > zones[[2, 5]].sum()) for _, zones in sides]
    assert np.mean(np.equal(upper_is_whiter, upper_is_graded_higher)) > 0.75


def test_an_empty_lung_is_refused() -> None:
    picture, lungs = _chest()
    with pytest.raises(ValueError, match="a lung is empty"):
        opacified(picture, np.stack([lungs[0], np.zeros_like(lungs[1])]), np.random.default_rng(1))
