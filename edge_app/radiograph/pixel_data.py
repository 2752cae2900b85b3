"""Takes the first frame out of Pixel Data, PS3.5 section 8 and annex A.4, checking that all frames are really there."""

from pydicom.encaps import generate_fragments, get_frame, parse_basic_offsets, parse_fragments

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.byte_source import ByteSource
from edge_app.radiograph.data_set import PixelElement
from edge_app.radiograph.limits import MAX_FRAGMENTS
from edge_app.radiograph.tolerance import refusing


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
