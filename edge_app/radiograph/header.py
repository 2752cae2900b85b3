"""A DICOM header as the box sees it: typed, tolerant look-ups of the wanted attributes."""

import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from edge_app.radiograph.tags import UNSIGNED_SHORTS, Tag

# PS3.3 C.12.1.1.2, first value only; the rest are the same repertoires with code extensions.
_CHARACTER_SETS = {
    "ISO_IR 100": "latin-1",
    "ISO_IR 101": "iso8859-2",
    "ISO_IR 109": "iso8859-3",
    "ISO_IR 110": "iso8859-4",
    "ISO_IR 144": "iso8859-5",
    "ISO_IR 127": "iso8859-6",
    "ISO_IR 126": "iso8859-7",
    "ISO_IR 138": "iso8859-8",
    "ISO_IR 148": "iso8859-9",
    "ISO_IR 13": "shift_jis",
    "ISO_IR 166": "tis-620",
    "ISO_IR 192": "utf-8",
    "GB18030": "gb18030",
    "GBK": "gbk",
    "ISO 2022 IR 100": "latin-1",
    "ISO 2022 IR 149": "euc_kr",
    "ISO 2022 IR 87": "iso2022_jp",
    "ISO 2022 IR 58": "gb2312",
}
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_BINARY = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "OW": "H"}


@dataclass(frozen=True)
class Text:
    """A decoded text value; ``guessed`` where the file does not say in which characters it is."""

    value: str
    guessed: bool = False


@dataclass(frozen=True, eq=False)
class Element:
    """One attribute as stored. ``vr`` is empty in Implicit VR; ``item`` is the first item of a sequence."""

    vr: str
    value: bytes
    big_endian: bool
    item: "Header | None" = None


@dataclass(frozen=True, eq=False)
class Header:
    """The wanted attributes of a data set or of one item."""

    elements: Mapping[int, Element] = field(default_factory=dict)

    def __contains__(self, tag: Tag) -> bool:
        return tag in self.elements

    def item(self, tag: Tag) -> "Header | None":
        """The first item of a sequence, or None."""
        element = self.elements.get(tag)
        return None if element is None else element.item

    def raw(self, tag: Tag) -> bytes:
        """The bytes as stored; empty where absent."""
        element = self.elements.get(tag)
        return b"" if element is None else element.value

    def words(self, tag: Tag) -> tuple[int, ...]:
        """The value as unsigned 16-bit words, whatever its VR."""
        element = self.elements.get(tag)
        if element is None:
            return ()
        count = len(element.value) // 2
        return struct.unpack(f"{'>' if element.big_endian else '<'}{count}H", element.value[: 2 * count])

    def vr(self, tag: Tag) -> str:
        """The VR as stored; empty in Implicit VR or where absent."""
        element = self.elements.get(tag)
        return "" if element is None else element.vr

    def text(self, tag: Tag) -> Text | None:
        """The first value as text without padding or control characters; None where absent or empty."""
        first = self.raw(tag).split(b"\\", 1)[0].strip(b" \0")
        if not first:
            return None
        text = self._decoded(first)
        printable = "".join(character for character in text.value if character.isprintable()).strip()
        return Text(printable, text.guessed) if printable else None

    def word(self, tag: Tag) -> str | None:
        """The first value as an upper-case code; None where absent or empty."""
        text = self.text(tag)
        return None if text is None else text.value.upper()

    def numbers(self, tag: Tag) -> tuple[float, ...]:
        """All values as finite numbers, binary or decimal text; empty where any of them is none."""
        element = self.elements.get(tag)
        if element is None:
            return ()
        vr = element.vr if element.vr in _BINARY else "US" if tag in UNSIGNED_SHORTS else ""
        if vr:
            size = struct.calcsize(_BINARY[vr])
            count = len(element.value) // size
            numbers = struct.unpack(f"{'>' if element.big_endian else '<'}{count}{_BINARY[vr]}", element.value[: size * count])
        else:
            texts = [text.strip(" \0") for text in element.value.decode("latin-1").split("\\")]
            if not all(_DECIMAL.fullmatch(text) for text in texts):
                return ()
            numbers = tuple(float(text) for text in texts)
        return numbers if all(math.isfinite(number) for number in numbers) else ()

    def number(self, tag: Tag) -> float | None:
        """The first value as a finite number, or None."""
        numbers = self.numbers(tag)
        return numbers[0] if numbers else None

    def integer(self, tag: Tag) -> int | None:
        """The first value as an integer, or None."""
        number = self.number(tag)
        return None if number is None else int(number)

    def flattened(self) -> "Header":
        """This header with what the functional groups (PS3.3 C.7.6.16) say of the first frame where the top level is silent."""
        elements = dict(self.elements)
        for groups in (Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE):
            item = self.item(groups)
            for group in () if item is None else item.elements.values():
                for tag, element in () if group.item is None else group.item.elements.items():
                    elements.setdefault(tag, element)
        return Header(elements)

    def _decoded(self, raw: bytes) -> Text:
        if raw.isascii() and b"\x1b" not in raw:
            return Text(raw.decode("ascii"))
        declared = self.raw(Tag.SPECIFIC_CHARACTER_SET).split(b"\\")
        for name in (value.strip(b" \0").decode("latin-1") for value in declared):
            codec = _CHARACTER_SETS.get(name)
            if codec is None:
                continue
            # ISO 2022 escape sequences announce the set the codec already stands for.
            plain = raw if codec == "iso2022_jp" else re.sub(rb"\x1b[\x20-\x2f]+[\x30-\x7e]", b"", raw)
            try:
                return Text(plain.decode(codec))
            except UnicodeDecodeError:
                continue
        try:
            return Text(raw.decode("utf-8"), guessed=True)
        except UnicodeDecodeError:
            return Text(raw.decode("latin-1"), guessed=True)
