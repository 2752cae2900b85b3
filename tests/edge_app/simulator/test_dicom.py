"""Simulated chests as DICOM: what is written is read back, whole and right side out."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import UID, DigitalXRayImageStorageForPresentation, JPEGBaseline8Bit

from edge_app.simulator.chest import SimulatedChest, marked, simulated_chest
from edge_app.simulator.dicom import SYNTAXES, SimulatedPatient, write_dx

TYPE_1 = [
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "Modality",
    "PresentationIntentType",
    "BodyPartExamined",
    "ImageType",
    "PatientOrientation",
    "ImageLaterality",
    "PixelIntensityRelationship",
    "PixelIntensityRelationshipSign",
    "RescaleIntercept",
    "RescaleSlope",
    "RescaleType",
    "PresentationLUTShape",
    "LossyImageCompression",
    "BurnedInAnnotation",
    "ImagerPixelSpacing",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "WindowCenter",
    "WindowWidth",
    "ViewPosition",
    "PixelSpacing",
    "AnatomicRegionSequence",
    "PixelData",
]
TYPE_2 = [
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
    "StudyID",
    "AccessionNumber",
    "SeriesNumber",
    "InstanceNumber",
    "Manufacturer",
    "AcquisitionContextSequence",
    "PositionerType",
    "DetectorType",
]


@pytest.fixture(scope="module")
def chest() -> SimulatedChest:
    return simulated_chest(6, 160, 192)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.keyword)
def test_pixels_come_back_equal(syntax: UID, photometric: str, chest: SimulatedChest, tmp_path: Path) -> None:
    meaning = "MONOCHROME1" if photometric == "MONOCHROME1" else "MONOCHROME2"
    dataset = pydicom.dcmread(write_dx(tmp_path / "chest.dcm", chest, transfer_syntax=syntax, photometric=meaning))
    assert dataset.file_meta.TransferSyntaxUID == syntax
    assert dataset.PhotometricInterpretation == photometric
    stored = dataset.pixel_array.astype(np.int64)
    assert np.array_equal(stored if photometric == "MONOCHROME2" else 2**chest.bits - 1 - stored, marked(chest))


def test_every_required_attribute_is_there(chest: SimulatedChest, tmp_path: Path) -> None:
    dataset = pydicom.dcmread(write_dx(tmp_path / "chest.dcm", chest))
    assert [name for name in TYPE_1 if name not in dataset or dataset.data_element(name).is_empty] == []
    assert [name for name in TYPE_2 if name not in dataset] == []
    assert dataset.SOPClassUID == DigitalXRayImageStorageForPresentation
    assert dataset.PatientName == "SIMULATED^CHEST"
    assert dataset.ImageComments.startswith("SIMULATED")
    assert dataset.BurnedInAnnotation == "YES"
    assert dataset.ViewPosition == chest.view
    assert [float(value) for value in dataset.PixelSpacing] == pytest.approx([chest.spacing_mm] * 2, rel=1e-4)


def test_the_same_picture_is_the_same_instance_in_every_syntax(chest: SimulatedChest, tmp_path: Path) -> None:
    written = {pydicom.dcmread(write_dx(tmp_path / "a.dcm", chest, transfer_syntax=syntax)).SOPInstanceUID for syntax in SYNTAXES}
    assert len(written) == 1
    other = pydicom.dcmread(write_dx(tmp_path / "b.dcm", simulated_chest(7, 160, 192)))
    assert other.SOPInstanceUID not in written


def test_the_caller_chooses_identity_and_time(chest: SimulatedChest, tmp_path: Path) -> None:
    patient = SimulatedPatient(name="SIMULATED^TWO=모의^둘", patient_id="SIM-2", accession_number="A2")
    path = write_dx(
        tmp_path / "new" / "chest.dcm",
        chest,
        sop_instance_uid="2.25.42",
        patient=patient,
        taken_at=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
    )
    dataset = pydicom.dcmread(path)
    assert dataset.SOPInstanceUID == dataset.file_meta.MediaStorageSOPInstanceUID == "2.25.42"
    assert (str(dataset.PatientName), dataset.PatientID, dataset.AccessionNumber) == (patient.name, "SIM-2", "A2")
    assert (dataset.StudyDate, dataset.StudyTime) == ("20260304", "050607")


def test_a_syntax_without_encoder_is_refused(chest: SimulatedChest, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no encoder"):
        write_dx(tmp_path / "chest.dcm", chest, transfer_syntax=JPEGBaseline8Bit)
    assert not (tmp_path / "chest.dcm").exists()


@pytest.mark.skipif(shutil.which("dcmftest") is None, reason="dcmtk is not installed")
@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.keyword)
def test_dcmtk_reads_it_too(syntax: UID, chest: SimulatedChest, tmp_path: Path) -> None:
    path = write_dx(tmp_path / "chest.dcm", chest, transfer_syntax=syntax)
    assert subprocess.run(["dcmftest", str(path)], check=False, capture_output=True).returncode == 0
    dump = subprocess.run(["dcmdump", "+P", "ImageComments", str(path)], check=True, capture_output=True, text=True)
    assert "SIMULATED" in dump.stdout
