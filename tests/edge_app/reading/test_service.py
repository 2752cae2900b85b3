"""The reading service: each picture once, set aside only where it was the picture that ended the service."""

import errno
from dataclasses import replace
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.attempts import STARTS_BEFORE_SET_ASIDE
from edge_app.casebook.cases import CaseState
from edge_app.casebook.films import LONGEST_SIDE as FILM_SIDE
from edge_app.casebook.films import film_bytes, frame_of
from edge_app.casebook.radiographs import Door, StoredRadiograph, add_radiograph
from edge_app.casebook.readings import reading_of
from edge_app.casebook.renditions import rendition_of
from edge_app.database import StorageError
from edge_app.errors import Refusal
from edge_app.radiograph.edits import UNEDITED, Edits
from edge_app.radiograph.picture import Facts
from edge_app.reading import service
from edge_app.reading.finding import Film, Protocol, Reading
from edge_app.reading.reader import Reader
from edge_app.reading.service import ReadingRoom
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx
from edge_app.simulator.video import write_cine, write_video
from tests.edge_app.casebook.builders import assessed, refused
from tests.edge_app.full_disk import Disk
from tests.edge_app.radiograph.moving import COUNT, moving


class _Killed(BaseException):
    """Stands for the end of the process in the middle of a picture."""


class _Reads:
    """Stands for the models."""

    def __init__(self, reading: Reading | None) -> None:
        self._reading = reading

    def read(self, _path: Path, _protocol: object, _maps: Path, *, edits: Edits) -> Reading:
        assert edits == UNEDITED
        if self._reading is None:
            raise _Killed
        return self._reading


def room(casebook: Casebook, reading: Reading | None) -> ReadingRoom:
    """As a process newly started has it."""
    return ReadingRoom(casebook, cast("Reader", _Reads(reading)), None)


@pytest.fixture
def radiograph(casebook: Casebook) -> StoredRadiograph:
    content = b"a picture"
    digest = casebook.pictures.keep(content)
    return add_radiograph(casebook.database, facts=Facts(), sha256=digest, size_bytes=len(content), door=Door.UPLOAD)[0]


def test_a_picture_that_ends_the_service_each_time_is_set_aside(casebook: Casebook, radiograph: StoredRadiograph) -> None:
    for _ in range(STARTS_BEFORE_SET_ASIDE):
        with pytest.raises(_Killed):
            room(casebook, None).step()
    assert room(casebook, None).step()
    stored = reading_of(casebook.database, radiograph.id)
    assert stored is not None
    assert stored.reading.refusal is not None
    assert stored.reading.refusal.reason is Refusal.MALFORMED
    assert not room(casebook, None).step()


def test_a_disk_that_was_full_for_long_sets_no_picture_aside(casebook: Casebook, radiograph: StoredRadiograph, disk: Disk) -> None:
    reads = room(casebook, assessed())
    disk.fill(casebook.database)
    for _ in range(STARTS_BEFORE_SET_ASIDE + 2):
        with pytest.raises(StorageError):
            reads.step()
    disk.free()
    assert reads.step()
    stored = reading_of(casebook.database, radiograph.id)
    assert stored is not None
    assert stored.reading.assessed
    # A process newly started may still begin it as often as any other.
    row = casebook.database.row("SELECT started FROM reading_attempts")
    assert row is not None
    assert row["started"] == 1


@pytest.fixture
def held(casebook: Casebook, tmp_path: Path) -> StoredRadiograph:
    """A picture that was read, of a case that a hospital holds."""
    content = write_dx(tmp_path / "x.dcm", simulated_chest(3, 128, 128)).read_bytes()
    digest = casebook.pictures.keep(content)
    one, _new = add_radiograph(casebook.database, facts=Facts(), sha256=digest, size_bytes=len(content), door=Door.UPLOAD)
    reads = room(casebook, assessed())
    assert reads.step()
    assert reads.step()
    assert rendition_of(casebook, one.id) is not None
    casebook.database.tables.table("cases").update(one.case_id, {"state": str(CaseState.HELD)})
    return one


