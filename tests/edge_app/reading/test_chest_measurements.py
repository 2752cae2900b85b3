"""Measurements of chests of known geometry, and none where what they rest on is missing or cut off."""

import numpy as np
import pytest

from edge_app.radiograph.picture import Assumption, Facts, Picture, Window
from edge_app.reading.anatomy import AIRWAYS, HEART, LEFT_LUNG, LEFT_LUNG_WHOLE, RIGHT_LUNG, RIGHT_LUNG_WHOLE, draw
from edge_app.reading.chest_measurements import (
    CARDIOTHORACIC_RATIO,
    LEFT_LUNG_AREA,
    LUNG_AREA_RATIO,
    RIGHT_LUNG_AREA,
    TRACHEAL_DEVIATION,
    TRACHEAL_DEVIATION_MM,
    Measured,
    measure,
)
from edge_app.reading.finding import Gap, Line, Measurement
from tests.edge_app.reading.chests import Shape, anatomy_card, box, chest_shapes, ellipse, nothing, seen_chest, union

ROWS, COLUMNS = 1500, 1200
ALL = {CARDIOTHORACIC_RATIO, RIGHT_LUNG_AREA, LEFT_LUNG_AREA, LUNG_AREA_RATIO, TRACHEAL_DEVIATION}


def picture(spacing_mm: tuple[float, float] | None = None, assumptions: tuple[Assumption, ...] = ()) -> Picture:
    return Picture(np.zeros((750, 600), dtype=np.uint16), Window(128, 256), ROWS, COLUMNS, spacing_mm, Facts(), assumptions)


def measured(shot: Picture | None = None, **changes: Shape) -> Measured:
    return measured_of(chest_shapes(ROWS, COLUMNS, **changes), shot)


def measured_of(shapes: dict[str, Shape], shot: Picture | None = None) -> Measured:
    return measure(draw(seen_chest(shapes, ROWS, COLUMNS)), shot or picture())


def reasons(result: Measured) -> dict[str, Gap]:
    return {gap.part: gap.reason for gap in result.missing}


def line(measurement: Measurement, name: str) -> Line:
    return next(each for each in measurement.lines if each.name == name)


