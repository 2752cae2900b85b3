from dataclasses import replace

import pytest

from edge_app.reading.finding import Line, Measurement, Outline, Protocol, Reading, Timing, Urgency
from edge_app.screens.formatting import degrees, most_off
from edge_app.screens.overlay import SURE_TRUST, line_views, outline_views, proven, side_views
from tests.edge_app.casebook.spines import spine

SQUARE = ((10.0, 20.0), (30.0, 20.0), (30.0, 60.25), (10.0, 60.25))
AXIS, MIDLINE = Line("axis", (5, 0), (5, 9)), Line("midline", (5, 0), (5, 9))
THORAX, DEVIATION = Line("thorax", (0, 4), (10, 4)), Line("deviation", (5, 2), (6, 2))


def _reading(*outlines: Outline, **measurements: Measurement) -> Reading:
    empty = Reading(Protocol.CHEST, None, None, (), Urgency.NONE, (), Timing(), {}, "test")
    return replace(empty, outlines=outlines, measurements=measurements)


@pytest.mark.parametrize(
    ("validated", "trust", "expected"),
    [(True, 0.9, True), (True, SURE_TRUST, True), (True, SURE_TRUST - 0.01, False), (False, 0.99, False), (True, None, False)],
)
def test_only_what_is_validated_and_sure_of_itself_is_drawn_as_proven(validated: bool, trust: float | None, expected: bool) -> None:
    assert proven(validated, trust) is expected


def test_an_outline_is_one_path_of_all_its_polygons_with_its_name_inside() -> None:
    (view,) = outline_views(_reading(Outline("right_lung", (SQUARE, SQUARE[:3]), 0.9, 0.9, True)))
    assert view.path == "M10.0 20.0L30.0 20.0L30.0 60.2L10.0 60.2ZM10.0 20.0L30.0 20.0L30.0 60.2Z"
    assert view.x == 20
    assert 20 < view.y < 60
    assert view.proven


def test_an_outline_without_an_edge_is_not_drawn() -> None:
    assert outline_views(_reading(Outline("airways", (), 0.9, None, False))) == ()


def test_lines_carry_their_letters_their_value_and_their_trust() -> None:
    views = line_views(
        _reading(
            cardiothoracic_ratio=Measurement(0.5449, "1", 0.9, True, (MIDLINE, THORAX)),
            tracheal_deviation=Measurement(1.2, "%", 0.9, False, (AXIS, DEVIATION)),
            tracheal_deviation_mm=Measurement(3.1, "mm", 0.9, False, (AXIS, DEVIATION)),
        )
    )
    assert [(view.tag, view.caption, view.guide, view.proven) for view in views] == [
        (None, None, True, True),
        ("c", "CTR 0.54", False, True),
        ("d", None, False, False),
    ]
    assert views[1].middle == (5, 4)


def test_the_lines_of_a_spine_are_drawn_once_each_with_the_angle_that_is_read_from_them() -> None:
    views = line_views(spine())
    assert [(view.tag, view.caption, view.guide) for view in views] == [
        ("SS", "40°", False),
        ("PT", "14°", False),
        (None, None, True),
        ("LL", "51°", False),
    ]
    assert not any(view.proven or view.by_hand for view in views)
    assert all(view.proven for view in line_views(spine(validated=True)))
    assert all(view.proven and view.by_hand for view in line_views(spine(), by_hand=True))


@pytest.mark.parametrize(("value", "text"), [(14.4, "14°"), (-0.4, "0°"), (-12.6, "−13°")])
def test_an_angle_is_written_in_whole_degrees(value: float, text: str) -> None:
    assert degrees(value) == text


@pytest.mark.parametrize(("margin", "text"), [(0.2, "± 1°"), (2.0, "± 2°"), (2.1, "± 3°")])
def test_how_far_off_it_may_be_is_never_written_as_less(margin: float, text: str) -> None:
    assert most_off(margin) == text


def _lung(name: str, left: float, trust: float = 0.9) -> Outline:
    return Outline(name, (tuple((left + x, y) for x, y in SQUARE),), trust, 0.9, True)


def test_sides_stand_at_the_border_beside_the_lung_they_are_of() -> None:
    reading = replace(_reading(_lung("right_lung", 10), _lung("left_lung", 60, 0.5)), rows=100, columns=200)
    right, left = side_views(reading)
    assert (right.letter, right.x, right.proven) == ("R", 8, True)
    assert (left.letter, left.x, left.proven) == ("L", 192, False)
    turned = side_views(replace(_reading(_lung("left_lung", 10), _lung("right_lung", 60)), rows=100, columns=200))
    assert [(side.letter, side.x) for side in turned] == [("L", 8), ("R", 192)]


def test_a_side_is_not_guessed_from_one_lung() -> None:
    assert side_views(replace(_reading(_lung("right_lung", 10)), rows=100, columns=200)) == ()
    assert side_views(replace(_reading(_lung("right_lung", 10), _lung("left_lung", 10)), rows=100, columns=200)) == ()
    assert side_views(_reading(_lung("right_lung", 10), _lung("left_lung", 60))) == ()
