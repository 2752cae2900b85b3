"""Walks a DICOM data set, PS3.5 section 7, keeping the wanted attributes and skipping everything else unread."""

import zlib
from dataclasses import dataclass

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.byte_source import ByteSource
from edge_app.radiograph.header import Element, Header
from edge_app.radiograph.limits import MAX_ELEMENTS, MAX_INFLATED_BYTES, MAX_NESTING, MAX_SINGLE_VALUE_BYTES
from edge_app.radiograph.tags import PIXEL_DATA, SEQUENCES, WANTED
from edge_app.radiograph.transfer_syntax import TransferSyntax

_UNDEFINED = 0xFFFFFFFF
_ITEM = 0xFFFEE000
_ITEM_END = 0xFFFEE00D
_SEQUENCE_END = 0xFFFEE0DD
_SHORT_VR = frozenset(
    {"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FL", "FD", "IS", "LO", "LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"}
)
_LONG_VR = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
_FRAGMENTED_VR = frozenset({"OB", "OW"})


@dataclass(frozen=True)
class PixelElement:
    """Where Pixel Data (7FE0,0010) lies: ``offset`` of its value, ``length`` in bytes or None where undefined (encapsulated)."""

    offset: int
    length: int | None
    vr: str


@dataclass(frozen=True)
class DataSet:
    """The wanted attributes of a data set, the bytes it lies in from ``start`` on and where its pixels are."""

    header: Header
    source: ByteSource
    start: int
    pixels: PixelElement | None


@dataclass(frozen=True)
class _Coding:
    implicit: bool
    big_endian: bool

    def number(self, raw: bytes) -> int:
        return int.from_bytes(raw, "big" if self.big_endian else "little")


def read_data_set(source: ByteSource, syntax: TransferSyntax) -> DataSet:
    """Read the data set that starts where the source stands.

    Raises:
        UnreadablePictureError: TRUNCATED, MALFORMED or TOO_LARGE.
    """
    if syntax.deflated:
        source = ByteSource.of(_inflated(source.rest()))
    start = source.position
    walker = _Walker(source, _actual_coding(source, syntax))
    header = walker.walk(source.size)
    return DataSet(header, source, start, walker.pixels)


def _actual_coding(source: ByteSource, syntax: TransferSyntax) -> _Coding:
    """The coding the first element is really in: writers that label Implicit VR as Explicit, and the reverse, are in the field."""
    if source.remaining < 8:
        return _Coding(syntax.implicit_vr, syntax.big_endian)
    start = source.position
    vr = source.take(6, "first element")[4:].decode("latin-1")
    source.seek(start)
    return _Coding(vr not in _SHORT_VR | _LONG_VR, syntax.big_endian)


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


