"""Video files and the streams in DICOM objects: containers, codings, times, and whatever is left of a file that is cut."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydicom.uid import HEVCMP51, MPEG2MPML, MPEG4HP41

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.container import is_whole
from edge_app.radiograph.file_kind import kind_of, opened
from edge_app.radiograph.video import Video, is_video, read_video
from edge_app.radiograph.video_source import Flaw
from edge_app.simulator.video import Cine, write_stream, write_video
from tests.edge_app.radiograph import avc_mp4
from tests.edge_app.radiograph.moving import COLUMNS, COUNT, ROWS, kept, moving

FRAMES = moving()
UNEVEN_MS = [33, 33, 67, 33, 100, 33, 33, 17, 33, 33, 50, 33]
# What video coding in 16…235 shows.
SHOWN = (FRAMES - 16.0) * 255 / 219
STEP_S = 1 / 30


def refusal(path: Path) -> Refusal:
    with pytest.raises(UnreadablePictureError) as caught:
        read_video(path)
    return caught.value.reason


def alike(video: Video, worst: float = 12) -> bool:
    """Whether the frames are the first of those written, as far as a lossy coding lets them."""
    return bool(np.abs(video.frames - FRAMES[: len(video.frames)].astype(float)).mean() <= worst)


def whole(path: Path) -> bool:
    with opened(path) as source:
        return is_whole(source, kind_of(source))


def coded(path: Path, codec: str, *, fps: float = 30.0) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), fps, (COLUMNS, ROWS))
    if not writer.isOpened():
        pytest.skip(f"no encoder for {codec}")
    for frame in FRAMES:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    writer.release()
    return path


@pytest.mark.parametrize("suffix", [".avi", ".mp4", ".mov", ".mkv"])
def test_what_the_simulator_writes_is_read(suffix: str, tmp_path: Path) -> None:
    path = write_video(tmp_path / f"swallow{suffix}", FRAMES)
    video = read_video(path.rename(tmp_path / "a name proves nothing.txt"))
    assert video.frames.shape == FRAMES.shape
    assert alike(video)
    assert np.allclose(video.times_s, np.arange(COUNT) * STEP_S, atol=0.001)
    assert (video.rows, video.columns) == (ROWS, COLUMNS)
    assert video.frames_told == (None if suffix == ".mkv" else COUNT)
    assert (video.flaws, video.spacing_mm) == (frozenset(), None)


@pytest.mark.parametrize(
    ("name", "codec"),
    [("raw.avi", "I420"), ("divx.avi", "XVID"), ("ffv1.avi", "FFV1"), ("huff.avi", "HFYU"), ("mpeg2.avi", "MPG2"), ("png.avi", "MPNG"),
     ("vp9.mp4", "vp09"), ("vp8.webm", "VP80"), ("jpeg.mov", "MJPG")],
)  # fmt: skip
def test_other_codings(name: str, codec: str, tmp_path: Path) -> None:
    video = read_video(coded(tmp_path / name, codec))
    assert video.frames.shape == FRAMES.shape
    assert alike(video)
    assert np.allclose(video.times_s, np.arange(COUNT) * STEP_S, atol=0.001)
    assert video.flaws == frozenset()


@pytest.mark.parametrize("index_first", [True, False])
def test_h264_in_an_mp4(index_first: bool, tmp_path: Path) -> None:
    video = read_video(kept(tmp_path / "swallow.mp4", avc_mp4.mp4(FRAMES, [40] * COUNT, index_first=index_first)))
    assert np.abs(video.frames - SHOWN).max() <= 1
    assert np.allclose(video.times_s, np.arange(COUNT) * 0.04)
    assert (video.frames_told, video.flaws) == (COUNT, frozenset())


def test_a_variable_rate_keeps_the_time_of_every_frame(tmp_path: Path) -> None:
    video = read_video(kept(tmp_path / "swallow.mp4", avc_mp4.mp4(FRAMES, UNEVEN_MS)))
    assert np.allclose(video.times_s, np.cumsum([0, *UNEVEN_MS[:-1]]) / 1000)
    assert video.flaws == {Flaw.VARIABLE_RATE}


def test_a_rate_that_cannot_be_is_not_believed(tmp_path: Path) -> None:
    video = read_video(kept(tmp_path / "swallow.mp4", avc_mp4.mp4(FRAMES, [1] * COUNT)))
    assert np.allclose(video.times_s, np.arange(COUNT) * STEP_S)
    assert video.flaws == {Flaw.RATE_ASSUMED}


def test_frames_are_shrunk_and_shown_at_their_shape(tmp_path: Path) -> None:
    video = read_video(kept(tmp_path / "swallow.mp4", avc_mp4.mp4(FRAMES, [40] * COUNT)), 32)
    assert video.frames.shape == (COUNT, 24, 32)
    assert np.abs(video.frames - SHOWN.reshape(COUNT, 24, 2, 32, 2).mean((2, 4))).max() <= 1.5
    assert (video.scale, video.pixel_aspect) == (2.0, 1.0)


def test_colour_becomes_its_brightness_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "endoscopy.avi"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"FFV1"), 30.0, (COLUMNS, ROWS))
    for frame in FRAMES:
        writer.write(np.stack([frame // 4, frame // 2, frame], axis=-1))
    writer.release()
    video = read_video(path)
    assert np.abs(video.frames - FRAMES * (0.299 + 0.587 / 2 + 0.114 / 4)).max() <= 2
    assert video.flaws == {Flaw.COLOURFUL}


@pytest.mark.parametrize("name", ["swallow.avi", "swallow.mkv", "swallow.mp4"])
def test_what_is_left_of_a_cut_file_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    data = avc_mp4.mp4(FRAMES, [40] * COUNT) if name.endswith(".mp4") else write_video(path, FRAMES).read_bytes()
    read = []
    assert whole(kept(path, data))
    start = max(data.find(b"movi"), data.find(b"mdat"), data.find(b"\x1f\x43\xb6\x75"))
    for share in (0.4, 0.6, 0.8, 0.9):
        kept(path, data[: start + round((len(data) - start) * share)])
        assert not whole(path)
        video = read_video(path)
        assert Flaw.TRUNCATED in video.flaws
        assert np.allclose(video.times_s, np.arange(len(video.frames)) * (0.04 if name.endswith(".mp4") else STEP_S), atol=0.001)
        read.append(len(video.frames))
    assert 2 <= read[0] < COUNT
    assert read == sorted(read)


def test_a_cut_file_of_which_nothing_is_left_is_truncated(tmp_path: Path) -> None:
    path = tmp_path / "swallow.mp4"
    data = avc_mp4.mp4(FRAMES, [40] * COUNT, index_first=False)
    assert refusal(kept(path, data[: len(data) // 2])) is Refusal.TRUNCATED
    assert refusal(kept(path, data[:12])) is Refusal.TRUNCATED
    assert refusal(kept(path, write_video(tmp_path / "a.avi", FRAMES).read_bytes()[:300])) is Refusal.TRUNCATED


def test_a_recorder_that_was_switched_off(tmp_path: Path) -> None:
    path = write_video(tmp_path / "swallow.avi", FRAMES)
    data = path.read_bytes()
    kept(path, data[:4] + bytes(4) + data[8 : data.index(b"idx1")])
    video = read_video(path)
    assert video.frames.shape == FRAMES.shape
    assert video.flaws == {Flaw.TRUNCATED}


def test_frames_that_a_recorder_dropped_are_missing_and_the_times_go_on(tmp_path: Path) -> None:
    path = write_video(tmp_path / "swallow.avi", FRAMES)
    data = bytearray(path.read_bytes())
    # In AVI a chunk of no length repeats the frame before; the bytes that were the frame become a chunk to be skipped.
    at = data.index(b"movi") + 4
    for _ in range(5):
        at += 8 + (struct.unpack_from("<I", data, at + 4)[0] + 1) // 2 * 2
    (length,) = struct.unpack_from("<I", data, at + 4)
    data[at : at + 16] = data[at : at + 4] + bytes(4) + b"JUNK" + struct.pack("<I", length - 8)
    entry = data.index(b"idx1") + 8 + 5 * 16
    data[entry + 12 : entry + 16] = bytes(4)
    video = read_video(kept(path, bytes(data)))
    assert len(video.frames) == COUNT - 1
    assert np.allclose(video.times_s, [index * STEP_S for index in range(COUNT) if index != 5], atol=0.001)
    assert video.flaws == {Flaw.FRAMES_MISSING, Flaw.VARIABLE_RATE}


@pytest.mark.parametrize("container", ["byte stream", "MP4"])
def test_h264_in_dicom_has_the_times_of_its_header(container: str, tmp_path: Path) -> None:
    data = avc_mp4.stream(FRAMES) if container == "byte stream" else avc_mp4.mp4(FRAMES, [40] * COUNT)
    path = write_stream(tmp_path / "video.dcm", data, FRAMES, Cine(step_ms=50.0), transfer_syntax=MPEG4HP41)
    assert is_video(path)
    video = read_video(path)
    assert np.abs(video.frames - SHOWN).max() <= 1
    assert np.allclose(video.times_s, np.arange(COUNT) * 0.05)
    assert (video.frames_told, video.spacing_mm, video.facts.modality) == (COUNT, (0.3, 0.3), "RF")
    assert video.flaws == frozenset()


def test_mpeg2_in_dicom(tmp_path: Path) -> None:
    stream = coded(tmp_path / "stream.ts", "MPG2").read_bytes()
    video = read_video(write_stream(tmp_path / "video.dcm", stream, FRAMES, transfer_syntax=MPEG2MPML))
    assert video.frames.shape == FRAMES.shape
    assert alike(video)
    assert video.flaws == frozenset()


def test_a_cut_stream_in_dicom(tmp_path: Path) -> None:
    path = write_stream(tmp_path / "video.dcm", avc_mp4.stream(FRAMES), FRAMES, transfer_syntax=MPEG4HP41)
    data = path.read_bytes()
    # In one fragment, as most are written: what is left of it is still a stream.
    video = read_video(kept(path, data[: len(data) // 2]))
    assert 2 <= len(video.frames) < COUNT
    assert video.flaws == {Flaw.TRUNCATED}
    video = read_video(write_stream(path, avc_mp4.stream(FRAMES[:6]), FRAMES, transfer_syntax=MPEG4HP41))
    assert len(video.frames) == 6
    assert video.flaws == {Flaw.TRUNCATED}


def test_what_is_no_video_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "video"
    assert refusal(kept(path, avc_mp4.mp4(FRAMES[:1], [40]))) is Refusal.SINGLE_FRAME
    assert refusal(write_stream(path, avc_mp4.stream(FRAMES[:1]), FRAMES[:1], transfer_syntax=MPEG4HP41)) is Refusal.SINGLE_FRAME
    assert refusal(write_stream(path, bytes(1000), FRAMES, transfer_syntax=HEVCMP51)) is Refusal.MALFORMED
    assert refusal(kept(path, avc_mp4.box(b"ftyp", b"isom", bytes(4)) + avc_mp4.box(b"moov", bytes(64)))) is Refusal.MALFORMED
    assert refusal(kept(path, avc_mp4.mp4(FRAMES, [40] * COUNT).replace(b"avc1\0\0\0\0", b"none\0\0\0\0"))) is Refusal.MALFORMED
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\nhttp://127.0.0.1:9/a.ts\n"
    assert refusal(kept(path, playlist)) is Refusal.NOT_A_PICTURE
    assert refusal(write_stream(path, playlist, FRAMES, transfer_syntax=MPEG4HP41)) is Refusal.MALFORMED
