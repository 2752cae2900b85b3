"""Overlap and distance of squares of which both are known."""

import numpy as np
import pytest

from export.evaluation.overlap import Mask, dice, surface_distance


def square(left: int, top: int, side: int = 10, canvas: int = 40) -> Mask:
    mask = np.zeros((canvas, canvas), dtype=np.bool_)
    mask[top : top + side, left : left + side] = True
    return mask


@pytest.mark.parametrize(("shift", "wanted"), [(0, 1.0), (5, 0.5), (10, 0.0)])
def test_dice_of_a_shifted_square_is_the_share_they_have_in_common(shift: int, wanted: float) -> None:
    assert dice(square(5, 5), square(5 + shift, 5)) == pytest.approx(wanted)


def test_dice_of_nothing() -> None:
    nothing = np.zeros((40, 40), dtype=np.bool_)
    assert dice(nothing, nothing) == 1.0
    assert dice(nothing, square(5, 5)) == 0.0


def test_the_distance_of_a_square_inside_another_is_the_width_of_the_frame() -> None:
    # Corners are further apart than the rest of the edge, so a little more than three from outside and exactly three from within.
    assert surface_distance(square(10, 10, 20), square(13, 13, 14)) == pytest.approx(3.0, abs=0.25)
    assert surface_distance(square(10, 10), square(10, 10)) == 0.0


def test_the_distance_is_the_same_both_ways_and_grows_with_the_shift() -> None:
    one, near, far = square(5, 5), square(7, 5), square(15, 5)
    assert surface_distance(one, near) == pytest.approx(surface_distance(near, one))
    assert surface_distance(one, near) < 2.0 < surface_distance(one, far) < 10.0


def test_an_empty_mask_has_no_distance() -> None:
    assert np.isnan(surface_distance(np.zeros((40, 40), dtype=np.bool_), square(5, 5)))
