"""Multi-frame DICOM: every coding, every depth, one window for all frames, and whatever is left of a file that is cut."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import (
    JPEG2000,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
    VideoEndoscopicImageStorage,
    XRayAngiographicImageStorage,
)

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph import limits
from edge_app.radiograph.picture import Assumption
from edge_app.radiograph.transfer_syntax import SUPPORTED
from edge_app.radiograph.video import Video, is_video, read_video
from edge_app.radiograph.video_source import Flaw
from edge_app.simulator.video import SYNTAXES, Cine, write_cine
from tests.edge_app.radiograph import twelve_bit_jpeg
from tests.edge_app.radiograph.dicoms import blocks, compressed, data_set, written
from tests.edge_app.radiograph.moving import COLUMNS, COUNT, ROWS, kept, moving

FRAMES = moving()
LOSSLESS = (RLELossless, JPEGLSLossless, JPEG2000Lossless, JPEGLossless, JPEGLosslessSV1)
LOSSY = {JPEGBaseline8Bit: 12, JPEGLSNearLossless: 4, JPEG2000: 16}


def object_of(frames: NDArray[np.generic], bits: int, **values: object) -> Dataset:
    """A multi-frame object of (n, rows, columns) or (n, rows, columns, 3), which says nothing of time."""
    shown: dict[str, object] = {"Modality": "RF", "NumberOfFrames": len(frames), "PixelData": np.ascontiguousarray(frames).tobytes()}
    return data_set(frames[0], bits, **shown | values)


def video_of(data: bytes, folder: Path, longest_side: int | None = 512) -> Video:
    return read_video(kept(folder / "video", data), longest_side)


def refusal(data: bytes, folder: Path) -> Refusal:
    with pytest.raises(UnreadablePictureError) as caught:
        video_of(data, folder)
    return caught.value.reason


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda uid: uid.name)
def test_what_the_simulator_writes_is_read(syntax: str, tmp_path: Path) -> None:
    path = write_cine(tmp_path / "video.dcm", FRAMES, Cine(step_ms=40.0), transfer_syntax=syntax)
    video = read_video(path)
    assert is_video(path)
    assert video.frames.dtype == np.uint8
    assert abs(video.frames.astype(int) - FRAMES).max() <= (12 if syntax == JPEGBaseline8Bit else 0)
    assert np.allclose(video.times_s, np.arange(COUNT) * 0.04)
    assert (video.rows, video.columns, video.frames_told, video.scale) == (ROWS, COLUMNS, COUNT, 1.0)
    assert video.spacing_mm == (0.3, 0.3)
    assert video.flaws == frozenset()
    assert video.assumptions == (Assumption.SPACING_AT_DETECTOR,)
    assert video.facts.modality == "RF"


@pytest.mark.parametrize("syntax", sorted(set(SUPPORTED) - {JPEGExtended12Bit}))
def test_every_coding_of_pictures_is_read_frame_by_frame(syntax: str, tmp_path: Path) -> None:
    video = video_of(compressed(object_of(FRAMES, 8), syntax, tmp_path), tmp_path)
    assert abs(video.frames.astype(int) - FRAMES).max() <= LOSSY.get(syntax, 0)
    assert video.flaws == {Flaw.RATE_ASSUMED}


def test_twelve_bit_jpeg(tmp_path: Path) -> None:
    frames = np.stack([np.roll(blocks(), 8 * shift, axis=1) for shift in range(3)])
    ds = object_of(frames, 12)
    ds.PixelData = encapsulate([twelve_bit_jpeg.encode(frame[::8, ::8]) for frame in frames])
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    video = video_of(written(ds, JPEGExtended12Bit), tmp_path)
    assert abs(video.frames - frames / 4095 * 255).max() <= 1


def test_frames_are_shrunk_by_area(tmp_path: Path) -> None:
    path = write_cine(tmp_path / "video.dcm", FRAMES)
    video = read_video(path, 32)
    assert video.frames.shape == (COUNT, 24, 32)
    assert abs(video.frames - FRAMES.reshape(COUNT, 24, 2, 32, 2).mean((2, 4))).max() <= 1
    assert (video.rows, video.columns, video.scale) == (ROWS, COLUMNS, 2.0)


def test_one_window_for_all_frames(tmp_path: Path) -> None:
    deep = FRAMES.astype(np.uint16) * 16
    video = video_of(written(object_of(deep, 12, WindowCenter=2000, WindowWidth=1000, VOILUTFunction="LINEAR_EXACT")), tmp_path)
    assert abs(video.frames - np.clip((deep - 1500.0) / 1000, 0, 1) * 255).max() <= 0.51
    assert Assumption.WINDOW_FROM_PIXELS not in video.assumptions


def test_a_window_from_the_pixels_is_not_moved_by_a_black_frame_or_a_flash(tmp_path: Path) -> None:
    deep = FRAMES.astype(np.uint16) * 16
    deep[0], deep[-1] = 0, 65535
    video = video_of(written(object_of(deep, 16, WindowCenter=None, WindowWidth=None)), tmp_path)
    assert Assumption.WINDOW_FROM_PIXELS in video.assumptions
    assert (video.frames[0].max(), video.frames[-1].min()) == (0, 255)
    low, high = np.median(np.percentile(deep, (0.5, 99.5), axis=(1, 2)), axis=1)
    assert abs(video.frames[1:-1] - np.clip((deep[1:-1] - low) / (high - low), 0, 1) * 255).max() <= 16


def test_signed_values_and_a_rescale(tmp_path: Path) -> None:
    values = {"RescaleSlope": 2, "RescaleIntercept": 10, "WindowCenter": 10, "WindowWidth": 256, "VOILUTFunction": "LINEAR_EXACT"}
    video = video_of(written(object_of((FRAMES.astype(np.int16) - 128), 16, **values)), tmp_path)
    assert abs(video.frames - np.clip((FRAMES - 128.0) * 2 / 256 + 0.5, 0, 1) * 255).max() <= 0.51


def test_monochrome1_is_shown_the_right_way_round(tmp_path: Path) -> None:
    ds = object_of(255 - FRAMES, 8, PhotometricInterpretation="MONOCHROME1", WindowCenter=127.5, VOILUTFunction="LINEAR_EXACT")
    ds.WindowWidth = 255
    assert np.array_equal(video_of(written(ds), tmp_path).frames, FRAMES)


def test_colour_becomes_its_brightness(tmp_path: Path) -> None:
    grey = np.repeat(FRAMES[..., None], 3, axis=-1)
    video = video_of(written(object_of(grey, 8)), tmp_path)
    assert abs(video.frames.astype(int) - FRAMES).max() <= 1
    assert Flaw.COLOURFUL not in video.flaws
    pink = grey // np.array([1, 4, 2], dtype=np.uint8)
    video = video_of(written(object_of(pink, 8)), tmp_path)
    assert abs(video.frames - pink @ np.array([0.299, 0.587, 0.114])).max() <= 1
    assert Flaw.COLOURFUL in video.flaws


def test_a_vector_of_times_is_a_variable_rate(tmp_path: Path) -> None:
    steps_ms = [0.0, *[33.3, 33.3, 66.6] * 4][:COUNT]
    video = read_video(write_cine(tmp_path / "video.dcm", FRAMES, Cine(steps_ms=steps_ms, sop_class=XRayAngiographicImageStorage)))
    assert np.allclose(video.times_s, np.cumsum(steps_ms) / 1000)
    assert video.flaws == {Flaw.VARIABLE_RATE}
    assert video.facts.modality == "XA"


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, JPEGBaseline8Bit, *LOSSLESS], ids=lambda uid: uid.name)
def test_what_is_left_of_a_cut_file_is_read(syntax: str, tmp_path: Path) -> None:
    data = compressed(object_of(FRAMES, 8, FrameTime="40"), syntax, tmp_path)
    start = data.index(b"\xe0\x7f\x10\x00")
    read = []
    assert refusal(data[: start + round((len(data) - start) * 0.05)], tmp_path) is Refusal.TRUNCATED
    for share in (0.3, 0.55, 0.8, 0.999):
        video = video_of(data[: start + round((len(data) - start) * share)], tmp_path)
        assert Flaw.TRUNCATED in video.flaws
        assert video.frames_told == COUNT
        assert abs(video.frames.astype(int) - FRAMES[: len(video.frames)]).max() <= LOSSY.get(syntax, 0)
        assert np.allclose(video.times_s, np.arange(len(video.frames)) * 0.04)
        read.append(len(video.frames))
    assert read == sorted(read)
    assert read[0] >= 2
    assert read[-1] >= COUNT - 1


def test_frames_in_several_fragments_with_and_without_an_offset_table(tmp_path: Path) -> None:
    path = write_cine(tmp_path / "video.dcm", FRAMES, transfer_syntax=JPEG2000Lossless)
    whole = dcmread(path)
    codestreams = _frames(whole)
    for table in (True, False):
        whole.PixelData = encapsulate(codestreams, fragments_per_frame=3, has_bot=table)
        whole.save_as(path)
        video = read_video(path)
        assert np.array_equal(video.frames, FRAMES)
        assert video.flaws == frozenset()
        kept(path, path.read_bytes()[:-300])
        video = read_video(path)
        assert np.array_equal(video.frames, FRAMES[:-1])
        assert video.flaws == {Flaw.TRUNCATED}


def test_frames_that_cannot_be_decoded_are_left_out_at_their_times(tmp_path: Path) -> None:
    path = write_cine(tmp_path / "video.dcm", FRAMES, Cine(step_ms=40.0), transfer_syntax=JPEGLSLossless)
    broken = dcmread(path)
    codestreams = _frames(broken)
    codestreams[4], codestreams[5] = codestreams[4][:60], b"\xff\xd8" + bytes(40)
    broken.PixelData = encapsulate(codestreams)
    broken.save_as(path)
    video = read_video(path)
    there = [index for index in range(COUNT) if index not in {4, 5}]
    assert np.array_equal(video.frames, FRAMES[there])
    assert np.allclose(video.times_s, np.array(there) * 0.04)
    assert video.flaws == {Flaw.FRAMES_MISSING, Flaw.VARIABLE_RATE}


def test_a_stream_of_broken_frames_is_given_up(tmp_path: Path) -> None:
    path = write_cine(tmp_path / "video.dcm", FRAMES, transfer_syntax=JPEGLSLossless)
    broken = dcmread(path)
    codestreams = _frames(broken)
    broken.PixelData = encapsulate([*codestreams[:4], *[b"\xff\xd8" + bytes(40)] * (COUNT - 4)])
    broken.save_as(path)
    video = read_video(path)
    assert len(video.frames) == 4
    assert video.flaws == {Flaw.TRUNCATED}
    broken.PixelData = encapsulate([b"\xff\xd8" + bytes(40)] * COUNT)
    broken.save_as(path)
    with pytest.raises(UnreadablePictureError):
        read_video(path)


def test_what_is_no_video_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(written(object_of(FRAMES[:1], 8)), tmp_path) is Refusal.SINGLE_FRAME
    assert refusal(written(object_of(FRAMES, 8, NumberOfFrames="0")), tmp_path) is Refusal.SINGLE_FRAME
    assert (
        refusal(written(object_of(FRAMES, 8, SOPClassUID=VideoEndoscopicImageStorage, Modality="ES")), tmp_path) is Refusal.WRONG_MODALITY
    )
    assert refusal(written(object_of(FRAMES, 8, PixelData=b"")), tmp_path) is Refusal.NO_PIXEL_DATA
    assert refusal(written(object_of(FRAMES, 8, Rows=0)), tmp_path) is Refusal.EMPTY_PICTURE
    assert refusal(written(object_of(FRAMES, 8, Rows=60_000, Columns=60_000)), tmp_path) is Refusal.TOO_LARGE
    assert refusal(written(object_of(FRAMES, 8, NumberOfFrames=COUNT, PixelData=FRAMES[:1].tobytes())), tmp_path) is Refusal.TRUNCATED
    monkeypatch.setattr(limits, "MAX_FRAME_PIXELS", ROWS * COLUMNS - 1)
    assert refusal(written(object_of(FRAMES, 8)), tmp_path) is Refusal.TOO_LARGE


@pytest.mark.skipif(shutil.which("dcmdump") is None, reason="dcmtk is not there")
@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda uid: uid.name)
def test_dcmtk_reads_what_the_simulator_writes(syntax: str, tmp_path: Path) -> None:
    path = write_cine(tmp_path / "video.dcm", FRAMES, transfer_syntax=syntax)
    dumped = subprocess.run(["dcmdump", "+P", "NumberOfFrames", str(path)], capture_output=True, text=True, timeout=30, check=True)
    assert f"[{COUNT}]" in dumped.stdout
    assert dumped.stderr == ""


@pytest.mark.skipif(shutil.which("dcmcjpeg") is None, reason="dcmtk is not there")
def test_what_dcmtk_compresses_is_read(tmp_path: Path) -> None:
    plain, packed = write_cine(tmp_path / "plain.dcm", FRAMES), tmp_path / "packed.dcm"
    for option, worst in (("+e1", 0), ("+eb", 12)):
        subprocess.run(["dcmcjpeg", option, str(plain), str(packed)], check=True, timeout=30)
        assert abs(read_video(packed).frames.astype(int) - FRAMES).max() <= worst


def _frames(whole: Dataset) -> list[bytes]:
    return list(generate_frames(whole.PixelData, number_of_frames=COUNT))
