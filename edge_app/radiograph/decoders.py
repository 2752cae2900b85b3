"""Turns one stored frame into samples. The only place that calls a codec, so that a child process can host it whole.

Each coding has one pinned decoder, chosen for speed and for being right on truncated streams. Through pydicom: native pixels,
RLE (pylibjpeg-rle) and JPEG 2000 (pylibjpeg-openjpeg). Called here, for what pydicom does not hand on or do:
JPEG with 8 bits Pillow, which tells the colour space the codestream is in; JPEG with 12 bits and lossless JPEG gdcm, in a process
of its own because it aborts on some malformed streams; JPEG-LS pyjpegls, which tells whether the codestream is lossless;
JPEG 2000 Pillow where a smaller picture is enough (the same OpenJPEG, which then skips the finest wavelets).
"""

import struct
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import Any

import jpeg_ls
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile, Jpeg2KImagePlugin, JpegImagePlugin
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import JPEG2000, UID, RLELossless

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.codestream import Codestream, Coding
from edge_app.radiograph.gdcm_process import gdcm_process

_MAX_PRECISION = 16
_CODEC_ERRORS = (
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    EOFError,
    OSError,
    RuntimeError,
    SyntaxError,
    struct.error,
    MemoryError,
)

Stored = NDArray[np.unsignedinteger[Any]]


class Colour(StrEnum):
    """What the samples of a pixel mean."""

    GREY = "grey"
    RGB = "rgb"
    YBR = "ybr"


@dataclass(frozen=True)
class Frame:
    """One stored frame with all a decoder must know. ``halvings`` asks a JPEG 2000 decoder for a picture halved that often."""

    data: bytes
    transfer_syntax: UID
    codestream: Codestream | None
    rows: int
    columns: int
    samples: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    by_plane: bool
    photometric: str
    pixel_vr: str = ""
    halvings: int = 0


@dataclass(frozen=True, eq=False)
class Samples:
    """Decoded samples.

    Attributes:
        values: (rows, columns) or (rows, columns, 3), uint8, uint16 or uint32; as stored, two's complement where ``signed``.
        bits: how many of the low bits count; the others may hold anything.
        signed: whether the patterns are signed.
        colour: what the samples of a pixel mean.
    """

    values: Stored
    bits: int
    signed: bool
    colour: Colour


def decode(frame: Frame) -> Samples:
    """Decode one frame.

    Raises:
        UnreadablePictureError: MALFORMED, TRUNCATED or UNSUPPORTED_TRANSFER_SYNTAX.
    """
    try:
        if frame.codestream is not None:
            return _codestream(frame, frame.codestream)
        if frame.transfer_syntax == RLELossless:
            return _samples(frame, _rle(frame))
        return _samples(frame, _by_pydicom(frame, frame.transfer_syntax, frame.bits_allocated))
    except _CODEC_ERRORS as error:
        what = frame.codestream.coding if frame.codestream else frame.transfer_syntax.name
        raise UnreadablePictureError(Refusal.MALFORMED, f"the {what} pixels do not decode ({type(error).__name__})") from None


def _by_pydicom(frame: Frame, syntax: UID, bits_allocated: int) -> Stored:
    """(rows, columns) or (rows, columns, 3): the patterns as they are stored, which is what ``raw``, unsigned and all bits ask for."""
    options: dict[str, Any] = {
        "rows": frame.rows,
        "columns": frame.columns,
        "samples_per_pixel": frame.samples,
        "photometric_interpretation": frame.photometric,
        "planar_configuration": int(frame.by_plane),
        "bits_allocated": bits_allocated,
        "bits_stored": bits_allocated,
        "pixel_representation": 0,
        "number_of_frames": 1,
        "pixel_keyword": "PixelData",
        "pixel_vr": frame.pixel_vr,
        "apply_j2k_sign_correction": False,
        "view_only": True,
    }
    data, plugin = (encapsulate([frame.data]), "pylibjpeg") if syntax.is_encapsulated else (frame.data, "")
    values: Stored
    values, _ = get_decoder(syntax).as_array(data, index=0, raw=True, validate=False, decoding_plugin=plugin, **options)
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _rle(frame: Frame) -> Stored:
    try:
        return _by_pydicom(frame, RLELossless, frame.bits_allocated)
    except BaseException as error:
        # A segment that runs over makes the Rust decoder panic, which is no Exception and has no importable name.
        if type(error).__module__ != "pyo3_runtime":
            raise
        raise UnreadablePictureError(Refusal.MALFORMED, "an RLE segment is longer than its plane") from None


def _samples(frame: Frame, values: Stored) -> Samples:
    """Samples whose position in their cell is up to the file: Bits Stored below High Bit (PS3.5 8.1.1)."""
    below = frame.high_bit + 1 - frame.bits_stored
    values = values >> values.dtype.type(below) if below > 0 else values
    colour = Colour.GREY if frame.samples == 1 else Colour.YBR if frame.photometric.startswith("YBR") else Colour.RGB
    return Samples(values, frame.bits_stored, frame.signed, colour)


