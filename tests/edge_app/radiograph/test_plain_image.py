"""PNG and JPEG files: read as they are, nothing guessed about polarity."""

import struct
from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.picture import Assumption, Picture
from edge_app.radiograph.reader import read_picture_bytes
from tests.edge_app.radiograph.dicoms import phantom
from tests.edge_app.radiograph.test_colour import photograph, with_mark

GREY = phantom(8)
ORIENTATIONS = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda a: np.rot90(a, 1),
    7: lambda a: np.rot90(a, 2).T,
    8: lambda a: np.rot90(a, -1),
}


def stored(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def read(image: Image.Image, kind: str = "PNG", **options: object) -> Picture:
    return read_picture_bytes(stored(image, kind, **options))


def reason(data: bytes) -> Refusal:
    with pytest.raises(UnreadablePictureError) as caught:
        read_picture_bytes(data)
    return caught.value.reason


def test_eight_bit_grey_is_seen_as_it_is() -> None:
    picture = read(Image.fromarray(GREY))
    assert np.array_equal(picture.pixels, GREY)
    assert np.array_equal(picture.as_uint8(), GREY)
    assert set(picture.assumptions) == {Assumption.MODALITY_MISSING, Assumption.SPACING_UNKNOWN}
    assert picture.spacing_mm is None


def test_sixteen_bit_grey_keeps_every_bit() -> None:
    pixels = phantom(12)
    picture = read(Image.fromarray(pixels))
    assert np.array_equal(picture.pixels, pixels)
    assert Assumption.WINDOW_FROM_PIXELS in picture.assumptions
    assert picture.windowed().std() > 0.1


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P"])
def test_grey_in_every_mode_of_png(mode: str) -> None:
    picture = read(Image.fromarray(GREY).convert(mode))
    assert np.array_equal(picture.pixels, GREY)
    assert (Assumption.ALPHA_IGNORED in picture.assumptions) is mode.endswith("A")


def test_one_bit() -> None:
    assert set(np.unique(read(Image.fromarray(GREY > 100)).pixels)) == {0, 255}


@pytest.mark.parametrize("channels", [3, 4])
def test_sixteen_bit_colour_of_grey_keeps_every_bit(channels: int) -> None:
    pixels = phantom(16)
    rgb = np.stack([pixels] * 3 + [np.full_like(pixels, 65535)] * (channels - 3), axis=-1)
    picture = read_picture_bytes(cv2.imencode(".png", rgb)[1].tobytes())
    assert np.abs(picture.pixels.astype(int) - pixels).max() <= 1
    assert (Assumption.ALPHA_IGNORED in picture.assumptions) is (channels == 4)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_of_grey(mode: str) -> None:
    picture = read(Image.fromarray(GREY).convert("RGB").convert(mode), "JPEG", quality=95)
    assert np.abs(picture.pixels.astype(int) - GREY).mean() < 4


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_exif_orientation_is_undone(orientation: int, kind: str) -> None:
    upright = np.zeros((48, 80), np.uint8)
    upright[:16, :40], upright[32:, 40:] = 250, 120
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read(Image.fromarray(np.ascontiguousarray(ORIENTATIONS[orientation](upright))), kind, exif=exif, quality=95)
    assert (picture.rows, picture.columns) == upright.shape
    assert np.abs(picture.pixels.astype(int) - upright).max() < 30


def test_longest_side() -> None:
    picture = read_picture_bytes(stored(Image.fromarray(GREY)), longest_side=30)
    assert (picture.pixels.shape, picture.rows, picture.columns) == ((30, 23), 90, 70)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_photographs_are_refused_and_small_marks_let_pass(kind: str) -> None:
    assert reason(stored(Image.fromarray(photograph()), kind)) is Refusal.COLOUR_PHOTO
    assert read(Image.fromarray(with_mark(0.004)), kind).pixels.shape == GREY.shape


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_cut_files_are_refused(kind: str) -> None:
    data = stored(Image.fromarray(GREY), kind)
    for end in [*range(9, len(data) - 40, 37), len(data) - 2]:
        assert reason(data[:end]) in {Refusal.TRUNCATED, Refusal.MALFORMED}, end
    assert reason(data[: len(data) * 2 // 3]) is Refusal.TRUNCATED


def test_bytes_behind_the_end_do_no_harm() -> None:
    for kind in ("PNG", "JPEG"):
        assert read_picture_bytes(stored(Image.fromarray(GREY), kind) + b"camera notes").rows == 90


def test_bombs_are_not_decoded() -> None:
    png = bytearray(stored(Image.fromarray(GREY)))
    for columns, rows, why in ((30_000, 30_000, Refusal.TOO_LARGE), (10_001, 10_000, Refusal.TOO_LARGE), (0, 5, Refusal.EMPTY_PICTURE)):
        png[16:24] = struct.pack(">II", columns, rows)
        assert reason(bytes(png)) is why
    jpeg = stored(Image.fromarray(GREY), "JPEG")
    at = jpeg.index(b"\xff\xc0") + 5
    assert reason(jpeg[:at] + struct.pack(">HH", 60_000, 60_000) + jpeg[at + 4 :]) is Refusal.TOO_LARGE
    assert reason(jpeg[:at] + struct.pack(">HH", 0, 70) + jpeg[at + 4 :]) is Refusal.EMPTY_PICTURE


def test_jpeg_files_only_dicom_uses_are_refused() -> None:
    jpeg = stored(Image.fromarray(GREY), "JPEG")
    assert reason(jpeg.replace(b"\xff\xc0", b"\xff\xc3", 1)) is Refusal.UNSUPPORTED_TRANSFER_SYNTAX
    assert reason(jpeg.replace(b"\xff\xc0\x00\x0b\x08", b"\xff\xc1\x00\x0b\x0c", 1)) is Refusal.UNSUPPORTED_TRANSFER_SYNTAX


def test_text_bombs_in_png_are_refused() -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("comment", "a" * (1 << 22), zip=True)
    assert reason(stored(Image.fromarray(GREY), pnginfo=info)) is Refusal.MALFORMED
