"""The sheet of drawn nasal fractures: every kind beside its description, and outlined where it is broken."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from export.nose_sheet import LOOKS, main, noses_of, skulls
from tests.export.simulate.test_nasal_fractures import NASION, SUBNASALE, _face


@pytest.fixture
def data(tmp_path: Path) -> Path:
    images = tmp_path / "data" / "cephalogram" / "images"
    images.mkdir(parents=True)
    rows = ["image,reader,landmark,x,y"]
    for at in range(2):
        assert cv2.imwrite(str(images / f"{at}.png"), np.rint(_face() * 255).astype(np.uint8))
        rows += [f"{at}.png,a,{name},{x},{y}" for name, (x, y) in (("l2", NASION), ("l18", SUBNASALE))]
    (images.parent / "landmarks.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "data"


def test_every_kind_is_drawn_beside_its_description(data: Path, tmp_path: Path) -> None:
    assert main(["--data", str(data), "--runs", str(tmp_path)]) == 0
    page = (tmp_path / "broken_noses.md").read_text(encoding="utf-8")
    for look in LOOKS:
        assert look.title in page
        assert look.described in page
        sheet = cv2.imread(str(tmp_path / f"broken_noses_{look.kind or 'whole'}.png"))
        assert sheet is not None
        height, width = sheet.shape[:2]
        assert height == width, "two noses beside each other, each above its outline"
        plain, outlined = np.vsplit(sheet, 2)
        assert (plain != outlined).any() == (look.kind is not None)


def test_the_same_seed_breaks_the_same(data: Path) -> None:
    on = skulls(data, 2)
    first, again, other = (noses_of(LOOKS[1], on, seed) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_without_a_skull_there_is_nothing_to_draw_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path / "nothing"), "--runs", str(tmp_path)]) == 1
    assert "no skull" in capsys.readouterr().out
