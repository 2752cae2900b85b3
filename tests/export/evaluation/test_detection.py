"""Average precision: what a perfect, a blind and a half-right finder get."""

from pathlib import Path

import numpy as np
import pytest

from edge_app.reading.finding import Box
from export.evaluation.detection import Detected, Marked, average_precision, average_precisions, overlap

ONE, OTHER = Path("one.png"), Path("other.png")
BOX, ELSEWHERE = Box(10, 10, 20, 20), Box(60, 60, 20, 20)


def test_overlap_is_intersection_over_union() -> None:
    assert overlap(BOX, BOX) == 1.0
    assert overlap(BOX, Box(20, 10, 20, 20)) == pytest.approx(1 / 3)
    assert overlap(BOX, ELSEWHERE) == 0.0
    assert overlap(BOX, None) == 0.0


def test_finding_all_and_nothing_else_is_perfect_and_finding_nothing_is_nothing() -> None:
    marked = [Marked(ONE, "Mass", BOX), Marked(OTHER, "Mass", BOX)]
    assert average_precision(marked, [Detected(own.picture, "Mass", BOX, 0.5) for own in marked], 0.5) == 1.0
    assert average_precision(marked, [], 0.5) == 0.0
    assert np.isnan(average_precision([], [Detected(ONE, "Mass", BOX, 0.5)], 0.5))


def test_a_surer_false_alarm_costs_and_a_less_sure_one_does_not() -> None:
    marked = [Marked(ONE, "Mass", BOX)]
    right, wrong = Detected(ONE, "Mass", BOX, 0.5), Detected(ONE, "Mass", ELSEWHERE, 0.9)
    assert average_precision(marked, [right, wrong], 0.5) == 0.5
    assert average_precision(marked, [right, Detected(ONE, "Mass", ELSEWHERE, 0.1)], 0.5) == 1.0


def test_a_box_found_twice_counts_once() -> None:
    marked = [Marked(ONE, "Mass", BOX), Marked(OTHER, "Mass", BOX)]
    twice = [Detected(ONE, "Mass", BOX, 0.9), Detected(ONE, "Mass", BOX, 0.8), Detected(OTHER, "Mass", BOX, 0.7)]
    assert average_precision(marked, twice, 0.5) == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_how_much_must_overlap_is_asked() -> None:
    marked, found = [Marked(ONE, "Mass", BOX)], [Detected(ONE, "Mass", Box(10, 10, 20, 9), 0.5)]
    assert average_precision(marked, found, 0.4) == 1.0
    assert average_precision(marked, found, 0.5) == 0.0


def test_each_finding_is_judged_by_itself() -> None:
    marked = [Marked(ONE, "Mass", BOX), Marked(ONE, "Nodule", ELSEWHERE)]
    found = [Detected(ONE, "Mass", BOX, 0.5), Detected(ONE, "Nodule", BOX, 0.5), Detected(ONE, "Edema", BOX, 0.5)]
    assert average_precisions(marked, found, 0.5) == {"Mass": 1.0, "Nodule": 0.0}
