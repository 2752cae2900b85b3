"""What is found on a turned picture comes back to where it lies on the one that came."""

import dataclasses

import numpy as np
import pytest

from edge_app.errors import ModelError
from edge_app.reading.anatomy import LEFT_LUNG, RIGHT_LUNG, draw, outlines
from edge_app.reading.finding import Box
from edge_app.reading.turning import anatomy_back, box_back, seen_back, turned
from tests.edge_app.reading.newborns import newborn, overlap, reading_off, region


@pytest.mark.parametrize("quarters", range(-1, 5))
def test_a_picture_is_turned_with_its_size_and_spacing(quarters: int) -> None:
    picture = newborn()
    there = turned(picture, quarters)
    across = quarters % 2 == 1
    assert (there.rows, there.columns) == ((300, 400) if across else (400, 300))
    assert there.spacing_mm == ((0.1, 0.2) if across else (0.2, 0.1))
    assert np.array_equal(there.pixels, np.rot90(picture.pixels, quarters))
    assert np.array_equal(turned(there, -quarters).pixels, picture.pixels)


@pytest.mark.parametrize("quarters", range(4))
def test_a_box_comes_back(quarters: int) -> None:
    marked = np.zeros((40, 30), dtype=np.uint8)
    marked[5:9, 20:29] = 1
    rows, columns = np.nonzero(np.rot90(marked, quarters))
    box = Box(float(columns.min()), float(rows.min()), float(np.ptp(columns) + 1), float(np.ptp(rows) + 1))
    assert box_back(box, *np.rot90(marked, quarters).shape, quarters) == Box(20.0, 5.0, 9.0, 4.0)


@pytest.mark.parametrize("quarters", range(4))
def test_structures_and_outlines_come_back(quarters: int) -> None:
    upright = newborn(size=0.5, at=(0.4, 0.6))
    came = turned(upright, -quarters)
    assert np.array_equal(turned(came, quarters).pixels, upright.pixels)
    anatomy = anatomy_back(draw(reading_off()(upright)), quarters)
    for name in (RIGHT_LUNG, LEFT_LUNG):
        drawn = anatomy.get(name)
        assert drawn is not None
        assert overlap(drawn.mask, region(came, name)) > 0.9
        assert drawn.mask.shape == (anatomy.placement.height, anatomy.placement.width)
        assert anatomy.placement.width / anatomy.placement.factor_x == pytest.approx(came.columns)
        outline = next(each for each in outlines(anatomy) if each.name == name)
        points, there = np.array(outline.polygons[0])[:, ::-1], np.argwhere(region(came, name))
        assert points.min(0) == pytest.approx(there.min(0), abs=3.0)
        assert points.max(0) == pytest.approx(there.max(0) + 1, abs=3.0)


@pytest.mark.parametrize("quarters", range(4))
def test_a_map_comes_back_as_if_the_picture_had_not_been_turned(quarters: int) -> None:
    upright = newborn(size=0.5, at=(0.4, 0.6))
    came = turned(upright, -quarters)
    seen = dataclasses.replace(reading_off()(upright), part=Box(10.0, 20.0, 30.0, 40.0))
    back = seen_back(seen, upright, quarters)
    assert back.map is not None
    own = back.map[0, 0] > 0
    placement = back.placement
    row, column = np.argwhere(own).mean(0)
    # Two pixels of the canvas to a cell.
    x, y = (2 * column + 1 - placement.offset_x) / placement.factor_x, (2 * row + 1 - placement.offset_y) / placement.factor_y
    there = np.argwhere(region(came, RIGHT_LUNG)).mean(0)
    assert (y, x) == pytest.approx(tuple(there), abs=3.0)
    assert back.part == box_back(Box(10.0, 20.0, 30.0, 40.0), upright.rows, upright.columns, quarters)


def test_what_is_told_by_sides_cannot_be_turned() -> None:
    picture = newborn()
    seen = reading_off()(picture)
    seen = dataclasses.replace(seen, card=seen.card.model_copy(update={"reach": True}))
    with pytest.raises(ModelError, match="cannot be turned"):
        seen_back(seen, picture, 1)
    assert seen_back(seen, picture, 4) is seen
