"""Whatever the bytes are: a picture that makes sense, or a refusal. Nothing else, and nothing printed by the reader itself."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import JPEGLSLossless

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.picture import Picture
from edge_app.radiograph.reader import read_facts, read_picture, read_picture_bytes
from edge_app.radiograph.transfer_syntax import SUPPORTED
from tests.edge_app.radiograph import test_plain_image
from tests.edge_app.radiograph.dicoms import NATIVE, blocks, compressed, data_set, phantom, written

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "50"))
QUICK = settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def outcome(data: bytes, longest_side: int | None = None) -> Picture | Refusal:
    try:
        picture = read_picture_bytes(data, longest_side=longest_side)
    except UnreadablePictureError as error:
        return Refusal(error.reason)
    assert picture.pixels.dtype == np.uint16
    assert picture.pixels.size > 0
    assert np.isfinite(picture.windowed(32)).all()
    if longest_side is not None:
        assert max(picture.pixels.shape) <= longest_side
    return picture


@cache
def whole(uid: str) -> bytes:
    with TemporaryDirectory() as folder:
        eight = uid.endswith(".50")
        ds = data_set(phantom(8) if eight else blocks(4, 5), 8 if eight else 12, Manufacturer="Maker", PatientAge="034Y")
        ds.PixelPaddingValue, ds.StudyDate, ds.PixelSpacing = 1, "20260101", [0.1, 0.1]
        if uid in {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"}:
            item = Dataset()
            item.LUTDescriptor = [8, 0, 16]
            item.add_new(0x00283006, "OW", bytes(16))
            ds.VOILUTSequence = Sequence([item])
        return compressed(ds, uid, Path(folder))


@QUICK
@given(st.binary(max_size=600))
def test_any_bytes(data: bytes) -> None:
    outcome(data)
    outcome(bytes(128) + b"DICM" + data)
    outcome(b"\x89PNG\r\n\x1a\n" + data)
    outcome(b"\xff\xd8\xff" + data)


@QUICK
@given(data=st.data())
@pytest.mark.parametrize("uid", sorted(SUPPORTED))
def test_real_files_with_bytes_changed(uid: str, data: st.DataObject) -> None:
    mutated = bytearray(whole(uid))
    # Half of the changes where they hurt most: in the header and in the first bytes of the codestream.
    hot = min(len(mutated), 900)
    places = data.draw(st.lists(st.integers(0, hot - 1) | st.integers(0, len(mutated) - 1), min_size=1, max_size=6))
    for place in places:
        mutated[place] = data.draw(st.integers(0, 255) | st.sampled_from([0, 1, 0x7F, 0x80, 0xFE, 0xFF]))
    outcome(bytes(mutated), data.draw(st.sampled_from([None, 16])))


@QUICK
@given(data=st.data())
@pytest.mark.parametrize("uid", sorted(SUPPORTED))
def test_real_files_with_pieces_gone_or_doubled(uid: str, data: st.DataObject) -> None:
    original = whole(uid)
    start = data.draw(st.integers(0, len(original)))
    end = data.draw(st.integers(start, min(len(original), start + 300)))
    piece = data.draw(st.sampled_from([b"", original[start:end] * 2, bytes(end - start), b"\xff" * (end - start)]))
    outcome(original[:start] + piece + original[end:])


@QUICK
@given(data=st.data())
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_plain_pictures_with_bytes_changed(kind: str, data: st.DataObject) -> None:
    mutated = bytearray(test_plain_image.stored(test_plain_image.Image.fromarray(test_plain_image.GREY), kind))
    for place in data.draw(st.lists(st.integers(0, 60) | st.integers(0, len(mutated) - 1), min_size=1, max_size=5)):
        mutated[place] = data.draw(st.integers(0, 255))
    outcome(bytes(mutated))


@pytest.mark.parametrize("uid", sorted(SUPPORTED))
def test_reading_prints_nothing(uid: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(whole(uid))
    read_picture(path)
    read_facts(path)
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_what_pydicom_would_warn_of_is_read_in_silence(tmp_path: Path) -> None:
    """In a process of its own, where neither pytest's warning filters nor its log handlers stand between."""
    data = written(data_set(phantom(), 12, SpecificCharacterSet="ISO_IR 6", PatientName="@" * 8, Manufacturer="@" * 8), NATIVE[0])
    data = data.replace(b"ISO_IR 6", b"NONSENSE").replace(b"@" * 8, b"Kim\xff\xfe\x1b$A")
    path = tmp_path / "picture"
    path.write_bytes(data.replace(b"UI\x12\x001.2.840.10008.1.2\0", b"UI\x14\x001.2.840.10008.1.2.1\0"))
    script = (
        "import logging, pathlib, sys; logging.basicConfig(level=logging.INFO);"
        "from edge_app.radiograph.reader import read_picture;"
        "print(read_picture(pathlib.Path(sys.argv[1])).facts.manufacturer.startswith('Kim'))"
    )
    run = subprocess.run([sys.executable, "-W", "always", "-c", script, str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert (run.stdout, run.stderr) == ("True\n", "")


def test_refusing_prints_nothing(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    data = whole(str(JPEGLSLossless))
    for end in range(0, len(data), 97):
        outcome(data[:end])
    assert capfd.readouterr() == ("", "")
    assert not caplog.records
