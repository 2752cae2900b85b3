"""Angles between known points, whichever way the patient looks."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.reading.finding import Landmark, Point
from edge_app.reading.spinopelvic import (
    ANGLES,
    DEGREES,
    HIP_1,
    HIP_2,
    L1_BACK,
    L1_FRONT,
    LUMBAR_LORDOSIS,
    PELVIC_INCIDENCE,
    PELVIC_TILT,
    RESTS_ON,
    S1_BACK,
    S1_FRONT,
    SACRAL_SLOPE,
    angles,
    disagreement,
    measured,
    uncertainty,
)


def body(tilt: float, slope: float, lordosis: float, *, mirrored: bool = False, apart: float = 8.0) -> dict[str, Point]:
    """A spine with those angles in degrees, its sacral plate 40 pixels long at (200, 300), the hips 110 away from it."""

    def plate(dip: float, x: float, y: float) -> tuple[Point, Point]:
        along = np.array([math.cos(math.radians(dip)), math.sin(math.radians(dip))])
        front, back = np.array([x, y]) + 20 * along, np.array([x, y]) - 20 * along
        return tuple(front), tuple(back)

    hips = np.array([200.0, 300.0]) + 110 * np.array([math.sin(math.radians(tilt)), math.cos(math.radians(tilt))])
    found = dict(zip((S1_FRONT, S1_BACK), plate(slope, 200.0, 300.0), strict=True))
    found |= dict(zip((L1_FRONT, L1_BACK), plate(slope - lordosis, 190.0, 80.0), strict=True))
    found |= {HIP_1: (hips[0] + apart, hips[1] - apart / 2), HIP_2: (hips[0] - apart, hips[1] + apart / 2)}
    return {name: (400.0 - x if mirrored else x, y) for name, (x, y) in found.items()}


@given(st.floats(-15, 45), st.floats(5, 70), st.floats(-10, 90), st.booleans())
def test_every_angle_is_what_the_body_was_built_with(tilt: float, slope: float, lordosis: float, mirrored: bool) -> None:
    found = angles(body(tilt, slope, lordosis, mirrored=mirrored))
    assert found[PELVIC_TILT] == pytest.approx(tilt, abs=1e-6)
    assert found[SACRAL_SLOPE] == pytest.approx(slope, abs=1e-6)
    assert found[LUMBAR_LORDOSIS] == pytest.approx(lordosis, abs=1e-6)
    assert found[PELVIC_INCIDENCE] == pytest.approx(abs(tilt + slope), abs=1e-6)
    assert (disagreement(found) is None) == (abs(min(0.0, tilt + slope)) <= 0.25)


@given(st.floats(-20, 20))
def test_the_incidence_alone_does_not_care_whether_the_picture_is_upright(degrees: float) -> None:
    points = body(12.0, 40.0, 55.0)
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turned = {name: (cosine * x - sine * y, sine * x + cosine * y) for name, (x, y) in points.items()}
    found = angles(turned)
    assert found[PELVIC_INCIDENCE] == pytest.approx(52.0)
    assert found[LUMBAR_LORDOSIS] == pytest.approx(55.0)
    assert found[SACRAL_SLOPE] == pytest.approx(40.0 + degrees)
    assert found[PELVIC_TILT] == pytest.approx(12.0 - degrees)


def test_hips_behind_the_plates_perpendicular_are_nobodys() -> None:
    gap = disagreement(angles(body(-30.0, 10.0, 40.0)))
    assert gap is not None
    assert gap.part == PELVIC_INCIDENCE
    assert PELVIC_INCIDENCE not in measured(body(-30.0, 10.0, 40.0), {}, validated=False)


@pytest.mark.parametrize(
    ("without", "left"),
    [
        ((HIP_1,), {SACRAL_SLOPE, LUMBAR_LORDOSIS}),
        ((L1_FRONT, L1_BACK), {PELVIC_TILT, SACRAL_SLOPE, PELVIC_INCIDENCE}),
        ((S1_BACK,), set()),
    ],
)
def test_what_points_are_missing_for_is_not_measured(without: tuple[str, ...], left: set[str]) -> None:
    points = {name: at for name, at in body(10.0, 40.0, 50.0).items() if name not in without}
    assert set(angles(points)) == left
    assert set(measured(points, {}, validated=False)) == left


def test_a_measurement_carries_its_margin_and_what_is_drawn_of_it() -> None:
    points = body(10.0, 40.0, 50.0)
    found = measured(points, {PELVIC_TILT: 1.5}, validated=False)
    assert tuple(found) == ANGLES
    assert found[PELVIC_TILT].margin == 1.5
    assert found[SACRAL_SLOPE].margin is None
    assert {own.unit for own in found.values()} == {DEGREES}
    drawn = {line.name: line for line in found[PELVIC_TILT].lines}
    assert set(drawn) == {"S1_plate", "to_hips", "hip_axis"}
    assert drawn["to_hips"].start == pytest.approx((200.0, 300.0))
    assert {line.name for line in found[LUMBAR_LORDOSIS].lines} == {"S1_plate", "L1_plate"}


@pytest.mark.parametrize("name", ANGLES)
def test_the_uncertainty_is_what_scattered_points_give(name: str) -> None:
    points = body(14.0, 38.0, 52.0)
    spreads = {point: 1.0 + 0.2 * at for at, point in enumerate(points)}
    random = np.random.default_rng(1)
    drawn = []
    for _ in range(4000):
        moved = {point: (x + random.normal(0, spreads[point]), y + random.normal(0, spreads[point])) for point, (x, y) in points.items()}
        drawn.append(angles(moved)[name])
    told = uncertainty(name, {point: Landmark(*at, spreads[point]) for point, at in points.items()})
    assert told == pytest.approx(float(np.std(drawn)), rel=0.06)
    only = {point: Landmark(*at, spreads[point]) for point, at in points.items() if point in RESTS_ON[name]}
    assert uncertainty(name, only) == pytest.approx(told)
