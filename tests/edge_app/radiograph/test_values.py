"""From stored values to what is seen: polarity, rescale, windows, tables, padding, bits that do not count."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLSLossless, RLELossless

from edge_app.radiograph.picture import Assumption, Picture, VoiFunction
from edge_app.radiograph.reader import read_picture_bytes
from tests.edge_app.radiograph.dicoms import compressed, data_set, phantom, written

PIXELS = phantom(12)


def read(ds: Dataset, syntax: str = ExplicitVRLittleEndian) -> Picture:
    return read_picture_bytes(written(ds, syntax))


def linear(values: NDArray[np.generic], center: float, width: float) -> NDArray[np.float64]:
    """LINEAR of PS3.3 C.11.2.1.2.1, word for word, to 0…1."""
    x = values.astype(np.float64)
    y = (x - (center - 0.5)) / (width - 1) + 0.5
    return np.where(x <= center - 0.5 - (width - 1) / 2, 0.0, np.where(x > center - 0.5 + (width - 1) / 2, 1.0, y))


def exact(values: NDArray[np.generic], center: float, width: float) -> NDArray[np.float64]:
    return np.clip((values.astype(np.float64) - center) / width + 0.5, 0, 1)


def sigmoid(values: NDArray[np.generic], center: float, width: float) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-4 * (values.astype(np.float64) - center) / width))


WINDOWS = {"LINEAR": linear, "LINEAR_EXACT": exact, "SIGMOID": sigmoid}
RESCALES = [(1, 0), (1, -1024), (2.5, 10), (0.25, -300), (-1, 4095), (-0.5, 7)]


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(("slope", "intercept"), RESCALES)
@pytest.mark.parametrize("function", WINDOWS)
def test_the_look_is_that_of_the_standard(function: str, slope: float, intercept: float, signed: bool, photometric: str) -> None:
    pixels = phantom(12, signed=signed)
    values = pixels.astype(np.float64) * slope + intercept
    center, width = float(np.median(values)), float(np.ptp(values)) * 0.7
    center, width = round(center, 2), round(width, 2)
    picture = read(
        data_set(
            pixels,
            12,
            PhotometricInterpretation=photometric,
            RescaleSlope=slope,
            RescaleIntercept=intercept,
            WindowCenter=center,
            WindowWidth=width,
            VOILUTFunction=function,
        )
    )
    seen = WINDOWS[function](values, center, width)
    assert np.allclose(picture.windowed(), 1 - seen if photometric == "MONOCHROME1" else seen, atol=2e-5)
    assert Assumption.WINDOW_FROM_PIXELS not in picture.assumptions


def test_higher_is_whiter_whatever_the_file_calls_it() -> None:
    normal = read(data_set(PIXELS, 12))
    negative = read(data_set(4095 - PIXELS, 12, PhotometricInterpretation="MONOCHROME1"))
    assert np.array_equal(normal.pixels, negative.pixels)
    assert np.allclose(normal.windowed(), negative.windowed(), atol=1 / 4095)


def test_presentation_lut_shape_inverse_is_seen_inverted_once() -> None:
    inverse = read(data_set(PIXELS, 12, PresentationLUTShape="INVERSE"))
    both = read(data_set(PIXELS, 12, PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="INVERSE"))
    assert np.array_equal(inverse.pixels, 4095 - PIXELS)
    assert np.array_equal(both.pixels, 4095 - PIXELS)


def test_the_first_of_several_windows_counts() -> None:
    picture = read(data_set(PIXELS, 12, WindowCenter=[1700, 2000], WindowWidth=[1500, 4000], WindowCenterWidthExplanation=["A", "B"]))
    assert (picture.window.center, picture.window.width, picture.window.function) == (1700, 1500, VoiFunction.LINEAR)


@pytest.mark.parametrize(
    "values",
    [
        {"WindowCenter": None, "WindowWidth": None},
        {"WindowCenter": None},
        {"WindowWidth": 0},
        {"WindowWidth": -5},
        {"WindowCenter": 500_000, "WindowWidth": 100},
        {"WindowCenter": -3000, "WindowWidth": 200},
    ],
    ids=str,
)
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_without_a_usable_window_one_is_made_from_the_pixels_and_said(values: dict[str, object], photometric: str) -> None:
    picture = read(data_set(PIXELS, 12, PhotometricInterpretation=photometric, **values))
    assert Assumption.WINDOW_FROM_PIXELS in picture.assumptions
    seen = picture.windowed()
    assert seen.std() > 0.15
    assert 0.001 < (seen == 0).mean() < 0.02
    assert 0.001 < (seen == 1).mean() < 0.02


def test_a_picture_of_one_tone_is_no_error() -> None:
    picture = read(data_set(np.full((20, 20), 77, np.uint16), 12, WindowCenter=None, WindowWidth=None))
    assert np.isfinite(picture.windowed()).all()


def test_bits_above_bits_stored_do_not_count() -> None:
    overlay = PIXELS | (np.random.default_rng(0).integers(0, 16, PIXELS.shape) << 12).astype(np.uint16)
    assert np.array_equal(read(data_set(overlay, 12)).pixels, PIXELS)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless], ids=lambda uid: uid.name)
def test_bits_above_bits_stored_do_not_count_in_compressed_pixels(syntax: str, tmp_path: Path) -> None:
    overlay = PIXELS | (np.random.default_rng(0).integers(0, 16, PIXELS.shape) << 12).astype(np.uint16)
    ds = data_set(overlay, 16)
    data = bytearray(compressed(ds, syntax, tmp_path))
    for element, value in ((b"\x28\x00\x01\x01US\x02\x00", 12), (b"\x28\x00\x02\x01US\x02\x00", 11)):
        at = data.index(element) + 8
        data[at : at + 2] = value.to_bytes(2, "little")
    assert np.array_equal(read_picture_bytes(bytes(data)).pixels, PIXELS)


def test_signed_bits_above_bits_stored_do_not_count() -> None:
    pixels = phantom(12, signed=True)
    junk = (pixels.view(np.uint16) & 0x0FFF) | 0x5000
    picture = read(data_set(junk.view(np.int16), 12))
    assert np.array_equal(picture.pixels, pixels.astype(np.int32) + 2048)


def test_values_high_in_their_cell_are_brought_down() -> None:
    assert np.array_equal(read(data_set(PIXELS << 4, 12, HighBit=15)).pixels, PIXELS)


def test_thirty_two_bits_allocated_for_twelve_are_read() -> None:
    assert np.array_equal(read(data_set(PIXELS.astype(np.uint32), 12)).pixels, PIXELS)


def test_bits_stored_missing_is_assumed_and_said() -> None:
    picture = read(data_set(PIXELS, 16, BitsStored=None, HighBit=None))
    assert np.array_equal(picture.pixels, PIXELS)
    assert Assumption.BITS_STORED_GUESSED in picture.assumptions


def test_photometric_interpretation_missing_is_assumed_and_said() -> None:
    picture = read(data_set(PIXELS, 12, PhotometricInterpretation=None))
    assert np.array_equal(picture.pixels, PIXELS)
    assert Assumption.PHOTOMETRIC_MISSING in picture.assumptions


def lut_item(table: NDArray[np.uint16], first: int, bits: int, *, signed: bool = False) -> Dataset:
    item = Dataset()
    item.add_new(0x00283002, "SS" if signed else "US", [len(table) % 65536, first, bits])
    if bits == 8:
        item.add_new(0x00283006, "OW", table.astype(np.uint8).tobytes() + b"\0" * (len(table) % 2))
    else:
        item.add_new(0x00283006, "OW", table.astype("<u2").tobytes())
    item.ModalityLUTType = "US"
    return item


CURVE = np.rint(np.sqrt(np.linspace(0, 1, 3000)) * 1023).astype(np.uint16)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian], ids=lambda uid: uid.name)
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_voi_lut_sequence_goes_before_the_window(photometric: str, syntax: str) -> None:
    ds = data_set(PIXELS, 12, PhotometricInterpretation=photometric)
    ds.VOILUTSequence = Sequence([lut_item(CURVE, 500, 10), lut_item(CURVE[::-1], 500, 10)])
    picture = read(ds, syntax)
    seen = CURVE[np.clip(PIXELS.astype(int) - 500, 0, 2999)] / 1023
    assert np.allclose(picture.windowed(), 1 - seen if photometric == "MONOCHROME1" else seen, atol=1e-6)


def test_voi_lut_of_eight_bits_packed() -> None:
    table = (CURVE >> 2).astype(np.uint16)[:2999]
    ds = data_set(PIXELS, 12)
    ds.VOILUTSequence = Sequence([lut_item(table, 0, 8)])
    assert np.allclose(read(ds).windowed(), table[np.clip(PIXELS, 0, 2998)] / 255, atol=1e-6)


@pytest.mark.parametrize("signed", [False, True])
def test_voi_lut_after_a_rescale_below_zero(signed: bool) -> None:
    pixels = phantom(12, signed=signed)
    ds = data_set(pixels, 12, RescaleSlope=2, RescaleIntercept=-1000)
    ds.VOILUTSequence = Sequence([lut_item(CURVE, -500, 10, signed=True)])
    seen = CURVE[np.clip(pixels.astype(int) * 2 - 1000 + 500, 0, 2999)] / 1023
    assert np.allclose(read(ds).windowed(), seen, atol=1e-6)


def test_voi_lut_that_declares_more_bits_than_it_fills_is_not_seen_dark() -> None:
    ds = data_set(PIXELS, 12)
    ds.VOILUTSequence = Sequence([lut_item(CURVE, 0, 16)])
    assert read(ds).windowed().max() == pytest.approx(1.0)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_modality_lut_sequence_comes_before_the_window(photometric: str) -> None:
    ds = data_set(PIXELS, 12, PhotometricInterpretation=photometric, WindowCenter=400, WindowWidth=600)
    ds.ModalityLUTSequence = Sequence([lut_item(CURVE, 100, 16)])
    seen = linear(CURVE[np.clip(PIXELS.astype(int) - 100, 0, 2999)], 400, 600)
    assert np.allclose(read(ds).windowed(), 1 - seen if photometric == "MONOCHROME1" else seen, atol=1e-5)


def test_modality_lut_and_voi_lut_follow_each_other() -> None:
    ds = data_set(PIXELS, 12)
    ds.ModalityLUTSequence = Sequence([lut_item(CURVE, 0, 16)])
    ds.VOILUTSequence = Sequence([lut_item(np.arange(256, dtype=np.uint16), 300, 8)])
    seen = np.clip(CURVE[np.clip(PIXELS.astype(int), 0, 2999)].astype(int) - 300, 0, 255) / 255
    assert np.allclose(read(ds).windowed(), seen, atol=1e-6)


def test_a_window_inside_functional_groups_counts() -> None:
    """Enhanced XA keeps window, rescale and spacing of each frame in functional groups, PS3.3 C.7.6.16."""
    ds = data_set(PIXELS, 12, SOPClassUID="1.2.840.10008.5.1.4.1.1.12.1.1", Modality="XA", WindowCenter=None, WindowWidth=None)
    voi, properties, shared, frame = Dataset(), Dataset(), Dataset(), Dataset()
    voi.WindowCenter, voi.WindowWidth = 900, 800
    properties.ImagerPixelSpacing = [0.3, 0.3]
    frame.FrameVOILUTSequence = Sequence([voi])
    shared.FramePixelDataPropertiesSequence = Sequence([properties])
    ds.SharedFunctionalGroupsSequence, ds.PerFrameFunctionalGroupsSequence = Sequence([shared]), Sequence([frame])
    picture = read(ds)
    assert (picture.window.center, picture.window.width) == (900, 800)
    assert picture.spacing_mm == (0.3, 0.3)


@pytest.mark.parametrize("undefined_length", [False, True])
def test_functional_groups_of_many_frames(undefined_length: bool) -> None:
    """A minute of fluoroscopy: more than a megabyte of groups, of which only the first frame's are looked at."""
    ds = data_set(PIXELS, 12, SOPClassUID="1.2.840.10008.5.1.4.1.1.12.1.1", Modality="XA", WindowCenter=None, WindowWidth=None)
    frames = []
    for index in range(600):
        frame, voi = Dataset(), Dataset()
        voi.WindowCenter, voi.WindowWidth = 900 + index, 800
        frame.FrameVOILUTSequence = Sequence([voi])
        frame.add_new(0x00091001, "OB", bytes(2000))
        frames.append(frame)
        for nested in (frame, voi):
            nested.is_undefined_length_sequence_item = undefined_length
    ds.PerFrameFunctionalGroupsSequence = Sequence(frames)
    ds["PerFrameFunctionalGroupsSequence"].is_undefined_length = undefined_length
    assert read(ds).window.center == 900


