"""Angles by the box's points or by a person's, each with what the box says beside it where theirs differ."""

import pytest
from flask import Flask

from edge_app.reading.anatomy import FEMORAL_HEADS, SACRUM, VERTEBRAE
from edge_app.reading.finding import Gap, Missing
from edge_app.reading.spinopelvic import (
    ANGLES,
    HIPS,
    LUMBAR_LORDOSIS,
    PELVIC_INCIDENCE,
    PELVIC_TILT,
    PLATE_OF_L1,
    PLATE_OF_S1,
    SACRAL_SLOPE,
)
from edge_app.screens.adjusting import AngleView, Degrees, Hand, adjusting_view, angle_views, preview
from tests.edge_app.casebook.spines import LANDMARKS, moved, spine


def test_the_boxs_own_angles_have_their_margins_and_nothing_beside() -> None:
    assert angle_views(spine()) == (
        AngleView(PELVIC_TILT, Degrees("14°", "± 2°"), None, moved=False, box=None, validated=False),
        AngleView(SACRAL_SLOPE, Degrees("40°", "± 3°"), None, moved=False, box=None, validated=False),
        AngleView(LUMBAR_LORDOSIS, Degrees("51°", "± 5°"), None, moved=False, box=None, validated=False),
        AngleView(PELVIC_INCIDENCE, Degrees("54°", "± 3°"), None, moved=False, box=None, validated=False),
    )
    assert all(view.validated for view in angle_views(spine(validated=True)))


def test_only_what_rests_on_points_that_were_moved_is_somebody_elses() -> None:
    tilt, slope, lordosis, incidence = angle_views(spine(), moved(L1_front=(0.0, 10.0)))
    assert (lordosis.now, lordosis.moved, lordosis.box) == (Degrees("42°", None), True, Degrees("51°", "± 5°"))
    assert not any(view.moved or view.box for view in (tilt, slope, incidence))
    assert (tilt.now, slope.now, incidence.now) == (Degrees("14°", "± 2°"), Degrees("40°", "± 3°"), Degrees("54°", "± 3°"))


def test_every_angle_that_is_missing_says_why() -> None:
    gaps = tuple(Missing(angle, Gap.NOT_FOUND, "no sacrum") for angle in ANGLES[:3])
    views = angle_views(spine(landmarks={}, missing=gaps))
    assert [(view.name, view.now, view.gap) for view in views] == [
        *((angle, None, Gap.NOT_FOUND) for angle in ANGLES[:3]),
        # A protocol that does not say why has not measured it all the same.
        (PELVIC_INCIDENCE, None, None),
    ]


@pytest.mark.parametrize(
    ("part", "points", "missing"),
    [
        (FEMORAL_HEADS, HIPS, {PELVIC_TILT, PELVIC_INCIDENCE}),
        (VERTEBRAE[0], PLATE_OF_L1, {LUMBAR_LORDOSIS}),
        (SACRUM, (*PLATE_OF_S1, *PLATE_OF_L1), set(ANGLES)),
    ],
)
def test_an_angle_lacks_what_its_points_were_looked_for_on(part: str, points: tuple[str, ...], missing: set[str]) -> None:
    landmarks = {name: own for name, own in LANDMARKS.items() if name not in points}
    views = angle_views(spine(landmarks=landmarks, missing=(Missing(part, Gap.CUT_OFF, "at the border"),)))
    assert {view.name: view.gap for view in views if view.now is None} == dict.fromkeys(missing, Gap.CUT_OFF)


def test_what_only_a_person_could_tell_has_no_box_beside_it() -> None:
    own = spine()
    measurements = {name: measurement for name, measurement in own.measurements.items() if name != PELVIC_INCIDENCE}
    *_others, incidence = angle_views(spine(measurements=measurements), moved(hip_1=(4.0, 0.0)))
    assert incidence.now is not None
    assert (incidence.moved, incidence.box) == (True, None)


@pytest.mark.parametrize("mirrored", [False, True])
def test_grips_stand_off_to_where_the_patient_looks(mirrored: bool) -> None:
    landmarks = {name: type(own)(512 - own.x if mirrored else own.x, own.y, own.spread) for name, own in LANDMARKS.items()}
    view = adjusting_view(spine(landmarks=landmarks), None, "one", "/angles", "/adjustments")
    away = {grip.name: grip.away_x for grip in view.grips}
    assert (away["S1_front"], away["L1_back"]) == ((-1.0, 1.0) if mirrored else (1.0, -1.0))
    assert away.keys() == LANDMARKS.keys()


def test_what_was_kept_last_is_shown_first() -> None:
    hand = Hand("1", None, 1_790_000_000_000, moved(hip_1=(30.0, 0.0)))
    view = adjusting_view(spine(), hand, "one", "/angles", "/adjustments")
    assert view.angles == angle_views(spine(), hand.points)
    assert (view.box, view.hand) == (moved(), hand)


def test_the_answer_is_drawn_as_the_page_is(screen_app: Flask) -> None:
    with screen_app.test_request_context():
        by_box, by_hand = preview(spine(), moved()), preview(spine(), moved(S1_front=(0.0, 10.0)))
    assert 'class="line unproven"' in by_box["lines"]
    assert "by-hand" not in by_box["lines"] + by_box["angles"]
    assert 'class="line by-hand"' in by_hand["lines"]
    assert 'class="line guide by-hand"' in by_hand["lines"]
    assert by_hand["angles"].count("<li class=") == len(ANGLES)
    assert "기기 40° ± 3°" in by_hand["angles"].replace("\n", "").replace("  ", " ")
