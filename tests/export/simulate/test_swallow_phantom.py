"""Drawn swallows: the same for the same seed, and what is told of them is what their outlines show, when they show it."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.reading.swallow import (
    AIRWAY,
    ASPIRATION,
    BOLUS,
    CAN_KEEP,
    EVENTS,
    HEAD_PAST_RAMUS,
    HYOID,
    HYOID_HIGHEST,
    HYOID_ONSET,
    LARYNX_CLOSED,
    LARYNX_OPENED,
    MANDIBLE,
    ORAL_CAVITY,
    ORAL_ONSET,
    PENETRATION,
    PHARYNX,
    REGIONS,
    SPINE,
    STRUCTURES,
    SUBGLOTTIS,
    TAIL_PAST_UES,
    UES,
    UES_CLOSED,
    UES_OPENED,
    VESTIBULE,
)
from export.simulate.swallow_course import THIN
from export.simulate.swallow_phantom import SwallowPhantom, SwallowStudy, swallow_phantom

ROWS = 112


@cache
def drawn(pas: int, seed: int = 0) -> SwallowPhantom:
    return swallow_phantom(np.random.default_rng([pas, seed]), pas=pas, swallows=1, rows=ROWS, frames_per_s=15.0)


def within(made: SwallowPhantom, region: str) -> NDArray[np.int64]:
    """(n,) pixels of barium in a region."""
    return np.asarray(((made.masks[BOLUS] & made.regions[region]) > 0).sum(axis=(1, 2)))


def middle(mask: NDArray[np.uint8]) -> tuple[float, float]:
    """x and y."""
    rows, columns = np.nonzero(mask)
    return float(columns.mean()), float(rows.mean())


def frame_at(made: SwallowPhantom, second: float) -> int:
    return min(round(second * made.frames_per_s), len(made.frames) - 1)


def test_a_sequence_is_the_same_for_the_same_seed_and_whole() -> None:
    made, again = drawn(1), swallow_phantom(np.random.default_rng([1, 0]), pas=1, swallows=1, rows=ROWS, frames_per_s=15.0)
    np.testing.assert_array_equal(made.frames, again.frames)
    assert made.frames.dtype == np.uint8
    assert made.frames.shape == (len(made.times_s), ROWS, ROWS)
    assert made.times_s[1] - made.times_s[0] == pytest.approx(1 / 15)
    assert set(made.masks) == set(STRUCTURES)
    assert set(made.regions) == set(REGIONS)
    for name, mask in {**made.masks, **made.regions}.items():
        assert mask.shape == made.frames.shape, name
        assert set(np.unique(mask)) <= {0, 255}, name
    assert made.frames[0].tobytes() != drawn(1, 1).frames[0].tobytes()
    for name in (SPINE, MANDIBLE, HYOID, AIRWAY):
        assert (made.masks[name].reshape(len(made.frames), -1).max(1) == 255).all(), name


def test_a_frame_alone_is_the_frame_of_the_sequence_but_for_its_lag() -> None:
    study = SwallowStudy(np.random.default_rng(3), rows=ROWS)
    whole, alone = study.frames(range(12))[11], study.frames([11])[0]
    for name in STRUCTURES:
        np.testing.assert_array_equal(whole.masks[name], alone.masks[name])
    assert np.abs(whole.picture.astype(int) - alone.picture).mean() < 8


@pytest.mark.parametrize("pas", range(1, 9))
def test_barium_enters_as_the_scale_says(pas: int) -> None:
    made = drawn(pas)
    assert made.swallows[0].pas == pas
    assert (PENETRATION in made.entered) == (pas >= 2)
    assert (ASPIRATION in made.entered) == (pas >= 6)
    for name, region in ((PENETRATION, VESTIBULE), (ASPIRATION, SUBGLOTTIS)):
        inside = within(made, region)
        if name not in made.entered:
            assert not inside.any()
            continue
        first = frame_at(made, made.entered[name])
        assert inside[first] > 0
        assert not inside[:first].any()
        assert inside.max() >= 4
    left = within(made, VESTIBULE)[-1], within(made, SUBGLOTTIS)[-1]
    assert (left[0] > 0) == (pas in {3, 5, 7, 8})
    assert (left[1] > 0) == (pas in {7, 8})
    if pas >= 6:
        assert made.entered[PENETRATION] <= made.entered[ASPIRATION]


@pytest.mark.parametrize("pas", [2, 3, 4, 5])
def test_barium_touches_the_folds_from_four_on(pas: int) -> None:
    made = drawn(pas)
    barium, vestibule = made.masks[BOLUS] & made.regions[VESTIBULE], made.regions[VESTIBULE]
    at = int(within(made, VESTIBULE).argmax())
    lowest, floor = (int(np.nonzero(own[at])[0].max()) for own in (barium, vestibule))
    assert (floor - lowest <= 1) == (pas >= 4)


@pytest.mark.parametrize(("pas", "seed"), [(1, 0), (1, 2), (2, 0), (5, 0), (8, 0)])
def test_residue_is_as_much_of_each_region_as_its_mask_shows(pas: int, seed: int) -> None:
    made = drawn(pas, seed)
    swallow = made.swallows[0]
    assert set(swallow.residue) == set(CAN_KEEP)
    at = min(frame_at(made, swallow.rest_s) + 1, len(made.frames) - 1)
    for name, share in swallow.residue.items():
        region = made.regions[name][at] > 0
        assert (made.masks[BOLUS][at][region] > 0).mean() == pytest.approx(share, abs=0.12), name


@pytest.mark.parametrize("seed", range(3))
def test_events_are_in_order_and_seen_when_they_are_told(seed: int) -> None:
    made = drawn(1, seed)
    event = made.swallows[0].events
    assert set(event) == set(EVENTS)
    assert event[ORAL_ONSET] < event[HEAD_PAST_RAMUS] < event[UES_OPENED] < event[TAIL_PAST_UES] < event[UES_CLOSED]
    assert event[HYOID_ONSET] < event[LARYNX_CLOSED] < event[LARYNX_OPENED] <= made.swallows[0].rest_s
    assert event[HYOID_ONSET] < event[UES_OPENED] < event[HYOID_HIGHEST] + 0.2
    frame = 1 / made.frames_per_s
    throat = made.times_s[within(made, PHARYNX) > 6]
    assert throat.min() == pytest.approx(event[HEAD_PAST_RAMUS], abs=2 * frame)
    sphincter = made.times_s[within(made, UES) > 6]
    assert sphincter.min() == pytest.approx(event[UES_OPENED], abs=2 * frame)
    assert sphincter.max() == pytest.approx(event[TAIL_PAST_UES], abs=3 * frame)
    vestibule = (made.regions[VESTIBULE] > 0).sum(axis=(1, 2))
    shut = vestibule[frame_at(made, (event[LARYNX_CLOSED] + event[LARYNX_OPENED]) / 2)]
    assert shut < 0.35 * vestibule[0]


@pytest.mark.parametrize("seed", range(3))
def test_the_hyoid_goes_up_and_forwards_and_comes_back(seed: int) -> None:
    made = drawn(1, seed)
    event = made.swallows[0].events
    before, high, after = (
        middle(made.masks[HYOID][frame_at(made, second)]) for second in (event[HYOID_ONSET], event[HYOID_HIGHEST], made.times_s[-1])
    )
    front = np.sign(middle(made.masks[MANDIBLE][0])[0] - middle(made.masks[SPINE][0])[0])
    assert (before[1] - high[1]) / made.per_cm > 0.25
    assert front * (high[0] - before[0]) / made.per_cm > 0.2
    assert np.hypot(after[0] - before[0], after[1] - before[1]) / made.per_cm < 0.6


def test_the_neck_is_put_together_as_a_neck_is() -> None:
    for seed in range(3):
        made = drawn(1, seed)
        spine, hyoid, airway, mouth = (
            middle(own[0]) for own in (made.masks[SPINE], made.masks[HYOID], made.regions[VESTIBULE], made.regions[ORAL_CAVITY])
        )
        front = np.sign(middle(made.masks[MANDIBLE][0])[0] - spine[0])
        assert 0 < front * (airway[0] - spine[0]) < front * (hyoid[0] - spine[0]) < front * (mouth[0] - spine[0]) + 2 * made.per_cm
        assert mouth[1] < hyoid[1] < airway[1]
        inside = made.masks[SPINE][0] & (made.masks[MANDIBLE][0] | made.masks[HYOID][0] | made.masks[AIRWAY][0])
        assert (inside > 0).sum() < 0.1 * (made.masks[SPINE][0] > 0).sum()


def test_a_bolus_is_all_there_from_mouth_to_sphincter() -> None:
    made = swallow_phantom(np.random.default_rng(12), pas=1, swallows=1, consistency=THIN, rows=ROWS, frames_per_s=15.0)
    event = made.swallows[0].events
    area = (made.masks[BOLUS] > 0).sum(axis=(1, 2)) / made.per_cm**2
    start, opened, end = (frame_at(made, second) for second in (event[ORAL_ONSET], event[UES_OPENED], made.times_s[-1]))
    assert area[0] > 1.5
    # Seen from the side it is drawn out as it goes, and as thick as before all the same.
    assert area[start : opened + 1].min() > 0.6 * area[0]
    assert area[start : opened + 1].max() < 2.6 * area[0]
    assert area[end] < 0.4 * area[0]


def test_barium_is_seen_where_the_mask_is_in_either_polarity() -> None:
    seen = set()
    for seed in range(12):
        study = SwallowStudy(np.random.default_rng(seed), rows=ROWS, pas=1, swallows=1)
        frame = study.frames([study.at(study.courses[0].events[UES_OPENED])])[0]
        throat = frame.regions[PHARYNX] > 0
        bolus = throat & (frame.masks[BOLUS] > 0)
        around = throat & (frame.masks[BOLUS] == 0)
        if bolus.sum() < 20 or around.sum() < 20:
            continue
        differs = float(frame.picture[bolus].mean()) - float(frame.picture[around].mean())
        assert (differs > 0) == study.bones_white
        seen.add(study.bones_white)
    assert seen == {True, False}


def test_without_barium_the_throat_moves_and_nothing_of_a_bolus_is_told() -> None:
    made = swallow_phantom(np.random.default_rng(5), contrast=False, swallows=1, rows=ROWS, frames_per_s=15.0)
    swallow = made.swallows[0]
    assert not made.masks[BOLUS].any()
    assert not made.entered
    assert swallow.pas is None
    assert swallow.consistency is None
    assert not swallow.residue
    assert set(swallow.events) == {HYOID_ONSET, HYOID_HIGHEST, LARYNX_CLOSED, LARYNX_OPENED}
    rows = [middle(mask)[1] for mask in made.masks[HYOID]]
    assert max(rows) - min(rows) > 0.25 * made.per_cm


def test_where_nobody_swallows_nothing_but_the_patient_moves() -> None:
    made = swallow_phantom(np.random.default_rng(6), swallows=0, rows=ROWS, frames_per_s=15.0)
    assert made.swallows == ()
    assert not made.masks[BOLUS].any()
    area = (made.regions[VESTIBULE] > 0).sum(axis=(1, 2))
    assert area.min() > 0.85 * area.max()


def test_a_second_bolus_waits_in_the_mouth() -> None:
    made = swallow_phantom(np.random.default_rng(7), swallows=2, pas=1, rows=ROWS, frames_per_s=15.0)
    first, second = made.swallows
    assert first.rest_s < second.events[ORAL_ONSET]
    mouth = within(made, ORAL_CAVITY)
    assert mouth[frame_at(made, first.rest_s)] > 10
    assert mouth[-1] < 0.5 * mouth[frame_at(made, first.rest_s)]


def test_what_the_first_swallow_leaves_lies_there_until_the_second_takes_it() -> None:
    tried = (SwallowStudy(np.random.default_rng([9, seed]), swallows=2, pas=1, rows=ROWS) for seed in range(60))
    study = next(own for own in tried if min(own.courses[0].kept) > 0.25)
    second = study.courses[1].events
    for second_s in (second[ORAL_ONSET] - 0.1, second[ORAL_ONSET] + 0.1):
        frame = study.frames([study.at(second_s)])[0]
        for name, share in study.swallows[0].residue.items():
            region = frame.regions[name] > 0
            assert (frame.masks[BOLUS][region] > 0).mean() == pytest.approx(share, abs=0.15), name
