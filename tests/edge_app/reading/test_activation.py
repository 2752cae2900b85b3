"""Boxes and heat maps lie where the network looked, in pixels of the original."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.reading.activation import View, heat_of
from edge_app.reading.canvas import place
from edge_app.reading.card import Input
from edge_app.reading.finding import Box

WANTED = Input(height=320, width=320, mean=0.0, std=1.0)


def cells(*hot: tuple[int, int], background: float = -6.0) -> NDArray[np.float32]:
    """(10, 10) float32 with 4.0 at the given (row, column)."""
    activation = np.full((10, 10), background, dtype=np.float32)
    for row, column in hot:
        activation[row, column] = 4.0
    return activation


def test_the_box_lies_around_the_peak_on_a_portrait_picture() -> None:
    rows, columns = 3000, 1500
    placement = place(rows, columns, 320, 320)
    heat = heat_of(cells((2, 6)), View(WANTED, placement, rows, columns))
    assert heat is not None
    assert heat.values.shape == (placement.height, placement.width)
    box = heat.box()
    assert box is not None
    # The middle of cell (2, 6) is canvas (208, 80); the picture begins at canvas column 80 and is shrunk 9.375 times.
    assert box.x + box.width / 2 == pytest.approx((208 - 80) * 9.375, abs=10)
    assert box.y + box.height / 2 == pytest.approx(80 * 9.375, abs=10)
    assert 200 < box.width < 600


def test_the_largest_region_gives_the_box() -> None:
    placement = place(320, 320, 320, 320)
    heat = heat_of(cells((1, 1), (7, 7), (7, 8), (8, 7)), View(WANTED, placement, 320, 320))
    assert heat is not None
    box = heat.box()
    assert box is not None
    assert box.x > 160
    assert box.y > 160


def test_what_the_network_saw_in_the_border_is_no_box() -> None:
    rows, columns = 1000, 500
    placement = place(rows, columns, 320, 320)
    heat = heat_of(cells((5, 0)) + cells((4, 5), background=0.0) * 0.5, View(WANTED, placement, rows, columns))
    assert heat is not None
    box = heat.box()
    assert box is not None
    assert 0 <= box.x < box.x + box.width <= columns
    assert box.x + box.width / 2 == pytest.approx((176 - 80) * 1000 / 320, abs=12)


def test_a_region_at_the_edge_is_clipped_to_the_picture() -> None:
    rows, columns = 777, 1111
    placement = place(rows, columns, 320, 320)
    heat = heat_of(cells((2, 9), (7, 9)), View(WANTED, placement, rows, columns))
    assert heat is not None
    box = heat.box()
    assert box is not None
    assert box.x >= 0
    assert box.y >= 0
    assert box.x + box.width <= columns
    assert box.y + box.height <= rows


def test_a_region_over_most_of_the_picture_points_nowhere() -> None:
    placement = place(320, 320, 320, 320)
    everywhere = [(row, column) for row in range(10) for column in range(10) if (row, column) != (0, 0)]
    heat = heat_of(cells(*everywhere), View(WANTED, placement, 320, 320))
    assert heat is not None
    assert heat.box() is None


@pytest.mark.parametrize("level", [0.0, -3.0, 1e6])
def test_a_flat_map_points_nowhere(level: float) -> None:
    assert heat_of(np.full((10, 10), level, dtype=np.float32), View(WANTED, place(400, 300, 320, 320), 400, 300)) is None


def test_a_heat_map_has_the_size_of_the_picture_and_the_brightness_of_the_finding(tmp_path: Path) -> None:
    placement = place(700, 500, 320, 320)
    heat = heat_of(cells((5, 5)), View(WANTED, placement, 700, 500))
    assert heat is not None
    heat.write(tmp_path / "heat.png", 0.4)
    read = cv2.imread(str(tmp_path / "heat.png"), cv2.IMREAD_UNCHANGED)
    assert read is not None
    assert read.shape == (700, 500)
    assert read.dtype == np.uint8
    assert read.max() == 102
    assert [file.name for file in tmp_path.iterdir()] == ["heat.png"]


def test_what_was_seen_on_a_part_lies_in_that_part(tmp_path: Path) -> None:
    rows, columns, part = 1000, 800, Box(200.0, 300.0, 400.0, 400.0)
    heat = heat_of(cells((5, 5)), View(WANTED, place(400, 400, 320, 320), rows, columns, part))
    assert heat is not None
    box = heat.box()
    assert box is not None
    # The middle of cell (5, 5) is canvas (176, 176), which is 220 pixels into the part.
    assert (box.x + box.width / 2, box.y + box.height / 2) == pytest.approx((420, 520), abs=5)
    heat.write(tmp_path / "heat.png", 1.0)
    read = cv2.imread(str(tmp_path / "heat.png"), cv2.IMREAD_UNCHANGED)
    assert read is not None
    assert read.shape == (rows, columns)
    assert np.unravel_index(read.argmax(), read.shape) == pytest.approx((520, 420), abs=25)
    read[300:700, 200:600] = 0
    assert not read.any()


def test_an_unsure_map_points_as_sharply_as_a_sure_one() -> None:
    placement = place(320, 320, 320, 320)
    sure, unsure = (heat_of(cells((5, 5)) + shift, View(WANTED, placement, 320, 320)) for shift in (0.0, -9.0))
    assert sure is not None
    assert unsure is not None
    assert unsure.values.max() == sure.values.max() == 1.0
    assert abs(unsure.values - sure.values).mean() < 0.02


def test_beyond_the_area_there_is_no_heat() -> None:
    placement = place(320, 320, 320, 320)
    # The network is surest of a letter in the corner; within the area it sees a second place.
    activation = cells((0, 0)) + np.where(np.arange(100).reshape(10, 10) == 55, 8.0, 0.0).astype(np.float32)
    area = np.array([[120.0, 120.0], [260.0, 120.0], [260.0, 260.0], [120.0, 260.0]])
    free, held = (heat_of(activation, View(WANTED, placement, 320, 320, area=own)) for own in (None, (area,)))
    assert free is not None
    assert held is not None
    assert free.values[:40, :40].max() == 1.0
    assert held.values[:40, :40].max() == 0.0
    assert held.values.max() == 1.0
    box = held.box()
    assert box is not None
    assert (box.x + box.width / 2, box.y + box.height / 2) == pytest.approx((176, 176), abs=8)


def test_an_area_lies_in_the_picture_and_not_in_the_part() -> None:
    part = Box(200.0, 300.0, 400.0, 400.0)
    area = np.array([[200.0, 300.0], [400.0, 300.0], [400.0, 700.0], [200.0, 700.0]])
    heat = heat_of(cells((5, 2), (5, 8)), View(WANTED, place(400, 400, 320, 320), 1000, 800, part, (area,)))
    assert heat is not None
    assert heat.values[:, 180:].max() == 0.0, "the right half of the part lies beyond"
    assert heat.values[:, :150].max() == 1.0


def test_a_map_whose_mean_tells_counts_by_what_each_cell_adds() -> None:
    """Two cells that are both beyond doubt are as sure of it, and one adds twice as much."""
    view = View(Input(height=64, width=64, mean=0.5, std=0.25), place(64, 64, 64, 64), 64, 64)
    cells = np.zeros((8, 8), dtype=np.float32)
    cells[1, 1], cells[6, 6] = 16.0, 8.0
    by_share, by_sum = heat_of(cells, view), heat_of(cells, view, averaged=True)
    assert by_share is not None
    assert by_sum is not None
    assert by_share.values[52, 52] > 0.95
    assert by_sum.values[52, 52] == pytest.approx(0.5, abs=0.05)
    assert by_sum.values[12, 12] > 0.9
    assert heat_of(np.full((8, 8), -3.0, dtype=np.float32), view, averaged=True) is None
