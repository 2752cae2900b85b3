"""The nose on a lateral skull: outlined by a network, then cut out as a square with it in the middle, for whoever looks for a fracture.

A nose is boxed by two points that orthodontists mark, and these the network outlines as small discs, for both can be seen; how a head is
turned, and which way it looks, is told by the ellipse that it outlines around all of the nose.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.radiograph.picture import Picture
from edge_app.reading.alignment import Mask, largest_part, whole_pixels
from edge_app.reading.anatomy import LEAST_TRUST, expected_dice, structure_probabilities
from edge_app.reading.finding import Box
from edge_app.reading.fitting import edge_of
from edge_app.reading.seen import Seen

NOSE, NASION, SUBNASALE = "nose", "nasion", "subnasale"
STRUCTURES = (NOSE, NASION, SUBNASALE)
BEHIND, BEFORE, BEYOND = 0.15, 0.45, 0.1
"""Of the nose's height, from nasion to subnasale: so much is added behind the rearmost of both and before the foremost, above and below."""
GROWN = 1.1
"""The square's side, in longer sides of the nose's box: the bone's root lies at its edge."""
_LEAST_SHARE = 0.002
_SURE = 0.5
_POINT = 0.3
"""A point's disc is found from this probability on: it is small, and its edge means nothing."""
_UPRIGHT = math.radians(8.0)
"""A head that is turned by less than this, or by so little from a quarter, lies straight: an ellipse says it no better."""
_FURTHEST = 1.6
"""A point that lies further from the ellipse's middle than so many of its half axes is of something else."""
_LEAST_POINTS = 12

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Nose:
    """Where the nose lies in original pixels, and the Dice in 0…1 that the network expects of its outline."""

    box: Box
    trust: float


@dataclass(frozen=True)
class _Ellipse:
    """In pixels of the canvas: its middle, half its axes along and across, and the direction of the first in radians."""

    x: float
    y: float
    along: float
    across: float
    angle: float

    def around(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the upright box around it."""
        cosine, sine = math.cos(self.angle), math.sin(self.angle)
        half_x, half_y = math.hypot(self.along * cosine, self.across * sine), math.hypot(self.along * sine, self.across * cosine)
        return self.x - half_x, self.y - half_y, self.x + half_x, self.y + half_y


def found_nose(seen: Seen, picture: Picture) -> Nose | None:
    """The nose that the finder outlines; None where it is sure of none.

    By both points where they were found, else by the ellipse alone.

    Raises:
        ModelError: the model gives no map.
    """
    probabilities = structure_probabilities(seen)
    probability = probabilities[NOSE]
    mask = largest_part(np.asarray(probability >= _SURE))
    trust = expected_dice(probability, mask)
    if mask.mean() < _LEAST_SHARE or trust < LEAST_TRUST:
        return None
    ellipse = _fitted(probability, mask)
    if ellipse is None:
        return None
    points = [_point(probabilities[one]) for one in (NASION, SUBNASALE) if one in probabilities]
    both = [at for at in points if at is not None]
    if len(both) == 2:
        ellipse = _by_points(ellipse, both[0], both[1]) or ellipse
    where, (left, top, right, bottom) = seen.placement, ellipse.around()
    left, right = (max(0.0, min(float(picture.columns), at / where.factor_x)) for at in (left, right))
    top, bottom = (max(0.0, min(float(picture.rows), at / where.factor_y)) for at in (top, bottom))
    return Nose(Box(left, top, right - left, bottom - top), trust)


def _fitted(probability: NDArray[np.float32], mask: Mask) -> _Ellipse | None:
    """An ellipse, because it turns with a head and is fitted to a whole outline, where a box would hang on its four outermost points."""
    near = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), dtype=np.uint8)) > 0
    edge = edge_of(np.where(near, probability, np.float32(0)), _SURE)
    if len(edge) < _LEAST_POINTS:
        return None
    (x, y), (one, other), degrees = cv2.fitEllipse(edge.astype(np.float32))
    angle = math.radians(degrees if one >= other else degrees + 90.0)
    return _Ellipse(x, y, max(one, other) / 2, min(one, other) / 2, angle)


def _point(probability: NDArray[np.float32]) -> Points | None:
    """(2,) the middle of a disc, weighed by how sure each of its pixels is; None where there is none."""
    part = largest_part(np.asarray(probability >= _POINT))
    if not part.any():
        return None
    rows, columns = np.nonzero(part)
    weight = probability[rows, columns].astype(np.float64)
    return np.asarray(np.array([(columns + 0.5) @ weight, (rows + 0.5) @ weight]) / weight.sum(), dtype=np.float64)


def _by_points(ellipse: _Ellipse, nasion: Points, subnasale: Points) -> _Ellipse | None:
    """The ellipse in the box that both points give a head turned as the first one is; None where they do not lie as on a face."""
    down = np.array([math.cos(ellipse.angle), math.sin(ellipse.angle)])
    if (subnasale - nasion) @ down < 0:
        down = -down
    down = _straight(down)
    forwards = np.array([down[1], -down[0]])
    middle = np.array([ellipse.x, ellipse.y])
    if (middle - (nasion + subnasale) / 2) @ forwards < 0:
        forwards = -forwards
    high = float((subnasale - nasion) @ down)
    if max(float(np.linalg.norm(at - middle)) for at in (nasion, subnasale)) > _FURTHEST * ellipse.along:
        return None
    if not 0.6 * ellipse.along < high < 2.2 * ellipse.along:
        return None
    across = sorted((float(nasion @ forwards), float(subnasale @ forwards)))
    first, last = across[0] - BEHIND * high, across[1] + BEFORE * high
    top, bottom = float(nasion @ down) - BEYOND * high, float(subnasale @ down) + BEYOND * high
    centre = (first + last) / 2 * forwards + (top + bottom) / 2 * down
    return _Ellipse(float(centre[0]), float(centre[1]), (bottom - top) / 2, (last - first) / 2, math.atan2(down[1], down[0]))


def _straight(down: Points) -> Points:
    """The direction itself, or along a row or a column where it nearly is."""
    angle = math.atan2(down[1], down[0])
    quarter = round(angle / (math.pi / 2)) * (math.pi / 2)
    return down if abs(angle - quarter) > _UPRIGHT else np.array([math.cos(quarter), math.sin(quarter)])


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
