"""The nose on a lateral skull: found by a network, then cut out as a square with it in the middle, for whoever looks for a fracture."""

from edge_app.radiograph.picture import Picture
from edge_app.reading.alignment import whole_pixels
from edge_app.reading.finding import Box
from edge_app.reading.protocols.findings import regions, view_of
from edge_app.reading.regions import Region
from edge_app.reading.seen import Seen

GROWN = 1.1
"""The square's side, in longer sides of the nose's box: the bone's root lies at its edge."""


def found_nose(seen: Seen, picture: Picture, name: str) -> Region | None:
    """The surest place of what the finder calls ``name``, in original pixels; None where it points nowhere."""
    return next(iter(regions(seen, view_of(seen, picture, None), name)), None)


def square_around(box: Box, grown: float = GROWN) -> Box:
    """A square around the middle of a box, ``grown`` times as large as its longer side."""
    side = grown * max(box.width, box.height)
    return Box(box.x + (box.width - side) / 2, box.y + (box.height - side) / 2, side, side)


def nose_square(nose: Box, rows: int, columns: int) -> Box:
    """The square around a nose as far as it lies on a picture of ``rows`` × ``columns``."""
    square = square_around(nose)
    left, top = max(0.0, square.x), max(0.0, square.y)
    right, bottom = min(float(columns), square.x + square.width), min(float(rows), square.y + square.height)
    return Box(left, top, right - left, bottom - top)


def nose_part(picture: Picture, nose: Box) -> Box:
    """What is cut out of a picture around its nose: the square, as far as it lies on the picture, in whole stored pixels."""
    return whole_pixels(picture, nose_square(nose, picture.rows, picture.columns))
