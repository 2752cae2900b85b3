"""Colour that only encodes grey is read as grey; a photograph is refused."""

from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, JPEGBaseline8Bit, RLELossless

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.picture import Assumption
from edge_app.radiograph.reader import read_picture_bytes
from tests.edge_app.radiograph.dicoms import compressed, data_set, encapsulated, phantom, written

GREY = phantom(8)
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def photograph() -> NDArray[np.uint8]:
    """Skin, sky and grass, roughly."""
    picture = np.zeros((90, 70, 3), np.uint8)
    picture[:30], picture[30:60], picture[60:] = (110, 160, 220), (220, 170, 140), (70, 130, 50)
    return picture


def with_mark(share: float) -> NDArray[np.uint8]:
    """Grey with a red mark burnt in over that share of it."""
    picture = np.stack([GREY] * 3, axis=-1)
    picture.reshape(-1, 3)[: int(share * GREY.size)] = (255, 0, 0)
    return picture


def refused(data: bytes) -> Refusal:
    with pytest.raises(UnreadablePictureError) as caught:
        read_picture_bytes(data)
    return caught.value.reason


def test_rgb_secondary_capture_of_grey() -> None:
    rgb = np.stack([GREY] * 3, axis=-1)
    for planar in (0, 1):
        ds = data_set(rgb, SOPClassUID=SECONDARY_CAPTURE, Modality="OT", PlanarConfiguration=planar)
        if planar:
            ds.PixelData = np.moveaxis(rgb, -1, 0).tobytes()
        for syntax in (ExplicitVRLittleEndian, ExplicitVRBigEndian):
            picture = read_picture_bytes(written(ds, syntax))
            assert np.array_equal(picture.pixels, GREY)
            assert Assumption.MODALITY_MISSING in picture.assumptions


def test_sixteen_bit_rgb_of_grey() -> None:
    grey = phantom(16)
    assert np.array_equal(read_picture_bytes(written(data_set(np.stack([grey] * 3, axis=-1)))).pixels, grey)


def test_photographs_are_refused(tmp_path: Path) -> None:
    photo = photograph()
    assert refused(written(data_set(photo))) is Refusal.COLOUR_PHOTO
    assert refused(compressed(data_set(photo), RLELossless, tmp_path)) is Refusal.COLOUR_PHOTO
    ybr = cv2.cvtColor(photo, cv2.COLOR_RGB2YCrCb)[..., [0, 2, 1]]
    assert refused(written(data_set(ybr, PhotometricInterpretation="YBR_FULL"))) is Refusal.COLOUR_PHOTO


def test_a_small_coloured_mark_is_let_pass() -> None:
    assert read_picture_bytes(written(data_set(with_mark(0.01)))).pixels.shape == GREY.shape
    assert refused(written(data_set(with_mark(0.2)))) is Refusal.COLOUR_PHOTO


def test_ybr_full_of_grey_is_its_luma() -> None:
    ybr = np.stack([GREY, np.full_like(GREY, 128), np.full_like(GREY, 128)], axis=-1)
    assert np.array_equal(read_picture_bytes(written(data_set(ybr, PhotometricInterpretation="YBR_FULL"))).pixels, GREY)


def test_ybr_full_422_of_grey_is_its_luma() -> None:
    ds = data_set(np.stack([GREY] * 3, axis=-1), PhotometricInterpretation="YBR_FULL_422")
    ds.PixelData = b"".join(bytes((a, b, 128, 128)) for a, b in GREY.reshape(-1, 2))
    assert np.array_equal(read_picture_bytes(written(ds)).pixels, GREY)


def test_jpeg_of_coarser_chroma_is_ybr_though_it_is_labelled_rgb(tmp_path: Path) -> None:
    data = compressed(data_set(np.stack([GREY] * 3, axis=-1)), JPEGBaseline8Bit, tmp_path)
    assert b"RGB " in data
    assert np.abs(read_picture_bytes(data).pixels.astype(int) - GREY).mean() < 1


@pytest.mark.parametrize("options", [{}, {"keep_rgb": True}, {"subsampling": 0}], ids=str)
@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL_422"])
def test_jpeg_of_grey_in_every_colour_space(photometric: str, options: dict[str, object]) -> None:
    stream = BytesIO()
    Image.fromarray(GREY).convert("RGB").save(stream, "JPEG", quality=98, **options)
    ds = data_set(np.stack([GREY] * 3, axis=-1), PhotometricInterpretation=photometric)
    picture = read_picture_bytes(encapsulated(ds, JPEGBaseline8Bit, stream.getvalue()))
    assert np.abs(picture.pixels.astype(int) - GREY).mean() < 2


def palette(red: NDArray[np.uint16], green: NDArray[np.uint16], blue: NDArray[np.uint16]) -> Dataset:
    ds = data_set(GREY, PhotometricInterpretation="PALETTE COLOR")
    for offset, table in enumerate((red, green, blue)):
        ds.add_new(0x00281101 + offset, "US", [256, 0, 16])
        ds.add_new(0x00281201 + offset, "OW", table.astype("<u2").tobytes())
    return ds


def test_palette_of_grey_and_of_colour() -> None:
    ramp = np.arange(256, dtype=np.uint16) * 257
    picture = read_picture_bytes(written(palette(ramp, ramp, ramp)))
    assert np.array_equal(picture.pixels, ramp[GREY])
    assert refused(written(palette(ramp, ramp[::-1], ramp // 2))) is Refusal.COLOUR_PHOTO


def test_palette_without_its_tables_is_malformed() -> None:
    assert refused(written(data_set(GREY, PhotometricInterpretation="PALETTE COLOR"))) is Refusal.MALFORMED
