"""What makes a newborn breathe hard: what it adds to the air of the lungs of a simulated chest."""

from functools import cache

import numpy as np
import pytest

from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.grid import Grid
from edge_app.simulator.lesions.airspace import SOLID
from edge_app.simulator.lesions.ground import Ground
from edge_app.simulator.lesions.laying import lay
from edge_app.simulator.lesions.lesion import Effect, Lesion, NewbornKind
from edge_app.simulator.lesions.newborn import _as_far_as, grade_of

SIZE = 256
DEEP_CM = 12.0
MIDDLES = (0.125, 0.375, 0.625, 0.875)


@cache
def ground() -> Ground:
    well = simulated_chest(3, SIZE, SIZE)
    right, left, heart = (well.masks[name] for name in ("right_lung", "left_lung", "heart"))
    grid = Grid(SIZE, SIZE, 10.0 / well.spacing_mm, float(np.flatnonzero((right | left).any(1))[0]), SIZE / 2, 0.0, 0.0)
    return Ground(grid, right, left, heart, (right | left).astype(np.float32) * np.float32(DEEP_CM))


def laid(strength: float, kind: NewbornKind = NewbornKind.RESPIRATORY_DISTRESS, seed: int = 5) -> Effect:
    return lay(Lesion(kind, strength=strength), ground(), np.random.default_rng(seed))


def share(effect: Effect, side: str) -> float:
    """How much of a lung's air is gone."""
    field = ground().right if side == "right" else ground().left
    return float(effect.water[field].mean() / (SOLID * DEEP_CM))


@pytest.mark.parametrize(("strength", "grade"), [(0.0, 1), (0.24, 1), (0.25, 2), (0.5, 3), (0.75, 4), (1.0, 4)])
def test_strength_goes_in_four_grades(strength: float, grade: int) -> None:
    assert grade_of(strength) == grade


def test_each_grade_has_less_air_than_the_one_before_and_both_lungs_alike() -> None:
    for seed in range(3):
        right, left = ([share(laid(own, seed=seed), side) for own in MIDDLES] for side in ("right", "left"))
        for shares in (right, left):
            assert shares == sorted(shares)
            assert 0.05 < shares[0] < 0.2
            assert shares[3] > 0.6
        assert np.allclose(right, left, atol=0.15)


def test_a_white_lung_has_hardly_any_granules_left_and_a_grey_one_is_made_of_them() -> None:
    def granular(strength: float) -> float:
        water = laid(strength).water
        inside = ground().lungs["right"].depth > 1.0
        fine = water - ground().grid.blurred(water, 0.8)
        return float(fine[inside].std() / water[inside].mean())

    assert granular(0.25) > 2.0 * granular(1.0)


def test_air_in_the_bronchi_is_seen_the_farther_out_the_higher_the_grade() -> None:
    lung = ground().lungs["right"]
    inside = lung.field & (lung.across > 0.7)
    assert not _as_far_as(lung, 0.0).any()
    near, far = _as_far_as(lung, 0.45), _as_far_as(lung, 1.0)
    assert near[inside].mean() < 0.1
    assert far[inside].min() > 0.95


def test_nothing_is_laid_outside_the_lungs() -> None:
    effect = laid(0.6)
    assert not effect.water[ground().lung == 0.0].any()
    assert not effect.region[ground().lung == 0.0].any()


def test_wet_lungs_are_wettest_at_the_hila_and_their_fissure_is_a_line() -> None:
    effect, right = laid(0.7, NewbornKind.WET_LUNG), ground().lungs["right"]
    assert share(effect, "right") < share(laid(0.9), "right")
    near, far = (effect.water[right.field & part].mean() for part in (right.across < 0.35, right.across > 0.75))
    assert near > 1.5 * far
    rows = np.flatnonzero(right.field.any(1))
    outer = right.field & (right.across > 0.3) & (right.across < 0.8)
    profile = np.array([effect.water[row][outer[row]].mean() if outer[row].any() else 0.0 for row in rows])
    middle = profile[int(0.35 * len(rows)) : int(0.7 * len(rows))]
    assert middle.max() > 2.0 * np.median(middle)


def test_only_one_of_both_is_the_protocols_finding() -> None:
    assert NewbornKind.RESPIRATORY_DISTRESS.finding == "RDS"
    assert NewbornKind.WET_LUNG.finding == "Transient_Tachypnoea"
