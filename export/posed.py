"""A picture as it might have come otherwise: looking the other way, lying on a side, tilted or cut off; with a box that goes with it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.radiograph.picture import Picture
from edge_app.reading.alignment import cut_out, whole_pixels
from edge_app.reading.finding import Box
from edge_app.reading.turning import QUARTERS, box_back, turned

TILT_DEGREES = 30.0
Posed = tuple[Picture, Box]
Pose = Callable[[Picture, Box, np.random.Generator], Posed]


def _as_it_came(picture: Picture, box: Box, _random: np.random.Generator) -> Posed:
    return picture, box


def mirrored(picture: Picture, box: Box, _random: np.random.Generator) -> Posed:
    """Looking the other way."""
    flipped = replace(picture, pixels=np.ascontiguousarray(picture.pixels[:, ::-1]))
    return flipped, Box(picture.columns - box.x - box.width, box.y, box.width, box.height)


def on_a_side(picture: Picture, box: Box, random: np.random.Generator) -> Posed:
    """Turned by one, two or three quarters."""
    quarters = int(random.integers(1, QUARTERS))
    return turned(picture, quarters), box_back(box, picture.rows, picture.columns, QUARTERS - quarters)


def tilted(picture: Picture, box: Box, random: np.random.Generator) -> Posed:
    """Turned by up to ``TILT_DEGREES`` on a larger plate; the box is that around the turned ellipse in it, which keeps its size."""
    angle = random.uniform(-TILT_DEGREES, TILT_DEGREES)
    rows, columns = picture.pixels.shape
    turn = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), angle, 1.0)
    cosine, sine = abs(turn[0, 0]), abs(turn[0, 1])
    wide, high = round(columns * cosine + rows * sine), round(columns * sine + rows * cosine)
    turn[:, 2] += ((wide - columns) / 2, (high - rows) / 2)
    pixels = cv2.warpAffine(picture.pixels, turn, (wide, high), flags=cv2.INTER_LINEAR, borderValue=(0.0,))
    scale_x, scale_y = picture.columns / columns, picture.rows / rows
    middle: NDArray[np.float64] = turn @ np.array([(box.x + box.width / 2) / scale_x - 0.5, (box.y + box.height / 2) / scale_y - 0.5, 1.0])
    half_x, half_y = np.hypot(box.width * cosine, box.height * sine) / 2, np.hypot(box.width * sine, box.height * cosine) / 2
    x, y = (float(middle[0]) + 0.5) * scale_x, (float(middle[1]) + 0.5) * scale_y
    whole = replace(
        picture, pixels=np.asarray(pixels, dtype=picture.pixels.dtype), rows=round(high * scale_y), columns=round(wide * scale_x)
    )
    return whole, Box(x - half_x, y - half_y, 2 * half_x, 2 * half_y)


def cropped(picture: Picture, box: Box, random: np.random.Generator) -> Posed:
    """Cut off somewhere on every side, but not the box."""
    left, top = random.uniform(0.0, 0.9, 2) * (max(0.0, box.x), max(0.0, box.y))
    right = picture.columns - random.uniform(0.0, 0.9) * max(0.0, picture.columns - box.x - box.width)
    bottom = picture.rows - random.uniform(0.0, 0.9) * max(0.0, picture.rows - box.y - box.height)
    part = whole_pixels(picture, Box(float(left), float(top), float(right - left), float(bottom - top)))
    return cut_out(picture, part), Box(box.x - part.x, box.y - part.y, box.width, box.height)


POSES: Mapping[str, Pose] = {
    "as it came": _as_it_came,
    "looking the other way": mirrored,
    "on a side or upside down": on_a_side,
    f"tilted by up to {TILT_DEGREES:.0f}°": tilted,
    "cut off": cropped,
}