def test_what_vendors_keep_in_sequences_is_left_out() -> None:
    ds, blob = data_set(PIXELS, 12), Dataset()
    blob.add_new(0x00091001, "OB", bytes(3 << 20))
    ds.add_new(0x00091000, "SQ", Sequence([blob]))
    ds[0x00091000].is_undefined_length = True
    assert np.array_equal(read(ds).pixels, PIXELS)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("padding", [0, 4095])
def test_padding_is_black_and_leaves_the_window_alone(padding: int, photometric: str) -> None:
    pixels = np.clip(PIXELS, 1000, 3000)
    values: dict[str, object] = {"PhotometricInterpretation": photometric, "WindowCenter": None, "WindowWidth": None}
    bare = read(data_set(pixels, 12, **values))
    framed = np.pad(pixels, 60, constant_values=padding)
    picture = read(data_set(framed, 12, PixelPaddingValue=padding, **values))
    assert (picture.pixels[:60] == 0).all()
    assert picture.windowed()[:60].max() == 0
    assert np.array_equal(picture.pixels[60:-60, 60:-60], bare.pixels)
    assert picture.window.center == pytest.approx(bare.window.center, abs=80)
    assert picture.window.width == pytest.approx(bare.window.width, abs=120)


def test_a_range_of_padding_and_a_negative_one() -> None:
    pixels = np.clip(phantom(12, signed=True), -1000, 2047)
    framed = np.pad(pixels, 8, constant_values=-2000)
    framed[:4] = -2040
    ds = data_set(framed, 12)
    ds.add_new(0x00280120, "SS", -2048)
    ds.add_new(0x00280121, "SS", -1990)
    assert (read(ds).pixels[:8] == 0).all()
    assert np.array_equal(read(ds).pixels[8:-8, 8:-8], pixels.astype(np.int32) + 2048)


