"""A hospital's own videos of swallowing: what its table and its COCO say, which frames come out of its videos, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_app.radiograph.video import read_video
from edge_app.reading.swallow import AIRWAY, ASPIRATION, BOLUS, MANDIBLE, PENETRATION, SPINE
from export.datasets.canvases import opened
from export.datasets.errors import DataSetError
from export.datasets.outlines import SWALLOW, UNKNOWN
from export.datasets.own_swallows import COCO, SOURCE, TABLE, frames, pictures, videos
from export.datasets.registry import find, gather
from tests.export.made_up_swallows import SIDE, make_hospital


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    make_hospital(folder / "ours", 2)
    return folder


@pytest.fixture
def own(data: Path, tmp_path: Path) -> Path:
    """A copy to spoil; its videos are those of the made-up hospital."""
    folder = tmp_path / "data" / "ours"
    folder.mkdir(parents=True)
    for file in ("0.dcm", "1.avi", "masks"):
        (folder / file).symlink_to(data / "ours" / file)
    for file in (TABLE, COCO):
        (folder / file).write_bytes((data / "ours" / file).read_bytes())
    return folder


def test_a_set_is_found_by_its_table_and_counted_by_its_videos(data: Path) -> None:
    (found,) = find(data)
    assert found.of.name == SOURCE
    own = gather(found).pictures
    assert [picture.path.name for picture in own] == ["0.dcm", "1.avi"]
    assert [picture.labels for picture in own] == [{PENETRATION: 0.0, ASPIRATION: 0.0}, {PENETRATION: 1.0, ASPIRATION: 1.0}]
    assert all(opened(picture.path).pixels.shape == (SIDE, SIDE) for picture in own)
    assert not any(picture.simulated or picture.masks for picture in own)


def test_outlined_frames_come_out_of_the_videos_once_with_what_was_looked_for(data: Path, tmp_path: Path) -> None:
    found = frames(data, tmp_path)
    assert len(found) == 3 + 3 + 1
    stamps = [picture.path.stat().st_mtime_ns for picture in found]
    assert [picture.path.stat().st_mtime_ns for picture in frames(data, tmp_path)] == stamps
    assert len({picture.patient for picture in found}) == 2
    last = videos(data / "ours")[1]
    number = max(last.outlined)
    shown = cv2.imread(str(next(picture.path for picture in found if picture.path.stem.endswith(f"-{number}"))), cv2.IMREAD_GRAYSCALE)
    assert shown is not None
    assert np.array_equal(shown, read_video(data / "ours" / "1.avi", None).frames[number])
    for picture in found:
        targets = SWALLOW.targets(picture, 64)
        told = {name for name, own in zip(SWALLOW.structures, targets, strict=True) if not (own == UNKNOWN).all()}
        assert told == ({SPINE, BOLUS} if set(picture.masks) == {SPINE, BOLUS} else {SPINE, MANDIBLE, BOLUS})
        assert AIRWAY not in told, "nobody looked for it, so it is not taken to be absent"


def test_cocos_outlines_of_one_structure_are_joined_and_what_has_none_is_not_there(data: Path, tmp_path: Path) -> None:
    (coco,) = [picture for picture in frames(data, tmp_path) if MANDIBLE not in picture.masks]
    bolus, spine = (cv2.imread(str(coco.masks[name]), cv2.IMREAD_GRAYSCALE) for name in (BOLUS, SPINE))
    assert bolus is not None
    assert spine is not None
    assert bolus.shape == (SIDE, SIDE)
    assert (bolus > 0).sum() == pytest.approx(10 * 20 + 10 * 10, rel=0.15)
    assert bolus[20, 15] == bolus[45, 45] == 255
    assert not spine.any()


def test_runs_count_down_the_columns(own: Path, tmp_path: Path) -> None:
    told = json.loads((own / COCO).read_text())
    told["annotations"] = [
        {"image_id": 1, "category_id": 2, "segmentation": {"counts": [SIDE * 3, SIDE, SIDE * SIDE - SIDE * 4], "size": [SIDE, SIDE]}}
    ]
    (own / COCO).write_text(json.dumps(told))
    (coco,) = [picture for picture in frames(own.parent, tmp_path / "drawn") if MANDIBLE not in picture.masks]
    mask = cv2.imread(str(coco.masks[SPINE]), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    assert np.flatnonzero(mask.any(0)).tolist() == [3]
    assert mask[:, 3].all()


def _coco(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        told = json.loads((folder / COCO).read_text())
        change(told)
        (folder / COCO).write_text(json.dumps(told))

    return spoil


def _table(before: str, after: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        text = (folder / TABLE).read_text()
        assert before in text
        (folder / TABLE).write_text(text.replace(before, after))

    return spoil


SPOILT = {
    "no COCO": lambda folder: (folder / COCO).write_text("[]"),
    "cut short": lambda folder: (folder / COCO).write_text("{"),
    "an unknown structure": _coco(lambda told: told["categories"][0].update(name="stomach")),
    "an unknown image": _coco(lambda told: told["annotations"][0].update(image_id=7)),
    "an unknown video": _coco(lambda told: told["images"][0].update(video="9.dcm")),
    "a line for a polygon": _coco(lambda told: told["annotations"][0].update(segmentation=[[1.0, 2.0, 3.0, 4.0]])),
    "too few runs": _coco(lambda told: told["annotations"][0].update(segmentation={"counts": [3, 4]})),
    "no patient": _table("p1", ""),
    "no such mask": _table("masks/1_0_cervical_spine.png", "masks/none.png"),
    "no such frame": _coco(lambda told: told["images"][0].update(frame=100_000)),
    "no such video": _table("0.dcm", "7.dcm"),
    "beyond the scale": _table("0.dcm,p0,,,,,1", "0.dcm,p0,,,,,9"),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_what_is_not_as_it_should_be_is_said_and_nothing_is_learnt(own: Path, tmp_path: Path, spoilt: str) -> None:
    assert frames(own.parent, tmp_path / "before")
    SPOILT[spoilt](own)
    with pytest.raises(DataSetError):
        frames(own.parent, tmp_path / "drawn")


def test_a_video_that_is_none_is_named(own: Path, tmp_path: Path) -> None:
    (own / "1.avi").unlink()
    (own / "1.avi").write_bytes(b"RIFF" + bytes(100))
    with pytest.raises(DataSetError, match=r"1\.avi"):
        frames(own.parent, tmp_path / "drawn")
    assert len(pictures(own)) == 2


def test_where_there_is_no_hospital_there_are_no_frames(tmp_path: Path) -> None:
    assert frames(tmp_path, tmp_path / "drawn") == []
