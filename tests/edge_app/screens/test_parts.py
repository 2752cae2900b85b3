import pytest

from edge_app.casebook.offers import OfferState, Rung
from edge_app.clock import Stamp
from edge_app.reading.finding import Box, Decision, Finding, Protocol, Reading, Timing, Urgency
from edge_app.screens.formatting import elapsed, minutes, percent
from edge_app.screens.parts import Mark, box_views, finding_views, ladder_of
from tests.edge_app.screens.conftest import at

PROVEN = {Rung.QUEUED: at(2), Rung.AT_BROKER: at(3), Rung.AT_HOSPITAL: at(5)}


def test_the_ladder_shows_what_is_proven_and_no_more() -> None:
    rungs = ladder_of(OfferState.ASKED, PROVEN, at(0))
    assert [rung.mark for rung in rungs] == [Mark.DONE, Mark.DONE, Mark.NOW, Mark.AHEAD, Mark.AHEAD]
    assert [rung.at for rung in rungs] == ["0:02", "0:03", "0:05", None, None]
    assert [rung.highest for rung in rungs] == [False, False, True, False, False]


def test_a_rung_skipped_stays_unproven() -> None:
    rungs = ladder_of(OfferState.ASKED, {Rung.QUEUED: at(2), Rung.OPENED: at(9)}, at(0))
    assert [rung.mark for rung in rungs] == [Mark.DONE, Mark.UNPROVEN, Mark.UNPROVEN, Mark.NOW, Mark.AHEAD]


def test_an_answer_needs_an_answered_state() -> None:
    rungs = ladder_of(OfferState.ASKED, {**PROVEN, Rung.ANSWERED: at(20)}, at(0))
    assert rungs[-1].mark is Mark.AHEAD
    assert rungs[-1].at is None


@pytest.mark.parametrize(
    ("state", "mark"),
    [
        (OfferState.ACCEPTED, Mark.YES),
        (OfferState.DECLINED, Mark.NO),
        (OfferState.WITHDRAWN, Mark.NO),
        (OfferState.STOOD_DOWN, Mark.STOOD),
    ],
)
def test_each_end_has_its_own_mark(state: OfferState, mark: Mark) -> None:
    rungs = ladder_of(state, {**PROVEN, Rung.ANSWERED: at(63)}, at(0))
    assert rungs[-1].mark is mark
    assert rungs[-1].at == "1:03"


def test_an_unproven_stand_down_has_no_time() -> None:
    assert ladder_of(OfferState.STOOD_DOWN, PROVEN, at(0))[-1].at is None


def test_nothing_proven_is_all_dashed() -> None:
    assert {rung.mark for rung in ladder_of(OfferState.ASKED, {}, at(0))} == {Mark.AHEAD}


def test_times_count_what_passed_before_reception_and_over_a_restart() -> None:
    rebooted: Stamp = at(9, boot="next-boot")
    rungs = ladder_of(OfferState.ASKED, {Rung.QUEUED: at(2), Rung.AT_BROKER: rebooted}, at(0), zero_before_s=30)
    assert [rung.at for rung in rungs[:2]] == ["0:32", "0:39"]


def _reading() -> Reading:
    box = Box(10, 20, 30, 40)
    return Reading(
        Protocol.CHEST,
        None,
        None,
        (
            Finding("Effusion", 0.004, Decision.ABSENT, 0.4, 12, validated=False),
            Finding("Pneumonia", 0.814, Decision.PRESENT, 0.52, 214, validated=True, box=box),
            Finding("Mass", 0.999, Decision.PRESENT, 0.5, 40, validated=True),
        ),
        Urgency.URGENT,
        ("Mass", "Unheard", "Pneumonia"),
        Timing(),
        {},
        "test",
    )


def test_rows_and_boxes_carry_the_same_numbers() -> None:
    rows = finding_views(_reading())
    assert [(row.number, row.name) for row in rows] == [(1, "Mass"), (2, "Pneumonia")]
    assert [(box.number, box.x) for box in box_views(_reading())] == [(2, 10)]
    assert [row.has_box for row in rows] == [False, True]


def test_no_probability_reads_as_certainty() -> None:
    assert [percent(value) for value in (0.0, 0.004, 0.505, 0.814, 0.999, 1.0)] == [1, 1, 51, 81, 99, 99]


def test_durations_and_estimates() -> None:
    assert [elapsed(value) for value in (-3, 0, 41.9, 63, 3600)] == ["0:00", "0:00", "0:41", "1:03", "1:00:00"]
    assert [minutes(value) for value in (0, 59, 60, 61)] == [1, 1, 1, 2]