def _codestream(frame: Frame, stream: Codestream) -> Samples:
    if not 1 <= stream.precision <= _MAX_PRECISION:
        raise UnreadablePictureError(Refusal.UNSUPPORTED_TRANSFER_SYNTAX, f"{stream.coding} with {stream.precision} bits a sample")
    signed, lossy = frame.signed, stream.lossy
    colour = Colour.GREY if frame.samples == 1 else Colour.YBR if frame.photometric.startswith("YBR_FULL") else Colour.RGB
    match stream.coding:
        case Coding.JPEG_DCT if stream.precision == 8:
            values, colour = _jpeg_8_bit(frame)
        case Coding.JPEG_DCT if stream.precision == 12:
            values = _gdcm(frame, stream, lossless=False)
        case Coding.JPEG_DCT:
            # T.81 has no others, and gdcm decodes them to one tone without a word.
            raise UnreadablePictureError(Refusal.MALFORMED, f"JPEG with {stream.precision} bits a sample")
        case Coding.JPEG_LOSSLESS:
            values = _gdcm(frame, stream, lossless=True)
        case Coding.JPEG_LS:
            data, info = jpeg_ls.decode_pixel_data(frame.data)
            values = _shaped(frame, _view(data, stream.precision), by_plane=frame.samples > 1 and info["interleave_mode"] == 0)
            lossy = info["allowed_lossy_error"] > 0
        case Coding.JPEG_2000:
            # Where the header and the codestream disagree on the sign, the codestream was written by who had the pixels.
            signed = stream.signed
            values = (
                _jpeg_2000_halved(frame, stream) if frame.halvings else _by_pydicom(frame, JPEG2000, 8 if stream.precision <= 8 else 16)
            )
    bits = min(frame.bits_stored, stream.precision)
    return Samples(_clipped(values, stream.precision, bits, signed=signed) if lossy else values, bits, signed, colour)


def _clipped(values: Stored, precision: int, bits: int, *, signed: bool) -> Stored:
    """Hold a lossy decoder's overshoot within the stored bits; cut off instead, one step above white would come out black."""
    if precision == bits:
        return values
    if not signed:
        return np.asarray(np.minimum(values, values.dtype.type((1 << bits) - 1)), dtype=values.dtype)
    sign = 1 << (precision - 1)
    numbers = ((values.astype(np.int32) & ((1 << precision) - 1)) ^ sign) - sign
    clipped: NDArray[np.int32] = np.clip(numbers, -(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    return clipped.astype(np.uint16)


def _jpeg_8_bit(frame: Frame) -> tuple[Stored, Colour]:
    with JpegImagePlugin.JpegImageFile(BytesIO(frame.data)) as image:
        if frame.samples == 1:
            return np.asarray(image), Colour.GREY
        if "adobe_transform" in image.info:
            return np.asarray(image.convert("RGB")), Colour.RGB
        # Adobe's marker names the colour space; JFIF and coarser chroma mean YBR, mislabelled as RGB or not; else the header is believed.
        coarser = len({layer[1:3] for layer in image.layer}) > 1
        ybr = frame.photometric.startswith("YBR") or "jfif" in image.info or coarser
        image.draft("YCbCr", image.size)
        return np.asarray(image), Colour.YBR if ybr else Colour.RGB


def _gdcm(frame: Frame, stream: Codestream, *, lossless: bool) -> Stored:
    data = gdcm_process().decode(frame.data, frame.rows, frame.columns, frame.samples, stream.precision, lossless=lossless)
    return _shaped(frame, _view(data, stream.precision), by_plane=False)


def _jpeg_2000_halved(frame: Frame, stream: Codestream) -> Stored:
    power = 1 << frame.halvings
    size = -(-stream.columns // power), -(-stream.rows // power)
    with Jpeg2KImagePlugin.Jpeg2KImageFile(BytesIO(frame.data)) as image:
        # Jpeg2KImageFile.load rounds the halved size where the standard (T.800 B-15) takes the ceiling, and then fails.
        tile = image.tile[0]
        if not isinstance(tile.args, tuple):
            raise ValueError("the decoder takes other arguments")
        codec, _, layers, descriptor, length = tile.args
        image._size = size
        image.tile = [tile._replace(extents=(0, 0, *size), args=(codec, frame.halvings, layers, descriptor, length))]
        ImageFile.ImageFile.load(image)
        values: Stored = np.asarray(image)
    # Pillow moves samples up to 8 or 16 bits and signed ones above zero.
    values = values >> values.dtype.type(values.dtype.itemsize * 8 - stream.precision)
    return values ^ values.dtype.type(1 << (stream.precision - 1)) if stream.signed else values


def _view(data: bytes | bytearray, precision: int) -> Stored:
    return np.frombuffer(data, np.uint8 if precision <= 8 else np.uint16)


def _shaped(frame: Frame, values: Stored, *, by_plane: bool) -> Stored:
    if frame.samples == 1:
        return values.reshape(frame.rows, frame.columns)
    if by_plane:
        return np.moveaxis(values.reshape(frame.samples, frame.rows, frame.columns), 0, -1)
    return values.reshape(frame.rows, frame.columns, frame.samples)
