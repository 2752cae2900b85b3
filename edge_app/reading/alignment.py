"""From the outlined lungs to the part of a picture that is graded: the one place, in training and on the box."""

import dataclasses
import math
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.radiograph.picture import Picture
from edge_app.reading.canvas import Placement, network_input
from edge_app.reading.card import Input
from edge_app.reading.finding import Box

MARGIN = 0.05
SURE = 0.5
LEAST_LUNG_SHARE = 0.01

Mask = NDArray[np.bool_]
_Kind = TypeVar("_Kind", bound=np.generic)


def within(canvas: NDArray[_Kind], placement: Placement) -> NDArray[_Kind]:
    """The part of a (…, height, width) canvas where the picture lies, (…, placement.height, placement.width); a view."""
    rows = slice(placement.offset_y, placement.offset_y + placement.height)
    columns = slice(placement.offset_x, placement.offset_x + placement.width)
    return canvas[..., rows, columns]


def on_picture(box: Box, placement: Placement, rows: int, columns: int, part: Box | None) -> Box | None:
    """A box on the canvas that a ``part`` of a picture of ``rows`` × ``columns`` was shown on, in original pixels, clipped to the picture.

    None where nothing of it is left.
    """
    own = placement.box_to_original(box)
    from_x, from_y = (0.0, 0.0) if part is None else (part.x, part.y)
    left, top = max(0.0, own.x + from_x), max(0.0, own.y + from_y)
    right, bottom = min(float(columns), own.x + from_x + own.width), min(float(rows), own.y + from_y + own.height)
    return Box(left, top, right - left, bottom - top) if right > left and bottom > top else None


def largest_part(mask: Mask) -> Mask:
    """The largest connected part of a (rows, columns) mask; empty where that is."""
    # There are at most a quarter as many parts as pixels, so on a network's canvas their numbers fit into 16 bits: twice as fast.
    numbers = cv2.CV_16U if mask.size < 4 * 0xFFFF else cv2.CV_32S
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8, ltype=numbers)
    if count <= 2:
        return mask
    return np.asarray(parts == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])), dtype=np.bool_)


def lung_box(right_lung_whole: NDArray[np.float32] | Mask, left_lung_whole: NDArray[np.float32] | Mask, placement: Placement) -> Box | None:
    """The box around both whole lungs with 5 % of its width and height added on each side, clipped to the picture, in original pixels.

    The lungs are (height, width) masks, or probabilities in 0…1 that count from one half, on the canvas that ``placement`` speaks of; for
    masks of the picture's own size that is ``place(rows, columns, rows, columns)``. The largest part of each counts, and only where the
    picture lies. None where either covers less than 1 % of the picture: the box of one lung would be graded as if it were both.
    """
    lungs = [largest_part(within(np.asarray(lung >= SURE), placement)) for lung in (right_lung_whole, left_lung_whole)]
    if min(int(np.count_nonzero(lung)) for lung in lungs) < LEAST_LUNG_SHARE * placement.width * placement.height:
        return None
    x, y, width, height = cv2.boundingRect((lungs[0] | lungs[1]).astype(np.uint8))
    left, right = max(0.0, x - MARGIN * width), min(float(placement.width), x + (1.0 + MARGIN) * width)
    top, bottom = max(0.0, y - MARGIN * height), min(float(placement.height), y + (1.0 + MARGIN) * height)
    return Box(
        left / placement.factor_x, top / placement.factor_y, (right - left) / placement.factor_x, (bottom - top) / placement.factor_y
    )


def _scale(picture: Picture) -> tuple[float, float]:
    """How many original pixels there are to a stored one, along columns and along rows."""
    return picture.columns / picture.pixels.shape[1], picture.rows / picture.pixels.shape[0]


def _stored(picture: Picture, box: Box) -> tuple[int, int, int, int]:
    """Left, right, top and bottom of the stored pixels that hold a box."""
    scale_x, scale_y = _scale(picture)
    left, right = _span(box.x / scale_x, (box.x + box.width) / scale_x, picture.pixels.shape[1])
    top, bottom = _span(box.y / scale_y, (box.y + box.height) / scale_y, picture.pixels.shape[0])
    return left, right, top, bottom


def whole_pixels(picture: Picture, box: Box) -> Box:
    """A box in original pixels, widened to whole stored ones: what ``cut_out`` takes of it."""
    scale_x, scale_y = _scale(picture)
    left, right, top, bottom = _stored(picture, box)
    return Box(left * scale_x, top * scale_y, (right - left) * scale_x, (bottom - top) * scale_y)


def cut_out(picture: Picture, box: Box) -> Picture:
    """What lies in ``box``, widened to whole stored pixels."""
    scale_x, scale_y = _scale(picture)
    left, right, top, bottom = _stored(picture, box)
    rows, columns = max(1, round((bottom - top) * scale_y)), max(1, round((right - left) * scale_x))
    return dataclasses.replace(picture, pixels=picture.pixels[top:bottom, left:right], rows=rows, columns=columns)


def aligned(picture: Picture, box: Box, wanted: Input) -> tuple[NDArray[np.float32], Placement]:
    """What lies in ``box`` as a network's input: (1, channels, height, width) float32, letterboxed and normalised as the card says.

    The box is widened to whole stored pixels. The placement says where the cut-out lies on the canvas, from the cut-out's own top left.
    """
    return network_input(cut_out(picture, box), wanted)


def shown(picture: Picture, part: Box | None, wanted: Input) -> tuple[NDArray[np.float32], Placement]:
    """A part of the picture as ``aligned`` makes it, or all of it where there is no part."""
    return network_input(picture, wanted) if part is None else aligned(picture, part, wanted)


CUT_OUT = frozenset({"lungs", "nose"})
"""What of a picture a model may see that is cut out of it by a box (``Input.sees``)."""


def looked_at(picture: Picture, around: Box | None, wanted: Input) -> tuple[NDArray[np.float32], Placement, Box | None]:
    """What a model that wants ``wanted`` is shown of a picture, as ``shown``, and the part of it that is; None where all of it is.

    A model that sees a part is shown what lies in the box ``around`` it, and the whole picture where that was not found.
    """
    part = whole_pixels(picture, around) if around is not None and wanted.sees in CUT_OUT else None
    return (*shown(picture, part, wanted), part)


def _span(start: float, end: float, size: int) -> tuple[int, int]:
    """Whole pixels that hold ``start``…``end``, at least one, within 0…``size``."""
    # A thousandth of a pixel is rounding, not picture: without this a box on a pixel's edge would now and then take one more.
    first = min(max(0, math.floor(start + 1e-3)), size - 1)
    return first, min(max(first + 1, math.ceil(end - 1e-3)), size)