def test_a_picture_that_was_read_is_shown_though_a_kill_came_between(casebook: Casebook, tmp_path: Path) -> None:
    content = write_dx(tmp_path / "x.dcm", simulated_chest(3, 128, 128)).read_bytes()
    digest = casebook.pictures.keep(content)
    one, _new = add_radiograph(casebook.database, facts=Facts(), sha256=digest, size_bytes=len(content), door=Door.UPLOAD)
    assert room(casebook, assessed()).step()
    assert rendition_of(casebook, one.id) is None
    assert room(casebook, assessed()).step(), "as a process newly started"
    assert rendition_of(casebook, one.id) is not None
    assert not room(casebook, assessed()).step()


STILL = 7


@pytest.fixture
def video(casebook: Casebook, tmp_path: Path) -> StoredRadiograph:
    """A video that came in, larger than a screen plays it."""
    content = write_cine(tmp_path / "x.dcm", moving(rows=480, columns=640)).read_bytes()
    digest = casebook.pictures.keep(content)
    return add_radiograph(casebook.database, facts=Facts(), sha256=digest, size_bytes=len(content), door=Door.UPLOAD)[0]


def followed(still: int = STILL) -> Reading:
    """What the models say of it."""
    film = Film(tuple(number / 30 for number in range(COUNT)), (), (), still)
    return replace(assessed(), protocol=Protocol.SWALLOW, film=film)


def shown(casebook: Casebook, video: StoredRadiograph) -> None:
    """The film is there whole, and a rendition of the frame that stands for all, as large as it came."""
    expected = moving(rows=480, columns=640)
    for number in (0, STILL, COUNT - 1):
        frame = frame_of(casebook, video.id, number)
        assert frame is not None
        assert max(frame.shape) == FILM_SIDE
        small = cv2.resize(expected[number], (frame.shape[1], frame.shape[0]), interpolation=cv2.INTER_AREA)
        assert abs(frame.astype(int) - small).mean() < 3
    assert frame_of(casebook, video.id, COUNT) is None
    rendition = rendition_of(casebook, video.id)
    assert rendition is not None
    assert (rendition.rows, rendition.columns) == rendition.pixels.shape == (480, 640)
    assert np.array_equal(rendition.pixels, expected[STILL])
    assert rendition.spacing_mm == (0.3, 0.3)


def test_a_video_is_shown_by_its_film_and_by_the_frame_that_stands_for_it(casebook: Casebook, video: StoredRadiograph) -> None:
    reads = room(casebook, followed())
    assert reads.step()
    assert reads.step()
    shown(casebook, video)
    assert not reads.step()


@pytest.mark.parametrize("killed_in", ["_played", "add_film", "add_rendition"])
def test_a_video_that_was_read_is_shown_though_a_kill_came_between(
    casebook: Casebook, video: StoredRadiograph, monkeypatch: pytest.MonkeyPatch, killed_in: str
) -> None:
    def killed(*_arguments: object) -> None:
        raise _Killed

    assert room(casebook, followed()).step()
    with monkeypatch.context() as dying:
        dying.setattr(service, killed_in, killed)
        with pytest.raises(_Killed):
            room(casebook, followed()).step()
    assert rendition_of(casebook, video.id) is None
    reads = room(casebook, followed())
    assert reads.step(), "as a process newly started"
    shown(casebook, video)
    assert not reads.step()


def test_a_video_that_ends_the_service_each_time_it_is_played_is_left_and_stays_read(
    casebook: Casebook, video: StoredRadiograph, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_arguments: object) -> None:
        raise _Killed

    assert room(casebook, followed()).step()
    monkeypatch.setattr(service, "_played", killed)
    for _ in range(STARTS_BEFORE_SET_ASIDE):
        with pytest.raises(_Killed):
            room(casebook, followed()).step()
    assert not room(casebook, followed()).step()
    stored = reading_of(casebook.database, video.id)
    assert stored is not None
    assert stored.reading.assessed


