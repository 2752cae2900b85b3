"""Look-up tables as DICOM stores them, PS3.3 C.11.1.1 and C.11.2.1.1."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.attributes import Keyword
from edge_app.radiograph.header import Header


@dataclass(frozen=True, eq=False)
class Lut:
    """A table: ``values`` (entries,) uint16, the first of them for every input up to ``first``; ``bits`` of output."""

    first: int
    values: NDArray[np.uint16]
    bits: int

    def of(self, inputs: NDArray[np.signedinteger]) -> NDArray[np.uint16]:
        """Outputs for integer inputs, same shape; inputs beyond either end take the end's value."""
        return np.asarray(self.values[np.clip(inputs - self.first, 0, len(self.values) - 1)], dtype=np.uint16)

    @property
    def white(self) -> int:
        """The output that means full brightness; some writers declare 16 bits and fill 12 of them."""
        highest, full = int(self.values.max()), (1 << self.bits) - 1
        return full if full // 2 < highest <= full else max(1, highest)


def read_lut(header: Header, descriptor: Keyword = "LUTDescriptor", data: Keyword = "LUTData", *, signed_input: bool = False) -> Lut | None:
    """The table of that descriptor and data; None where either is absent. ``signed_input`` says how to take a first input of unnamed sign.

    Raises:
        UnreadablePictureError: MALFORMED.
    """
    words, raw = header.words(descriptor), header.raw(data)
    if not words or not raw:
        return None
    if len(words) < 3 or not 1 <= words[2] <= 16:
        raise UnreadablePictureError(Refusal.MALFORMED, f"look-up table descriptor {words}")
    entries, first, bits = words[0] or 1 << 16, words[1], words[2]
    if first & 0x8000 and (signed_input or header.vr(descriptor) == "SS"):
        first -= 1 << 16
    if bits <= 8 and len(raw) - entries in {0, 1}:
        values = np.frombuffer(raw, np.uint8, entries).astype(np.uint16)
    else:
        values = np.array(header.words(data)[:entries], dtype=np.uint16)
    if len(values) < entries:
        raise UnreadablePictureError(Refusal.MALFORMED, f"a look-up table of {entries} entries has {len(values)}")
    return Lut(first, values, bits)
