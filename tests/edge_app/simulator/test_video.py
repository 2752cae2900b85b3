"""Simulated fluoroscopy as files: what a reader must find in them is there."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import (
    MPEG2MPML,
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGLossless,
    JPEGLSLossless,
    XRayAngiographicImageStorage,
    XRayRadiofluoroscopicImageStorage,
)

from edge_app.simulator.dicom import SimulatedPatient
from edge_app.simulator.video import Cine, write_cine, write_stream, write_video

FRAMES = np.random.default_rng(1).integers(0, 256, (5, 15, 17)).astype(np.uint8)
# Types 1 and 2 of the modules of PS3.3 A.14 and A.16.
NEEDED = [
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate", "StudyTime", "ReferringPhysicianName",
    "StudyID", "AccessionNumber", "Modality", "SeriesInstanceUID", "SeriesNumber", "Manufacturer", "InstanceNumber", "PatientOrientation",
    "ImageType", "PixelIntensityRelationship", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated", "BitsStored", "HighBit",
    "PixelRepresentation", "NumberOfFrames", "FrameIncrementPointer", "KVP", "RadiationSetting", "XRayTubeCurrent", "ExposureTime",
    "WindowCenter", "WindowWidth", "SOPClassUID", "SOPInstanceUID",
]  # fmt: skip


@pytest.mark.parametrize("sop_class", [XRayAngiographicImageStorage, XRayRadiofluoroscopicImageStorage], ids=["XA", "RF"])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, JPEGLSLossless])
def test_an_object_is_what_its_class_asks_for(sop_class: str, syntax: str, tmp_path: Path) -> None:
    patient = SimulatedPatient(name="SIMULATED^SWALLOW")
    ds = pydicom.dcmread(write_cine(tmp_path / "a.dcm", FRAMES, Cine(sop_class=sop_class), transfer_syntax=syntax, patient=patient))
    assert [keyword for keyword in NEEDED if keyword not in ds] == []
    assert (ds.SOPClassUID, ds.file_meta.MediaStorageSOPClassUID, ds.PatientName) == (sop_class, sop_class, "SIMULATED^SWALLOW")
    assert (ds.FrameIncrementPointer, float(ds.FrameTime)) == (0x00181063, pytest.approx(1000 / 30, abs=1e-4))
    assert ("PositionerMotion" in ds) is (sop_class == XRayAngiographicImageStorage)
    assert ("SIMULATED" in ds.ImageComments, ds.LossyImageCompression) == (True, "00")
    assert np.array_equal(ds.pixel_array, FRAMES)


def test_a_vector_of_times_is_named_by_the_pointer(tmp_path: Path) -> None:
    steps_ms = (0.0, 33.3, 66.6, 33.3, 33.3)
    ds = pydicom.dcmread(write_cine(tmp_path / "a.dcm", FRAMES, Cine(steps_ms=steps_ms)))
    assert ds.FrameIncrementPointer == 0x00181065
    assert list(map(float, ds.FrameTimeVector)) == list(steps_ms)
    assert "FrameTime" not in ds


def test_the_same_frames_are_the_same_instance_whatever_codes_them(tmp_path: Path) -> None:
    uids = [
        pydicom.dcmread(write_cine(tmp_path / "a.dcm", FRAMES, transfer_syntax=syntax)).SOPInstanceUID
        for syntax in (ExplicitVRLittleEndian, JPEGBaseline8Bit, JPEGLSLossless)
    ]
    assert len(set(uids)) == 1
    assert pydicom.dcmread(write_cine(tmp_path / "a.dcm", 255 - FRAMES)).SOPInstanceUID != uids[0]


def test_what_loses_something_says_so(tmp_path: Path) -> None:
    ds = pydicom.dcmread(write_cine(tmp_path / "a.dcm", FRAMES, transfer_syntax=JPEGBaseline8Bit))
    assert (ds.LossyImageCompression, ds.LossyImageCompressionMethod) == ("01", "ISO_10918_1")
    ds = pydicom.dcmread(write_stream(tmp_path / "b.dcm", bytes(100), FRAMES, transfer_syntax=MPEG2MPML))
    assert (ds.LossyImageCompression, ds.LossyImageCompressionMethod, ds.NumberOfFrames) == ("01", "ISO_13818_2", len(FRAMES))


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no encoder"):
        write_cine(tmp_path / "a.dcm", FRAMES, transfer_syntax=JPEGLossless)
    with pytest.raises(ValueError, match="holds no video"):
        write_stream(tmp_path / "a.dcm", b"", FRAMES, transfer_syntax=JPEGLossless)
    with pytest.raises(ValueError, match="no codec"):
        write_video(tmp_path / "a.gif", FRAMES)
