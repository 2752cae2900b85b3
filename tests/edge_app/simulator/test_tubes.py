"""Tubes and lines: dense, thin, and where they belong."""

from collections.abc import Callable

import numpy as np
import pytest

from edge_app.simulator.grid import Field, Grid
from edge_app.simulator.lesions.ground import Ground
from edge_app.simulator.tubes import TUBES, chest_tube, endotracheal_tube, gastric_tube, pacemaker, some_tubes

SIDE = 256


@pytest.fixture(scope="module")
def ground() -> Ground:
    grid = Grid(SIDE, SIDE, 8.0, 30.0, SIDE / 2, 0.0, 0.0)
    right, left = np.zeros((2, SIDE, SIDE), dtype=np.bool_)
    right[30:200, 40:110] = True
    left[30:200, 146:216] = True
    return Ground(grid, right, left, np.zeros_like(right), (right | left).astype(np.float32) * np.float32(12.0))


@pytest.mark.parametrize("tube", TUBES)
@pytest.mark.parametrize("seed", range(3))
def test_each_adds_attenuation_to_a_small_part_of_the_picture(
    ground: Ground, tube: Callable[[Ground, np.random.Generator], Field], seed: int
) -> None:
    laid = tube(ground, np.random.default_rng(seed))
    assert laid.shape == (SIDE, SIDE)
    assert laid.dtype == np.float32
    assert np.isfinite(laid).all()
    assert laid.min() > -1e-4
    assert laid.max() > 0.05
    assert (laid > 0.02).mean() < 0.12


def test_they_lie_where_they_belong(ground: Ground) -> None:
    for seed in range(5):
        columns, rows = (np.nonzero(endotracheal_tube(ground, np.random.default_rng(seed)) > 0.02)[axis] for axis in (1, 0))
        assert abs(columns.mean() - SIDE / 2) < 1.5 * 8.0, "in the middle"
        assert rows.max() < 0.45 * 170 + 30, "its tip is above the carina"
        gastric = np.nonzero(gastric_tube(ground, np.random.default_rng(seed)) > 0.02)
        assert gastric[0].max() > 200, "below the diaphragm"
        drain = chest_tube(ground, np.random.default_rng(seed)) > 0.02
        assert (drain & ground.fields).any()
        assert np.count_nonzero(pacemaker(ground, np.random.default_rng(seed)) > 1.0) > 100


def test_some_are_more_than_none(ground: Ground) -> None:
    assert all(some_tubes(ground, np.random.default_rng(seed)).any() for seed in range(4))
