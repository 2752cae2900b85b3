"""Takes frames out of Pixel Data, PS3.5 section 8 and annex A.4: a picture's, where all must be there, or a video's, where some may."""

import struct
from dataclasses import dataclass
from itertools import pairwise

from pydicom.encaps import generate_fragments, get_frame, parse_basic_offsets, parse_fragments

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.byte_source import ByteSource
from edge_app.radiograph.data_set import PixelElement
from edge_app.radiograph.limits import MAX_FRAGMENTS, MAX_FRAMES
from edge_app.radiograph.tolerance import refusing

_ITEM = struct.Struct("<HHI")
_ITEM_TAG, _SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
_END_MARKER = b"\xff\xd9"
_TAIL_BYTES = 16


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
    return source.read(min(frame_bytes + frame_bytes % 2, there))


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
    with refusing(source, "Pixel Data"):
        parse_basic_offsets(source)
        # get_frame takes what is there for all there is.
        fragments, _ = parse_fragments(source.for_header())
        if fragments == 0:
            raise UnreadablePictureError(Refusal.NO_PIXEL_DATA, "Pixel Data has no fragment")
        if fragments < frames:
            raise UnreadablePictureError(Refusal.TRUNCATED, f"{frames} frames in {fragments} fragments")
        if fragments > MAX_FRAGMENTS:
            raise UnreadablePictureError(Refusal.MALFORMED, f"Pixel Data is in more than {MAX_FRAGMENTS} fragments")
        if frames == 1:
            # Some writers of single pictures fill the offset table with nonsense.
            return b"".join(generate_fragments(source))
        source.seek(pixels.offset)
        return get_frame(source, 0, number_of_frames=frames)


@dataclass(frozen=True)
class FramePlaces:
    """Where the frames of a video lie: of each frame its pieces as (offset, length) in bytes; ``complete`` where all promised are there."""

    frames: tuple[tuple[tuple[int, int], ...], ...]
    complete: bool

    def __len__(self) -> int:
        return len(self.frames)

    def read(self, source: ByteSource, index: int) -> bytes:
        """The bytes of one frame, its fragments joined, with the padding byte that an uncompressed frame of odd length needs."""
        pieces = []
        for offset, length in self.frames[index]:
            source.seek(offset)
            pieces.append(source.read(length))
        data = b"".join(pieces)
        return data + b"\0" * (len(data) % 2)


def native_places(source: ByteSource, pixels: PixelElement, frame_bytes: int, frames: int) -> FramePlaces:
    """Where the frames of uncompressed Pixel Data lie; only whole ones (PS3.5 8.1.1).

    Raises:
        UnreadablePictureError: MALFORMED.
    """
    if pixels.length is None:
        raise UnreadablePictureError(Refusal.MALFORMED, "uncompressed pixels in an encapsulated element")
    whole = min(pixels.length, source.size - pixels.offset) // frame_bytes
    places = tuple(((pixels.offset + index * frame_bytes, frame_bytes),) for index in range(min(whole, frames)))
    return FramePlaces(places, complete=whole >= frames and pixels.length <= source.size - pixels.offset)


def encapsulated_places(source: ByteSource, pixels: PixelElement, frames: int, *, by_marker: bool) -> FramePlaces:
    """Where the frames of encapsulated Pixel Data lie (PS3.5 A.4), as far as the file goes.

    ``by_marker`` says that a frame may be in several fragments, and then ends with the end marker of its codestream.

    Raises:
        UnreadablePictureError: MALFORMED.
    """
    fragments, ended = fragment_places(source, pixels)
    offsets = _basic_offsets(source, fragments.pop(0)) if fragments else ()
    ascending = len(offsets) == frames and offsets[0] == 0 and all(a < b for a, b in pairwise(offsets))
    if fragments and len(fragments) != frames and ascending:
        grouped = _by_offset(fragments, offsets)
    elif len(fragments) > frames and by_marker:
        grouped = _by_end_marker(source, fragments)
    else:
        grouped = [(fragment,) for fragment in fragments]
    return FramePlaces(tuple(grouped[:frames]), complete=ended and len(grouped) >= frames)


def fragment_places(source: ByteSource, pixels: PixelElement, *, with_cut: bool = False) -> tuple[list[tuple[int, int]], bool]:
    """The items of encapsulated Pixel Data as (offset, length), the offset table first, and whether the sequence is closed (PS3.5 A.4).

    ``with_cut`` asks for what is there of an item that goes beyond the end of the file, too.

    Raises:
        UnreadablePictureError: MALFORMED.
    """
    if pixels.length is not None:
        raise UnreadablePictureError(Refusal.MALFORMED, "compressed pixels in an element of defined length")
    places: list[tuple[int, int]] = []
    at = pixels.offset
    while at + _ITEM.size <= source.size:
        source.seek(at)
        group, element, length = _ITEM.unpack(source.read(_ITEM.size))
        at += _ITEM.size
        if (group, element) != _ITEM_TAG:
            return places, (group, element) == _SEQUENCE_END
        if at + length > source.size:
            return places + ([(at, source.size - at)] if with_cut else []), False
        places.append((at, length))
        if len(places) > MAX_FRAGMENTS:
            raise UnreadablePictureError(Refusal.MALFORMED, f"Pixel Data is in more than {MAX_FRAGMENTS} fragments")
        at += length
    return places, False


def _basic_offsets(source: ByteSource, place: tuple[int, int]) -> tuple[int, ...]:
    source.seek(place[0])
    count = place[1] // 4
    return struct.unpack(f"<{count}I", source.read(4 * count)) if count <= MAX_FRAMES else ()


def _by_offset(fragments: list[tuple[int, int]], offsets: tuple[int, ...]) -> list[tuple[tuple[int, int], ...]]:
    """Fragments gathered into frames by the offset table, which counts from the first fragment's item tag."""
    first = fragments[0][0]
    starts, grouped = set(offsets), list[list[tuple[int, int]]]()
    for fragment in fragments:
        if fragment[0] - first in starts or not grouped:
            grouped.append([])
        grouped[-1].append(fragment)
    return [tuple(group) for group in grouped]


def _by_end_marker(source: ByteSource, fragments: list[tuple[int, int]]) -> list[tuple[tuple[int, int], ...]]:
    """Fragments gathered into frames by the end marker of JPEG and JPEG 2000 codestreams."""
    grouped, group = list[tuple[tuple[int, int], ...]](), list[tuple[int, int]]()
    for offset, length in fragments:
        group.append((offset, length))
        tail = min(length, _TAIL_BYTES)
        source.seek(offset + length - tail)
        if _END_MARKER in source.read(tail):
            grouped.append(tuple(group))
            group = []
    return grouped
