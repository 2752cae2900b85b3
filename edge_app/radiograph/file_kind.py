"""What kind of file this is, told by its bytes; a file's name proves nothing."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Literal

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.byte_source import ByteSource


class FileKind(StrEnum):
    """The kinds of file the box tells apart."""

    DICOM = "dicom"
    PNG = "png"
    JPEG = "jpeg"
    AVI = "avi"
    MP4 = "mp4"
    MATROSKA = "matroska"
    OTHER = "other"

    @property
    def is_video(self) -> bool:
        """Whether it is a container of video, whatever is in it."""
        return self in {FileKind.AVI, FileKind.MP4, FileKind.MATROSKA}


_HEAD_BYTES = 256
_PREAMBLE, _MAGIC = 128, b"DICM"
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_RIFF, _AVI = b"RIFF", b"AVI "
# The first box of MP4 and QuickTime: its type stands behind its length (ISO/IEC 14496-12, 4.2). Old QuickTime has no ftyp.
_MP4_FIRST = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
_EBML = b"\x1a\x45\xdf\xa3"
_FIRST_GROUPS = (0x0002, 0x0008)
_LONGEST_FIRST_VALUE = 64


def kind_of(source: ByteSource) -> FileKind:
    """The kind of what the source holds; the source is left at its start."""
    source.seek(0)
    head = source.read(min(source.size, _HEAD_BYTES))
    source.seek(0)
    if head[_PREAMBLE : _PREAMBLE + len(_MAGIC)] == _MAGIC:
        return FileKind.DICOM
    if head.startswith(_PNG):
        return FileKind.PNG
    if head.startswith(_JPEG):
        return FileKind.JPEG
    if head.startswith(_RIFF) and head[8:12] == _AVI:
        return FileKind.AVI
    if head[:1] == b"\0" and head[4:8] in _MP4_FIRST:
        return FileKind.MP4
    if head.startswith(_EBML):
        return FileKind.MATROSKA
    return FileKind.DICOM if _starts_like_a_data_set(head) else FileKind.OTHER


@contextmanager
def opened(path: Path) -> Iterator[ByteSource]:
    """The file as a source of bytes.

    Raises:
        UnreadablePictureError: FILE_MISSING, NOT_A_PICTURE where it is no plain file, EMPTY_PICTURE where it has no bytes.
    """
    try:
        # Opening a pipe or a device could wait for ever.
        if not _is_plain(path):
            raise UnreadablePictureError(Refusal.NOT_A_PICTURE, "a folder, pipe or device, not a file")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                raise UnreadablePictureError(Refusal.EMPTY_PICTURE, "the file has no bytes")
            yield ByteSource(file, size)
    except OSError as error:
        code = errno.errorcode.get(error.errno or 0, "unknown error")
        raise UnreadablePictureError(Refusal.FILE_MISSING, f"the file cannot be read: {code}") from None


def _is_plain(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except ValueError:
        raise UnreadablePictureError(Refusal.FILE_MISSING, "no file can have this name") from None


def _starts_like_a_data_set(head: bytes) -> bool:
    """Whether this could be a data set without the 128-byte preamble: a low first group, then a short value and another low tag."""
    if len(head) < 16:
        return False
    orders: tuple[Literal["little", "big"], ...] = ("little", "big")
    for order in orders:
        group = int.from_bytes(head[:2], order)
        explicit = head[4:6].isalpha() and head[4:6].isupper()
        length = int.from_bytes(head[6:8] if explicit else head[4:8], order)
        following = int.from_bytes(head[8 + length : 10 + length], order)
        if group in _FIRST_GROUPS and length <= _LONGEST_FIRST_VALUE and following in _FIRST_GROUPS:
            return True
    return False
