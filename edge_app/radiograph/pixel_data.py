"""Takes the first frame out of Pixel Data, PS3.5 section 8 and annex A.4, checking that all frames are really there."""

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.byte_source import ByteSource
from edge_app.radiograph.elements import PixelElement
from edge_app.radiograph.limits import MAX_FRAGMENTS

_ITEM = b"\xfe\xff\x00\xe0"
_SEQUENCE_END = b"\xfe\xff\xdd\xe0"
_END_OF_PICTURE = b"\xff\xd9"


def native_frame(source: ByteSource, pixels: PixelElement, frame_bytes: int, frames: int) -> bytes:
    """The first frame of uncompressed Pixel Data, and the padding byte behind it where its length is odd.

    Raises:
        UnreadablePictureError: NO_PIXEL_DATA, TRUNCATED or MALFORMED.
    """
    if pixels.length is None:
        raise UnreadablePictureError(Refusal.MALFORMED, "uncompressed pixels in an encapsulated element")
    if pixels.length == 0:
        raise UnreadablePictureError(Refusal.NO_PIXEL_DATA, "Pixel Data is empty")
    source.seek(pixels.offset)
    there, needed = min(pixels.length, source.remaining), frame_bytes * frames
    if there < needed or source.remaining < pixels.length:
        raise UnreadablePictureError(
            Refusal.TRUNCATED, f"{frames} frame(s) need {needed} bytes, {pixels.length} are promised and {there} are there"
        )
    return source.take(min(frame_bytes + frame_bytes % 2, there), "the first frame")


def encapsulated_frame(source: ByteSource, pixels: PixelElement, frames: int) -> bytes:
    """The first frame of encapsulated Pixel Data, its fragments joined.

    Raises:
        UnreadablePictureError: NO_PIXEL_DATA, TRUNCATED or MALFORMED.
    """
    if pixels.length == 0:
        raise UnreadablePictureError(Refusal.NO_PIXEL_DATA, "Pixel Data is empty")
    if pixels.length is not None:
        raise UnreadablePictureError(Refusal.MALFORMED, "compressed pixels in an element of defined length")
    source.seek(pixels.offset)
    if source.remaining == 0:
        raise UnreadablePictureError(Refusal.TRUNCATED, "the file ends where the pixels begin")
    fragments = _fragments(source)
    if not fragments:
        raise UnreadablePictureError(Refusal.NO_PIXEL_DATA, "Pixel Data has no offset table")
    (table_start, table_length), *fragments = fragments
    if not fragments:
        raise UnreadablePictureError(Refusal.NO_PIXEL_DATA, "Pixel Data has no fragment")
    if len(fragments) < frames:
        raise UnreadablePictureError(Refusal.TRUNCATED, f"{frames} frames in {len(fragments)} fragments")
    source.seek(table_start)
    offsets = source.take(table_length, "offset table")
    return b"".join(_taken(source, fragment) for fragment in _first_frame(source, fragments, offsets, frames))


def _fragments(source: ByteSource) -> list[tuple[int, int]]:
    """(offset, length) of every item, the offset table first. A missing delimiter after the last whole item is let pass."""
    items: list[tuple[int, int]] = []
    while source.remaining >= 8:
        tag, length = source.take(4, "fragment"), int.from_bytes(source.take(4, "fragment"), "little")
        if tag == _SEQUENCE_END:
            return items
        if tag != _ITEM:
            raise UnreadablePictureError(Refusal.MALFORMED, "Pixel Data holds something that is no fragment")
        items.append((source.position, length))
        if len(items) > MAX_FRAGMENTS:
            raise UnreadablePictureError(Refusal.MALFORMED, f"Pixel Data is in more than {MAX_FRAGMENTS} fragments")
        source.skip(length, "a fragment of Pixel Data")
    if source.remaining:
        raise UnreadablePictureError(Refusal.TRUNCATED, "the file ends within a fragment's header")
    return items


def _first_frame(source: ByteSource, fragments: list[tuple[int, int]], offsets: bytes, frames: int) -> list[tuple[int, int]]:
    if frames == 1:
        return fragments
    if len(fragments) == frames:
        return fragments[:1]
    if len(offsets) >= 8:
        end = fragments[0][0] + int.from_bytes(offsets[4:8], "little")
        return [fragment for fragment in fragments if fragment[0] < end] or fragments[:1]
    # Neither one fragment a frame nor an offset table: a codestream ends with its end marker.
    for index, (start, length) in enumerate(fragments):
        source.seek(max(start, start + length - 16))
        if _END_OF_PICTURE in source.take(min(length, 16), "fragment"):
            return fragments[: index + 1]
    return fragments


def _taken(source: ByteSource, fragment: tuple[int, int]) -> bytes:
    source.seek(fragment[0])
    return source.take(fragment[1], "a fragment of Pixel Data")
