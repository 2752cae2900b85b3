"""What a swallow did and when: every rule on moments made by hand, and all of them on drawn swallows whose truth is known."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.reading.swallow import (
    AIRWAY,
    BOLUS,
    EVENTS,
    HEAD_PAST_RAMUS,
    HYOID,
    HYOID_HIGHEST,
    HYOID_ONSET,
    LARYNX_CLOSED,
    LARYNX_OPENED,
    ORAL_CAVITY,
    ORAL_ONSET,
    PHARYNX,
    PYRIFORM_SINUSES,
    REGIONS,
    SPINE,
    SUBGLOTTIS,
    TAIL_PAST_UES,
    UES,
    UES_CLOSED,
    UES_OPENED,
    VALLECULAE,
    VESTIBULE,
)
from edge_app.reading.swallowing import Moment, Passage, entered, moment_of, passages, residue
from export.simulate.swallow_phantom import SwallowPhantom, swallow_phantom
from tests.edge_app.reading.swallows import (
    AT_REST,
    COUNT,
    HEAD,
    OPENED,
    PASSED,
    SHUT,
    SHUT_TO,
    moments_of,
    one_swallow,
    swallowing,
    times,
    with_barium,
)

SIDE = 64
Mask = NDArray[np.float32]


def area(rows: slice, columns: slice, value: float = 1.0) -> Mask:
    made = np.zeros((SIDE, SIDE), dtype=np.float32)
    made[rows, columns] = value
    return made


def seen(**changes: Mask) -> dict[str, Mask]:
    """A frame: an upright spine on the right, the hyoid before it, the mouth above the pharynx."""
    maps = {
        SPINE: area(slice(5, 60), slice(50, 56)),
        HYOID: area(slice(20, 24), slice(30, 34)),
        BOLUS: np.zeros((SIDE, SIDE), dtype=np.float32),
        ORAL_CAVITY: area(slice(0, 10), slice(0, 40)),
        PHARYNX: area(slice(10, 40), slice(40, 48)),
        VESTIBULE: area(slice(30, 40), slice(30, 38)),
        AIRWAY: area(slice(30, 64), slice(30, 38)),
        SUBGLOTTIS: area(slice(40, 64), slice(30, 38)),
    }
    return maps | changes


def passage(moments: list[Moment]) -> Passage:
    """The only one."""
    (only,) = passages(moments, times(len(moments)))
    return only


def test_barium_is_counted_where_it_is() -> None:
    moment = moment_of(seen(**{BOLUS: area(slice(5, 15), slice(36, 44))}), REGIONS)
    assert moment.barium == {**dict.fromkeys(REGIONS, 0.0), ORAL_CAVITY: 5 * 4.0, PHARYNX: 5 * 4.0}
    assert moment.outlined == 80.0
    assert moment.room[VESTIBULE] == 80.0
    assert moment.certain[PHARYNX] == pytest.approx(1.0)
    assert moment.certain[VESTIBULE] == 0.0


def test_barium_in_the_mouth_is_so_far_from_the_pharynx() -> None:
    far, near = (moment_of(seen(**{BOLUS: area(slice(2, 8), slice(left, left + 6))}), REGIONS).short for left in (4, 30))
    assert far is not None
    assert near is not None
    assert far - near == pytest.approx(26.0, abs=1.5)
    assert moment_of(seen(), REGIONS).short is None


def test_the_hyoid_goes_up_the_spine_and_away_from_it_however_the_neck_lies() -> None:
    rest = moment_of(seen(), REGIONS).hyoid
    raised = moment_of(seen(**{HYOID: area(slice(14, 18), slice(26, 30))}), REGIONS).hyoid
    mirrored = moment_of({name: np.ascontiguousarray(own[:, ::-1]) for name, own in seen().items()}, REGIONS).hyoid
    assert rest is not None
    assert raised is not None
    assert raised[0] - rest[0] == pytest.approx(6.0, abs=1e-6)
    assert raised[1] - rest[1] == pytest.approx(4.0, abs=1e-6)
    assert mirrored == pytest.approx(rest)


@pytest.mark.parametrize("missing", [SPINE, HYOID])
def test_without_spine_or_hyoid_it_is_nowhere(missing: str) -> None:
    assert moment_of({name: own for name, own in seen().items() if name != missing}, REGIONS).hyoid is None
    assert moment_of(seen(**{missing: np.zeros((SIDE, SIDE), dtype=np.float32)}), REGIONS).hyoid is None


def test_a_region_without_a_map_is_empty() -> None:
    moment = moment_of({BOLUS: area(slice(0, 64), slice(0, 64))}, REGIONS)
    assert set(moment.barium.values()) == set(moment.room.values()) == set(moment.certain.values()) == {0.0}
    assert (moment.short, moment.hyoid, moment.lumen) == (None, None, 0.0)


def test_barium_that_lies_in_the_larynx_holds_it_no_more_shut_than_air() -> None:
    airless = seen(**{BOLUS: area(slice(34, 40), slice(30, 38)), AIRWAY: area(slice(30, 34), slice(30, 38))})
    assert moment_of(seen(), REGIONS).lumen == moment_of(airless, REGIONS).lumen == 80.0


def test_where_an_edge_touches_an_edge_no_barium_is_surely_in() -> None:
    edge, inside = area(slice(40, 64), slice(29, 31)), area(slice(42, 50), slice(30, 34))
    # Both maps end there, so both are half sure of that one column.
    edge[40:, 30] = 0.5
    soft = area(slice(40, 64), slice(30, 38))
    soft[:, 30] = 0.5
    touching, within = (moment_of(seen(**{BOLUS: own, SUBGLOTTIS: soft}), REGIONS).certain[SUBGLOTTIS] for own in (edge, inside))
    assert touching < 0.15
    assert within > 0.9


def test_every_event_of_a_swallow_is_where_it_was_put() -> None:
    only = passage(one_swallow())
    assert only.closed == PASSED
    assert set(only.events) == set(EVENTS)
    assert only.events == {
        ORAL_ONSET: 10,
        HEAD_PAST_RAMUS: HEAD,
        HYOID_ONSET: pytest.approx(22, abs=1),
        LARYNX_CLOSED: SHUT,
        UES_OPENED: OPENED,
        HYOID_HIGHEST: pytest.approx(30, abs=1),
        TAIL_PAST_UES: PASSED,
        UES_CLOSED: PASSED + 1,
        LARYNX_OPENED: SHUT_TO + 1,
    }


def test_a_short_gap_is_no_second_passage_and_a_long_one_is() -> None:
    whole = one_swallow()
    gap = [replace(own, barium={**own.barium, UES: 0.0}) if at in (33, 34) else own for at, own in enumerate(whole)]
    assert passage(gap).events == passage(whole).events
    long = [replace(own, barium={**own.barium, UES: 0.0}) if 31 <= at <= 36 else own for at, own in enumerate(whole)]
    first, second = passages(long, times())
    assert (first.events[UES_OPENED], first.closed) == (OPENED, 30)
    assert (second.events[UES_OPENED], second.closed) == (37, PASSED)


def test_barium_in_the_sphincter_for_one_frame_is_no_passage() -> None:
    blink = [with_barium(AT_REST, **{UES: 40.0}) if at == OPENED else AT_REST for at in range(COUNT)]
    assert passages(blink, times()) == ()
    assert passages([AT_REST] * COUNT, times()) == ()


def test_what_runs_after_a_bolus_is_no_passage_and_keeps_the_sphincter_not_open() -> None:
    whole = one_swallow()
    drips = [with_barium(own, **{UES: 8.0}) if 50 <= at <= 56 else own for at, own in enumerate(whole)]
    assert passage(drips).closed == PASSED
    stays = [with_barium(own, **{UES: 2.0}) if at > PASSED else own for at, own in enumerate(whole)]
    assert passage(stays).closed == PASSED


def twice(left: float) -> tuple[Passage, Passage]:
    """The same swallow two times, the first of which leaves so many pixels of barium in the pharynx."""
    moments = []
    for at, own in enumerate([*one_swallow(), *one_swallow()]):
        lies = left if at > PASSED else 0.0
        moments.append(with_barium(own, **{PHARYNX: own.barium[PHARYNX] + lies}))
    first, second = passages(moments, times(2 * COUNT))
    return first, second


def test_what_an_earlier_swallow_left_is_not_the_next_ones_head() -> None:
    first, second = twice(20.0)
    assert {name: at + COUNT for name, at in first.events.items()} == {name: pytest.approx(at, abs=1) for name, at in second.events.items()}


def test_a_throat_that_is_full_since_the_last_swallow_tells_no_head() -> None:
    second = twice(150.0)[1]
    assert not {HEAD_PAST_RAMUS, ORAL_ONSET} & set(second.events)
    assert UES_OPENED in second.events


def test_a_video_that_begins_with_the_sphincter_open_tells_neither_that_nor_what_came_before() -> None:
    late = passage(one_swallow()[OPENED + 2 :])
    assert not {UES_OPENED, HEAD_PAST_RAMUS, ORAL_ONSET, LARYNX_CLOSED} & set(late.events)
    assert late.events[UES_CLOSED] == PASSED + 1 - (OPENED + 2)


def test_a_bolus_that_moves_from_the_first_frame_on_has_no_first_step() -> None:
    assert ORAL_ONSET not in passage(one_swallow()[12:]).events
    assert HEAD_PAST_RAMUS in passage(one_swallow()[12:]).events


def test_with_nothing_in_the_mouth_the_bolus_is_not_seen_to_start() -> None:
    empty = [replace(own, short=None) for own in one_swallow()]
    assert ORAL_ONSET not in passage(empty).events
    assert HEAD_PAST_RAMUS in passage(empty).events


def test_a_video_that_ends_within_a_passage_tells_no_end_and_no_residue() -> None:
    cut = one_swallow()[: OPENED + 5]
    only = passage(cut)
    assert only.closed == len(cut) - 1
    assert not {TAIL_PAST_UES, UES_CLOSED, LARYNX_OPENED} & set(only.events)
    assert residue(cut, times(len(cut)), only.closed) == {}


def test_a_hyoid_that_is_hardly_seen_or_hardly_moves_tells_nothing() -> None:
    hidden = [replace(own, hyoid=None) if at % 3 else own for at, own in enumerate(one_swallow())]
    still = [replace(own, hyoid=(5.0, 20.0)) for own in one_swallow()]
    for moments in (hidden, still):
        assert not {HYOID_ONSET, HYOID_HIGHEST} & set(passage(moments).events)
    flickers = [replace(own, hyoid=None) if at % 4 == 0 else own for at, own in enumerate(one_swallow())]
    assert {HYOID_ONSET, HYOID_HIGHEST} <= set(passage(flickers).events)


def test_a_head_that_nods_beforehand_does_not_start_the_hyoid() -> None:
    nods = []
    for at, own in enumerate(one_swallow()):
        assert own.hyoid is not None
        dips = 3.0 * max(0.0, 1.0 - abs(at - 17) / 4)
        nods.append(replace(own, hyoid=(own.hyoid[0] - dips, own.hyoid[1])))
    assert passage(nods).events[HYOID_ONSET] == pytest.approx(22, abs=1)


def test_a_larynx_that_shuts_badly_is_timed_and_one_that_only_stirs_is_not() -> None:
    badly = [replace(own, lumen=50.0) if own.lumen < 50 else own for own in one_swallow()]
    stirs = [replace(own, lumen=85.0) if own.lumen < 50 else own for own in one_swallow()]
    assert {name: passage(badly).events[name] for name in (LARYNX_CLOSED, LARYNX_OPENED)} == {
        LARYNX_CLOSED: SHUT,
        LARYNX_OPENED: SHUT_TO + 1,
    }
    assert not {LARYNX_CLOSED, LARYNX_OPENED} & set(passage(stirs).events)


def test_a_larynx_that_stays_shut_is_not_said_to_open() -> None:
    shut = [replace(own, lumen=4.0) if at >= SHUT else own for at, own in enumerate([*one_swallow(), *[AT_REST] * COUNT])]
    events = passage(shut).events
    assert events[LARYNX_CLOSED] == SHUT
    assert LARYNX_OPENED not in events


def test_nothing_in_the_airway_tells_nothing_of_the_larynx() -> None:
    events = passage([replace(own, lumen=0.0) for own in one_swallow()]).events
    assert not {LARYNX_CLOSED, LARYNX_OPENED} & set(events)


def test_barium_on_one_frame_alone_has_not_entered() -> None:
    surely = [0.0, 0.9, 0.0, 0.7, 0.8, 0.0]
    moments = [replace(AT_REST, certain={**AT_REST.certain, SUBGLOTTIS: own}) for own in surely]
    assert entered(moments, SUBGLOTTIS).tolist() == [0.0, 0.0, 0.0, 0.7, 0.7, 0.0]
    assert entered(moments[1:2], SUBGLOTTIS).tolist() == [0.9]


def test_residue_is_the_share_of_a_region_that_stays_full_and_nothing_where_it_has_no_room() -> None:
    moments = [swallowing(at) if at <= PASSED else with_barium(AT_REST, **{VALLECULAE: 20.0}) for at in range(COUNT)]
    assert residue(moments, times(), PASSED) == {VALLECULAE: 0.4, PYRIFORM_SINUSES: 0.0}
    none = [replace(own, room={**own.room, PYRIFORM_SINUSES: 0.0}) for own in moments]
    assert residue(none, times(), PASSED) == {VALLECULAE: 0.4}


def test_one_frame_more_than_half_a_second_later_is_enough_for_residue() -> None:
    moments = [AT_REST, AT_REST, with_barium(AT_REST, **{VALLECULAE: 25.0})]
    assert residue(moments, np.array([0.0, 0.7, 1.4]), 1)[VALLECULAE] == 0.5


@pytest.fixture(scope="module", params=[(2, 30.0), (6, 30.0), (8, 15.0), (1, 15.0)], ids=str)
def drawn(request: pytest.FixtureRequest) -> tuple[SwallowPhantom, list[Moment]]:
    pas, rate = request.param
    made = swallow_phantom(np.random.default_rng([11, pas]), pas=pas, swallows=2 if pas == 2 else 1, rows=256, frames_per_s=rate)
    return made, list(moments_of(made))


def test_drawn_swallows_are_told_as_they_were(drawn: tuple[SwallowPhantom, list[Moment]]) -> None:
    made, moments = drawn
    found = passages(moments, made.times_s)
    assert len(found) == len(made.swallows)
    for one, true in zip(found, made.swallows, strict=True):
        assert set(one.events) == set(EVENTS)
        for name, at in one.events.items():
            assert made.times_s[at] == pytest.approx(true.events[name], abs=0.15), name
    left = residue(moments, made.times_s, found[-1].closed)
    assert set(left) == {VALLECULAE, PYRIFORM_SINUSES}
    for region, share in left.items():
        assert math.isfinite(share)
        assert share == pytest.approx(made.swallows[-1].residue[region], abs=0.15), region


def test_barium_below_the_folds_and_above_them_is_told_apart(drawn: tuple[SwallowPhantom, list[Moment]]) -> None:
    made, moments = drawn
    pas = made.swallows[-1].pas
    assert pas is not None
    surely: Mapping[str, float] = {region: float(entered(moments, region).max()) for region in (SUBGLOTTIS, VESTIBULE)}
    for region, least in ((SUBGLOTTIS, 6), (VESTIBULE, 2)):
        assert surely[region] > 0.8 if pas >= least else surely[region] < 0.3, region
