"""Reads a file's data set with pydicom: the wanted attributes, and where the pixels lie."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from pydicom.filereader import read_dataset, read_preamble
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID, ExplicitVRLittleEndian

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.attributes import WANTED
from edge_app.radiograph.byte_source import ByteSource
from edge_app.radiograph.header import Header
from edge_app.radiograph.limits import MAX_INFLATED_BYTES, MAX_SINGLE_VALUE_BYTES
from edge_app.radiograph.tolerance import refusing
from edge_app.radiograph.transfer_syntax import supported

_META_GROUP = 0x0002
_PIXEL_DATA = 0x7FE00010
_UNDEFINED = 0xFFFFFFFF
_WANTED: list[BaseTag | int] = [Tag(keyword) for keyword in WANTED]
_Stop = Callable[[BaseTag, str | None, int], bool]


@dataclass(frozen=True)
class PixelElement:
    """Where Pixel Data (7FE0,0010) lies: ``offset`` of its value, ``length`` in bytes or None where undefined (encapsulated)."""

    offset: int
    length: int | None
    vr: str


@dataclass(frozen=True)
class DataSet:
    """The wanted attributes of a data set, the bytes it lies in from ``start`` on, how it is encoded and where its pixels are."""

    header: Header
    source: ByteSource
    start: int
    transfer_syntax: UID
    pixels: PixelElement | None


def read_data_set(source: ByteSource) -> DataSet:
    """Read the file that starts where the source does, up to its pixels.

    pydicom.dcmread takes these steps in one go, but would inflate a deflated data set to any size.

    Raises:
        UnreadablePictureError: NO_TRANSFER_SYNTAX, UNSUPPORTED_TRANSFER_SYNTAX, TRUNCATED, MALFORMED or TOO_LARGE.
    """
    syntax = supported(_transfer_syntax_uid(source))
    if syntax.is_deflated:
        source = ByteSource.of(_inflated(source.read()))
    start, pixels = source.tell(), list[PixelElement]()

    def at_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:
        found = int(tag) == _PIXEL_DATA
        if found:
            pixels.append(PixelElement(source.tell(), None if length == _UNDEFINED else length, vr or ""))
        return found

    header = _read(source, syntax, at_pixels)
    header.flatten()
    return DataSet(header, source, start, syntax, pixels[-1] if pixels else None)


def _transfer_syntax_uid(source: ByteSource) -> str:
    """Read the file meta information (PS3.10 7.1) and leave the source at the data set."""
    source.seek(0)
    with refusing(source, "the file meta information"):
        read_preamble(source.for_header().as_file, force=True)
    meta = _read(source, ExplicitVRLittleEndian, lambda tag, _vr, _length: tag.group != _META_GROUP)
    text = meta.text("TransferSyntaxUID")
    if text is None:
        raise UnreadablePictureError(Refusal.NO_TRANSFER_SYNTAX, "no Transfer Syntax UID (0002,0010) in the file")
    return text.value


def _read(source: ByteSource, syntax: UID, stop_when: _Stop) -> Header:
    """The wanted elements from where the source stands, in the order and VR of that transfer syntax."""
    header = source.for_header()
    with refusing(source, "the header"):
        data_set = read_dataset(
            header.as_file,
            syntax.is_implicit_VR,
            syntax.is_little_endian,
            stop_when=stop_when,
            defer_size=MAX_SINGLE_VALUE_BYTES,
            specific_tags=_WANTED,
        )
    return Header(data_set, header)


def _inflated(data: bytes) -> bytes:
    """Undo Deflated Explicit VR Little Endian (PS3.5 A.5), never producing more than the limit."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = stream.decompress(data, MAX_INFLATED_BYTES)
    except zlib.error as error:
        raise UnreadablePictureError(Refusal.MALFORMED, f"deflated data set: {error}") from None
    if stream.unconsumed_tail:
        raise UnreadablePictureError(Refusal.TOO_LARGE, f"deflated data set grows beyond {MAX_INFLATED_BYTES} bytes")
    if not stream.eof:
        raise UnreadablePictureError(Refusal.TRUNCATED, "deflated data set ends early")
    return plain
