"""The nose on a lateral skull: outlined by a network, then cut out as a square with it in the middle, for whoever looks for a fracture."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from edge_app.radiograph.picture import Picture
from edge_app.reading.alignment import largest_part, whole_pixels
from edge_app.reading.anatomy import LEAST_TRUST, expected_dice, structure_probabilities
from edge_app.reading.finding import Box
from edge_app.reading.fitting import edge_of
from edge_app.reading.seen import Seen

GROWN = 1.1
"""The square's side, in longer sides of the nose's box: the bone's root lies at its edge."""
_LEAST_SHARE = 0.002
_SURE = 0.5
_LEAST_POINTS = 12


@dataclass(frozen=True)
class Nose:
    """Where the nose lies in original pixels, and the Dice in 0…1 that the network expects of its outline."""

    box: Box
    trust: float


def found_nose(seen: Seen, picture: Picture, name: str) -> Nose | None:
    """The nose that the finder outlines by that name, as the box around an ellipse fitted to it; None where it is sure of none.

    An ellipse, because it turns with a head and is fitted to a whole outline, where a box would hang on its four outermost points.

    Raises:
        ModelError: the model gives no map.
    """
    probability = structure_probabilities(seen)[name]
    mask = largest_part(np.asarray(probability >= _SURE))
    trust = expected_dice(probability, mask)
    if mask.mean() < _LEAST_SHARE or trust < LEAST_TRUST:
        return None
    near = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), dtype=np.uint8)) > 0
    edge = edge_of(np.where(near, probability, np.float32(0)), _SURE)
    if len(edge) < _LEAST_POINTS:
        return None
    (x, y), (long, short), degrees = cv2.fitEllipse(edge.astype(np.float32))
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    half_x, half_y = math.hypot(long * cosine, short * sine) / 2, math.hypot(long * sine, short * cosine) / 2
    where = seen.placement
    left, right = (max(0.0, min(float(picture.columns), at / where.factor_x)) for at in (x - half_x, x + half_x))
    top, bottom = (max(0.0, min(float(picture.rows), at / where.factor_y)) for at in (y - half_y, y + half_y))
    return Nose(Box(left, top, right - left, bottom - top), trust)


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
