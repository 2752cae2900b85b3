"""A newborn's lungs are found by steps that each do what they say: holes closed, turned until enough is found, looked at from near."""

import dataclasses
import math

import cv2
import numpy as np
import pytest

from edge_app.radiograph.picture import Picture
from edge_app.reading.anatomy import AIRWAYS, LEFT_LUNG, LEFT_LUNG_WHOLE, RIGHT_LUNG, draw
from edge_app.reading.newborn_lungs import (
    LEAST_LUNGS,
    STRIP_HALF,
    FoundLungs,
    Looking,
    both_lungs,
    find_lungs,
    found_turned,
    from_near,
    lungs_share,
    strip_of,
    thorax_alone,
    thorax_of,
    tilt_of,
)
from edge_app.reading.turning import turned
from tests.edge_app.reading.newborns import FLESH, TRACHEA, newborn, overlap, reading_off, region


def lungs(picture: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return region(picture, RIGHT_LUNG) | region(picture, LEFT_LUNG)


def found_by_one(look: Looking, picture: Picture) -> FoundLungs:
    """All steps with one network for both."""
    return find_lungs(look, look, picture)


def test_the_published_rule_as_a_share() -> None:
    assert pytest.approx(10_000) == LEAST_LUNGS * 512 * 512


def test_a_median_filter_closes_holes() -> None:
    picture = newborn()
    pierced, closed = (draw(reading_off(holes=True)(picture), median=median) for median in (1, 5))
    assert overlap(both_lungs(closed), lungs(picture)) > overlap(both_lungs(pierced), lungs(picture)) + 0.02
    assert lungs_share(closed) > lungs_share(pierced)


@pytest.mark.parametrize("quarters", range(4))
def test_a_picture_is_turned_until_enough_is_found(quarters: int) -> None:
    shown: list[Picture] = []
    upright = newborn()
    found = found_turned(reading_off(shown), turned(upright, -quarters))
    assert found.quarters == quarters
    assert np.array_equal(found.upright.pixels, upright.pixels)
    assert overlap(both_lungs(found.anatomy), lungs(upright)) > 0.9
    assert len(shown) == {0: 1, 1: 2, 3: 3, 2: 4}[quarters], "nothing is asked for once enough was found"


def test_where_no_turn_finds_anything_nothing_is_found() -> None:
    picture = newborn()
    found = found_by_one(reading_off(without=(LEFT_LUNG, LEFT_LUNG_WHOLE)), picture)
    assert found.box is None
    assert not thorax_of(found.anatomy).any()
    assert not strip_of(found.anatomy).any()


def test_too_little_everywhere_is_taken_from_the_turn_that_found_most() -> None:
    shown: list[Picture] = []
    small = newborn(size=0.25, at=(0.4, 0.4))
    assert lungs(small).mean() < LEAST_LUNGS
    found = found_turned(reading_off(shown), small)
    assert (found.quarters, len(shown)) == (0, 4)
    assert 0.0 < lungs_share(found.anatomy) < LEAST_LUNGS


@pytest.mark.parametrize(("size", "at"), [(0.4, (0.3, 0.3)), (0.5, (0.7, 0.6)), (0.3, (0.85, 0.8))])
def test_what_is_small_is_looked_at_from_near(size: float, at: tuple[float, float]) -> None:
    shown: list[Picture] = []
    small = newborn(size=size, at=at)
    far, near = found_turned(reading_off(), small), found_by_one(reading_off(shown), small)
    assert shown[-1].rows < small.rows
    assert overlap(both_lungs(near.anatomy), lungs(small)) > max(0.95, overlap(both_lungs(far.anatomy), lungs(small)) - 0.01)
    assert near.box is not None
    assert far.box is not None
    assert near.box.x == pytest.approx(far.box.x, abs=0.03 * small.columns)


def tilted(picture: Picture, degrees: float) -> Picture:
    """On a plate of the same size, clockwise; every pixel stays one that is there."""
    rows, columns = picture.pixels.shape
    turn = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), -degrees, 1.0)
    pixels = cv2.warpAffine(picture.pixels, turn, (columns, rows), flags=cv2.INTER_NEAREST, borderValue=(FLESH,))
    return dataclasses.replace(picture, pixels=np.asarray(pixels, dtype=np.uint16))


