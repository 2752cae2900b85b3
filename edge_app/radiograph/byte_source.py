"""Bytes with a known end: every read is held against what is really there."""

from io import BytesIO
from typing import BinaryIO

from edge_app.errors import Refusal, UnreadablePictureError


class ByteSource:
    """A file, or bytes in memory, read from front to back; asking for more than is left is a refusal, never a short read."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.size = size
        self.position = file.tell()

    @classmethod
    def of(cls, data: bytes) -> "ByteSource":
        """A source over bytes in memory."""
        return cls(BytesIO(data), len(data))

    @property
    def remaining(self) -> int:
        """Bytes from here to the end."""
        return self.size - self.position

    def take(self, count: int, what: str) -> bytes:
        """The next ``count`` bytes; ``what`` names them in the refusal.

        Raises:
            UnreadablePictureError: TRUNCATED.
        """
        self._hold(count, what)
        data = self._file.read(count)
        if len(data) != count:
            raise UnreadablePictureError(Refusal.TRUNCATED, f"{what}: the file became shorter while it was read")
        self.position += count
        return data

    def skip(self, count: int, what: str) -> None:
        """Go ``count`` bytes on.

        Raises:
            UnreadablePictureError: TRUNCATED.
        """
        self._hold(count, what)
        self.seek(self.position + count)

    def seek(self, position: int) -> None:
        """Go to an absolute position."""
        self._file.seek(position)
        self.position = position

    def rest(self) -> bytes:
        """Everything from here to the end."""
        return self.take(self.remaining, "rest of the file")

    def _hold(self, count: int, what: str) -> None:
        if count > self.remaining:
            raise UnreadablePictureError(Refusal.TRUNCATED, f"{what} needs {count} bytes, {self.remaining} are left")
