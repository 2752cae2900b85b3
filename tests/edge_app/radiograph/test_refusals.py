"""Everything that cannot become a picture is refused by its own name, with a technical word and nothing of the patient."""

import os
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    MPEG4HP41,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph import byte_source
from edge_app.radiograph import data_set as data_sets
from edge_app.radiograph.file_kind import FileKind
from edge_app.radiograph.picture import Assumption, Facts
from edge_app.radiograph.reader import identify, read_facts, read_picture, read_picture_bytes
from tests.edge_app.radiograph.dicoms import NATIVE, blocks, compressed, data_set, encapsulated, phantom, written

PIXELS = phantom(12)
WHOLE = written(data_set(PIXELS, 12))
COMPRESSED = (RLELossless, JPEGLSLossless, JPEG2000Lossless, JPEGLosslessSV1, JPEGBaseline8Bit, JPEGExtended12Bit)


def refusal(data: bytes) -> UnreadablePictureError:
    with pytest.raises(UnreadablePictureError) as caught:
        read_picture_bytes(data)
    assert caught.value.detail
    assert "Nobody" not in caught.value.detail
    return caught.value


def reason(data: bytes) -> Refusal:
    return refusal(data).reason


def patched(data: bytes, tag: int, value: int) -> bytes:
    """The file with a US element overwritten where it stands."""
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + b"US\x02\x00"
    at = data.index(head) + len(head)
    return data[:at] + struct.pack("<H", value) + data[at + 2 :]


def picture_of(syntax: str) -> tuple[np.ndarray, int]:
    return (phantom(8), 8) if syntax == JPEGBaseline8Bit else (blocks(), 12)


