"""Whatever comes through a door is kept before it is acknowledged, and named where it will not be read."""

import hashlib
import os
from pathlib import Path

import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.radiographs import Door, next_unread
from edge_app.casebook.readings import add_reading
from edge_app.errors import Refusal
from edge_app.files import PictureStore
from edge_app.intake.take_in import take_in
from edge_app.radiograph.video import is_video
from edge_app.simulator.video import write_video
from tests.edge_app.casebook.builders import refused
from tests.edge_app.intake.pictures import chest, chest_file, ct, file_of
from tests.edge_app.radiograph.moving import moving


def count(casebook: Casebook) -> int:
    return len(casebook.database.rows("SELECT id FROM radiographs"))


def test_a_radiograph_is_entered_with_its_facts(casebook: Casebook) -> None:
    content = chest_file()
    taken = take_in(casebook, content, Door.UPLOAD, protocol="chest")
    assert (taken.new, taken.problem) == (True, None)
    radiograph = taken.radiograph
    assert (radiograph.sha256, radiograph.size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (radiograph.door, radiograph.protocol) == (Door.UPLOAD, "chest")
    assert casebook.pictures.path_of(radiograph.sha256).read_bytes() == content
    assert next_unread(casebook.database) == radiograph


BAD = {
    "nothing": (b"", Refusal.EMPTY_PICTURE),
    "a text that calls itself DICOM": (b"Dear colleague, " * 100, Refusal.NOT_A_PICTURE),
    "noise": (os.urandom(4000), Refusal.NOT_A_PICTURE),
    "a CT": (file_of(ct()), Refusal.WRONG_MODALITY),
    "torn in its header": (chest_file()[:300], Refusal.TRUNCATED),
}


@pytest.mark.parametrize(("content", "problem"), BAD.values(), ids=BAD.keys())
def test_what_will_not_be_read_is_kept_named_and_waits_to_be_shown(casebook: Casebook, content: bytes, problem: Refusal) -> None:
    taken = take_in(casebook, content, Door.DROP_FOLDER)
    assert (taken.new, taken.problem) == (True, problem)
    assert casebook.pictures.path_of(taken.radiograph.sha256).read_bytes() == content
    assert next_unread(casebook.database) == taken.radiograph
    assert take_in(casebook, content, Door.DROP_FOLDER).radiograph.id == taken.radiograph.id
    assert count(casebook) == 1


@pytest.mark.parametrize("suffix", [".avi", ".mp4"])
def test_a_video_file_is_taken_in_without_a_problem(casebook: Casebook, suffix: str, tmp_path: Path) -> None:
    content = write_video(tmp_path / f"swallow{suffix}", moving()).read_bytes()
    taken = take_in(casebook, content, Door.DROP_FOLDER)
    assert (taken.new, taken.problem) == (True, None)
    assert is_video(casebook.pictures.path_of(taken.radiograph.sha256))


def test_a_torn_copy_does_not_keep_the_whole_one_out(casebook: Casebook) -> None:
    dataset = chest()
    content, uid = file_of(dataset), str(dataset.SOPInstanceUID)
    torn = take_in(casebook, content[:300], Door.DICOM, sop_instance_uid=uid)
    assert torn.problem is Refusal.TRUNCATED
    whole = take_in(casebook, content, Door.DICOM, sop_instance_uid=uid)
    assert (whole.new, whole.problem, whole.radiograph.sop_instance_uid) == (True, None, uid)
    assert count(casebook) == 2


def test_a_copy_torn_in_its_pixels_does_not_keep_the_whole_one_out(casebook: Casebook) -> None:
    dataset = chest()
    content, uid = file_of(dataset), str(dataset.SOPInstanceUID)
    torn = take_in(casebook, content[:-500], Door.DICOM, sop_instance_uid=uid)
    add_reading(casebook.database, torn.radiograph.id, refused(Refusal.TRUNCATED))
    whole = take_in(casebook, content, Door.DICOM, sop_instance_uid=uid)
    assert (whole.new, whole.problem) == (True, None)
    assert next_unread(casebook.database) == whole.radiograph
    assert not take_in(casebook, content, Door.UPLOAD).new


@pytest.mark.parametrize("name", ["", None])
def test_pictures_without_a_name_are_told_apart_by_their_bytes(casebook: Casebook, name: str | None) -> None:
    assert len({take_in(casebook, bytes([n]) * 9, Door.DICOM, sop_instance_uid=name).radiograph.id for n in range(3)}) == 3


def test_a_full_disk_enters_nothing(casebook: Casebook, small_disk: Path) -> None:
    casebook.pictures = PictureStore(small_disk / "pictures")
    with pytest.raises(OSError, match="No space"):
        take_in(casebook, chest_file(side=256), Door.DICOM)
    assert count(casebook) == 0
    assert take_in(casebook, chest_file(), Door.DICOM).new
