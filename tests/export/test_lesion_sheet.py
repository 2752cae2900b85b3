"""The sheet of drawn findings, for which no public set needs to be there."""

from pathlib import Path

import cv2
import numpy as np

from export.__main__ import main
from export.lesion_sheet import CAPTION, KINDS, STRENGTHS, TILE


def test_every_finding_is_on_the_sheet_at_every_strength(tmp_path: Path) -> None:
    assert main(["lesions", "--data", str(tmp_path / "none"), "--out", str(tmp_path / "sheet.png")]) == 0
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet is not None
    assert sheet.shape == (len(KINDS) * (TILE + CAPTION), len(STRENGTHS) * TILE, 3)
    tiles = sheet.reshape(len(KINDS), TILE + CAPTION, len(STRENGTHS), TILE, 3).swapaxes(1, 2)[:, :, :TILE]
    coloured = np.ptp(tiles.astype(int), axis=-1).max((2, 3)) > 100
    assert coloured.all(), "each shows where its finding is seen"
