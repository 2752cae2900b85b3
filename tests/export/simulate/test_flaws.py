"""Flaws are what their definitions say."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.reading.finding import Flaw
from export.simulate.flaws import CUT_FROM, drawn_flaws, flawed

SIDE = 224
CUT = list(Flaw).index(Flaw.CUT_OFF)


def chest(*, letterboxed: bool = False) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Two dark lungs in a body that is lighter towards the neck; in a canvas that it fills or stands in."""
    pixels = np.repeat(np.linspace(240, 90, SIDE).astype(np.uint8)[:, None], SIDE, axis=1)
    lungs = np.zeros((SIDE, SIDE), dtype=np.bool_)
    for left in (60, 124):
        lungs[60:170, left : left + 40] = True
    pixels[lungs] = 40
    if letterboxed:
        pixels[:, :40] = 0
        pixels[:, -40:] = 0
    return pixels, lungs


def many(flaws: frozenset[Flaw] | None, count: int = 25) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    return [flawed(*chest(), np.random.default_rng(seed), flaws) for seed in range(count)]


@pytest.mark.parametrize(
    ("flaw", "neck"), [(None, "above"), (Flaw.TURNED_LEFT, "left"), (Flaw.TURNED_RIGHT, "right"), (Flaw.UPSIDE_DOWN, "below")]
)
def test_the_neck_lies_where_the_flaw_says(flaw: Flaw | None, neck: str) -> None:
    half, opposite = SIDE // 2, {"above": "below", "below": "above", "left": "right", "right": "left"}
    for picture, labels in many(frozenset() if flaw is None else frozenset({flaw})):
        halves = {"above": picture[:half], "below": picture[half:], "left": picture[:, :half], "right": picture[:, half:]}
        assert halves[neck].mean() > halves[opposite[neck]].mean()
        assert [each for each, label in zip(Flaw, labels, strict=True) if label == 1] == ([] if flaw is None else [flaw])


def test_inverted_is_the_same_picture_with_its_greys_reversed() -> None:
    for (inverted, _), (plain, _) in zip(many(frozenset({Flaw.INVERTED})), many(frozenset()), strict=True):
        inside = (inverted > 0) & (plain > 0) & (plain < 1)
        assert inside.mean() > 0.5
        assert inverted[inside] == pytest.approx(1 - plain[inside], abs=1e-6)


def test_exposures_that_are_flaws_lie_beyond_ordinary_ones() -> None:
    def grain(picture: NDArray[np.float32]) -> float:
        return float(np.median(np.abs(np.diff(picture[60:160, 60:160]))))

    ordinary = max(grain(picture) for picture, _ in many(frozenset()))
    assert all(grain(picture) > ordinary for picture, _ in many(frozenset({Flaw.UNDER_EXPOSED})))
    black = [float((picture[60:160, 60:164] < 0.02).mean()) for picture, _ in many(frozenset({Flaw.OVER_EXPOSED}))]
    assert float(np.median(black)) > 0.5


@pytest.mark.parametrize("letterboxed", [False, True])
def test_cut_off_is_told_from_the_lungs(letterboxed: bool) -> None:
    for seed in range(40):
        pixels, lungs = chest(letterboxed=letterboxed)
        assert flawed(pixels, lungs, np.random.default_rng(seed), frozenset({Flaw.CUT_OFF}))[1][CUT] == 1
        assert flawed(pixels, lungs, np.random.default_rng(seed), frozenset())[1][CUT] != 1


def test_cut_off_is_unknown_without_the_lungs_or_where_they_meet_the_edge() -> None:
    pixels, lungs = chest()
    assert np.isnan(flawed(pixels, None, np.random.default_rng(1), frozenset({Flaw.CUT_OFF}))[1][CUT])
    assert np.isnan(flawed(pixels, None, np.random.default_rng(1), frozenset())[1][CUT])
    lungs[:, :60] = True
    assert all(flawed(pixels, lungs, np.random.default_rng(seed), frozenset())[1][CUT] != 0 for seed in range(10))
    assert 0.0 < CUT_FROM < 0.1


def test_half_of_the_pictures_have_no_flaw_and_none_has_more_than_two() -> None:
    random = np.random.default_rng(0)
    drawn = [drawn_flaws(random) for _ in range(2000)]
    assert 0.45 < np.mean([not flaws for flaws in drawn]) < 0.55
    assert max(map(len, drawn)) == 2
    assert not any(flaws >= {Flaw.TURNED_LEFT, Flaw.UPSIDE_DOWN} or flaws >= {Flaw.INVERTED, Flaw.OVER_EXPOSED} for flaws in drawn)
    counts = [sum(flaw in flaws for flaws in drawn) for flaw in Flaw]
    assert min(counts) > 0.6 * max(counts)


def test_the_same_seed_gives_the_same_picture() -> None:
    first, again = (flawed(*chest(), np.random.default_rng(5)) for _ in range(2))
    assert (first[0] == again[0]).all()
    assert first[0].dtype == np.float32
    assert first[0].shape == (SIDE, SIDE)
    assert first[1].dtype == np.float32
    assert 0.0 <= first[0].min() <= first[0].max() <= 1.0


def test_a_blank_picture_stays_one() -> None:
    for seed in range(20):
        picture, labels = flawed(np.zeros((64, 64), dtype=np.uint8), np.zeros((64, 64), dtype=np.bool_), np.random.default_rng(seed))
        assert np.isfinite(picture).all()
        assert np.isnan(labels[CUT])
