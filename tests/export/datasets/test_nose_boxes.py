from pathlib import Path

import pytest

from edge_app.reading.nose import NOSE
from export.datasets.errors import WrongValueError
from export.datasets.nose_boxes import LANDMARKS, box_around, marked, nose_boxes
from export.datasets.registry import data_folder

TABLE = "image,reader,landmark,x,y\n"


def _table(folder: Path, *lines: str) -> Path:
    (folder / LANDMARKS).write_text(TABLE + "\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_the_box_lies_around_the_mean_of_both_readers_points(tmp_path: Path) -> None:
    rows = ["1.jpg,a,l2,98,50", "1.jpg,b,l2,102,50", "1.jpg,a,l18,120,148", "1.jpg,b,l18,120,152", "1.jpg,a,l1,0,0"]
    (box,) = nose_boxes(_table(tmp_path, *rows))
    assert (box.picture, box.label) == (tmp_path / "images/1.jpg", NOSE)
    assert (box.x, box.y, box.w, box.h) == pytest.approx((100 - 15, 50 - 10, 20 + 15 + 45, 120))


def test_a_face_whose_lip_lies_behind_its_brow_has_its_nose_between_both() -> None:
    left, top, width, height = box_around((100.0, 50.0), (90.0, 150.0))
    assert (left, top, width, height) == pytest.approx((75, 40, 70, 120))


def test_a_picture_with_one_of_both_points_has_none(tmp_path: Path) -> None:
    assert nose_boxes(_table(tmp_path, "1.jpg,a,l2,98,50", "2.jpg,a,l18,98,50")) == []
    assert marked(tmp_path / "nowhere") == {}


def test_a_word_where_a_number_belongs_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongValueError, match="line 2"):
        nose_boxes(_table(tmp_path, "1.jpg,a,l2,left,50"))


@pytest.mark.real_data
@pytest.mark.skipif(not (data_folder() / "cephalogram").is_dir(), reason="no cephalograms under the data folder")
def test_every_real_skull_has_a_nose_on_its_picture() -> None:
    folder = data_folder() / "cephalogram"
    boxes = nose_boxes(folder)
    assert len(boxes) == len(list((folder / "images").glob("*"))) == 120
    assert all(box.picture.is_file() and 0.35 < box.w / box.h < 0.9 for box in boxes)
