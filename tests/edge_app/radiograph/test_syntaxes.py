"""Every transfer syntax the box reads gives the pixels that were written."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import openjpeg.utils
import pytest
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
)

from edge_app.radiograph.reader import read_picture, read_picture_bytes
from edge_app.radiograph.transfer_syntax import SUPPORTED
from tests.edge_app.radiograph.dicoms import (
    BY_GDCM,
    BY_PYDICOM,
    LOSSLESS,
    NATIVE,
    blocks,
    compressed,
    data_set,
    encapsulated,
    phantom,
    written,
)


def test_every_supported_syntax_is_written_here() -> None:
    assert set(SUPPORTED) == {str(uid) for uid in (*NATIVE, *BY_PYDICOM, *BY_GDCM, JPEGExtended12Bit)}


@pytest.mark.parametrize("bits", [8, 10, 12, 15, 16])
@pytest.mark.parametrize("syntax", LOSSLESS, ids=lambda uid: uid.name)
def test_lossless_gives_every_pixel(syntax: str, bits: int, tmp_path: Path) -> None:
    pixels = phantom(bits)
    picture = read_picture_bytes(compressed(data_set(pixels, bits), syntax, tmp_path))
    assert np.array_equal(picture.pixels, pixels)
    assert picture.pixels.dtype == np.uint16
    assert picture.facts.transfer_syntax_uid == syntax
    assert (picture.rows, picture.columns) == pixels.shape


@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("syntax", LOSSLESS, ids=lambda uid: uid.name)
def test_signed_values_keep_their_order_and_look(syntax: str, bits: int, tmp_path: Path) -> None:
    pixels = phantom(bits, signed=True)
    ds = data_set(pixels, bits, WindowCenter=0, WindowWidth=1 << bits, VOILUTFunction="LINEAR_EXACT")
    picture = read_picture_bytes(compressed(ds, syntax, tmp_path))
    assert np.array_equal(picture.pixels, pixels.astype(np.int32) + (1 << (bits - 1)))
    assert np.allclose(picture.windowed(), (pixels.astype(np.float64) + (1 << (bits - 1))) / (1 << bits), atol=1e-6)


@pytest.mark.parametrize(
    ("syntax", "bits", "worst"),
    [(JPEGBaseline8Bit, 8, 24), (JPEGLSNearLossless, 12, 2), (JPEGLSNearLossless, 8, 2), (JPEG2000, 12, 200)],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_lossy_stays_close(syntax: str, bits: int, worst: int, tmp_path: Path) -> None:
    pixels = phantom(bits)
    picture = read_picture_bytes(compressed(data_set(pixels, bits), syntax, tmp_path))
    off = np.abs(picture.pixels.astype(np.int32) - pixels)
    assert off.max() <= worst


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless, JPEGLossless, JPEGLosslessSV1], ids=lambda uid: uid.name)
def test_grey_encoded_as_colour_is_read_in_every_lossless_syntax(syntax: str, tmp_path: Path) -> None:
    grey = phantom(8)
    picture = read_picture_bytes(compressed(data_set(np.stack([grey] * 3, axis=-1)), syntax, tmp_path))
    assert np.array_equal(picture.pixels, grey)


@pytest.mark.parametrize("longest_side", [16, 31, 64, 90, 500])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless, JPEG2000Lossless, JPEG2000], ids=lambda uid: uid.name)
def test_longest_side_gives_one_size_and_one_look_in_every_syntax(syntax: str, longest_side: int, tmp_path: Path) -> None:
    pixels = phantom(12, 361, 283)
    data = compressed(data_set(pixels, 12), syntax, tmp_path)
    whole, small = read_picture_bytes(data), read_picture_bytes(data, longest_side=longest_side)
    assert (small.rows, small.columns, small.window) == (361, 283, whole.window)
    assert small.pixels.shape == whole.shrunk(longest_side).shape
    assert max(small.pixels.shape) == min(longest_side, 361)
    off = small.pixels.astype(np.float64) - whole.shrunk(longest_side)
    assert abs(off.mean()) < 0.004 * 4095
    assert off.std() < 0.03 * 4095


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_signed_jpeg_2000_halved_is_the_same_scale(bits: int, tmp_path: Path) -> None:
    data = compressed(data_set(phantom(bits, 256, 256, signed=True), bits), JPEG2000Lossless, tmp_path)
    whole, small = read_picture_bytes(data).shrunk(64), read_picture_bytes(data, longest_side=64).pixels
    off = whole.astype(np.float64) - small
    # The reversible wavelet rounds down, about half a step a level.
    assert abs(off.mean()) < max(2, 0.001 * (1 << bits))
    assert off.std() < 0.02 * (1 << bits)


def test_a_file_of_any_name_is_read(tmp_path: Path) -> None:
    path = tmp_path / "IM_0001"
    path.write_bytes(written(data_set(phantom(), 12)))
    assert np.array_equal(read_picture(path).pixels, phantom())


@pytest.mark.parametrize(("real", "said"), [(NATIVE[0], NATIVE[1]), (NATIVE[1], NATIVE[0])], ids=["implicit", "explicit"])
def test_a_data_set_in_another_coding_than_its_label_is_read(real: str, said: str) -> None:
    body, head = written(data_set(phantom(), 12), real), written(data_set(phantom(), 12), said)
    first = b"\x08\x00\x16\x00"
    picture = read_picture_bytes(head[: head.index(first)] + body[body.index(first) :])
    assert np.array_equal(picture.pixels, phantom())


def test_a_data_set_without_preamble_is_read_with_its_meta_information() -> None:
    data = written(data_set(phantom(), 12))
    assert np.array_equal(read_picture_bytes(data[132:]).pixels, phantom())


def test_eight_bit_words_of_big_endian_are_swapped_back() -> None:
    pixels = phantom(8)
    ds = data_set(pixels)
    ds.PixelData = pixels.reshape(-1, 2)[:, ::-1].tobytes()
    ds["PixelData"].VR = "OW"
    assert np.array_equal(read_picture_bytes(written(ds, NATIVE[3])).pixels, pixels)


def test_jpeg_with_twelve_bits(tmp_path: Path) -> None:
    picture = read_picture_bytes(compressed(data_set(blocks(), 12), JPEGExtended12Bit, tmp_path))
    assert np.array_equal(picture.pixels, blocks())


@pytest.mark.skipif(shutil.which("dcmcjpeg") is None, reason="dcmtk is not installed")
def test_jpeg_with_twelve_bits_as_dcmtk_writes_it(tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain.dcm", tmp_path / "packed.dcm"
    plain.write_bytes(written(data_set(phantom(), 12)))
    subprocess.run(["dcmcjpeg", "+ee", str(plain), str(packed)], check=True, timeout=60)
    picture = read_picture(packed)
    assert picture.facts.transfer_syntax_uid == JPEGExtended12Bit
    assert np.abs(picture.pixels.astype(np.int32) - phantom()).max() < 40


def test_jpeg_2000_in_the_boxes_of_a_jp2_file() -> None:
    stream = openjpeg.utils.encode_array(phantom(), bits_stored=12, codec_format=1, photometric_interpretation=2)
    assert stream.startswith(b"\0\0\0\x0cjP  ")
    for longest_side in (None, 40):
        picture = read_picture_bytes(encapsulated(data_set(phantom(), 12), JPEG2000Lossless, stream), longest_side=longest_side)
        assert np.array_equal(picture.pixels, phantom()) or longest_side == max(picture.pixels.shape)


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless, JPEGLosslessSV1], ids=lambda uid: uid.name)
def test_a_codestream_of_another_kind_than_its_label_is_read(syntax: str, tmp_path: Path) -> None:
    data = compressed(data_set(phantom(), 12), syntax, tmp_path)
    at = data.rindex(b"\xfe\xff\x00\xe0") + 8
    stream = data[at : at + int.from_bytes(data[at - 4 : at], "little")]
    for label in (JPEG2000, JPEGLSNearLossless, JPEGExtended12Bit):
        assert np.array_equal(read_picture_bytes(encapsulated(data_set(phantom(), 12), label, stream)).pixels, phantom())


def test_overshoot_of_a_lossy_codec_stays_white(tmp_path: Path) -> None:
    """A 12-bit codestream for ten stored bits may decode to 1024; cut to ten bits that would be black."""
    picture = read_picture_bytes(compressed(data_set(blocks(), 10), JPEGExtended12Bit, tmp_path))
    assert np.array_equal(picture.pixels, np.minimum(blocks(), 1023))
