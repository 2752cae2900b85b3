"""A marked nose becomes an ellipse in its box, written once; where none can be, an empty mask says so."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_app.reading.nose import NASION, NOSE, SUBNASALE
from export.datasets.labelled import Labelled
from export.datasets.nose_boxes import box_around
from export.datasets.nose_masks import with_noses, without_noses
from export.datasets.outlines import NOSE as CHART


def _skulls(folder: Path) -> list[Labelled]:
    found = []
    for at in range(2):
        path = folder / f"{at}.png"
        assert cv2.imwrite(str(path), np.full((300, 200), 90, dtype=np.uint8))
        found.append(Labelled(path, f"p:{at}", "cephalogram", "skull_lateral"))
    return found


POINTS = ((130.0, 110.0), (136.0, 180.0))


def test_the_ellipse_fills_the_box_and_discs_lie_on_the_points(tmp_path: Path) -> None:
    skulls = _skulls(tmp_path)
    (marked,) = with_noses(skulls, {skulls[0].path: POINTS}, tmp_path / "drawn")
    assert set(marked.masks) == {NOSE, NASION, SUBNASALE}
    masks = {name: cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) for name, file in marked.masks.items()}
    left, top, wide, high = box_around(*POINTS)
    nose = masks[NOSE]
    assert nose is not None
    assert nose.shape == (300, 200)
    assert cv2.boundingRect(nose) == pytest.approx((left, top, wide, high), abs=1.5)
    assert (nose > 0).sum() == pytest.approx(np.pi / 4 * wide * high, rel=0.05)
    for name, (x, y) in zip((NASION, SUBNASALE), POINTS, strict=True):
        mask = masks[name]
        assert mask is not None
        rows, columns = np.nonzero(mask)
        assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx((x, y), abs=0.6)
        assert np.ptp(rows) == pytest.approx(2 * 0.12 * 70, abs=2)


def test_masks_are_written_once_and_anew_where_somebody_marked_anew(tmp_path: Path) -> None:
    skulls = _skulls(tmp_path)
    (marked,) = with_noses(skulls, {skulls[0].path: POINTS}, tmp_path / "drawn")
    before = marked.masks[NOSE].stat().st_mtime_ns
    assert with_noses(skulls, {skulls[0].path: POINTS}, tmp_path / "drawn") == [marked]
    assert marked.masks[NOSE].stat().st_mtime_ns == before
    (moved,) = with_noses(skulls, {skulls[0].path: ((120.0, 110.0), (136.0, 180.0))}, tmp_path / "drawn")
    assert moved.masks != marked.masks


def test_where_there_is_no_nose_nothing_is_to_be_outlined(tmp_path: Path) -> None:
    for picture in without_noses(_skulls(tmp_path), tmp_path / "drawn"):
        assert (CHART.targets(picture, 64) == 0).all()
