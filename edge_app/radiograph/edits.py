"""What a crew changes on a picture before it is read again: crop, flip, turn, tilt, brightness, contrast, sharpness.

Pure: the file stays as it came, and every reading of an edited picture starts from it. Brightness and contrast move the window and touch
no pixel.
"""

from dataclasses import dataclass, replace
from typing import Annotated

import cv2
import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray
from pydantic import TypeAdapter

from edge_app.radiograph.picture import Picture, Window

MOST_TILT_DEGREES = 30.0
LEAST_PART = 0.1
_STEPS_OF_CONTRAST = 2.0
_BLUR_OF_SIDE, _MOST_SHARPENED = 1 / 400, 2.0

Share = Annotated[float, Ge(0.0), Le(1.0)]
Signed = Annotated[float, Ge(-1.0), Le(1.0)]


@dataclass(frozen=True)
class Crop:
    """The part that stays, in shares of the picture as it came, from its top left."""

    x: Share = 0.0
    y: Share = 0.0
    width: Annotated[float, Gt(0.0), Le(1.0)] = 1.0
    height: Annotated[float, Gt(0.0), Le(1.0)] = 1.0

    def __post_init__(self) -> None:
        rounding = 1e-9
        if not all(start >= 0.0 and LEAST_PART - rounding <= size and start + size <= 1.0 + rounding for start, size in self._sides):
            raise ValueError(f"a crop lies within the picture and leaves at least {LEAST_PART:.0%} of each side")

    @property
    def _sides(self) -> tuple[tuple[float, float], tuple[float, float]]:
        return ((self.x, self.width), (self.y, self.height))


@dataclass(frozen=True)
class Edits:
    """All of it, in the order in which it is done.

    Attributes:
        crop: what stays.
        flipped: left and right exchanged.
        quarter_turns: by 90° clockwise, 0…3.
        tilt_degrees: further clockwise, −30…30; what comes in at the corners is as black as the blackest pixel.
        brightness: −1…1; 1 is half a window brighter.
        contrast: −1…1; 1 is a quarter of the window's width.
        sharpness: 0…1; an unsharp mask.
    """

    crop: Crop = Crop()
    flipped: bool = False
    quarter_turns: Annotated[int, Ge(0), Le(3)] = 0
    tilt_degrees: Annotated[float, Ge(-MOST_TILT_DEGREES), Le(MOST_TILT_DEGREES)] = 0.0
    brightness: Signed = 0.0
    contrast: Signed = 0.0
    sharpness: Share = 0.0

    @property
    def enlarge(self) -> float:
        """By how much a side of the picture as it came has to be longer for what is left of it to have enough pixels, ≥ 1."""
        return 1.0 / min(self.crop.width, self.crop.height)


UNEDITED = Edits()
EDITS: TypeAdapter[Edits] = TypeAdapter(Edits)


def edited(picture: Picture, edits: Edits) -> Picture:
    """The picture with all edits, its size, spacing and window being those of the edited one."""
    picture = _cropped(picture, edits.crop)
    if edits.flipped:
        picture = replace(picture, pixels=np.ascontiguousarray(picture.pixels[:, ::-1]))
    picture = _turned(picture, edits.quarter_turns)
    if edits.tilt_degrees:
        picture = replace(picture, pixels=_tilted(picture.pixels, edits.tilt_degrees, picture.pixel_aspect))
    if edits.sharpness:
        picture = replace(picture, pixels=_sharpened(picture.pixels, edits.sharpness))
    return replace(picture, window=_seen_through(picture.window, edits))


def _cropped(picture: Picture, crop: Crop) -> Picture:
    rows, columns = picture.pixels.shape
    top, left = round(crop.y * rows), round(crop.x * columns)
    pixels = picture.pixels[top : max(top + 1, round((crop.y + crop.height) * rows)), :]
    pixels = pixels[:, left : max(left + 1, round((crop.x + crop.width) * columns))]
    # What is left of the original is told by what is left of the pixels, so that their ratio stays what it was.
    size = (round(pixels.shape[0] * picture.rows / rows), round(pixels.shape[1] * picture.columns / columns))
    return replace(picture, pixels=np.ascontiguousarray(pixels), rows=size[0], columns=size[1])


def _turned(picture: Picture, quarter_turns: int) -> Picture:
    pixels = np.ascontiguousarray(np.rot90(picture.pixels, -quarter_turns))
    if quarter_turns % 2 == 0:
        return replace(picture, pixels=pixels)
    spacing = None if picture.spacing_mm is None else (picture.spacing_mm[1], picture.spacing_mm[0])
    aspect = 1.0 / picture.pixel_aspect
    return replace(picture, pixels=pixels, rows=picture.columns, columns=picture.rows, spacing_mm=spacing, pixel_aspect=aspect)


def _tilted(pixels: NDArray[np.uint16], degrees: float, pixel_aspect: float) -> NDArray[np.uint16]:
    """Turned about the middle, as it looks where pixels are not square."""
    rows, columns = pixels.shape
    middle = np.array([(columns - 1) / 2, (rows - 1) / 2])
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    square = np.diag([1.0, pixel_aspect])
    turn = np.linalg.inv(square) @ np.array([[cosine, -sine], [sine, cosine]]) @ square
    matrix = np.column_stack([turn, middle - turn @ middle])
    black = int(pixels.min())
    turned = cv2.warpAffine(pixels, matrix, (columns, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=black)
    return np.asarray(turned, dtype=np.uint16)


def _sharpened(pixels: NDArray[np.uint16], sharpness: float) -> NDArray[np.uint16]:
    values = pixels.astype(np.float32)
    blurred = cv2.GaussianBlur(values, (0, 0), max(1.0, max(pixels.shape) * _BLUR_OF_SIDE))
    sharp = values + _MOST_SHARPENED * sharpness * (values - blurred)
    return np.asarray(np.clip(np.rint(sharp), 0, np.iinfo(np.uint16).max), dtype=np.uint16)


def _seen_through(window: Window, edits: Edits) -> Window:
    width = window.width * 2.0 ** (-_STEPS_OF_CONTRAST * edits.contrast)
    return replace(window, center=window.center - 0.5 * edits.brightness * window.width, width=width)
