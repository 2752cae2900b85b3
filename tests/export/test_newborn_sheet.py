"""The sheet of drawn newborns: each look differs as its description says, also where there are no children to draw on."""

from pathlib import Path

import cv2
import numpy as np

from export.lesion_sheet import simulated_chest_of
from export.newborn_sheet import EXAMPLES, LOOKS, main, newborns_of


def test_every_look_is_drawn_beside_its_description(made_up_data: Path, tmp_path: Path) -> None:
    assert main(["--data", str(tmp_path / "nothing"), "--runs", str(tmp_path)]) == 0
    page = (tmp_path / "newborns.md").read_text(encoding="utf-8")
    for look in LOOKS:
        assert look.title in page
        assert look.described in page
        sheet = cv2.imread(str(tmp_path / f"newborns_{look.key}.png"), cv2.IMREAD_GRAYSCALE)
        assert sheet is not None
        assert sheet.shape[1] == EXAMPLES * sheet.shape[0]
    assert "none of them is a newborn's" in page


def test_the_same_seed_draws_the_same_and_a_higher_grade_is_whiter() -> None:
    chests = [simulated_chest_of(number) for number in range(2)]
    first, again = (newborns_of(LOOKS[1], chests, 3) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, newborns_of(LOOKS[4], chests, 3))
