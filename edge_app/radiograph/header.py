"""A DICOM header as the box sees it: tolerant look-ups of the wanted attributes in what pydicom has read."""

import math
import struct
from dataclasses import dataclass
from typing import cast

from pydicom.charset import decode_bytes, default_encoding
from pydicom.dataelem import DataElement, RawDataElement, convert_raw_data_element
from pydicom.dataset import Dataset
from pydicom.filereader import read_sequence_item
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.valuerep import TEXT_VR_DELIMS

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.attributes import WANTED, Keyword
from edge_app.radiograph.byte_source import HeaderSource
from edge_app.radiograph.limits import MAX_SINGLE_VALUE_BYTES
from edge_app.radiograph.tolerance import PYDICOM_ERRORS, refusing

_FRAME_GROUPS: tuple[Keyword, ...] = (
    "PixelMeasuresSequence",
    "FrameVOILUTSequence",
    "PixelValueTransformationSequence",
    "FramePixelDataPropertiesSequence",
)
_UNDECODED = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Text:
    """A decoded text value; ``guessed`` where the file does not say in which characters it is."""

    value: str
    guessed: bool = False


@dataclass(frozen=True, eq=False)
class Header:
    """The wanted attributes of a data set or of one item, and the source they were read from."""

    data_set: Dataset
    source: HeaderSource

    def __contains__(self, keyword: Keyword) -> bool:
        return keyword in self.data_set

    def item(self, keyword: Keyword) -> "Header | None":
        """The first item of a sequence, or None.

        Raises:
            UnreadablePictureError: TRUNCATED or MALFORMED.
        """
        element = self._stored(keyword)
        if isinstance(element, DataElement):
            # A sequence of undefined length has been read with the data set.
            return Header(element.value[0], self.source) if isinstance(element.value, Sequence) and element.value else None
        if element is None or element.length == 0:
            return None
        # Of hundreds of frames' groups only the first is looked at, so the others are not even parsed.
        source = self.source if element.value is None else HeaderSource.of(element.value)
        source.seek(element.value_tell if element.value is None else 0)
        with refusing(source, keyword):
            first = read_sequence_item(source.as_file, element.is_implicit_VR, element.is_little_endian, self._encodings)
        return None if first is None else Header(first, source)

    def raw(self, keyword: Keyword) -> bytes:
        """The bytes as stored; empty where absent.

        Raises:
            UnreadablePictureError: TRUNCATED or MALFORMED.
        """
        element = self._element(keyword)
        return b"" if element is None else element.value or b""

    def words(self, keyword: Keyword) -> tuple[int, ...]:
        """The value as unsigned 16-bit words, whatever its VR."""
        element = self._element(keyword)
        if element is None or element.value is None:
            return ()
        count = len(element.value) // 2
        return struct.unpack(f"{'<' if element.is_little_endian else '>'}{count}H", element.value[: 2 * count])

    def vr(self, keyword: Keyword) -> str:
        """The VR as stored; empty in Implicit VR or where absent."""
        element = self._element(keyword)
        return "" if element is None else element.VR or ""

    def text(self, keyword: Keyword) -> Text | None:
        """The first value as text without padding or control characters; None where absent or empty."""
        text = self._decoded(self.raw(keyword))
        printable = "".join(character for character in text.value.split("\\", 1)[0] if character.isprintable()).strip()
        return Text(printable, text.guessed) if printable else None

    def word(self, keyword: Keyword) -> str | None:
        """The first value as an upper-case code; None where absent or empty."""
        text = self.text(keyword)
        return None if text is None else text.value.upper()

    def numbers(self, keyword: Keyword) -> tuple[float, ...]:
        """All values as finite numbers, binary or decimal text; empty where any of them is none."""
        element = self._element(keyword)
        if element is None:
            return ()
        try:
            value = convert_raw_data_element(element, ds=self.data_set).value
            numbers = tuple(float(number) for number in (value if isinstance(value, MultiValue | list) else (value,)))
        except PYDICOM_ERRORS:
            return ()
        return numbers if all(math.isfinite(number) for number in numbers) else ()

    def number(self, keyword: Keyword) -> float | None:
        """The first value as a finite number, or None."""
        numbers = self.numbers(keyword)
        return numbers[0] if numbers else None

    def integer(self, keyword: Keyword) -> int | None:
        """The first value as an integer, or None."""
        number = self.number(keyword)
        return None if number is None else int(number)

    def flatten(self) -> None:
        """Fill in what the functional groups (PS3.3 C.7.6.16) say of the first frame, where the top level is silent."""
        groups: tuple[Keyword, ...] = ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence")
        for frame in filter(None, map(self.item, groups)):
            for group in filter(None, map(frame.item, _FRAME_GROUPS)):
                for keyword in WANTED:
                    element = group._stored(keyword)
                    if element is not None and keyword not in self:
                        self.data_set[keyword] = element

    @property
    def _encodings(self) -> list[str]:
        names = self.data_set.original_character_set
        return [names] if isinstance(names, str) else list(names)

    def _stored(self, keyword: Keyword) -> DataElement | RawDataElement | None:
        # get_item is annotated as if it never returned a raw element.
        return cast("DataElement | RawDataElement | None", self.data_set.get_item(keyword, keep_deferred=True))

    def _element(self, keyword: Keyword) -> RawDataElement | None:
        """The element as stored, and whole; None where absent or a sequence."""
        element = self._stored(keyword)
        if not isinstance(element, RawDataElement):
            return None
        if element.length > MAX_SINGLE_VALUE_BYTES:
            raise UnreadablePictureError(Refusal.MALFORMED, f"{keyword} is {element.length} bytes long")
        if len(element.value or b"") != element.length:
            raise UnreadablePictureError(Refusal.TRUNCATED, f"{keyword} needs {element.length} bytes")
        return element

    def _decoded(self, raw: bytes) -> Text:
        if raw.isascii() and b"\x1b" not in raw:
            return Text(raw.decode("ascii"))
        # pydicom puts its default where a character set is absent or unknown to it, and that decodes anything.
        known = [name for name in self._encodings if name != default_encoding]
        try:
            text = decode_bytes(raw, known, TEXT_VR_DELIMS) if known else _UNDECODED
        except PYDICOM_ERRORS:
            text = _UNDECODED
        if _UNDECODED not in text:
            return Text(text)
        try:
            return Text(raw.decode("utf-8"), guessed=True)
        except UnicodeDecodeError:
            return Text(raw.decode("latin-1"), guessed=True)