def test_overlays_are_left_out() -> None:
    ds = data_set(PIXELS, 12)
    ds.add_new(0x60000010, "US", 90)
    ds.add_new(0x60000011, "US", 70)
    ds.add_new(0x60003000, "OW", b"\xff" * 788)
    assert np.array_equal(read(ds).pixels, PIXELS)


def test_big_endian_tables_and_windows_are_read() -> None:
    ds = data_set(PIXELS, 12)
    item = Dataset()
    item.LUTDescriptor, item.LUTData = [len(CURVE), 500, 10], [int(value) for value in CURVE]
    item["LUTData"].VR = "US"
    ds.VOILUTSequence = Sequence([item])
    seen = CURVE[np.clip(PIXELS.astype(int) - 500, 0, 2999)] / 1023
    assert np.allclose(read(ds, ExplicitVRBigEndian).windowed(), seen, atol=1e-6)


@pytest.mark.parametrize("values", [{"RescaleSlope": 0, "RescaleIntercept": 5}, {"RescaleSlope": 1e9, "RescaleIntercept": 0}], ids=str)
def test_a_rescale_that_cannot_be_meant_is_left_out(values: dict[str, object]) -> None:
    assert np.allclose(read(data_set(PIXELS, 12, **values)).windowed(), read(data_set(PIXELS, 12)).windowed())
