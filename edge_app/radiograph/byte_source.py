"""Bytes with a known end, for pydicom to read: every read is held against what is really there."""

import os
from io import BytesIO
from typing import BinaryIO, Self, cast

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.limits import MAX_CHARACTER_SET_BYTES, MAX_READS

# pydicom takes a short read of an element's head for the end of the data set.
_HEAD_BYTES = 8
_CHARACTER_SET_HEADS = (b"\x08\x00\x05\x00", b"\x00\x08\x00\x05")


class ByteSource:
    """A file, or bytes in memory, as far as pydicom needs one; going beyond its end is a refusal, where pydicom would go on with less."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.size = size

    @classmethod
    def of(cls, data: bytes) -> Self:
        """A source over bytes in memory."""
        return cls(BytesIO(data), len(data))

    def for_header(self) -> "HeaderSource":
        """The same bytes, at the same position."""
        return HeaderSource(self._file, self.size)

    @property
    def remaining(self) -> int:
        """Bytes from here to the end."""
        return self.size - self.tell()

    def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes, all that are left where negative; fewer only at the end, where nothing but zeros stands for a head.

        Raises:
            UnreadablePictureError: TRUNCATED.
        """
        data = self._file.read(min(size, self.remaining) if size >= 0 else self.remaining)
        if len(data) < size and (size > _HEAD_BYTES or any(data)):
            raise UnreadablePictureError(Refusal.TRUNCATED, f"{size} bytes are needed and {len(data)} are left")
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a position, counted from the start or from here.

        Raises:
            UnreadablePictureError: TRUNCATED.
        """
        position = offset + self.tell() if whence == os.SEEK_CUR else offset
        if position > self.size:
            raise UnreadablePictureError(Refusal.TRUNCATED, f"{position - self.size} bytes are missing at the end")
        return self._file.seek(position)

    def fileno(self) -> int:
        """The descriptor of the file, for a process that reads it too; OSError where the bytes are in memory."""
        return self._file.fileno()

    def tell(self) -> int:
        """Where the source stands."""
        return self._file.tell()


class HeaderSource(ByteSource):
    """A source that is not read more often than a header can need: what was made to keep the box busy is refused, not sat out."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        super().__init__(file, size)
        self._reads = 0
        self._character_set_bytes = 0
        self._at_character_set = False

    @property
    def as_file(self) -> BinaryIO:
        """This source as what pydicom's annotations ask for; it only ever reads, seeks and tells."""
        return cast("BinaryIO", self)

    def read(self, size: int = -1) -> bytes:
        """As of every source.

        Raises:
            UnreadablePictureError: TRUNCATED, or MALFORMED where it is too often.
        """
        self._reads += 1
        if self._at_character_set:
            # pydicom looks up and warns of every value of every Specific Character Set it passes, wanted or not.
            self._character_set_bytes += size
        if self._reads > MAX_READS or self._character_set_bytes > MAX_CHARACTER_SET_BYTES:
            raise UnreadablePictureError(Refusal.MALFORMED, "more elements or character sets than a header can need")
        data = super().read(size)
        self._at_character_set = data.startswith(_CHARACTER_SET_HEADS) if size == _HEAD_BYTES else self._at_character_set and size == 4
        return data
