"""A training picture's thorax is cut out by the steps of the box, or by the outlines that come with it."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_app.radiograph.picture import Picture
from edge_app.reading.anatomy import AIRWAYS, LEFT_LUNG, LEFT_LUNG_WHOLE, RIGHT_LUNG
from edge_app.reading.newborn_lungs import find_lungs
from edge_app.reading.seen import Seen
from edge_app.reading.turning import turned
from export.datasets import newborn_thorax
from export.datasets.labelled import Labelled
from export.datasets.newborn_thorax import Shown, thorax_canvases, thorax_shown
from tests.edge_app.reading.newborns import newborn, reading_off, region

SIDE = 96
Sees = Callable[[Callable[[Picture], Seen]], None]


@pytest.fixture
def sees(monkeypatch: pytest.MonkeyPatch) -> Sees:
    """Put a network in the place of the model's."""

    def put(look: Callable[[Picture], Seen]) -> None:
        monkeypatch.setattr(newborn_thorax, "lungs_of", lambda path, models: find_lungs(look, look, _opened(path)))
        monkeypatch.setattr(newborn_thorax, "opened", _opened)
        monkeypatch.setattr(newborn_thorax, "card_hash", lambda folder: "one")

    return put


def _opened(path: Path) -> Picture:
    upright = newborn(size=0.7)
    return turned(upright, -1) if path.stem == "turned" else upright


def _labelled(folder: Path, name: str, *, outlined: bool = True) -> Labelled:
    """A picture whose own outlines are half as wide as what the network outlines."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.png"
    path.touch()
    masks = {}
    if outlined:
        for lung in (RIGHT_LUNG, LEFT_LUNG):
            narrow = cv2.erode(region(_opened(path), lung).astype(np.uint8), np.ones((1, 41), np.uint8))
            cv2.imwrite(str(folder / f"{name}_{lung}.png"), narrow * 255)
            masks[lung] = folder / f"{name}_{lung}.png"
    return Labelled(path, "a", "here", "chest_newborn", masks=masks)


def _wide(thorax: Picture | None) -> float:
    assert thorax is not None
    return thorax.columns / newborn().columns


def test_outlines_that_come_with_it_count_where_they_are_asked_for(sees: Sees, tmp_path: Path) -> None:
    sees(reading_off())
    own = _labelled(tmp_path, "upright")
    given, found = (thorax_shown(own, Shown(outlines=outlines), tmp_path, SIDE) for outlines in (True, False))
    assert _wide(given) < _wide(found)
    without = _labelled(tmp_path, "plain", outlined=False)
    assert _wide(thorax_shown(without, Shown(outlines=True), tmp_path, SIDE)) == _wide(found)


def test_the_strip_is_taken_away_from_both(sees: Sees, tmp_path: Path) -> None:
    sees(reading_off())
    own = _labelled(tmp_path, "upright")
    for outlines in (True, False):
        middles = []
        for strip in (True, False):
            thorax = thorax_shown(own, Shown(outlines=outlines, strip=strip), tmp_path, SIDE)
            assert thorax is not None
            middles.append(np.count_nonzero(thorax.pixels[:, thorax.pixels.shape[1] // 2]))
        assert middles[0] > middles[1] == 0


def test_a_turned_picture_is_shown_upright(sees: Sees, tmp_path: Path) -> None:
    sees(reading_off())
    upright, askew = (thorax_shown(_labelled(tmp_path, name, outlined=False), Shown(), tmp_path, SIDE) for name in ("upright", "turned"))
    assert upright is not None
    assert askew is not None
    assert np.array_equal(upright.pixels, askew.pixels)


def test_a_trachea_that_was_not_found_changes_where_the_strip_lies_and_nothing_else(sees: Sees, tmp_path: Path) -> None:
    sees(reading_off(without=(AIRWAYS,)))
    thorax = thorax_shown(_labelled(tmp_path, "upright"), Shown(outlines=True), tmp_path, SIDE)
    assert thorax is not None
    assert not thorax.pixels[:, thorax.pixels.shape[1] // 2].any()


def test_without_lungs_nothing_is_shown_and_the_canvas_is_black(sees: Sees, tmp_path: Path) -> None:
    sees(reading_off(without=(LEFT_LUNG, LEFT_LUNG_WHOLE)))
    own = _labelled(tmp_path, "upright", outlined=False)
    assert thorax_shown(own, Shown(), tmp_path, SIDE) is None
    assert not thorax_canvases([own], Shown(), tmp_path, SIDE, tmp_path / "cache").any()


def test_canvases_are_made_once(sees: Sees, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sees(reading_off())
    own = _labelled(tmp_path, "upright", outlined=False)
    made = thorax_canvases([own], Shown(), tmp_path, SIDE, tmp_path / "cache")
    assert made.shape == (1, SIDE, SIDE)
    assert made.any()
    monkeypatch.setattr(newborn_thorax, "thorax_shown", lambda *_: pytest.fail("made anew"))
    assert np.array_equal(thorax_canvases([own], Shown(), tmp_path, SIDE, tmp_path / "cache"), made)
