"""The drawing without a map: places against what a pair of compasses gives, rings that reach, labels that cover nothing."""

import random

import pytest

from edge_app.emergency_room.console.rings import (
    HEIGHT,
    LABEL_HEIGHT,
    MARK,
    MIDDLE,
    MOST_LETTERS,
    RADIUS,
    WIDTH,
    Chart,
    Seen,
    chart_of,
    place_of,
    rings_for,
    short,
    width_of,
)
from edge_app.emergency_room.console.whereabouts import Compass, compass_of


@pytest.mark.parametrize(
    ("distance_km", "bearing_deg", "across", "down"),
    [
        (4.0, 0.0, 0.0, -1.0),
        (4.0, 90.0, 1.0, 0.0),
        (2.0, 180.0, 0.0, 0.5),
        (1.0, 270.0, -0.25, 0.0),
        # Thirty degrees east of north: half as far to the east, and √3/2 to the north.
        (4.0, 30.0, 0.5, -0.8660254),
        (0.0, 123.0, 0.0, 0.0),
    ],
)
def test_north_is_up_east_is_right_and_half_as_far_is_half_way(distance_km: float, bearing_deg: float, across: float, down: float) -> None:
    x, y = place_of(distance_km, bearing_deg, 4.0)
    assert (x, y) == pytest.approx((MIDDLE[0] + across * RADIUS, MIDDLE[1] + down * RADIUS))


@pytest.mark.parametrize(
    ("furthest_km", "kilometres"),
    [
        (0.0, (0.5, 1)),
        (0.4, (0.5, 1)),
        (1.9, (0.5, 1, 1.5, 2)),
        (3.4, (1, 2, 3, 4)),
        (4.1, (2, 4, 6)),
        (18.0, (5, 10, 15, 20)),
        (61.0, (20, 40, 60, 80)),
        (999.0, (250, 500, 750, 1000)),
    ],
)
def test_the_rings_reach_the_furthest_in_round_steps(furthest_km: float, kilometres: tuple[float, ...]) -> None:
    rings = rings_for(furthest_km)
    assert tuple(ring.km for ring in rings) == kilometres
    assert rings[-1].radius == RADIUS
    assert [ring.radius / ring.km for ring in rings] == pytest.approx([RADIUS / kilometres[-1]] * len(rings)), "one scale"


def label_of(chart: Chart, number: int) -> tuple[float, float, float, float]:
    mark = chart.marks[number]
    left = mark.label_x if mark.anchor == "start" else mark.label_x - width_of(mark.name)
    return left, mark.label_y - LABEL_HEIGHT / 2, left + width_of(mark.name), mark.label_y + LABEL_HEIGHT / 2


def meet(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@pytest.mark.parametrize("seed", range(20))
def test_no_label_covers_another_or_a_mark_or_leaves_the_drawing(seed: int) -> None:
    drawn = random.Random(seed)
    names = ("구급 31", "Unit 7", "서울중부소방서 구급 4", "A")
    units = [Seen(drawn.choice(names), drawn.uniform(0.3, 20), drawn.uniform(0, 360)) for _ in range(8)]
    chart = chart_of(units)
    labels = [label_of(chart, number) for number in range(len(units))]
    for number, label in enumerate(labels):
        assert label[0] >= 0
        assert label[1] >= 0
        assert label[2] <= WIDTH
        assert label[3] <= HEIGHT
        assert not any(meet(label, other) for other in labels[:number])
        assert not any(meet(label, (mark.x - MARK, mark.y - MARK, mark.x + MARK, mark.y + MARK)) for mark in chart.marks)


def test_units_that_come_together_are_told_apart_by_a_line() -> None:
    chart = chart_of([Seen(f"Unit {number}", 5.0, 90.0) for number in range(5)])
    assert len({(mark.label_y, mark.anchor) for mark in chart.marks}) == 5
    first, *others = chart.marks
    assert not first.led
    assert any(mark.led for mark in others)


def test_a_long_name_keeps_its_end() -> None:
    assert short("Unit 31") == "Unit 31"
    assert short("서울특별시중부소방서 구급 31") == "…중부소방서 구급 31"
    assert len(short("x" * 40)) == MOST_LETTERS


@pytest.mark.parametrize(
    ("bearing_deg", "side"),
    [(0, "n"), (22, "n"), (23, "ne"), (90, "e"), (181.5, "s"), (247, "sw"), (248, "w"), (337, "nw"), (338, "n"), (359.9, "n")],
)
def test_a_direction_is_the_nearest_of_eight(bearing_deg: float, side: str) -> None:
    assert compass_of(bearing_deg) == side
    assert {compass_of(eighth * 45) for eighth in range(8)} == set(Compass)
