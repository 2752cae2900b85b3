from pathlib import Path

import numpy as np
import pytest

from edge_app.reading.finding import Box
from export.evaluation.detection import Detected
from export.evaluation.froc import Place, found_at

A, B, C = Path("a"), Path("b"), Path("c")
TRIANGLE = Place(Box(0, 0, 10, 10), ((0.0, 0.0), (10.0, 0.0), (0.0, 10.0)))
SQUARE = Place(Box(20, 20, 10, 10))


def _found(picture: Path, x: float, y: float, score: float) -> Detected:
    return Detected(picture, "Fracture", Box(x - 1, y - 1, 2, 2), score)


def test_a_place_is_its_outline_where_there_is_one() -> None:
    assert TRIANGLE.holds(2, 2)
    assert not TRIANGLE.holds(9, 9)
    assert SQUARE.holds(29, 29)
    assert not SQUARE.holds(31, 29)
    assert TRIANGLE.mask(12, 12).sum() == pytest.approx(60, abs=8)
    assert SQUARE.mask(40, 40).sum() == pytest.approx(110, abs=12)


def test_more_is_found_as_more_false_alarms_are_let_pass() -> None:
    there = {A: [TRIANGLE, SQUARE], B: [SQUARE]}
    detected = [
        _found(A, 2, 2, 0.9),
        _found(A, 3, 3, 0.85),  # The same once more is neither found again nor false.
        _found(C, 5, 5, 0.8),
        _found(A, 9, 9, 0.7),
        _found(B, 25, 25, 0.6),
        _found(B, 1, 1, 0.5),
        _found(A, 25, 25, 0.4),
    ]
    assert found_at(there, detected, 4, alarms=(0.0, 0.25, 0.5, 0.75)) == pytest.approx((1 / 3, 1 / 3, 2 / 3, 1.0))


def test_where_nothing_is_there_nothing_can_be_found() -> None:
    assert np.isnan(found_at({}, [_found(A, 1, 1, 0.5)], 3)).all()
    assert found_at({A: [SQUARE]}, [], 3) == (0.0, 0.0, 0.0, 0.0)
