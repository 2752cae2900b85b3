"""A nose is boxed by its outline, however the head lies; where the network is not sure of one, there is none."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.reading.canvas import place
from edge_app.reading.card import Card, Input, Structure
from edge_app.reading.finding import Box
from edge_app.reading.nose import STRUCTURES, found_nose
from edge_app.reading.seen import Seen
from tests.edge_app.reading.newborns import newborn

SIDE, ROWS, COLUMNS = 256, 800, 600


def seen_of(
    middle: tuple[float, float],
    half: tuple[float, float],
    degrees: float = 0.0,
    logit: float = 9.0,
    floor: float = -9.0,
    points: tuple[tuple[float, float], ...] = (),
) -> Seen:
    """An ellipse in pixels of a picture of ROWS × COLUMNS, turned, as a network of SIDE would outline it at half its size.

    ``points``: nasion and subnasale, each a disc of 16 pixels.
    """
    placement = place(ROWS, COLUMNS, SIDE, SIDE)
    at = (np.arange(SIDE // 2) + 0.5) * 2
    x, y = np.meshgrid((at - placement.offset_x) / placement.factor_x, (at - placement.offset_y) / placement.factor_y)
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    along, across = cosine * (x - middle[0]) + sine * (y - middle[1]), cosine * (y - middle[1]) - sine * (x - middle[0])
    away = np.hypot(along / half[0], across / half[1])
    layers = [np.clip(2.0 * min(half) * (1.0 - away), floor, logit)]
    layers += [np.clip(16.0 - np.hypot(x - at_x, y - at_y), floor, logit) for at_x, at_y in points]
    told: NDArray[np.float32] = np.stack(layers).astype(np.float32)
    structures = tuple(Structure(name=name, pictures=0) for name in STRUCTURES[: len(layers)])
    card = Card(
        name="nose_finder", version="1", title="small", input=Input(height=SIDE, width=SIDE, mean=0.5, std=0.25), structures=structures,
        trained_on=(), validated_on=(), fidelity=(), golden=(), limits="for tests", files={},
    )  # fmt: skip
    return Seen(card, np.zeros((1, len(layers)), dtype=np.float32), told[None], placement)


def corners(box: Box) -> tuple[float, float, float, float]:
    return box.x, box.y, box.x + box.width, box.y + box.height


@pytest.mark.parametrize("degrees", [0.0, 30.0, -75.0, 90.0])
def test_the_box_is_that_around_the_ellipse_as_it_is_turned(degrees: float) -> None:
    found = found_nose(seen_of((340.0, 410.0), (60.0, 110.0), degrees), newborn(ROWS, COLUMNS))
    assert found is not None
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    half_x, half_y = math.hypot(60 * cosine, 110 * sine), math.hypot(60 * sine, 110 * cosine)
    assert corners(found.box) == pytest.approx((340 - half_x, 410 - half_y, 340 + half_x, 410 + half_y), abs=3.0)
    assert found.trust > 0.9


HIGH = 160.0
NASION, SUBNASALE = (300.0, 320.0), (316.0, 480.0)
BOX = (300.0 - 0.15 * HIGH, 320.0 - 0.1 * HIGH, 316.0 + 0.45 * HIGH, 480.0 + 0.1 * HIGH)
"""Of a head that looks to the right."""


def _turned(at: tuple[float, float], degrees: float) -> tuple[float, float]:
    """About the middle of the box."""
    x, y = at[0] - (BOX[0] + BOX[2]) / 2, at[1] - (BOX[1] + BOX[3]) / 2
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return (BOX[0] + BOX[2]) / 2 + cosine * x - sine * y, (BOX[1] + BOX[3]) / 2 + sine * x + cosine * y


@pytest.mark.parametrize("degrees", [0.0, 3.0, 40.0, 90.0, 180.0, -65.0])
@pytest.mark.parametrize("mirrored", [False, True])
def test_both_points_say_where_the_box_is_and_the_ellipse_how_it_is_turned(degrees: float, mirrored: bool) -> None:
    """The ellipse is drawn a tenth too large and off its place, as networks do."""
    half = (BOX[2] - BOX[0]) / 2, (BOX[3] - BOX[1]) / 2
    middle = (BOX[0] + BOX[2]) / 2 + 6, (BOX[1] + BOX[3]) / 2 - 9
    marks = [_turned(NASION, degrees), _turned(SUBNASALE, degrees)]
    ellipse, own = _turned(middle, degrees), degrees
    if mirrored:
        marks, ellipse, own = [(COLUMNS - x, y) for x, y in marks], (COLUMNS - ellipse[0], ellipse[1]), -degrees
    found = found_nose(seen_of(ellipse, (1.1 * half[0], 1.1 * half[1]), own, points=tuple(marks)), newborn(ROWS, COLUMNS))
    assert found is not None
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    half_x, half_y = math.hypot(half[0] * cosine, half[1] * sine), math.hypot(half[0] * sine, half[1] * cosine)
    x, y = (BOX[0] + BOX[2]) / 2, (BOX[1] + BOX[3]) / 2
    expected = (x - half_x, y - half_y, x + half_x, y + half_y)
    if mirrored:
        expected = (COLUMNS - expected[2], expected[1], COLUMNS - expected[0], expected[3])
    # Three degrees are taken for none.
    assert corners(found.box) == pytest.approx(expected, abs=9.0 if degrees == 3.0 else 3.0)


@pytest.mark.parametrize("points", [((300.0, 320.0),), ((300.0, 320.0), (310.0, 340.0)), ((100.0, 700.0), (316.0, 480.0))])
def test_points_that_are_missing_or_lie_as_on_no_face_leave_the_ellipse(points: tuple[tuple[float, float], ...]) -> None:
    alone, beside = (found_nose(seen_of((340.0, 410.0), (60.0, 110.0), points=own), newborn(ROWS, COLUMNS)) for own in ((), points))
    assert alone is not None
    assert beside is not None
    assert corners(beside.box) == pytest.approx(corners(alone.box), abs=0.01)


def test_a_nose_at_the_border_is_boxed_as_far_as_it_is_in_the_picture() -> None:
    found = found_nose(seen_of((580.0, 410.0), (60.0, 110.0)), newborn(ROWS, COLUMNS))
    assert found is not None
    assert found.box.x + found.box.width == COLUMNS
    assert found.box.x == pytest.approx(520, abs=12)


@pytest.mark.parametrize(
    "seen",
    [
        seen_of((340.0, 410.0), (60.0, 110.0), logit=-9.0),
        seen_of((340.0, 410.0), (8.0, 9.0)),
        seen_of((340.0, 410.0), (60.0, 110.0), logit=0.4, floor=-0.4),
    ],
    ids=["none", "a speck", "hardly more likely than not"],
)
def test_what_is_none_or_tiny_or_doubtful_is_no_nose(seen: Seen) -> None:
    assert found_nose(seen, newborn(ROWS, COLUMNS)) is None