class _Walker:
    def __init__(self, source: ByteSource, coding: _Coding) -> None:
        self._source = source
        self._coding = coding
        self._count = 0
        self.pixels: PixelElement | None = None

    def walk(self, end: int, depth: int = 0, *, keep: bool = True) -> Header:
        """Read elements up to ``end`` or an item delimiter. A repeated attribute counts once, the first time."""
        source, kept = self._source, dict[int, Element]()
        while end - source.position >= 8:
            self._count += 1
            if self._count > MAX_ELEMENTS:
                raise UnreadablePictureError(Refusal.MALFORMED, f"more than {MAX_ELEMENTS} elements before the pixels")
            tag = self._tag()
            if tag == _ITEM_END:
                source.skip(4, "item delimiter")
                return Header(kept)
            if tag >> 16 == 0xFFFE:
                raise UnreadablePictureError(Refusal.MALFORMED, f"delimiter {_name(tag)} out of place")
            vr, length = self._vr_and_length()
            if tag == PIXEL_DATA and depth == 0:
                self.pixels = PixelElement(source.position, None if length == _UNDEFINED else length, vr)
                break
            self._value(tag, vr, length, end, depth, kept if keep else None)
        else:
            if depth == 0 and end != source.position and any(source.rest()):
                raise UnreadablePictureError(Refusal.TRUNCATED, "the data set ends within an element")
        return Header(kept)

    def _value(self, tag: int, vr: str, length: int, end: int, depth: int, kept: dict[int, Element] | None) -> None:
        source = self._source
        wanted = kept is not None and tag in WANTED and tag not in kept
        if length == _UNDEFINED:
            if vr in _FRAGMENTED_VR:
                self._skip_fragments()
                return
            item = self._items(vr, None, depth + 1, keep=wanted)
        elif length > end - source.position:
            raise UnreadablePictureError(Refusal.TRUNCATED, f"{_name(tag)} needs {length} bytes, {end - source.position} are left")
        elif not wanted:
            source.skip(length, _name(tag))
            return
        elif tag in SEQUENCES:
            item = self._items(vr, source.position + length, depth + 1, keep=True)
        else:
            if length > MAX_SINGLE_VALUE_BYTES:
                raise UnreadablePictureError(Refusal.MALFORMED, f"{_name(tag)} is {length} bytes long")
            if kept is not None:
                kept[tag] = Element(vr, source.take(length, _name(tag)), self._coding.big_endian)
            return
        if kept is not None and wanted:
            kept[tag] = Element(vr, b"", self._coding.big_endian, item)

    def _items(self, vr: str, end: int | None, depth: int, *, keep: bool) -> Header | None:
        """Read a sequence's items, up to ``end`` or its delimiter; only the first is kept, none counts beside it."""
        if depth > MAX_NESTING:
            raise UnreadablePictureError(Refusal.MALFORMED, f"sequences nested deeper than {MAX_NESTING}")
        outer = self._coding
        if vr == "UN":
            # PS3.5 6.2.2 note 2: what is UN with undefined length is Implicit VR Little Endian inside.
            self._coding = _Coding(implicit=True, big_endian=False)
        source, first = self._source, None
        try:
            while end is None or source.position < end:
                tag = self._tag()
                length = self._coding.number(source.take(4, "item"))
                if tag == _SEQUENCE_END:
                    break
                if tag != _ITEM:
                    raise UnreadablePictureError(Refusal.MALFORMED, f"{_name(tag)} where an item should be")
                if length == _UNDEFINED:
                    item = self.walk(source.size if end is None else end, depth, keep=keep and first is None)
                elif keep and first is None:
                    stop = source.position + length
                    if stop > (source.size if end is None else end):
                        raise UnreadablePictureError(Refusal.TRUNCATED, f"an item needs {length} bytes, {source.remaining} are left")
                    item = self.walk(stop, depth)
                    source.seek(stop)
                else:
                    source.skip(length, "item")
                    continue
                first = first or (item if keep else None)
        finally:
            self._coding = outer
        if end is not None:
            source.seek(end)
        return first

    def _skip_fragments(self) -> None:
        while True:
            tag = self._tag()
            length = self._coding.number(self._source.take(4, "fragment"))
            if tag == _SEQUENCE_END:
                return
            if tag != _ITEM:
                raise UnreadablePictureError(Refusal.MALFORMED, f"{_name(tag)} where a fragment should be")
            self._source.skip(length, "fragment")

    def _tag(self) -> int:
        raw = self._source.take(4, "element")
        return self._coding.number(raw[:2]) << 16 | self._coding.number(raw[2:])

    def _vr_and_length(self) -> tuple[str, int]:
        source, number = self._source, self._coding.number
        raw = source.take(4, "element")
        if self._coding.implicit:
            return "", number(raw)
        vr = raw[:2].decode("latin-1")
        if vr in _SHORT_VR:
            return vr, number(raw[2:])
        if vr.isalpha() and vr.isupper():
            return vr, number(source.take(4, "element"))
        # Some writers leave single elements in Implicit VR within an Explicit VR data set.
        return "", number(raw)


def _name(tag: int) -> str:
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
