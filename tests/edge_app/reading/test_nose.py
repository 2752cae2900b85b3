"""A nose is boxed by its outline, however the head lies; where the network is not sure of one, there is none."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.reading.canvas import place
from edge_app.reading.card import Card, Input, Structure
from edge_app.reading.finding import Box
from edge_app.reading.nose import found_nose
from edge_app.reading.protocols.nasal_bone import NOSE
from edge_app.reading.seen import Seen
from tests.edge_app.reading.newborns import newborn

SIDE, ROWS, COLUMNS = 256, 800, 600


def seen_of(middle: tuple[float, float], half: tuple[float, float], degrees: float = 0.0, logit: float = 9.0, floor: float = -9.0) -> Seen:
    """An ellipse in pixels of a picture of ROWS × COLUMNS, turned, as a network of SIDE would outline it at half its size."""
    placement = place(ROWS, COLUMNS, SIDE, SIDE)
    at = (np.arange(SIDE // 2) + 0.5) * 2
    x, y = np.meshgrid((at - placement.offset_x) / placement.factor_x, (at - placement.offset_y) / placement.factor_y)
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    along, across = cosine * (x - middle[0]) + sine * (y - middle[1]), cosine * (y - middle[1]) - sine * (x - middle[0])
    away = np.hypot(along / half[0], across / half[1])
    told: NDArray[np.float32] = np.clip(2.0 * min(half) * (1.0 - away), floor, logit).astype(np.float32)
    card = Card(
        name="nose_finder", version="1", title="small", input=Input(height=SIDE, width=SIDE, mean=0.5, std=0.25), trained_on=(),
        structures=(Structure(name=NOSE, pictures=0),), validated_on=(), fidelity=(), golden=(), limits="for tests", files={},
    )  # fmt: skip
    return Seen(card, np.zeros((1, 1), dtype=np.float32), told[None, None], placement)


def corners(box: Box) -> tuple[float, float, float, float]:
    return box.x, box.y, box.x + box.width, box.y + box.height


@pytest.mark.parametrize("degrees", [0.0, 30.0, -75.0, 90.0])
def test_the_box_is_that_around_the_ellipse_as_it_is_turned(degrees: float) -> None:
    found = found_nose(seen_of((340.0, 410.0), (60.0, 110.0), degrees), newborn(ROWS, COLUMNS), NOSE)
    assert found is not None
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    half_x, half_y = math.hypot(60 * cosine, 110 * sine), math.hypot(60 * sine, 110 * cosine)
    assert corners(found.box) == pytest.approx((340 - half_x, 410 - half_y, 340 + half_x, 410 + half_y), abs=3.0)
    assert found.trust > 0.9


def test_a_nose_at_the_border_is_boxed_as_far_as_it_is_in_the_picture() -> None:
    found = found_nose(seen_of((580.0, 410.0), (60.0, 110.0)), newborn(ROWS, COLUMNS), NOSE)
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
    assert found_nose(seen, newborn(ROWS, COLUMNS), NOSE) is None
