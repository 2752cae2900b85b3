"""Regions lie where the network's cells say they do, in pixels of the original, and are told apart or joined as a reader would."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from edge_app.reading.activation import View
from edge_app.reading.canvas import place
from edge_app.reading.card import SIDES, Input
from edge_app.reading.finding import Box
from edge_app.reading.regions import MOST, regions_of

WANTED = Input(height=160, width=160, mean=0.0, std=1.0)
CELLS = 10
Float32 = NDArray[np.float32]


def _telling(*boxes: tuple[float, float, float, float], surest: float = 3.0) -> tuple[Float32, Float32]:
    """Cells within each box (left, top, right, bottom in 0…1 of the canvas) that tell that very box; the earlier the box, the surer."""
    activation = np.full((CELLS, CELLS), -8.0, dtype=np.float32)
    reach = np.full((SIDES, CELLS, CELLS), -8.0, dtype=np.float32)
    middle = (np.arange(CELLS) + 0.5) / CELLS
    for turn, (left, top, right, bottom) in enumerate(boxes):
        for row, y in enumerate(middle):
            for column, x in enumerate(middle):
                if left < x < right and top < y < bottom:
                    activation[row, column] = surest - 0.2 * turn
                    shares = np.array([x - left, y - top, right - x, bottom - y])
                    reach[:, row, column] = np.log(shares / (1.0 - shares))
    return activation, reach


def _edges(box: Box) -> tuple[float, float, float, float]:
    return box.x, box.y, box.x + box.width, box.y + box.height


def test_a_region_is_the_box_that_its_cells_tell() -> None:
    (region,) = regions_of(*_telling((0.2, 0.3, 0.5, 0.7)), View(WANTED, place(160, 160, 160, 160), 160, 160))
    assert _edges(region.box) == pytest.approx((32, 48, 80, 112), abs=0.1)
    assert region.score == pytest.approx(1 / (1 + np.exp(-3.0)), abs=1e-6)


def test_it_lies_in_the_part_that_was_shown_of_a_portrait_picture() -> None:
    part = Box(100.0, 400.0, 800.0, 1600.0)
    placement = place(1600, 800, 160, 160)
    (region,) = regions_of(*_telling((0.3, 0.2, 0.6, 0.5)), View(WANTED, placement, 3000, 1500, part))
    # Ten original pixels to one of the canvas; the part begins at canvas column 40.
    assert _edges(region.box) == pytest.approx((100 + 80, 400 + 320, 100 + 560, 400 + 800), abs=1.0)


def test_two_lungs_have_two_regions_and_the_surer_comes_first() -> None:
    first, second = (0.6, 0.4, 0.9, 0.8), (0.1, 0.4, 0.4, 0.8)
    found = regions_of(*_telling(first, second), View(WANTED, place(160, 160, 160, 160), 160, 160))
    assert [_edges(region.box)[0] for region in found] == pytest.approx([96, 16], abs=0.1)
    assert found[0].score > found[1].score


def test_a_region_far_less_sure_than_the_surest_is_not_told() -> None:
    activation, reach = _telling((0.6, 0.4, 0.9, 0.8), (0.1, 0.4, 0.4, 0.8))
    activation[:, :5] -= 6.0
    assert len(regions_of(activation, reach, View(WANTED, place(160, 160, 160, 160), 160, 160))) == 1


def test_beyond_the_area_nothing_is_found() -> None:
    activation, reach = _telling((0.6, 0.4, 0.9, 0.8), (0.1, 0.4, 0.4, 0.8))
    left_half = np.array([[0.0, 0.0], [70.0, 0.0], [70.0, 160.0], [0.0, 160.0]])
    (region,) = regions_of(activation, reach, View(WANTED, place(160, 160, 160, 160), 160, 160, None, (left_half,)))
    assert region.box.x < 40
    nowhere = np.array([[500.0, 500.0], [510.0, 500.0], [510.0, 510.0]])
    assert regions_of(activation, reach, View(WANTED, place(160, 160, 160, 160), 160, 160, None, (nowhere,))) == ()


def test_what_reaches_beyond_the_picture_ends_at_its_edge() -> None:
    activation, reach = _telling((0.6, 0.4, 0.9, 0.8))
    reach[:] = 4.0
    (region,) = regions_of(activation, reach, View(WANTED, place(300, 160, 160, 160), 300, 160))
    assert _edges(region.box) == (0.0, 0.0, 160.0, 300.0)


@given(
    arrays.arrays(np.float32, (CELLS, CELLS), elements=st.floats(-90, 90, width=32)),
    arrays.arrays(np.float32, (SIDES, CELLS, CELLS), elements=st.floats(-90, 90, width=32)),
    st.integers(20, 4000),
    st.integers(20, 4000),
)
def test_whatever_a_network_says_boxes_lie_on_the_picture(activation: Float32, reach: Float32, rows: int, columns: int) -> None:
    found = regions_of(activation, reach, View(WANTED, place(rows, columns, 160, 160), rows, columns))
    assert len(found) <= MOST
    scores = [region.score for region in found]
    assert scores == sorted(scores, reverse=True)
    for region in found:
        left, top, right, bottom = _edges(region.box)
        assert 0.0 <= left < right <= columns + 1e-6
        assert 0.0 <= top < bottom <= rows + 1e-6
        assert 0.0 < region.score <= 1.0
