"""PNG and JPEG files: no header says what they show, so nothing about them is guessed beyond how they are stored."""

import struct
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin, PngImagePlugin

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.byte_source import ByteSource
from edge_app.radiograph.codestream import Coding, check_complete, read_codestream_header
from edge_app.radiograph.decoders import Stored
from edge_app.radiograph.file_kind import FileKind
from edge_app.radiograph.limits import MAX_PLAIN_FILE_BYTES, check_size
from edge_app.radiograph.photometric import luma, refuse_colour
from edge_app.radiograph.picture import Assumption, Facts, Picture, VoiFunction, Window
from edge_app.radiograph.shrink import shrunk
from edge_app.radiograph.voi import tone_window, tones

_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
_ORIENTATION = 0x0112
_DECODER_ERRORS = (
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    EOFError,
    OSError,
    RuntimeError,
    SyntaxError,
    struct.error,
    MemoryError,
)
_SAMPLED_SIDE = 512


def read_plain_image(source: ByteSource, kind: FileKind, longest_side: int | None) -> Picture:
    """Read a PNG or JPEG as a picture whose higher values are whiter.

    Raises:
        UnreadablePictureError: for every file that is not a whole grey picture within the limits.
    """
    if source.size > MAX_PLAIN_FILE_BYTES:
        raise UnreadablePictureError(Refusal.TOO_LARGE, f"the {kind} file has {source.size} bytes")
    data = source.read()
    check_header(data, kind)
    values, orientation, has_alpha = _decoded(data, kind)
    if values.ndim == 3:
        few = values[:: max(1, values.shape[0] // _SAMPLED_SIDE), :: max(1, values.shape[1] // _SAMPLED_SIDE)]
        refuse_colour(few.astype(np.float32) / np.float32(np.iinfo(values.dtype).max))
        values = luma(values)
    grey = _upright(values, orientation).astype(np.uint16)
    assumptions = [Assumption.MODALITY_MISSING, Assumption.SPACING_UNKNOWN]
    if values.dtype.itemsize == 1:
        window = Window(127.5, 255.0, VoiFunction.LINEAR_EXACT)
    else:
        # Twelve bits stored in sixteen are common, so full scale is no fact here.
        window = tone_window(*tones(grey))
        assumptions.append(Assumption.WINDOW_FROM_PIXELS)
    if has_alpha:
        assumptions.append(Assumption.ALPHA_IGNORED)
    rows, columns = grey.shape
    return Picture(shrunk(grey, rows, columns, longest_side), window, rows, columns, None, Facts(), tuple(assumptions))


def check_header(data: bytes, kind: FileKind) -> None:
    """Hold the size the header promises against the limits, before anything is decoded.

    Raises:
        UnreadablePictureError: TOO_LARGE, EMPTY_PICTURE, MALFORMED, TRUNCATED or UNSUPPORTED_TRANSFER_SYNTAX.
    """
    if kind is FileKind.PNG:
        if len(data) < 33:
            raise UnreadablePictureError(Refusal.TRUNCATED, f"the PNG has {len(data)} bytes")
        columns, rows = struct.unpack_from(">II", data, 16)
        check_size(rows, columns, "the PNG header")
        if _PNG_END not in data:
            raise UnreadablePictureError(Refusal.TRUNCATED, "the PNG has no end chunk")
        return
    stream = read_codestream_header(data)
    check_size(stream.rows, stream.columns, "the JPEG header")
    if stream.coding is not Coding.JPEG_DCT or stream.precision != 8:
        raise UnreadablePictureError(Refusal.UNSUPPORTED_TRANSFER_SYNTAX, f"a {stream.coding} file with {stream.precision} bits")
    if b"\xff\xd9" not in data[-(len(data) // 2) :]:
        check_complete(data, stream.coding)


def _decoded(data: bytes, kind: FileKind) -> tuple[Stored, int, bool]:
    """((rows, columns) or (rows, columns, 3) uint8 or uint16, EXIF orientation 1…8, whether there is transparency)."""
    try:
        with (PngImagePlugin.PngImageFile if kind is FileKind.PNG else JpegImagePlugin.JpegImageFile)(BytesIO(data)) as image:
            deep = image.mode in {"RGB", "RGBA"} and kind is FileKind.PNG and data[24] == 16
            image.load()
            orientation = image.getexif().get(_ORIENTATION, 1)
            values, has_alpha = _samples(image, data if deep else None)
    except _DECODER_ERRORS as error:
        cut = isinstance(error, OSError) and "truncated" in str(error)
        reason = Refusal.TRUNCATED if cut else Refusal.MALFORMED
        raise UnreadablePictureError(reason, f"the {kind} does not decode ({type(error).__name__})") from None
    return values, orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1, has_alpha


def _samples(image: Image.Image, deep_colour: bytes | None) -> tuple[Stored, bool]:
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    if deep_colour is not None:
        # Pillow keeps eight of the sixteen bits of a colour PNG. It has found the file sound, so OpenCV has nothing to complain of.
        bgr = cv2.imdecode(np.frombuffer(deep_colour, np.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
        if bgr is None or bgr.dtype != np.uint16:
            raise ValueError("16-bit colour lost")
        return np.asarray(bgr[..., 2::-1], dtype=np.uint16), has_alpha
    if image.mode in {"I", "I;16", "I;16B", "I;16L"}:
        return np.asarray(image).astype(np.uint16), has_alpha
    if image.mode in {"1", "L", "LA"}:
        return np.asarray(image.convert("L")), has_alpha
    return np.asarray(image.convert("RGB")), has_alpha


def _upright(values: NDArray[np.generic], orientation: int) -> NDArray[np.generic]:
    """Undo EXIF Orientation (CIPA DC-008 4.6.5.1.6)."""
    turned = np.swapaxes(values, 0, 1) if orientation >= 5 else values
    upside_down, mirrored = orientation in {3, 4, 7, 8}, orientation in {2, 3, 6, 7}
    return np.ascontiguousarray(turned[:: -1 if upside_down else 1, :: -1 if mirrored else 1])
