"""The original for a hospital: the same pixels, and no word about the patient."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from edge_app.errors import UnreadablePictureError
from edge_app.radiograph.original import OriginalMedia, original_of
from edge_app.radiograph.reader import read_picture, read_picture_bytes
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx

WHO = "Kim Minsu 19610203"


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """A radiograph whose file says who it is of wherever a file can."""
    data = dcmread(write_dx(tmp_path / "named.dcm", simulated_chest(3, 256, 200)))
    data.PatientName = data.PatientID = data.PatientComments = data.InstitutionName = data.OperatorsName = WHO
    data.PatientBirthDate = "19610203"
    data.StudyDescription = data.ProtocolName = data.AccessionNumber = WHO[:16]
    data.private_block(0x0011, "VENDOR", create=True).add_new(1, "LO", WHO)
    inner = Dataset()
    inner.CodeValue, inner.CodeMeaning, inner.CodingSchemeDesignator = "T-D3000", "Chest", "SRT"
    inner.PatientComments = WHO
    data.AnatomicRegionSequence = Sequence([inner])
    data.save_as(tmp_path / "named.dcm")
    return tmp_path / "named.dcm"


@pytest.mark.parametrize(
    ("came_as", "goes_as"),
    [
        (ExplicitVRLittleEndian, JPEGLSLossless),
        (ImplicitVRLittleEndian, JPEGLSLossless),
        (JPEGLSLossless, JPEGLSLossless),
        (RLELossless, RLELossless),
        (JPEG2000Lossless, JPEG2000Lossless),
    ],
)
def test_every_pixel_stays_and_every_name_goes(named: Path, came_as: str, goes_as: str) -> None:
    data = dcmread(named)
    before = data.pixel_array.copy()
    if came_as == ImplicitVRLittleEndian:
        data.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        data.save_as(named, implicit_vr=True)
    elif came_as != ExplicitVRLittleEndian:
        data.compress(came_as, generate_instance_uid=False)
        data.save_as(named)
    original = original_of(named)
    assert original.media_type is OriginalMedia.DICOM
    assert WHO[:9].encode() not in original.content
    assert b"19610203" not in original.content
    sent = dcmread(io.BytesIO(original.content))
    assert sent.file_meta.TransferSyntaxUID == goes_as
    assert np.array_equal(sent.pixel_array, before)
    assert (sent.SOPInstanceUID, sent.Rows, sent.PixelSpacing) == (data.SOPInstanceUID, data.Rows, data.PixelSpacing)
    assert (sent.PatientName, sent.PatientIdentityRemoved) == ("", "YES")
    shown, read = read_picture_bytes(original.content), read_picture(named)
    assert np.array_equal(shown.pixels, read.pixels)
    assert (shown.window, shown.spacing_mm) == (read.window, read.spacing_mm)


def test_a_deflated_file_keeps_its_pixels(named: Path) -> None:
    data = dcmread(named)
    before = data.pixel_array.copy()
    data.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    data.save_as(named)
    assert np.array_equal(dcmread(io.BytesIO(original_of(named).content)).pixel_array, before)


def test_a_png_loses_its_words_and_a_jpeg_its_comments(tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    grey = Image.fromarray(np.random.default_rng(1).integers(0, 255, (60, 80), dtype=np.uint8))
    words = PngInfo()
    words.add_text("Title", WHO)
    grey.save(tmp_path / "a.png", pnginfo=words)
    exif = Image.Exif()
    exif[0x010E] = WHO
    grey.save(tmp_path / "a.jpg", exif=exif, comment=WHO.encode())
    for name, media in (("a.png", OriginalMedia.PNG), ("a.jpg", OriginalMedia.JPEG)):
        path = tmp_path / name
        assert WHO.encode() in path.read_bytes()
        original = original_of(path)
        assert original.media_type is media
        assert WHO.encode() not in original.content
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(original.content))), np.asarray(Image.open(path)))
        assert np.array_equal(read_picture_bytes(original.content).pixels, read_picture(path).pixels)


@pytest.mark.parametrize("content", [b"", b"not a picture at all", b"\x00" * 128 + b"DICM" + b"\xff" * 40])
def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(UnreadablePictureError):
        original_of(tmp_path / "x")
