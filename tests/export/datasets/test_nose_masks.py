"""A marked nose becomes an ellipse in its box, written once; where none can be, an empty mask says so."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_app.reading.finding import Box
from edge_app.reading.protocols.nasal_bone import NOSE
from export.datasets.labelled import Labelled
from export.datasets.nose_masks import with_noses, without_noses
from export.datasets.outlines import NOSE as CHART


def _skulls(folder: Path) -> list[Labelled]:
    found = []
    for at in range(2):
        path = folder / f"{at}.png"
        assert cv2.imwrite(str(path), np.full((300, 200), 90, dtype=np.uint8))
        found.append(Labelled(path, f"p:{at}", "cephalogram", "skull_lateral"))
    return found


def test_the_ellipse_fills_the_box_and_is_written_once(tmp_path: Path) -> None:
    skulls = _skulls(tmp_path)
    noses = {skulls[0].path: Box(120.0, 100.0, 41.0, 71.0)}
    (marked,) = with_noses(skulls, noses, tmp_path / "drawn")
    mask = cv2.imread(str(marked.masks[NOSE]), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    assert mask.shape == (300, 200)
    x, y, width, height = cv2.boundingRect(mask)
    assert (x, y, width, height) == pytest.approx((120, 100, 41, 71), abs=1)
    assert (mask > 0).sum() == pytest.approx(np.pi / 4 * 41 * 71, rel=0.05)
    before = marked.masks[NOSE].stat().st_mtime_ns
    assert with_noses(skulls, noses, tmp_path / "drawn") == [marked]
    assert marked.masks[NOSE].stat().st_mtime_ns == before
    moved = with_noses(skulls, {skulls[0].path: Box(90.0, 100.0, 41.0, 71.0)}, tmp_path / "drawn")
    assert moved[0].masks != marked.masks, "what is marked anew is drawn anew"


def test_where_there_is_no_nose_nothing_is_to_be_outlined(tmp_path: Path) -> None:
    for picture in without_noses(_skulls(tmp_path), tmp_path / "drawn"):
        assert (CHART.targets(picture, 64) == 0).all()
