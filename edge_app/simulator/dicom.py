"""Simulated radiographs as DICOM: Digital X-Ray Image Storage – For Presentation, PS3.3 A.26."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from edge_app.simulator.chest import SimulatedChest, marked

SYNTAXES: tuple[UID, ...] = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless, JPEGLSLossless, JPEG2000Lossless)
_ENCODERS = {RLELossless: "pydicom", JPEGLSLossless: "pyjpegls", JPEG2000Lossless: "pylibjpeg"}
_COMMENT = "SIMULATED radiograph of nobody. Not for diagnosis."
_DISTANCE_MM = {"PA": 1800.0, "AP": 1100.0}


@dataclass(frozen=True)
class SimulatedPatient:
    """The identity a simulated picture carries; the defaults cannot be taken for a real person's."""

    name: str = "SIMULATED^CHEST"
    patient_id: str = "SIMULATED"
    accession_number: str = ""


def write_dx(
    path: Path,
    picture: SimulatedChest,
    *,
    transfer_syntax: UID = ExplicitVRLittleEndian,
    photometric: Literal["MONOCHROME1", "MONOCHROME2"] = "MONOCHROME2",
    sop_instance_uid: str | None = None,
    patient: SimulatedPatient | None = None,
    taken_at: datetime | None = None,
) -> Path:
    """Write a simulated chest as a DX object and return its path.

    The pixels are ``marked(picture)``, turned over where ``photometric`` is MONOCHROME1. Without ``sop_instance_uid`` the UIDs
    follow from the pixels and the patient, so the same picture is the same instance whatever its transfer syntax.

    Raises:
        ValueError: a transfer syntax that is not in ``SYNTAXES``.
    """
    if transfer_syntax not in SYNTAXES:
        raise ValueError(f"no encoder for transfer syntax {transfer_syntax}")
    who = patient or SimulatedPatient()
    when = taken_at or datetime.combine(date(2026, 1, 1), datetime.min.time())
    pixels = marked(picture)
    key = hashlib.sha256(pixels.tobytes() + repr((who, photometric)).encode()).hexdigest()
    dataset = Dataset()
    _identify(dataset, picture, who, when, key, sop_instance_uid)
    _describe_exposure(dataset, picture)
    _describe_pixels(dataset, picture, photometric)
    stored = pixels if photometric == "MONOCHROME2" else (np.uint16(2**picture.bits - 1) - pixels).astype(np.uint16)

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian if transfer_syntax in _ENCODERS else transfer_syntax
    dataset.file_meta = meta
    dataset.PixelData = stored.astype("<u2").tobytes()
    dataset["PixelData"].VR = "OW"
    if transfer_syntax in _ENCODERS:
        dataset.compress(transfer_syntax, encoding_plugin=_ENCODERS[transfer_syntax], generate_instance_uid=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def uid_of(key: str, role: str) -> UID:
    """A UID under the 2.25 root (PS3.5 B.2) that follows from the picture."""
    return UID("2.25." + str(int(hashlib.sha256(f"{role}:{key}".encode()).hexdigest()[:32], 16)))


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def _identify(
    dataset: Dataset, picture: SimulatedChest, who: SimulatedPatient, when: datetime, key: str, sop_instance_uid: str | None
) -> None:
    """Patient, study, series, equipment and SOP common modules."""
    day, time = when.strftime("%Y%m%d"), when.strftime("%H%M%S")
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = DigitalXRayImageStorageForPresentation
    dataset.SOPInstanceUID = UID(sop_instance_uid) if sop_instance_uid else uid_of(key, "instance")
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = uid_of(key, "study"), uid_of(key, "series")
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = dataset.AcquisitionDate = day
    dataset.StudyTime = dataset.SeriesTime = dataset.ContentTime = dataset.AcquisitionTime = time
    dataset.PatientName, dataset.PatientID = who.name, who.patient_id
    dataset.PatientBirthDate, dataset.PatientSex = "", picture.sex
    dataset.PatientAge = f"{picture.age_years:03d}Y"
    dataset.ReferringPhysicianName, dataset.StudyID, dataset.AccessionNumber = "", "1", who.accession_number
    dataset.StudyDescription, dataset.SeriesDescription = "Simulated chest", f"Chest {picture.view}"
    dataset.Modality, dataset.PresentationIntentType = "DX", "FOR PRESENTATION"
    dataset.SeriesNumber, dataset.InstanceNumber = 1, 1
    dataset.Manufacturer, dataset.ManufacturerModelName = "Simulated", "Chest simulator"
    dataset.DeviceSerialNumber, dataset.SoftwareVersions = str(picture.seed), "1"
    dataset.AcquisitionContextSequence = Sequence()


def _describe_exposure(dataset: Dataset, picture: SimulatedChest) -> None:
    """DX anatomy imaged, positioning, and detector modules (PS3.3 C.8.11)."""
    dataset.BodyPartExamined, dataset.ViewPosition, dataset.ImageLaterality = "CHEST", picture.view, "U"
    dataset.AnatomicRegionSequence = Sequence([_code("51185008", "SCT", "Chest")])
    view = _code("399348003", "SCT", "antero-posterior") if picture.view == "AP" else _code("399127005", "SCT", "postero-anterior")
    dataset.ViewCodeSequence = Sequence([view])
    view.ViewModifierCodeSequence = Sequence()
    dataset.PatientOrientation = ["L", "F"]
    dataset.DetectorType, dataset.DetectorConfiguration = "DIRECT", "AREA"
    dataset.PositionerType = "NONE"
    dataset.DetectorDescription = "Simulated flat panel"
    dataset.DistanceSourceToDetector = _DISTANCE_MM[picture.view]
    spacing = f"{picture.spacing_mm:.6g}"
    dataset.ImagerPixelSpacing, dataset.PixelSpacing = [spacing, spacing], [spacing, spacing]


def _describe_pixels(dataset: Dataset, picture: SimulatedChest, photometric: str) -> None:
    """DX image, image pixel, VOI LUT and presentation attributes (PS3.3 C.8.11.3, C.7.6.3, C.11.2)."""
    rows, columns = picture.pixels.shape
    dataset.ImageType = ["DERIVED", "PRIMARY", ""]
    dataset.DerivationDescription = "Simulated from path lengths through a drawn anatomy"
    dataset.ImageComments = _COMMENT
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, photometric
    dataset.Rows, dataset.Columns = rows, columns
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, picture.bits, picture.bits - 1
    dataset.PixelRepresentation = 0
    dataset.PixelIntensityRelationship = "LOG"
    dataset.PixelIntensityRelationshipSign = 1 if photometric == "MONOCHROME1" else -1
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = 0, 1, "US"
    dataset.PresentationLUTShape = "IDENTITY" if photometric == "MONOCHROME2" else "INVERSE"
    dataset.LossyImageCompression = "00"
    dataset.BurnedInAnnotation = "YES"
    dataset.WindowCenter, dataset.WindowWidth = 2 ** (picture.bits - 1), 2**picture.bits
    dataset.WindowCenterWidthExplanation = "Full range"
