"""Where the shipped model finds the lungs of training pictures."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_app.reading.anatomy import LEFT_LUNG, RIGHT_LUNG
from edge_app.reading.finding import Box
from export.datasets.labelled import Labelled
from export.datasets.lung_boxes import lung_boxes, outlined
from export.simulate.chests import simulated_chests
from export.workplace import MODELS

SIDE = 96


@pytest.fixture(scope="module")
def chests(tmp_path_factory: pytest.TempPathFactory) -> list[Labelled]:
    return simulated_chests(tmp_path_factory.mktemp("drawn"), 5, 2)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def boxes(chests: list[Labelled], kept: Path) -> list[Box]:
    found = [box for box in lung_boxes(chests, MODELS, kept) if box is not None]
    assert len(found) == len(chests)
    return found


def test_both_fields_fill_their_sides_of_the_box(chests: list[Labelled], boxes: list[Box], kept: Path) -> None:
    fields = outlined(chests, boxes, (RIGHT_LUNG, LEFT_LUNG), SIDE, MODELS, kept)
    assert fields.shape == (2, 2, SIDE, SIDE)
    assert set(np.unique(fields)) == {0, 1}
    for right, left in fields:
        assert right.mean() > 0.1
        assert left.mean() > 0.1
        assert np.argwhere(right)[:, 1].mean() < SIDE / 2 < np.argwhere(left)[:, 1].mean()
        assert not (right & left).any()


def test_they_are_found_once_and_kept(chests: list[Labelled], boxes: list[Box], kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = np.array(outlined(chests, boxes, (RIGHT_LUNG, LEFT_LUNG), SIDE, MODELS, kept))

    def again(*_: object) -> None:
        raise AssertionError("asked again")

    monkeypatch.setattr("export.datasets.lung_boxes.anatomy_of", again)
    assert lung_boxes(chests, MODELS, kept) == boxes
    assert np.array_equal(outlined(chests, boxes, (RIGHT_LUNG, LEFT_LUNG), SIDE, MODELS, kept), before)


def test_a_picture_without_lungs_has_none(tmp_path: Path, kept: Path) -> None:
    black = tmp_path / "black.png"
    assert cv2.imwrite(str(black), np.zeros((200, 200), dtype=np.uint8))
    picture = Labelled(black, "x:1", "x", "other")
    assert lung_boxes([picture], MODELS, kept) == [None]
    assert not outlined([picture], [Box(0.0, 0.0, 200.0, 200.0)], (RIGHT_LUNG, LEFT_LUNG), SIDE, MODELS, kept).any()
