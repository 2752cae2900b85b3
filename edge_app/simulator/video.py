"""Simulated fluoroscopy as files: X-Ray Angiographic and Radiofluoroscopic Image Storage (PS3.3 A.14, A.16), AVI and MP4."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.tag import Tag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
    XRayAngiographicImageStorage,
    XRayRadiofluoroscopicImageStorage,
)

from edge_app.radiograph.transfer_syntax import VIDEO
from edge_app.simulator.dicom import SimulatedPatient, uid_of

UNCOMPRESSED: tuple[UID, ...] = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)
SYNTAXES: tuple[UID, ...] = (*UNCOMPRESSED, RLELossless, JPEGBaseline8Bit, JPEGLSLossless, JPEG2000Lossless)
_ENCODERS = {RLELossless: "pylibjpeg", JPEGLSLossless: "pyjpegls", JPEG2000Lossless: "pylibjpeg"}
_MODALITIES = {XRayAngiographicImageStorage: "XA", XRayRadiofluoroscopicImageStorage: "RF"}
_CODECS = {".avi": "MJPG", ".mp4": "mp4v", ".mov": "mp4v", ".mkv": "MJPG"}
_JPEG_QUALITY = 90
_COMMENT = "SIMULATED fluoroscopy of nobody. Not for diagnosis."


@dataclass(frozen=True)
class Cine:
    """How a simulated video is described.

    Attributes:
        step_ms: Frame Time (0018,1063) in milliseconds.
        steps_ms: (frames,) Frame Time Vector (0018,1065) in milliseconds, 0 for the first, instead of it.
        spacing_mm: Imager Pixel Spacing (0018,1164), the same both ways.
        sop_class: X-Ray Angiographic or X-Ray Radiofluoroscopic Image Storage.
    """

    step_ms: float = 1000.0 / 30.0
    steps_ms: Sequence[float] | None = None
    spacing_mm: float = 0.3
    sop_class: UID = XRayRadiofluoroscopicImageStorage


def write_cine(
    path: Path,
    frames: NDArray[np.uint8],
    cine: Cine | None = None,
    *,
    transfer_syntax: UID = ExplicitVRLittleEndian,
    patient: SimulatedPatient | None = None,
    taken_at: datetime | None = None,
) -> Path:
    """Write (n, rows, columns) uint8 as a multi-frame object, each frame a picture of its own, and return its path.

    Raises:
        ValueError: a transfer syntax that is not in ``SYNTAXES``.
    """
    if transfer_syntax not in SYNTAXES:
        raise ValueError(f"no encoder for transfer syntax {transfer_syntax}")
    dataset = _described(frames, cine or Cine(), patient or SimulatedPatient(), taken_at)
    raw = np.ascontiguousarray(frames).tobytes()
    dataset.PixelData = raw + b"\0" * (len(raw) % 2)
    dataset["PixelData"].VR = "OB"
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if transfer_syntax in _ENCODERS else transfer_syntax
    if transfer_syntax in _ENCODERS:
        dataset.compress(transfer_syntax, encoding_plugin=_ENCODERS[transfer_syntax], generate_instance_uid=False)
    elif transfer_syntax == JPEGBaseline8Bit:
        codestreams = [_jpeg(frame) for frame in frames]
        _encapsulate(dataset, codestreams, frames.nbytes, "ISO_10918_1")
    return _saved(dataset, path)


def write_stream(
    path: Path,
    stream: bytes,
    frames: NDArray[np.uint8],
    cine: Cine | None = None,
    *,
    transfer_syntax: UID,
    patient: SimulatedPatient | None = None,
    taken_at: datetime | None = None,
) -> Path:
    """Write an encoded video as an object of a video transfer syntax (PS3.5 8.2.7 and following); ``frames`` are what it shows.

    Raises:
        ValueError: a transfer syntax that is not of a video.
    """
    if transfer_syntax not in VIDEO:
        raise ValueError(f"transfer syntax {transfer_syntax} holds no video")
    dataset = _described(frames, cine or Cine(), patient or SimulatedPatient(), taken_at)
    dataset.file_meta.TransferSyntaxUID = transfer_syntax
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "YBR_PARTIAL_420", 0
    _encapsulate(dataset, [stream], 3 * frames.nbytes, "ISO_13818_2" if "MPEG2" in transfer_syntax.name else "ISO_14496_10")
    return _saved(dataset, path)


def write_video(path: Path, frames: NDArray[np.uint8], *, fps: float = 30.0) -> Path:
    """Write (n, rows, columns) uint8 as a video file: Motion JPEG in AVI and Matroska, MPEG-4 part 2 in MP4 and QuickTime.

    Raises:
        ValueError: a suffix without a codec, or the codec cannot be had.
    """
    codec = _CODECS.get(path.suffix)
    if codec is None:
        raise ValueError(f"no codec for {path.suffix} files")
    path.parent.mkdir(parents=True, exist_ok=True)
    rows, columns = frames.shape[1:]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), fps, (columns, rows))
    if not writer.isOpened():
        raise ValueError(f"no encoder for {codec}")
    for frame in frames:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    writer.release()
    return path


def _described(frames: NDArray[np.uint8], cine: Cine, who: SimulatedPatient, taken_at: datetime | None) -> Dataset:
    when = taken_at or datetime.combine(date(2026, 1, 1), datetime.min.time())
    key = hashlib.sha256(np.ascontiguousarray(frames).tobytes() + repr((who, cine)).encode()).hexdigest()
    dataset = Dataset()
    _identify(dataset, cine, who, when, key)
    _describe_acquisition(dataset, cine)
    _describe_frames(dataset, frames, cine)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    dataset.file_meta = meta
    return dataset


def _identify(dataset: Dataset, cine: Cine, who: SimulatedPatient, when: datetime, key: str) -> None:
    """Patient, study, series, equipment and SOP common modules."""
    day, time = when.strftime("%Y%m%d"), when.strftime("%H%M%S")
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID, dataset.SOPInstanceUID = cine.sop_class, uid_of(key, "instance")
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = uid_of(key, "study"), uid_of(key, "series")
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = dataset.AcquisitionDate = day
    dataset.StudyTime = dataset.SeriesTime = dataset.ContentTime = dataset.AcquisitionTime = time
    dataset.PatientName, dataset.PatientID = who.name, who.patient_id
    dataset.PatientBirthDate, dataset.PatientSex = "", ""
    dataset.ReferringPhysicianName, dataset.StudyID, dataset.AccessionNumber = "", "1", who.accession_number
    dataset.StudyDescription, dataset.SeriesDescription = "Simulated fluoroscopy", "Swallow, lateral"
    dataset.Modality = _MODALITIES[cine.sop_class]
    dataset.SeriesNumber, dataset.InstanceNumber, dataset.PatientOrientation = 1, 1, ["A", "F"]
    dataset.Manufacturer, dataset.ManufacturerModelName = "Simulated", "Fluoroscopy simulator"
    dataset.DeviceSerialNumber, dataset.SoftwareVersions = "1", "1"


def _describe_acquisition(dataset: Dataset, cine: Cine) -> None:
    """X-Ray acquisition and image modules (PS3.3 C.8.7.1, C.8.7.2), and the positioner of an angiograph (C.8.7.5)."""
    dataset.BodyPartExamined, dataset.KVP, dataset.RadiationSetting = "NECK", 75, "SC"
    dataset.ExposureTime, dataset.XRayTubeCurrent = 8, 20
    dataset.ImagerPixelSpacing = [f"{cine.spacing_mm:.6g}"] * 2
    if cine.sop_class == XRayAngiographicImageStorage:
        dataset.PositionerMotion, dataset.PositionerPrimaryAngle, dataset.PositionerSecondaryAngle = "STATIC", 90, 0


def _describe_frames(dataset: Dataset, frames: NDArray[np.uint8], cine: Cine) -> None:
    """Image pixel, multi-frame, cine and VOI LUT modules (PS3.3 C.7.6.3, C.7.6.6, C.7.6.5, C.11.2)."""
    count, rows, columns = frames.shape
    dataset.ImageType = ["DERIVED", "PRIMARY", "SINGLE PLANE"]
    dataset.ImageComments, dataset.BurnedInAnnotation = _COMMENT, "NO"
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = count, rows, columns
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.PixelIntensityRelationship = "LOG"
    dataset.LossyImageCompression = "00"
    dataset.WindowCenter, dataset.WindowWidth = 128, 256
    if cine.steps_ms is None:
        dataset.FrameIncrementPointer = Tag("FrameTime")
        dataset.FrameTime = f"{cine.step_ms:.6f}"
        dataset.CineRate = round(1000.0 / cine.step_ms)
        dataset.RecommendedDisplayFrameRate = dataset.CineRate
    else:
        dataset.FrameIncrementPointer = Tag("FrameTimeVector")
        dataset.FrameTimeVector = [f"{step_ms:.6f}" for step_ms in cine.steps_ms]


def _encapsulate(dataset: Dataset, codestreams: list[bytes], raw_bytes: int, method: str) -> None:
    """Compressed pixels (PS3.5 A.4), and the word that they have lost something (PS3.3 C.7.6.1.1.5)."""
    dataset.PixelData = encapsulate(codestreams)
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
    dataset.LossyImageCompression, dataset.LossyImageCompressionMethod = "01", method
    dataset.LossyImageCompressionRatio = f"{raw_bytes / sum(map(len, codestreams)):.4g}"


def _jpeg(frame: NDArray[np.uint8]) -> bytes:
    file = BytesIO()
    Image.fromarray(frame).save(file, "JPEG", quality=_JPEG_QUALITY)
    return file.getvalue()


def _saved(dataset: Dataset, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path