def tilted(shape: Shape, degrees: float) -> Shape:
    """A shape turned about the middle of the picture, clockwise on the screen."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))

    def turned(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        dx, dy = x - COLUMNS / 2, y - ROWS / 2
        return shape(COLUMNS / 2 + cos * dx + sin * dy, ROWS / 2 - sin * dx + cos * dy)

    return turned


def test_everything_is_measured_on_a_whole_chest() -> None:
    result = measured()
    assert set(result.measurements) == ALL
    assert result.missing == ()
    for measurement in result.measurements.values():
        assert measurement.trust is not None
        assert 0.9 < measurement.trust <= 1
        assert measurement.validated


def test_the_cardiothoracic_ratio_as_radiologists_draw_it() -> None:
    # The heart reaches from 35 % to 75 % of the width, the thorax from 10 % to 90 %: 0.4 over 0.8.
    ratio = measured().measurements[CARDIOTHORACIC_RATIO]
    assert ratio.value == pytest.approx(0.5, abs=0.01)
    assert ratio.unit == "1"
    pixel = ROWS / 256
    thorax, right, left, midline = (line(ratio, name) for name in ("thorax", "heart_right", "heart_left", "midline"))
    assert (thorax.start[0], thorax.end[0]) == pytest.approx((120, 1080), abs=pixel)
    assert thorax.start[1] == thorax.end[1] == pytest.approx(750, abs=12 * pixel)
    assert (right.start[0], right.end[0]) == pytest.approx((420, 600), abs=pixel)
    assert (left.start[0], left.end[0]) == pytest.approx((600, 900), abs=pixel)
    assert right.start[1] == right.end[1]
    assert midline.start[0] == midline.end[0] == right.end[0] == left.start[0]
    assert midline.start[1] < right.start[1] < midline.end[1]
    drawn = (right.end[0] - right.start[0]) + (left.end[0] - left.start[0])
    assert ratio.value == pytest.approx(drawn / (thorax.end[0] - thorax.start[0]))


def test_a_wide_upper_mediastinum_is_not_the_hearts_width() -> None:
    heart = chest_shapes(ROWS, COLUMNS)[HEART]
    wide = measured(heart=union(heart, box(380, 375, 600, 100)))
    assert wide.measurements[CARDIOTHORACIC_RATIO].value == pytest.approx(0.5, abs=0.01)


def test_the_thorax_is_that_of_the_whole_lungs_where_fluid_hides_a_field() -> None:
    half_hidden = measured(left_lung=ellipse(0.7 * COLUMNS, 0.35 * ROWS, 0.08 * COLUMNS, 0.15 * ROWS))
    assert half_hidden.measurements[CARDIOTHORACIC_RATIO].value == pytest.approx(0.5, abs=0.01)
    assert half_hidden.measurements[LUNG_AREA_RATIO].value > 3


def test_a_heart_on_one_side_of_the_midline_has_no_ratio() -> None:
    pushed = measured(heart=ellipse(0.68 * COLUMNS, 0.65 * ROWS, 0.14 * COLUMNS, 0.15 * ROWS))
    assert CARDIOTHORACIC_RATIO not in pushed.measurements
    assert reasons(pushed) == {CARDIOTHORACIC_RATIO: Gap.NOT_MEASURABLE}


def test_areas_in_the_unit_that_is_known() -> None:
    area_px = np.pi * 0.17 * COLUMNS * 0.35 * ROWS
    unknown = measured().measurements[RIGHT_LUNG_AREA]
    assert unknown.value == pytest.approx(100 * area_px / (ROWS * COLUMNS), rel=0.02)
    assert unknown.unit == "% of the picture"
    known = measured(picture((0.2, 0.25))).measurements[LEFT_LUNG_AREA]
    assert known.value == pytest.approx(area_px * 0.05 / 100, rel=0.02)
    assert known.unit == "cm²"
    magnified = measured(picture((0.2, 0.25), (Assumption.SPACING_AT_DETECTOR,))).measurements
    assert magnified[RIGHT_LUNG_AREA].unit == "cm² at the detector"
    assert magnified[TRACHEAL_DEVIATION_MM].unit.startswith("mm at the detector")


def test_the_ratio_of_the_lungs_is_right_over_left() -> None:
    smaller_left = ellipse(0.73 * COLUMNS, 0.5 * ROWS, 0.17 * COLUMNS, 0.175 * ROWS)
    assert measured(left_lung=smaller_left).measurements[LUNG_AREA_RATIO].value == pytest.approx(2.0, rel=0.03)


@pytest.mark.parametrize(("shift", "percent"), [(0.0, 0.0), (60.0, 6.25), (-90.0, -9.375)])
def test_the_trachea_beside_the_axis_positive_to_the_patients_left(shift: float, percent: float) -> None:
    trachea = union(box(0.48 * COLUMNS + shift, 150, 0.04 * COLUMNS, 450), box(0.4 * COLUMNS + shift, 540, 0.2 * COLUMNS, 60))
    result = measured(picture((0.2, 0.25)), airways=trachea).measurements
    deviation, in_mm = result[TRACHEAL_DEVIATION], result[TRACHEAL_DEVIATION_MM]
    assert deviation.value == pytest.approx(percent, abs=0.5)
    assert "to the patient's left" in deviation.unit
    assert in_mm.value == pytest.approx(shift * 0.25, abs=1.2)
    assert in_mm.unit == "mm, + to the patient's left"
    drawn = line(deviation, "deviation")
    assert drawn.end[0] - drawn.start[0] == pytest.approx(shift, abs=5)
    assert drawn.start[1] == drawn.end[1]
    assert {each.name for each in deviation.lines} == {"axis", "trachea", "deviation"}


@pytest.mark.parametrize("degrees", [-8, 8])
def test_a_patient_who_lies_askew_has_neither_a_larger_heart_nor_a_pushed_trachea(degrees: float) -> None:
    shapes = {name: tilted(shape, degrees) for name, shape in chest_shapes(ROWS, COLUMNS).items()}
    result = measured_of(shapes).measurements
    assert result[TRACHEAL_DEVIATION].value == pytest.approx(0, abs=1.0)
    assert result[CARDIOTHORACIC_RATIO].value == pytest.approx(0.5, abs=0.03)


def test_only_the_trachea_above_the_carina_counts() -> None:
    # A long left main bronchus would pull the middle of all airways to the left.
    trachea = union(box(576, 150, 48, 450), box(576, 560, 330, 60))
    assert measured(airways=trachea).measurements[TRACHEAL_DEVIATION].value == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize(
    ("gone", "lost"),
    [
        (HEART, {CARDIOTHORACIC_RATIO}),
        (AIRWAYS, {TRACHEAL_DEVIATION}),
        (LEFT_LUNG, {LEFT_LUNG_AREA, LUNG_AREA_RATIO}),
        (RIGHT_LUNG_WHOLE, set()),
    ],
)
def test_what_rests_on_something_missing_is_left_out_and_named(gone: str, lost: set[str]) -> None:
    result = measured_of(chest_shapes(ROWS, COLUMNS) | {gone: nothing})
    assert set(result.measurements) == ALL - lost
    assert reasons(result) == dict.fromkeys(lost, Gap.NEEDS_ANOTHER)


def test_nothing_is_measured_where_nothing_was_drawn() -> None:
    assert measured(right_lung=nothing, left_lung=nothing) == Measured()


def test_a_thorax_cut_off_at_the_side_gives_no_ratio_and_no_deviation() -> None:
    cut = ellipse(0.95 * COLUMNS, 0.5 * ROWS, 0.3 * COLUMNS, 0.35 * ROWS)
    result = measured(left_lung=cut, left_lung_whole=cut)
    assert set(result.measurements) == {RIGHT_LUNG_AREA}
    assert set(reasons(result).values()) == {Gap.CUT_OFF}


def test_a_chest_cut_off_below_gives_no_ratio_and_no_areas() -> None:
    right, left = (ellipse(x * COLUMNS, 0.8 * ROWS, 0.17 * COLUMNS, 0.35 * ROWS) for x in (0.27, 0.73))
    heart = ellipse(0.55 * COLUMNS, 0.95 * ROWS, 0.2 * COLUMNS, 0.15 * ROWS)
    trachea = box(0.48 * COLUMNS, 450, 0.04 * COLUMNS, 450)
    result = measured(right_lung=right, right_lung_whole=right, left_lung=left, left_lung_whole=left, heart=heart, airways=trachea)
    assert set(result.measurements) == {TRACHEAL_DEVIATION}
    assert set(reasons(result).values()) == {Gap.CUT_OFF}


def test_lungs_one_above_the_other_give_no_thorax() -> None:
    upper, lower = (
        ellipse(0.3 * COLUMNS, 0.2 * ROWS, 0.2 * COLUMNS, 0.15 * ROWS),
        ellipse(0.6 * COLUMNS, 0.75 * ROWS, 0.2 * COLUMNS, 0.2 * ROWS),
    )
    result = measured(right_lung=upper, right_lung_whole=upper, left_lung=lower, left_lung_whole=lower)
    assert reasons(result)[CARDIOTHORACIC_RATIO] is Gap.NOT_MEASURABLE
    assert reasons(result)[TRACHEAL_DEVIATION] is Gap.NOT_MEASURABLE


def test_a_trachea_above_the_lungs_alone_gives_no_deviation() -> None:
    short = measured(airways=box(0.48 * COLUMNS, 20, 0.04 * COLUMNS, 230))
    assert reasons(short) == {TRACHEAL_DEVIATION: Gap.NOT_MEASURABLE}


def test_a_measurement_is_as_good_as_the_least_outline_it_rests_on() -> None:
    card = anatomy_card(heart={"pictures": 3}, airways={"bias": -1.5})
    anatomy = draw(seen_chest(chest_shapes(ROWS, COLUMNS), ROWS, COLUMNS, card=card))
    result = measure(anatomy, picture()).measurements
    assert not result[CARDIOTHORACIC_RATIO].validated
    assert result[TRACHEAL_DEVIATION].validated
    airways = anatomy.get(AIRWAYS)
    assert airways is not None
    assert result[TRACHEAL_DEVIATION].trust == airways.trust == min(one.trust for one in anatomy.drawn)
    assert {RIGHT_LUNG, LEFT_LUNG, LEFT_LUNG_WHOLE} <= {one.structure.name for one in anatomy.drawn}