@pytest.mark.parametrize("left", [0.02, 0.5], ids=["no frame", "not the frame that stands for it"])
def test_a_video_that_no_longer_decodes_is_tried_no_more(casebook: Casebook, video: StoredRadiograph, left: float) -> None:
    reads = room(casebook, followed())
    assert reads.step()
    file = casebook.pictures.path_of(video.sha256)
    data = file.read_bytes()
    file.write_bytes(data[: round(left * len(data))])
    assert reads.step()
    assert not reads.step()
    assert rendition_of(casebook, video.id) is None
    assert film_bytes(casebook, video.id) is None


def test_a_video_that_was_refused_is_shown_all_the_same(casebook: Casebook, tmp_path: Path) -> None:
    content = write_video(tmp_path / "x.avi", moving(rows=480, columns=640)).read_bytes()
    digest = casebook.pictures.keep(content)
    one, _new = add_radiograph(casebook.database, facts=Facts(), sha256=digest, size_bytes=len(content), door=Door.UPLOAD)
    reads = room(casebook, refused(Refusal.NO_CONTRAST))
    assert reads.step()
    assert reads.step()
    assert frame_of(casebook, one.id, COUNT - 1) is not None
    rendition = rendition_of(casebook, one.id)
    assert rendition is not None
    assert abs(rendition.pixels.astype(int) - moving(rows=480, columns=640)[0]).mean() < 5
    assert not reads.step()


def test_of_a_picture_of_many_frames_that_is_read_by_its_first_there_is_no_film(casebook: Casebook, video: StoredRadiograph) -> None:
    reads = room(casebook, assessed())
    assert reads.step()
    assert reads.step()
    assert rendition_of(casebook, video.id) is not None
    assert film_bytes(casebook, video.id) is None


def test_a_film_waits_for_room_on_the_disk(casebook: Casebook, video: StoredRadiograph, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = room(casebook, followed())
    assert reads.step()
    with monkeypatch.context() as full:
        full.setattr(service, "STORE_AGAIN_S", 0.0)

        def no_room(*_arguments: object) -> None:
            raise OSError(errno.ENOSPC, "no space left on device")

        full.setattr(service, "add_film", no_room)
        for _ in range(STARTS_BEFORE_SET_ASIDE + 2):
            assert reads.step()
    assert reads.step()
    shown(casebook, video)


def test_what_cannot_be_shown_is_tried_no_more(casebook: Casebook, radiograph: StoredRadiograph) -> None:
    reads = room(casebook, assessed())
    assert reads.step()
    assert reads.step()
    assert not reads.step()
    assert rendition_of(casebook, radiograph.id) is None


def ready(casebook: Casebook) -> list[tuple[int, bool]]:
    return [(row["started"], row["sha256"] is not None) for row in casebook.database.rows("SELECT * FROM originals")]


def test_the_original_is_made_ready_once_somebody_has_the_case(casebook: Casebook, held: StoredRadiograph) -> None:
    reads = room(casebook, assessed())
    assert reads.step()
    assert ready(casebook) == [(1, True)]
    assert not reads.step()


def test_an_unread_picture_goes_before_an_original(casebook: Casebook, held: StoredRadiograph, radiograph: StoredRadiograph) -> None:
    reads = room(casebook, assessed())
    assert reads.step()
    assert reading_of(casebook.database, radiograph.id) is not None
    assert ready(casebook) == []


def test_an_original_that_ends_the_service_each_time_is_left(
    casebook: Casebook, held: StoredRadiograph, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_path: Path) -> None:
        raise _Killed

    monkeypatch.setattr(service, "original_of", killed)
    for _ in range(STARTS_BEFORE_SET_ASIDE):
        with pytest.raises(_Killed):
            room(casebook, assessed()).step()
    assert not room(casebook, assessed()).step()


def test_an_original_waits_for_room_on_the_disk(casebook: Casebook, held: StoredRadiograph, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = room(casebook, assessed())
    with monkeypatch.context() as full:
        full.setattr(service, "STORE_AGAIN_S", 0.0)

        def no_room(*_arguments: object) -> None:
            raise OSError(errno.ENOSPC, "no space left on device")

        full.setattr(service, "add_original", no_room)
        for _ in range(STARTS_BEFORE_SET_ASIDE + 2):
            assert reads.step()
    assert reads.step()
    assert ready(casebook) == [(1, True)]
