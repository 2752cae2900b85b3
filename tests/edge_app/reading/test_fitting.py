"""Lines and circles are found where they were drawn, to a small part of a pixel."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.reading.fitting import circle_through, edge_of, end_plate, two_circles

SIDE, FINE = 128, 8


def drawn(inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(SIDE, SIDE) the share of each pixel, from a mask that is ``FINE`` times as fine."""
    return np.asarray(inside.reshape(SIDE, FINE, SIDE, FINE).mean((1, 3)), dtype=np.float32)


def grid() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x and y of the fine pixels' middles, in pixels."""
    at = (np.arange(SIDE * FINE) + 0.5) / FINE
    return np.meshgrid(at, at)


def disc(x: float, y: float, radius: float) -> NDArray[np.bool_]:
    across, down = grid()
    return np.hypot(across - x, down - y) <= radius


def body(
    degrees: float, *, hollow: float = 0.0, wide: float = 40.0, high: float = 30.0, middle: tuple[float, float] = (64.3, 61.8)
) -> NDArray[np.bool_]:
    """A vertebral body whose upper end plate, hollow by so many pixels, falls to the right by so many degrees."""
    across, down = grid()
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    along = cosine * (across - middle[0]) + sine * (down - middle[1])
    below = cosine * (down - middle[1]) - sine * (across - middle[0])
    dent = hollow * (1 - (2 * along / wide) ** 2)
    return (np.abs(along) <= wide / 2) & (below >= -high / 2 + dent) & (below <= high / 2 - dent)


def slope(plate: tuple[tuple[float, float], tuple[float, float]]) -> float:
    (x, y), (other_x, other_y) = sorted(plate)
    return math.degrees(math.atan2(other_y - y, other_x - x))


@pytest.mark.parametrize("degrees", [-35.0, -8.3, 0.0, 4.7, 21.0, 32.0])
@pytest.mark.parametrize("hollow", [0.0, 2.5])
@pytest.mark.parametrize("hard", [False, True])
def test_an_end_plate_is_as_steep_as_it_was_drawn(degrees: float, hollow: float, hard: bool) -> None:
    level = drawn(body(degrees, hollow=hollow))
    edge = edge_of((level >= 0.5).astype(np.float32) if hard else level, 0.5)
    plate = end_plate(edge, np.array([0.0, -1.0]))
    assert plate is not None
    assert slope((plate.one, plate.other)) == pytest.approx(degrees, abs=(0.6 if hard else 0.1) + 0.15 * hollow)
    middle = np.mean([plate.one, plate.other], axis=0)
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    assert middle == pytest.approx((64.3 + 15 * sine, 61.8 - 15 * cosine), abs=0.8)
    assert math.dist(plate.one, plate.other) == pytest.approx(40.0, abs=2.0)


def test_the_direction_that_is_asked_for_need_not_be_the_plates_own() -> None:
    edge = edge_of(drawn(body(20.0, hollow=1.5)), 0.5)
    for asked in (-8.0, 20.0, 48.0):
        found = end_plate(edge, np.array([math.sin(math.radians(asked)), -math.cos(math.radians(asked))]))
        assert found is not None
        assert slope((found.one, found.other)) == pytest.approx(20.0, abs=0.1)


def test_the_end_plate_is_on_the_side_that_was_asked_for() -> None:
    edge = edge_of(drawn(body(10.0)), 0.5)
    upper, lower = (end_plate(edge, np.array([0.0, down])) for down in (-1.0, 1.0))
    assert upper is not None
    assert lower is not None
    assert upper.one[1] + 20 < lower.one[1] + lower.other[1] - upper.other[1]


def test_what_is_nowhere_has_no_edge_and_no_plate() -> None:
    nothing = np.zeros((SIDE, SIDE), dtype=np.float32)
    assert edge_of(nothing, 0.5).shape == (0, 2)
    speck = nothing.copy()
    speck[50, 50] = 1.0
    assert two_circles(edge_of(speck, 0.5)[:3]) is None
    assert circle_through(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])) is None


def test_an_edge_that_the_picture_cuts_is_closed_along_its_border() -> None:
    edge = edge_of(drawn(disc(4.0, 60.0, 20.0)), 0.5)
    assert edge[:, 0].min() == pytest.approx(0.0, abs=0.3)
    assert edge[:, 0].max() == pytest.approx(24.0, abs=0.15)


def test_a_circle_is_where_it_was_drawn() -> None:
    found = circle_through(edge_of(drawn(disc(61.37, 58.81, 23.4)), 0.5))
    assert found is not None
    assert (found.x, found.y, found.radius) == pytest.approx((61.37, 58.81, 23.4), abs=0.05)
    assert found.off < 0.15


@pytest.mark.parametrize(("apart", "angle", "smaller"), [(6.0, 10.0, 1.0), (14.0, 75.0, 0.93), (30.0, -40.0, 0.9)])
def test_two_heads_over_one_another_are_both_found(apart: float, angle: float, smaller: float) -> None:
    by = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))]) * apart / 2
    one, other = np.array([62.0, 66.0]) + by, np.array([62.0, 66.0]) - by
    found = two_circles(edge_of(drawn(disc(*one, 24.0) | disc(*other, 24.0 * smaller)), 0.5))
    assert found is not None
    first, second = sorted(found, key=lambda circle: math.dist((circle.x, circle.y), one))
    # Two that hide most of one another say less of where each is than of where both are.
    assert (first.x + second.x, first.y + second.y) == pytest.approx(tuple(one + other), abs=0.5)
    if apart > 10:
        assert (first.x, first.y, first.radius) == pytest.approx((*one, 24.0), abs=0.3)
        assert (second.x, second.y, second.radius) == pytest.approx((*other, 24.0 * smaller), abs=0.3)


def test_two_heads_that_lie_on_one_another_are_one_circle_twice() -> None:
    found = two_circles(edge_of(drawn(disc(60.0, 60.0, 24.0) | disc(60.4, 60.2, 24.0)), 0.5))
    assert found is not None
    assert found[0] == found[1]
    assert (found[0].x, found[0].y) == pytest.approx((60.2, 60.1), abs=0.2)


def test_what_is_no_pair_of_circles_is_none() -> None:
    across, down = grid()
    bar = (np.abs(across - 64) < 50) & (np.abs(down - 64) < 6)
    assert two_circles(edge_of(drawn(bar), 0.5)) is None
