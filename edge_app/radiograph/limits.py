"""How large a picture may be. Checked against what headers promise, before anything is decoded or allocated."""

from edge_app.errors import Refusal, UnreadablePictureError

MAX_PIXELS = 100_000_000
MAX_SIDE = 65_535
MAX_FRAMES = 100_000
# One frame of a video: fluoroscopy has up to 3,000 by 3,000.
MAX_FRAME_PIXELS = 1 << 24
MAX_FRAGMENTS = 120_000
MAX_SINGLE_VALUE_BYTES = 1 << 20
MAX_INFLATED_BYTES = 3 * MAX_PIXELS
MAX_PLAIN_FILE_BYTES = 1 << 29
# An element takes pydicom two or three reads, an item six, a fragment two.
MAX_READS = 300_000
MAX_CHARACTER_SET_BYTES = 1 << 16


def check_size(rows: int, columns: int, said_by: str) -> None:
    """Refuse a size that is empty or above the limit; ``said_by`` names the header that promises it.

    Raises:
        UnreadablePictureError: EMPTY_PICTURE or TOO_LARGE.
    """
    if rows <= 0 or columns <= 0:
        raise UnreadablePictureError(Refusal.EMPTY_PICTURE, f"{said_by} says {rows} rows and {columns} columns")
    if rows > MAX_SIDE or columns > MAX_SIDE or rows * columns > MAX_PIXELS:
        megapixels = rows * columns / 1e6
        raise UnreadablePictureError(Refusal.TOO_LARGE, f"{said_by} says {rows} × {columns} = {megapixels:.0f} megapixels")


def check_frame_size(rows: int, columns: int, said_by: str) -> None:
    """Refuse a video whose frames are empty or above the limit; ``said_by`` names what promises it.

    Raises:
        UnreadablePictureError: EMPTY_PICTURE or TOO_LARGE.
    """
    check_size(rows, columns, said_by)
    if rows * columns > MAX_FRAME_PIXELS:
        raise UnreadablePictureError(Refusal.TOO_LARGE, f"{said_by} says frames of {rows} × {columns}")
