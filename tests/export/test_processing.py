"""A picture made by another manufacturer's ways shows the same things in the same places, and no two ways are alike."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.reading.standardising import standardised
from edge_app.simulator.chest import simulated_chest
from export.processing import Processing, processed, restyled

Grey = NDArray[np.float32]


@pytest.fixture(scope="module")
def chest() -> Grey:
    pixels = simulated_chest(seed=5, rows=128, columns=128).pixels.astype(np.float32)
    return np.asarray(0.05 + 0.9 * pixels / pixels.max(), dtype=np.float32)


def test_the_same_chance_makes_the_same_picture_and_another_makes_another(chest: Grey) -> None:
    first, again, other = (processed(chest, Processing(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert np.abs(first - other).mean() > 0.02
    assert first.dtype == np.float32
    assert 0.0 <= first.min() <= first.max() <= 1.0


def test_nothing_moves_and_borders_stay(chest: Grey) -> None:
    framed = chest.copy()
    framed[:20] = 0.0
    for seed in range(8):
        made = processed(framed, Processing(), np.random.default_rng(seed))
        assert not made[:20].any()
        told = np.corrcoef(standardised(made)[24:].ravel(), standardised(framed)[24:].ravel())[0, 1]
        assert told > 0.75


def test_with_nothing_to_change_nothing_changes(chest: Grey) -> None:
    still = Processing(gain=0.0, tilt=0.0, tone=0.0, equalise=0.0)
    assert np.allclose(processed(chest, still, np.random.default_rng(1)), chest, atol=1e-5)


def test_a_chest_takes_on_the_contrast_of_another_and_keeps_what_it_shows(chest: Grey) -> None:
    pale = np.asarray(0.6 + 0.2 * processed(chest, Processing(), np.random.default_rng(4))[:, ::-1], dtype=np.float32)
    made = restyled(chest, np.ascontiguousarray(pale))
    assert abs(float(made.mean()) - float(pale.mean())) < 0.03
    assert abs(float(made.std()) - float(pale.std())) < 0.3 * float(pale.std())
    assert np.corrcoef(standardised(made).ravel(), standardised(chest).ravel())[0, 1] > 0.95


def test_of_nothing_there_is_no_style(chest: Grey) -> None:
    assert np.array_equal(restyled(chest, np.zeros_like(chest)), chest)
    assert not restyled(np.zeros_like(chest), chest).any()
