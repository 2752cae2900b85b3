"""The nose on a lateral skull: found by a network, then cut out as a square with it in the middle, for whoever looks for a fracture."""

from collections.abc import Callable

import numpy as np

from edge_app.radiograph.picture import Picture
from edge_app.reading.alignment import cut_out, whole_pixels
from edge_app.reading.finding import Box
from edge_app.reading.protocols.findings import regions, view_of
from edge_app.reading.regions import Region, overlaps
from edge_app.reading.seen import Seen

GROWN = 1.1
"""The square's side, in longer sides of the nose's box: the bone's root lies at its edge."""


NEAR = 1.7
"""The side of the second look, in longer sides of the box that the first one found."""
_LEAST_SAME = 0.3
"""A second look that overlaps the first by less has found something else."""

Looking = Callable[[Picture], Seen]
"""Shows a picture to the network that finds."""


def found_nose(look: Looking, picture: Picture, name: str) -> Region | None:
    """The surest place of what the finder calls ``name``, in original pixels; None where it points nowhere.

    Found on the whole picture, and once more on what lies around that, where a pixel of the network is finer.

    Raises:
        ModelError, EngineDiedError: the network failed.
    """
    first = _surest(look, picture, name)
    if first is None:
        return None
    part = whole_pixels(picture, inside(square_around(first.box, NEAR), picture.rows, picture.columns))
    second = _surest(look, cut_out(picture, part), name)
    if second is None:
        return first
    box = Box(second.box.x + part.x, second.box.y + part.y, second.box.width, second.box.height)
    return Region(box, first.score) if _overlap(first.box, box) >= _LEAST_SAME else first


def _surest(look: Looking, picture: Picture, name: str) -> Region | None:
    seen = look(picture)
    return next(iter(regions(seen, view_of(seen, picture, None), name)), None)


def _overlap(one: Box, other: Box) -> float:
    corners = [np.array([box.x, box.y, box.x + box.width, box.y + box.height]) for box in (one, other)]
    return float(overlaps(corners[0], corners[1][None])[0])


def square_around(box: Box, grown: float = GROWN) -> Box:
    """A square around the middle of a box, ``grown`` times as large as its longer side."""
    side = grown * max(box.width, box.height)
    return Box(box.x + (box.width - side) / 2, box.y + (box.height - side) / 2, side, side)


def inside(square: Box, rows: int, columns: int) -> Box:
    """What of a square lies on a picture of ``rows`` × ``columns``."""
    left, top = max(0.0, square.x), max(0.0, square.y)
    right, bottom = min(float(columns), square.x + square.width), min(float(rows), square.y + square.height)
    return Box(left, top, right - left, bottom - top)


def nose_square(nose: Box, rows: int, columns: int) -> Box:
    """The square around a nose as far as it lies on a picture of ``rows`` × ``columns``."""
    return inside(square_around(nose), rows, columns)


def nose_part(picture: Picture, nose: Box) -> Box:
    """What is cut out of a picture around its nose: the square, as far as it lies on the picture, in whole stored pixels."""
    return whole_pixels(picture, nose_square(nose, picture.rows, picture.columns))
