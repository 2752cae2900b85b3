"""Whatever is opened as a video: frames that make sense, or a refusal; no more memory than they need."""

import os
import tracemalloc
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.uid import MPEG4HP41, ExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.original import original_of
from edge_app.radiograph.reader import read_facts
from edge_app.radiograph.video import Video, frames_of, is_video, open_video, read_video
from edge_app.radiograph.video_source import Flaw
from edge_app.simulator.video import Cine, write_cine, write_stream, write_video
from tests.edge_app.radiograph import avc_mp4
from tests.edge_app.radiograph.dicoms import data_set, phantom, written
from tests.edge_app.radiograph.moving import COUNT, kept, moving

FRAMES = moving()
QUICK = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "20")), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
# A process each, so fewer of them.
SLOW = settings(QUICK, max_examples=max(4, QUICK.max_examples // 5))
PICTURES = (ExplicitVRLittleEndian, RLELossless, JPEGBaseline8Bit, JPEGLSLossless, JPEG2000Lossless)


def outcome(data: bytes) -> Video | Refusal:
    with TemporaryDirectory() as folder:
        path = kept(Path(folder, "video"), data)
        is_video(path)
        try:
            video = read_video(path, 32)
        except UnreadablePictureError as error:
            return error.reason
    assert video.frames.dtype == np.uint8
    assert max(video.frames.shape[1:]) <= 32
    assert len(video.frames) == len(video.times_s) >= 2
    assert video.times_s[0] == 0
    assert (np.diff(video.times_s) > 0).all()
    return video


@cache
def whole(kind: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "video")
        if kind in PICTURES:
            return write_cine(path, FRAMES, transfer_syntax=kind).read_bytes()
        if kind == "H.264 in DICOM":
            return write_stream(path, avc_mp4.stream(FRAMES), FRAMES, transfer_syntax=MPEG4HP41).read_bytes()
        return avc_mp4.mp4(FRAMES, [40] * COUNT) if kind == "MP4" else write_video(path.with_suffix(kind), FRAMES).read_bytes()


@QUICK
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    outcome(data)
    outcome(bytes(128) + b"DICM" + data)


@SLOW
@given(st.binary(max_size=400))
def test_any_bytes_behind_the_head_of_a_container(data: bytes) -> None:
    outcome(b"RIFF\xff\0\0\0AVI " + data)
    outcome(b"\0\0\0\x10ftypisom\0\0\2\0" + data)
    outcome(b"\x1a\x45\xdf\xa3" + data)


def changed(original: bytes, data: st.DataObject) -> bytes:
    mutated = bytearray(original)
    # Half of the changes where they hurt most: in the header.
    places = data.draw(st.lists(st.integers(0, min(len(mutated), 1500) - 1) | st.integers(0, len(mutated) - 1), min_size=1, max_size=8))
    for place in places:
        mutated[place] = data.draw(st.integers(0, 255) | st.sampled_from([0, 1, 0x7F, 0x80, 0xFE, 0xFF]))
    return bytes(mutated[: data.draw(st.just(len(mutated)) | st.integers(0, len(mutated)))])


@QUICK
@given(data=st.data())
@pytest.mark.parametrize("kind", PICTURES, ids=lambda uid: uid.name)
def test_objects_with_bytes_changed_and_gone(kind: str, data: st.DataObject) -> None:
    outcome(changed(whole(kind), data))


@SLOW
@given(data=st.data())
@pytest.mark.parametrize("kind", [".avi", ".mp4", ".mkv", "MP4", "H.264 in DICOM"])
def test_streams_with_bytes_changed_and_gone(kind: str, data: st.DataObject) -> None:
    outcome(changed(whole(kind), data))


@pytest.mark.parametrize("kind", [*PICTURES, ".avi", ".mp4", ".mkv", "MP4", "H.264 in DICOM"])
def test_a_video_is_known_by_its_bytes(kind: str, tmp_path: Path) -> None:
    assert is_video(kept(tmp_path / "video", whole(kind)))


def test_what_is_no_video_is_known_too(tmp_path: Path) -> None:
    path = tmp_path / "picture"
    Image.fromarray(FRAMES[0]).save(path, "PNG")
    pictures = [path.read_bytes(), written(data_set(phantom(8), 8)), b"carefree text", b"RIFF\0\0\0\0WAVEfmt ", b"\0", b""]
    for data in pictures:
        assert not is_video(kept(path, data))
    assert not is_video(tmp_path / "nothing")
    assert not is_video(tmp_path)
    reasons = [outcome(data) for data in pictures]
    assert reasons == [Refusal.SINGLE_FRAME] * 2 + [Refusal.NOT_A_PICTURE] * 3 + [Refusal.EMPTY_PICTURE]
    with pytest.raises(UnreadablePictureError) as caught:
        read_video(tmp_path / "nothing")
    assert caught.value.reason is Refusal.FILE_MISSING


@pytest.mark.parametrize("kind", [JPEGLSLossless, ".avi"])
def test_more_frames_than_asked_for_are_left_out(kind: str, tmp_path: Path) -> None:
    path = kept(tmp_path / "video", whole(kind))
    video = read_video(path, most_frames=5)
    assert (len(video.frames), video.frames_told) == (5, COUNT)
    assert video.flaws == {Flaw.FRAMES_LEFT_OUT}
    assert read_video(path, most_frames=COUNT).flaws == frozenset()
    for nonsense in ({"most_frames": 1}, {"longest_side": 0}):
        with pytest.raises(ValueError, match="at least 2 frames and a side of 1"):
            open_video(path, **nonsense)


@pytest.mark.parametrize("kind", [JPEGLSLossless, "MP4"])
def test_frames_come_one_by_one_as_they_are_in_the_whole(kind: str, tmp_path: Path) -> None:
    path = kept(tmp_path / "video", whole(kind))
    video = read_video(path)
    for number, frame in enumerate(frames_of(path)):
        assert frame.number == number
        assert frame.time_s == video.times_s[number]
        assert np.array_equal(frame.pixels, video.frames[number])
    assert number == COUNT - 1


def test_what_the_body_of_a_with_raises_stays_what_it_is(tmp_path: Path) -> None:
    path = kept(tmp_path / "video", whole(".avi"))
    with pytest.raises(OSError, match="no room"), open_video(path):
        raise OSError("no room")


def test_two_thousand_frames_are_not_held_at_full_size(tmp_path: Path) -> None:
    path = write_cine(tmp_path / "video.dcm", np.zeros((2000, 96, 96), np.uint8), Cine(step_ms=33.0))
    tracemalloc.start()
    try:
        video = read_video(path, 16)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert video.frames.shape == (2000, 16, 16)
    # The file holds 18 MB; the frames here are 0.5 MB, and twice that while they grow.
    assert peak < 6_000_000


def test_a_video_has_no_original_to_send(tmp_path: Path) -> None:
    for kind in (".avi", "MP4", "H.264 in DICOM"):
        path = kept(tmp_path / "video", whole(kind))
        read_facts(path)
        with pytest.raises(UnreadablePictureError) as caught:
            original_of(path)
        assert caught.value.reason is Refusal.MULTI_FRAME