@pytest.mark.parametrize("degrees", [-25.0, -12.0, 12.0, 25.0])
@pytest.mark.parametrize("size", [0.4, 0.65])
def test_what_is_tilted_is_looked_at_upright_and_outlined_as_it_lies(size: float, degrees: float) -> None:
    shown: list[Picture] = []
    askew = tilted(newborn(400, 400, size, (0.45, 0.55)), degrees)
    far = found_turned(reading_off(), askew)
    assert math.degrees(tilt_of(far.anatomy)) == pytest.approx(degrees, abs=2.0)
    near = from_near(reading_off(shown), far)
    (looked_at,) = shown
    right, left = (np.argwhere(region(looked_at, name)).mean(0) for name in (RIGHT_LUNG, LEFT_LUNG))
    assert abs(left[0] - right[0]) < 0.05 * abs(left[1] - right[1])
    # Where two values meet, what is made of both is neither: that much is lost at the edges, in this test alone.
    assert overlap(both_lungs(near.anatomy), lungs(askew)) > 0.85
    assert near.anatomy.placement.width / near.anatomy.placement.height == pytest.approx(1.0, abs=0.01)
    assert near.box is not None
    assert far.box is not None
    assert near.box.x == pytest.approx(far.box.x, abs=0.03 * askew.columns)


def test_from_afar_one_network_is_asked_and_from_near_another() -> None:
    far: list[Picture] = []
    near: list[Picture] = []
    small = newborn(size=0.4, at=(0.3, 0.3))
    found = find_lungs(reading_off(far), reading_off(near, without=(AIRWAYS,)), small)
    assert (len(far), len(near)) == (1, 1)
    assert found.anatomy.get(AIRWAYS) is None, "what is told is told by the one that looked from near"


def test_what_fills_the_picture_is_not_looked_at_twice() -> None:
    shown: list[Picture] = []
    found_by_one(reading_off(shown), newborn(size=1.0))
    assert len(shown) == 1


@pytest.mark.parametrize("at", [(0.5, 0.5), (0.4, 0.5)])
def test_the_strip_lies_over_the_trachea_wherever_it_is(at: tuple[float, float]) -> None:
    picture = newborn(size=0.8, at=at)
    anatomy = found_by_one(reading_off(), picture).anatomy
    strip = strip_of(anatomy)
    columns = np.flatnonzero(strip[strip.shape[0] // 2])
    middle = (columns.mean() + 0.5) / strip.shape[1]
    assert middle == pytest.approx(at[0], abs=0.01)
    wide = np.ptp(np.flatnonzero(both_lungs(anatomy).any(0))) + 1
    assert len(columns) == pytest.approx(2 * STRIP_HALF * wide, abs=2.0)


def test_without_a_trachea_the_strip_lies_between_the_lungs() -> None:
    anatomy = found_by_one(reading_off(without=(AIRWAYS,)), newborn(at=(0.45, 0.5))).anatomy
    assert anatomy.get(AIRWAYS) is None
    columns = np.flatnonzero(strip_of(anatomy)[0])
    assert (columns.mean() + 0.5) / anatomy.placement.width == pytest.approx(0.45, abs=0.01)


def test_the_classifier_is_shown_the_thorax_alone() -> None:
    picture = newborn()
    anatomy = found_by_one(reading_off(), picture).anatomy
    shown, part = thorax_alone(picture, thorax_of(anatomy), 160)
    kept, part_with = thorax_alone(picture, thorax_of(anatomy, with_strip=True), 160)
    assert part == part_with
    assert max(shown.pixels.shape) <= 160
    assert (shown.rows, shown.columns) == (round(part.height), round(part.width))
    grey, with_strip = shown.windowed() * 65535, kept.windowed() * 65535
    assert grey[0, 0] == 0.0, "around the lungs all is black"
    middle = slice(grey.shape[1] // 2 - 3, grey.shape[1] // 2 + 3)
    assert np.count_nonzero(np.abs(with_strip[:, middle] - TRACHEA) < 50), "the trachea is there until the strip is taken away"
    assert not grey[:, middle].any()
    assert np.count_nonzero(grey > FLESH) > 0.3 * grey.size, "the lungs stay"


def test_an_empty_thorax_shows_nothing() -> None:
    with pytest.raises(ValueError, match="empty"):
        thorax_alone(newborn(), np.zeros((10, 10), dtype=np.bool_), 160)
