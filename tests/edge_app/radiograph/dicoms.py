"""Made-up radiographs written as DICOM in every way the box must read."""

import warnings
from io import BytesIO
from pathlib import Path

import gdcm
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite
from pydicom.uid import (
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from tests.edge_app.radiograph import twelve_bit_jpeg

COMPUTED_RADIOGRAPHY = "1.2.840.10008.5.1.4.1.1.1"
SOP_INSTANCE = "1.2.826.0.1.3680043.8.498.1"
NATIVE = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian)
BY_PYDICOM = {
    RLELossless: ("pylibjpeg", {}),
    JPEGLSLossless: ("pyjpegls", {}),
    JPEGLSNearLossless: ("pyjpegls", {"jls_error": 2}),
    JPEG2000Lossless: ("pylibjpeg", {}),
    JPEG2000: ("pylibjpeg", {"j2k_cr": [4]}),
}
BY_GDCM = {
    JPEGBaseline8Bit: gdcm.TransferSyntax.JPEGBaselineProcess1,
    JPEGLossless: gdcm.TransferSyntax.JPEGLosslessProcess14,
    JPEGLosslessSV1: gdcm.TransferSyntax.JPEGLosslessProcess14_1,
}
LOSSLESS = (*NATIVE, RLELossless, JPEGLSLossless, JPEG2000Lossless, JPEGLossless, JPEGLosslessSV1)


def phantom(bits: int = 12, rows: int = 90, columns: int = 70, *, signed: bool = False) -> NDArray[np.generic]:
    """A smooth body with two dark lungs, a bright marker top left and a little noise; the whole range of ``bits``."""
    y, x = np.mgrid[0:rows, 0:columns] / max(rows, columns)
    body = 0.75 - 0.5 * (
        np.exp(-(((x - 0.2) / 0.09) ** 2) - ((y - 0.5) / 0.25) ** 2) + np.exp(-(((x - 0.58) / 0.09) ** 2) - ((y - 0.5) / 0.25) ** 2)
    )
    body += 0.02 * np.random.default_rng(7).standard_normal(body.shape)
    body[4:10, 4:10], body[-1, -1] = 1.0, 0.0
    top = (1 << bits) - 1
    values = np.rint(np.clip(body, 0, 1) * top).astype(np.int64)
    if signed:
        return (values - (1 << (bits - 1))).astype(np.int8 if bits <= 8 else np.int16)
    return values.astype(np.uint8 if bits <= 8 else np.uint16)


def blocks(rows: int = 9, columns: int = 11) -> NDArray[np.uint16]:
    """A 12-bit picture of 8 × 8 pixel blocks of one tone, darkest and brightest among them."""
    tones = np.random.default_rng(3).integers(0, 4096, (rows, columns)).astype(np.uint16)
    tones[0, :2] = 0, 4095
    return tones.repeat(8, 0).repeat(8, 1)


def data_set(pixels: NDArray[np.generic], bits: int | None = None, **values: object) -> Dataset:
    """A computed radiograph of these pixels, (rows, columns) or (rows, columns, 3); ``values`` by keyword, None takes one out."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = COMPUTED_RADIOGRAPHY, SOP_INSTANCE
    ds.StudyInstanceUID = "1.2.826.0.1.3680043.8.498.2"
    ds.Modality, ds.PatientName, ds.PatientID = "CR", "Nobody^Made^Up", "0"
    ds.Rows, ds.Columns = pixels.shape[:2]
    ds.SamplesPerPixel = 1 if pixels.ndim == 2 else pixels.shape[2]
    ds.PhotometricInterpretation = "MONOCHROME2" if pixels.ndim == 2 else "RGB"
    if pixels.ndim == 3:
        ds.PlanarConfiguration = 0
    ds.BitsAllocated = pixels.dtype.itemsize * 8
    ds.BitsStored = bits or ds.BitsAllocated
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    ds.WindowCenter, ds.WindowWidth = (1 << ds.BitsStored) / 2, 1 << ds.BitsStored
    raw = np.ascontiguousarray(pixels).tobytes()
    ds.PixelData = raw + b"\0" * (len(raw) % 2)
    ds["PixelData"].VR = "OW" if ds.BitsAllocated > 8 else "OB"
    for keyword, value in values.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def written(ds: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The data set as the bytes of a file, uncompressed."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ds.get("SOPClassUID", "1.2"), "1.2.3"
    meta.TransferSyntaxUID = syntax
    if syntax == ExplicitVRBigEndian and ds["PixelData"].VR == "OW" and ds.BitsAllocated == 16:
        ds = Dataset(ds)
        ds.PixelData = np.frombuffer(ds.PixelData, "<u2").astype(">u2").tobytes()
        ds["PixelData"].VR = "OW"
    file = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = Dataset(ds)
        ds.file_meta = meta
        dcmwrite(
            file,
            ds,
            implicit_vr=syntax == ImplicitVRLittleEndian,
            little_endian=syntax != ExplicitVRBigEndian,
            enforce_file_format=True,
        )
    return file.getvalue()


def encapsulated(ds: Dataset, syntax: str, *frames: bytes) -> bytes:
    """The data set as the bytes of a file, with these codestreams as its frames."""
    ds = Dataset(ds)
    ds.PixelData = encapsulate(list(frames))
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    return written(ds, syntax)


def compressed(ds: Dataset, syntax: str, folder: Path) -> bytes:
    """The data set as the bytes of a file in any syntax; for 12-bit JPEG the picture must be of 8 × 8 pixel blocks of one tone."""
    if syntax in NATIVE:
        return written(ds, syntax)
    if syntax == JPEGExtended12Bit:
        return encapsulated(ds, syntax, twelve_bit_jpeg.encode(np.frombuffer(ds.PixelData, "<u2").reshape(ds.Rows, ds.Columns)[::8, ::8]))
    if syntax in BY_PYDICOM:
        plugin, options = BY_PYDICOM[syntax]
        ds = Dataset(ds)
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.compress(syntax, encoding_plugin=plugin, generate_instance_uid=False, **options)
        return written(ds, syntax)
    plain, packed = folder / "plain.dcm", folder / "packed.dcm"
    plain.write_bytes(written(ds))
    reader = gdcm.ImageReader()
    reader.SetFileName(str(plain))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(BY_GDCM[syntax]))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(packed))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    return packed.read_bytes()
