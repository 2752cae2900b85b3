"""Landmarks moved on a reading: which can be, what is no place of one, and the angles that follow."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.reading.adjusting import adjusted, is_adjustable, own_points, points_in
from edge_app.reading.finding import Gap, Landmark, Missing
from edge_app.reading.spinopelvic import LANDMARKS, LUMBAR_LORDOSIS, PELVIC_INCIDENCE, PELVIC_TILT, SACRAL_SLOPE
from tests.edge_app.casebook.builders import assessed, refused
from tests.edge_app.casebook.spines import LANDMARKS as LANDMARKS_OF_BOX
from tests.edge_app.casebook.spines import MARGINS, moved, spine


def test_only_what_has_points_on_a_picture_of_known_size_is_adjustable() -> None:
    assert is_adjustable(spine())
    for other in (assessed(), refused(), spine(landmarks={}), spine(rows=None), replace(assessed(), landmarks=spine().landmarks)):
        assert not is_adjustable(other)
        with pytest.raises(ValueError, match="not the landmarks"):
            adjusted(other, own_points(other) or moved())


def test_other_landmarks_of_a_reading_stay_where_they_are() -> None:
    own = spine(landmarks={**LANDMARKS_OF_BOX, "L3_front": Landmark(300.0, 190.0, 1.0)}, measurements=spine().measurements)
    assert own_points(own) == moved()
    found = adjusted(own, moved(hip_1=(3.0, 0.0)))
    assert found.landmarks["L3_front"] == Landmark(300.0, 190.0, 1.0)
    assert found.landmarks["hip_1"].at == (287.0, 431.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "[[1, 2]]",
        '{"hip_1": 3}',
        '{"hip_1": [1]}',
        '{"hip_1": [1, 2, 3]}',
        '{"hip_1": ["1", 2]}',
        '{"hip_1": [true, 2]}',
        '{"hip_1": [NaN, 2]}',
        '{"hip_1": [1e999, 2]}',
        '{"hip_1": [-1, 2]}',
        '{"hip_3": [1, 2]}',
        '{"hip_1": {"x": 1, "y": 2}}',
        '{"__proto__": [1, 2]}',
    ],
)
def test_what_is_no_place_of_a_landmark_is_not_read(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (pydantic's)
        points_in(text)


PLACES = st.floats(0, 4000, allow_nan=False)


@given(st.dictionaries(st.sampled_from(LANDMARKS), st.tuples(PLACES, PLACES)))
def test_points_are_read_as_they_were_written(points: dict[str, tuple[float, float]]) -> None:
    assert points_in(json.dumps(points)) == points


def test_of_an_angle_whose_points_stayed_it_is_still_known_how_far_off_it_is() -> None:
    found = adjusted(spine(), moved(L1_front=(4.0, 7.0))).measurements
    box = spine().measurements
    assert {name: own.margin for name, own in found.items()} == {**MARGINS, LUMBAR_LORDOSIS: None}
    assert {name for name, own in found.items() if own.value != box[name].value} == {LUMBAR_LORDOSIS}
    assert found[LUMBAR_LORDOSIS].lines[1].end == (280.0, 71.0)


def test_what_stands_behind_an_angle_stands_behind_it_alone() -> None:
    own = spine().measurements
    own[SACRAL_SLOPE] = replace(own[SACRAL_SLOPE], validated=True)
    found = adjusted(spine(measurements=own), moved(hip_1=(3.0, 0.0))).measurements
    assert {name for name, measurement in found.items() if measurement.validated} == {SACRAL_SLOPE}


def test_an_incidence_that_tilt_and_slope_contradict_is_missing_and_comes_back() -> None:
    contradicted = adjusted(spine(), {**moved(), "hip_1": (120.0, 250.0), "hip_2": (125.0, 255.0)})
    assert PELVIC_INCIDENCE not in contradicted.measurements
    assert [(gap.part, gap.reason) for gap in contradicted.missing] == [(PELVIC_INCIDENCE, Gap.NOT_TRUSTED)]
    own = spine(missing=contradicted.missing, measurements=contradicted.measurements, landmarks=contradicted.landmarks)
    mended = adjusted(own, moved())
    assert mended.missing == ()
    assert mended.measurements.keys() == {PELVIC_TILT, SACRAL_SLOPE, LUMBAR_LORDOSIS, PELVIC_INCIDENCE}


def test_what_the_box_could_not_tell_stays_missing() -> None:
    landmarks = {name: own for name, own in spine().landmarks.items() if not name.startswith("hip")}
    gap = Missing(PELVIC_TILT, Gap.CUT_OFF, "hip_1 lies at the picture's border")
    own = spine(landmarks=landmarks, missing=(gap,))
    found = adjusted(own, {**own_points(own), "S1_front": (290.0, 350.0)})
    assert found.measurements.keys() == {SACRAL_SLOPE, LUMBAR_LORDOSIS}
    assert found.missing == (gap,)
