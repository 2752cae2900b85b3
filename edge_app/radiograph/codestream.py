"""What the header of a compressed picture promises, read before any decoder sees it: JPEG (T.81), JPEG-LS (T.87), JPEG 2000 (T.800)."""

import struct
from dataclasses import dataclass
from enum import StrEnum

from edge_app.errors import Refusal, UnreadablePictureError


class Coding(StrEnum):
    """The family of a codestream, which decides the decoder."""

    JPEG_DCT = "JPEG"
    JPEG_LOSSLESS = "lossless JPEG"
    JPEG_LS = "JPEG-LS"
    JPEG_2000 = "JPEG 2000"


@dataclass(frozen=True)
class Codestream:
    """Size, components and depth of a codestream; ``levels`` is how often a JPEG 2000 picture can be halved for free.

    ``lossy`` where decoded values may miss the encoded ones. JPEG-LS says so only behind its header; its decoder knows.
    """

    coding: Coding
    rows: int
    columns: int
    components: int
    precision: int
    signed: bool = False
    levels: int = 0
    lossy: bool = False


_JPEG_2000_START = b"\xff\x4f\xff\x51"
_JP2_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_JPEG_START = b"\xff\xd8"
_END = b"\xff\xd9"
_FRAMES = {0xC0: Coding.JPEG_DCT, 0xC1: Coding.JPEG_DCT, 0xC2: Coding.JPEG_DCT, 0xC3: Coding.JPEG_LOSSLESS, 0xF7: Coding.JPEG_LS}
_OTHER_FRAMES = frozenset({0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_SCAN, _CODING_STYLE, _TILE = 0xDA, 0x52, 0x90
_REVERSIBLE = 1


def bare(data: bytes) -> bytes:
    """The codestream alone, where a writer has left it in the boxes of a JP2 file (against PS3.5 A.4.4)."""
    start = data.find(_JPEG_2000_START) if data.startswith(_JP2_SIGNATURE) else 0
    return data[start:] if start > 0 else data


def read_codestream_header(data: bytes) -> Codestream:
    """Read the header of a codestream.

    Raises:
        UnreadablePictureError: MALFORMED, TRUNCATED or UNSUPPORTED_TRANSFER_SYNTAX.
    """
    try:
        if data.startswith(_JPEG_2000_START):
            return _jpeg_2000(data)
        if data.startswith(_JPEG_START):
            return _jpeg(data)
    except (struct.error, IndexError):
        raise UnreadablePictureError(Refusal.TRUNCATED, "the codestream ends within its header") from None
    raise UnreadablePictureError(Refusal.MALFORMED, "the pixels are neither a JPEG nor a JPEG 2000 codestream")


def check_complete(data: bytes, coding: Coding) -> None:
    """Refuse a codestream without its end marker: decoders fill what is missing with grey and do not say so.

    Raises:
        UnreadablePictureError: TRUNCATED.
    """
    end = data.rfind(_END)
    if end < 0 or data[end + 2 :].strip(b"\0\xff \n"):
        raise UnreadablePictureError(Refusal.TRUNCATED, f"the {coding} codestream of {len(data)} bytes has no end marker")


def _jpeg(data: bytes) -> Codestream:
    position = 2
    while True:
        if data[position] != 0xFF:
            raise UnreadablePictureError(Refusal.MALFORMED, "a JPEG marker is missing in the codestream's header")
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker in _FRAMES:
            precision, rows, columns, components = struct.unpack_from(">BHHB", data, position + 4)
            return Codestream(_FRAMES[marker], rows, columns, components, precision, lossy=_FRAMES[marker] is Coding.JPEG_DCT)
        if marker in _OTHER_FRAMES:
            raise UnreadablePictureError(Refusal.UNSUPPORTED_TRANSFER_SYNTAX, f"JPEG process with frame marker FF{marker:02X}")
        if marker == _SCAN or marker < 0xC0:
            raise UnreadablePictureError(Refusal.MALFORMED, "the JPEG codestream has no frame header")
        position += 2 + struct.unpack_from(">H", data, position + 2)[0]


def _jpeg_2000(data: bytes) -> Codestream:
    right, bottom, left, top, tile_width, tile_height = struct.unpack_from(">6I", data, 8)
    components = struct.unpack_from(">H", data, 40)[0]
    depth = data[42]
    samplings = {(data[43 + 3 * index], data[44 + 3 * index]) for index in range(components)}
    depths = {data[42 + 3 * index] for index in range(components)}
    if samplings != {(1, 1)} or len(depths) != 1 or right < left or bottom < top or not tile_width or not tile_height:
        raise UnreadablePictureError(Refusal.MALFORMED, "the JPEG 2000 components or tiles do not fit each other")
    position = 4 + struct.unpack_from(">H", data, 4)[0]
    while data[position + 1] != _CODING_STYLE:
        if data[position] != 0xFF or data[position + 1] == _TILE:
            raise UnreadablePictureError(Refusal.MALFORMED, "the JPEG 2000 codestream does not say how it is coded")
        position += 2 + struct.unpack_from(">H", data, position + 2)[0]
    # A picture that does not start at the grid's origin halves to sizes of its own; it is decoded whole.
    levels = data[position + 9] if (left, top) == (0, 0) else 0
    lossy = data[position + 13] != _REVERSIBLE
    return Codestream(Coding.JPEG_2000, bottom - top, right - left, components, (depth & 0x7F) + 1, bool(depth & 0x80), levels, lossy)
