"""Whether a video file is all there, by the lengths its own container tells: RIFF (AVI), ISO/IEC 14496-12 (MP4), EBML (RFC 8794)."""

import struct

from edge_app.radiograph.byte_source import ByteSource
from edge_app.radiograph.file_kind import FileKind

_MOST_PARTS = 10_000
_INDICES = (b"moov", b"moof")
_SEGMENT = 0x18538067


def is_whole(source: ByteSource, kind: FileKind) -> bool:
    """Whether nothing is missing at the end, the index included. The source is left anywhere."""
    if kind is FileKind.AVI:
        return _is_whole_riff(source)
    if kind is FileKind.MP4:
        return _is_whole_mp4(source)
    return _is_whole_matroska(source)


def _is_whole_riff(source: ByteSource) -> bool:
    """Whether every RIFF chunk ends within the file; a recorder that was switched off has not filled in the length of the first."""
    at = 0
    for _ in range(_MOST_PARTS):
        head = _bytes(source, at, 8)
        if len(head) < 8 or (at > 0 and not head.startswith(b"RIFF")):
            return at <= source.size
        (length,) = struct.unpack("<I", head[4:])
        if length < 4:
            return False
        at += 8 + length
        if at > source.size:
            return False
        at += length % 2
    return True


def _is_whole_mp4(source: ByteSource) -> bool:
    """Whether every box ends within the file and one of them is the index."""
    at, indexed = 0, False
    for _ in range(_MOST_PARTS):
        head = _bytes(source, at, 16)
        if len(head) < 8:
            return indexed and at == source.size
        length, kind = struct.unpack(">I4s", head[:8])
        if length == 1 and len(head) == 16:
            (length,) = struct.unpack(">Q", head[8:])
        indexed |= kind in _INDICES
        # 0 is a box up to the end of the file.
        at = source.size if length == 0 else at + length
        if at > source.size or 0 < length < 8:
            return False
    return indexed


def _is_whole_matroska(source: ByteSource) -> bool:
    """Whether the segment ends within the file; one of unknown length, as a live recorder writes it, has no end to miss."""
    at = 0
    for _ in range(_MOST_PARTS):
        head = _bytes(source, at, 16)
        identifier, width = _number(head, marked=True)
        length, length_width = _number(head[width:], marked=False)
        if not width or not length_width:
            return False
        at += width + length_width
        if identifier == _SEGMENT:
            return length == (1 << 7 * length_width) - 1 or at + length <= source.size
        at += length
        if at > source.size:
            return False
    return False


def _bytes(source: ByteSource, at: int, size: int) -> bytes:
    source.seek(min(at, source.size))
    return source.read(min(size, source.remaining))


def _number(data: bytes, *, marked: bool) -> tuple[int, int]:
    """An EBML number and its width in bytes, 0 where there is none; ``marked`` leaves the bit in that tells the width."""
    if not data or not data[0]:
        return 0, 0
    width = 9 - data[0].bit_length()
    if len(data) < width:
        return 0, 0
    value = int.from_bytes(data[:width], "big")
    return (value if marked else value & ((1 << 7 * width) - 1)), width