@pytest.mark.parametrize("data", [b"hello, this is a letter\n" * 40, b"%PDF-1.7\n" + b"\0" * 500, b"\0" * 4096, b"\xff" * 300, b"D"])
def test_what_is_no_picture(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "letter.dcm"
    path.write_bytes(data)
    assert identify(path) is FileKind.OTHER
    assert reason(data) is Refusal.NOT_A_PICTURE
    with pytest.raises(UnreadablePictureError):
        read_facts(path)


def test_kinds(tmp_path: Path) -> None:
    path = tmp_path / "any"
    for data, kind in (
        (WHOLE, FileKind.DICOM),
        (WHOLE[132:], FileKind.DICOM),
        (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
        (b"\xff\xd8\xff\xe0", FileKind.JPEG),
    ):
        path.write_bytes(data)
        assert identify(path) is kind


def test_missing_files_folders_and_pipes(tmp_path: Path) -> None:
    pipe, empty = tmp_path / "pipe", tmp_path / "empty.dcm"
    os.mkfifo(pipe)
    empty.touch()
    expected = {
        tmp_path / "nowhere.dcm": Refusal.FILE_MISSING,
        tmp_path / "bad\0name": Refusal.FILE_MISSING,
        tmp_path / ("n" * 300): Refusal.FILE_MISSING,
        tmp_path: Refusal.NOT_A_PICTURE,
        pipe: Refusal.NOT_A_PICTURE,
        empty: Refusal.EMPTY_PICTURE,
    }
    readers: tuple[Callable[[Path], object], ...] = (read_picture, identify, read_facts)
    for path, why in expected.items():
        for read in readers:
            with pytest.raises(UnreadablePictureError) as caught:
                read(path)
            assert caught.value.reason is why
            assert str(tmp_path) not in caught.value.detail
    assert reason(b"") is Refusal.EMPTY_PICTURE


def test_no_file_stays_open(tmp_path: Path) -> None:
    paths = [tmp_path / "good.dcm", tmp_path / "cut.dcm", tmp_path]
    paths[0].write_bytes(WHOLE)
    paths[1].write_bytes(WHOLE[:-100])
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in paths * 3:
        try:
            read_picture(path)
        except UnreadablePictureError:
            assert path != paths[0]
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_no_transfer_syntax() -> None:
    body = WHOLE[WHOLE.index(b"\x08\x00\x16\x00") :]
    assert reason(body) is Refusal.NO_TRANSFER_SYNTAX
    assert reason(b"\0" * 128 + b"DICM" + body) is Refusal.NO_TRANSFER_SYNTAX
    assert reason(WHOLE.replace(b"1.2.840.10008.1.2.1\0", b"\0" * 20)) is Refusal.NO_TRANSFER_SYNTAX


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2.4.55", "1.2.840.113619.5.2", "1.2.3"])
def test_unsupported_transfer_syntax_is_named(uid: str) -> None:
    error = refusal(of_syntax(uid))
    assert error.reason is Refusal.UNSUPPORTED_TRANSFER_SYNTAX
    assert uid in error.detail


def test_a_video_is_no_picture(tmp_path: Path) -> None:
    assert reason(of_syntax(MPEG4HP41)) is Refusal.MULTI_FRAME
    assert reason(b"RIFF\x20\0\0\0AVI LIST") is Refusal.MULTI_FRAME
    assert reason(b"\0\0\0\x10ftypisom\0\0\2\0") is Refusal.MULTI_FRAME
    path = tmp_path / "video"
    path.write_bytes(of_syntax(MPEG4HP41))
    assert read_facts(path).transfer_syntax_uid == MPEG4HP41
    path.write_bytes(b"RIFF\x20\0\0\0AVI LIST")
    assert read_facts(path) == Facts()


def of_syntax(uid: str) -> bytes:
    """A file that calls its fragment of that transfer syntax."""
    ds = data_set(PIXELS, 12)
    ds.PixelData = encapsulate([b"\0\0\1\xba" * 10])
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return written(ds, NATIVE[1]).replace(b"UI\x14\x001.2.840.10008.1.2.1\0", b"UI" + struct.pack("<H", len(uid)) + uid.encode())


def test_a_malformed_transfer_syntax_is_not_repeated() -> None:
    error = refusal(WHOLE.replace(b"1.2.840.10008.1.2.1\0", b"Kim^Minsu 19870102  "))
    assert error.reason is Refusal.UNSUPPORTED_TRANSFER_SYNTAX
    assert "Kim" not in error.detail


@pytest.mark.parametrize(
    ("modality", "sop_class"),
    [
        ("CT", "1.2.840.10008.5.1.4.1.1.2"),
        ("MR", "1.2.840.10008.5.1.4.1.1.4"),
        ("US", "1.2.840.10008.5.1.4.1.1.6.1"),
        ("NM", "1.2.840.10008.5.1.4.1.1.20"),
        ("PT", "1.2.840.10008.5.1.4.1.1.128"),
        ("CR", "1.2.840.10008.5.1.4.1.1.2"),
        (None, "1.2.840.10008.5.1.4.1.1.4"),
        ("CT", "1.2.840.10008.5.1.4.1.1.7"),
        ("US", None),
        ("XC", "1.2.840.10008.5.1.4.1.1.7"),
        ("DOC", "1.2.840.10008.5.1.4.1.1.104.1"),
        ("CT", "not a uid"),
        ("NO SUCH THING", "1.2.840.10008.5.1.4.1.1.1"),
    ],
)
def test_what_is_no_radiograph(modality: str | None, sop_class: str | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        error = refusal(written(data_set(PIXELS, 12, Modality=modality, SOPClassUID=sop_class)))
    assert error.reason is Refusal.WRONG_MODALITY
    assert "SUCH" not in error.detail


@pytest.mark.parametrize(
    ("modality", "sop_class", "assumed"),
    [
        ("DX", "1.2.840.10008.5.1.4.1.1.1.1", False),
        ("CR", "1.2.840.10008.5.1.4.1.1.1", False),
        ("XA", "1.2.840.10008.5.1.4.1.1.12.1", False),
        ("RF", "1.2.840.10008.5.1.4.1.1.12.2", False),
        ("CR", "not a uid", False),
        ("OT", "1.2.840.10008.5.1.4.1.1.7", True),
        (None, "1.2.840.10008.5.1.4.1.1.7", True),
        (None, None, True),
        (None, "1.2.840.10008.5.1.4.1.1.1.1", False),
    ],
)
def test_what_is_a_radiograph_or_may_be(modality: str | None, sop_class: str | None, assumed: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picture = read_picture_bytes(written(data_set(PIXELS, 12, Modality=modality, SOPClassUID=sop_class)))
    assert (Assumption.MODALITY_MISSING in picture.assumptions) is assumed


def test_no_pixel_data() -> None:
    start = WHOLE.rindex(b"\xe0\x7f\x10\x00OW")
    assert reason(WHOLE[:start]) is Refusal.NO_PIXEL_DATA
    assert reason(WHOLE[:start] + b"\xe0\x7f\x10\x00OW\0\0\0\0\0\0") is Refusal.NO_PIXEL_DATA


def test_truncated_at_every_hundredth_byte() -> None:
    pixels = WHOLE.rindex(b"\xe0\x7f\x10\x00OW") + 12
    for end in [*range(pixels, len(WHOLE), 100), len(WHOLE) - 1]:
        assert reason(WHOLE[:end]) is Refusal.TRUNCATED
    for end in range(150, pixels, 7):
        assert reason(WHOLE[:end]) in {
            Refusal.TRUNCATED,
            Refusal.NO_PIXEL_DATA,
            Refusal.NO_TRANSFER_SYNTAX,
            Refusal.UNSUPPORTED_TRANSFER_SYNTAX,
        }


def test_pixels_shorter_than_rows_and_columns_promise() -> None:
    assert reason(patched(WHOLE, 0x00280010, 91)) is Refusal.TRUNCATED
    ds = data_set(PIXELS, 12, NumberOfFrames=2)
    assert reason(written(ds)) is Refusal.TRUNCATED


@pytest.mark.parametrize("syntax", COMPRESSED, ids=lambda uid: uid.name)
def test_a_cut_codestream(syntax: str, tmp_path: Path) -> None:
    pixels, bits = picture_of(syntax)
    data = compressed(data_set(pixels, bits), syntax, tmp_path)
    assert read_picture_bytes(data).pixels.shape == pixels.shape
    for share in (0.4, 0.7, 0.98):
        assert reason(data[: int(len(data) * share)]) is Refusal.TRUNCATED
    at = data.rindex(b"\xfe\xff\x00\xe0") + 8
    codestream = data[at : at + int.from_bytes(data[at - 4 : at], "little")]
    for share in (0.3, 0.6, 0.9):
        cut = codestream[: int(len(codestream) * share) // 2 * 2]
        assert reason(encapsulated(data_set(pixels, bits), syntax, cut)) in {Refusal.TRUNCATED, Refusal.MALFORMED}


def test_a_cut_deflated_file() -> None:
    data = written(data_set(PIXELS, 12), NATIVE[2])
    assert reason(data[: len(data) * 2 // 3]) is Refusal.TRUNCATED


def test_a_deflated_bomb_is_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_sets, "MAX_INFLATED_BYTES", 1 << 22)
    small = written(data_set(PIXELS, 12), NATIVE[2])
    start = small.index(b"1.2.840.10008.1.2.1.99") + 22
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    zeros = bytes(1 << 22)
    bomb = b"".join(packer.compress(zeros) for _ in range(2)) + packer.flush()
    assert reason(small[:start] + bomb) is Refusal.TOO_LARGE


@pytest.mark.parametrize(
    ("rows", "columns", "why"),
    [
        (0, 70, Refusal.EMPTY_PICTURE),
        (90, 0, Refusal.EMPTY_PICTURE),
        (10_001, 10_000, Refusal.TOO_LARGE),
        (65_535, 65_535, Refusal.TOO_LARGE),
    ],
)
def test_sizes_are_checked_in_the_header(rows: int, columns: int, why: Refusal) -> None:
    assert reason(patched(patched(WHOLE, 0x00280010, rows), 0x00280011, columns)) is why


def jpeg_2000_of(rows: int, columns: int) -> bytes:
    size = struct.pack(">H6I2IH3B", 41, columns, rows, 0, 0, columns, rows, 0, 0, 1, 11, 1, 1)
    return b"\xff\x4f\xff\x51" + b"\0\x29" + size[:0] + b"\0\0" + size[2:] + b"\xff\x52\0\x0c\0\0\0\1\0\5\4\4\0\1\xff\xd9"


def jpeg_of(rows: int, columns: int, marker: int) -> bytes:
    return b"\xff\xd8" + struct.pack(">BBHBHHB3B", 0xFF, marker, 11, 12, rows, columns, 1, 1, 0x11, 0) + b"\xff\xd9"


@pytest.mark.parametrize(
    ("syntax", "stream"),
    [
        (JPEG2000Lossless, jpeg_2000_of(60_000, 60_000)),
        (JPEGLosslessSV1, jpeg_of(60_000, 60_000, 0xC3)),
        (JPEGLSLossless, jpeg_of(60_000, 60_000, 0xF7)),
        (JPEGExtended12Bit, jpeg_of(60_000, 60_000, 0xC1)),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_sizes_are_checked_in_the_codestream(syntax: str, stream: bytes) -> None:
    assert reason(encapsulated(data_set(PIXELS, 12), syntax, stream)) is Refusal.TOO_LARGE


@pytest.mark.parametrize(
    "syntax", [JPEG2000Lossless, JPEGLSLossless, JPEGLosslessSV1, JPEGBaseline8Bit, RLELossless], ids=lambda uid: uid.name
)
def test_a_codestream_of_another_size_than_the_header_says(syntax: str, tmp_path: Path) -> None:
    data = compressed(data_set(phantom(8), 8), syntax, tmp_path)
    assert reason(patched(data, 0x00280010, 91)) is Refusal.MALFORMED
    if syntax != RLELossless:
        assert reason(patched(data, 0x00280010, 45)) is Refusal.MALFORMED


def test_an_rle_segment_that_runs_over_its_plane() -> None:
    # Replicated and literal runs of 128 do not end where 63 × 100 pixels do.
    for run in (b"\x81\x07", b"\x7f" + bytes(128)):
        plane = run * 50
        stream = struct.pack("<16I", 2, 64, 64 + len(plane), *[0] * 13) + plane * 2
        assert reason(encapsulated(data_set(phantom(12, 63, 100), 12), RLELossless, stream)) is Refusal.MALFORMED


@pytest.mark.parametrize("precision", [9, 10, 16])
def test_jpeg_with_a_precision_that_jpeg_does_not_have(precision: int, tmp_path: Path) -> None:
    data = compressed(data_set(blocks(), 12), JPEGExtended12Bit, tmp_path)
    at = data.index(b"\xff\xc1") + 4
    assert reason(data[:at] + bytes([precision]) + data[at + 1 :]) is Refusal.MALFORMED


@pytest.mark.parametrize(
    "values",
    [
        {"SamplesPerPixel": 3},
        {"PhotometricInterpretation": "RGB"},
        {"BitsAllocated": 12},
        {"BitsAllocated": 1},
        {"BitsAllocated": 64},
        {"Rows": None},
        {"Columns": None},
    ],
    ids=str,
)
def test_layouts_that_cannot_be(values: dict[str, object]) -> None:
    assert reason(written(data_set(PIXELS, 12, **values))) is Refusal.MALFORMED


def test_photometric_interpretations_the_box_does_not_know() -> None:
    for name in ("ARGB", "CMYK", "HSV", "YBR_PARTIAL_420"):
        assert reason(written(data_set(PIXELS, 12, PhotometricInterpretation=name))) is Refusal.UNSUPPORTED_TRANSFER_SYNTAX


def test_a_broken_look_up_table() -> None:
    for descriptor, data in (([100, 0, 16], b"\0" * 20), ([10, 0, 40], b"\0" * 20)):
        ds = data_set(PIXELS, 12)
        item = data_set(PIXELS)
        item.clear()
        item.add_new(0x00283002, "US", descriptor)
        item.add_new(0x00283006, "OW", data)
        ds.VOILUTSequence = Sequence([item])
        assert reason(written(ds)) is Refusal.MALFORMED


def test_nothing_but_padding() -> None:
    assert reason(written(data_set(np.full((20, 20), 9, np.uint16), 12, PixelPaddingValue=9))) is Refusal.EMPTY_PICTURE


def test_sequences_without_end() -> None:
    start = WHOLE.rindex(b"\xe0\x7f\x10\x00OW")
    nested = b"\x40\x00\x75\x02SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    assert reason(WHOLE[:start] + nested * 500 + WHOLE[start:]) is Refusal.MALFORMED
    assert reason(WHOLE[:start] + nested) is Refusal.TRUNCATED


def test_a_header_of_countless_elements_is_not_sat_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(byte_source, "MAX_READS", 2000)
    start = WHOLE.rindex(b"\xe0\x7f\x10\x00OW")
    assert reason(WHOLE[:start] + b"\x09\x00\x01\x00LO\0\0" * 3000 + WHOLE[start:]) is Refusal.MALFORMED
    items = b"\x40\x00\x75\x02SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\0\0\0\0" * 3000 + b"\xfe\xff\xdd\xe0\0\0\0\0"
    assert reason(WHOLE[:start] + items + WHOLE[start:]) is Refusal.MALFORMED


def test_values_too_long_to_be_meant() -> None:
    long = struct.pack("<I", 1 << 21) + b"X\\" * (1 << 20)
    at, start = WHOLE.index(b"\x10\x00\x10\x00PN"), WHOLE.rindex(b"\xe0\x7f\x10\x00OW")
    for element in (b"\x08\x00\x05\x00UT\0\0", b"\x08\x00\x70\x00UT\0\0"):
        assert reason(WHOLE[:at] + element + long + WHOLE[at:]) is Refusal.MALFORMED
    item = b"\xfe\xff\x00\xe0\xff\xff\xff\xff\x08\x00\x05\x00UT\0\0" + long + b"\xfe\xff\x0d\xe0\0\0\0\0"
    nested = b"\x40\x00\x75\x02SQ\0\0\xff\xff\xff\xff" + item + b"\xfe\xff\xdd\xe0\0\0\0\0"
    assert reason(WHOLE[:start] + nested + WHOLE[start:]) is Refusal.MALFORMED


def test_frames(tmp_path: Path) -> None:
    frames = np.stack([PIXELS, PIXELS[::-1]])
    ds = data_set(PIXELS, 12, NumberOfFrames=2, Modality="XA", SOPClassUID="1.2.840.10008.5.1.4.1.1.12.1")
    ds.PixelData = frames.tobytes()
    single = [compressed(data_set(frame, 12), JPEGLSLossless, tmp_path) for frame in frames]
    starts = [data.rindex(b"\xfe\xff\x00\xe0") + 8 for data in single]
    streams = [data[at : at + int.from_bytes(data[at - 4 : at], "little")] for data, at in zip(single, starts, strict=True)]
    halves = [part for stream in streams for part in (stream[:400], stream[400:])]
    table = struct.pack("<II", 0, sum(len(half) + 8 for half in halves[:2]))
    pixels = ds.PixelData
    for basic_offset_table, parts in ((None, None), (b"", streams), (b"", halves), (table, halves)):
        if parts is None:
            ds.PixelData = pixels
            data = written(ds)
        else:
            items = [basic_offset_table or b"", *parts]
            ds.PixelData = (
                b"".join(b"\xfe\xff\x00\xe0" + struct.pack("<I", len(item)) + item for item in items) + b"\xfe\xff\xdd\xe0\0\0\0\0"
            )
            ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
            data = written(ds, JPEGLSLossless)
        picture = read_picture_bytes(data)
        assert np.array_equal(picture.pixels, PIXELS)
        assert picture.facts.frames == 2
        assert Assumption.FIRST_FRAME_ONLY in picture.assumptions


def test_longest_side_must_be_a_size(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="longest_side"):
        read_picture_bytes(WHOLE, longest_side=0)
