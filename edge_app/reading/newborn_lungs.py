"""A newborn's lungs: found however small the child lies and however it is turned, then cut out without trachea and spine.

The steps of a published system, each by itself: a network outlines the lungs, a median filter closes the holes, and where too little is
found the picture is turned and asked again. Then, which is not published, what was found small or tilted is looked at from near, upright,
by the network that outlines chests which lie so. The classifier is shown the thorax alone, for all around it tells the ward; and without
the strip over trachea and spine, where its map lay before that.
"""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.radiograph.picture import Picture, VoiFunction, Window
from edge_app.reading.alignment import MARGIN, Mask, cut_out, whole_pixels
from edge_app.reading.anatomy import (
    AIRWAYS,
    LEFT_LUNG,
    LEFT_LUNG_WHOLE,
    RIGHT_LUNG,
    RIGHT_LUNG_WHOLE,
    Anatomy,
    Drawn,
    draw,
    hull_of,
)
from edge_app.reading.canvas import Placement
from edge_app.reading.finding import Box
from edge_app.reading.seen import Seen
from edge_app.reading.turning import turned

MEDIAN = 5
"""Pixels of the network's canvas: what is narrower is no hole in a lung."""
LEAST_LUNGS = 10_000 / 512**2
"""Of the picture, both lungs together: below it the picture is turned and asked again. Published as 10,000 pixels of 512²."""
TURNS = (0, 1, 3, 2)
"""Quarters, in the order in which they are tried: a child lies askew more often than on its head."""
NEAR_BELOW = 0.6
"""Share of the picture that what lies around the lungs may cover to be looked at from near."""
LEAST_TILT = math.radians(8.0)
"""A chest that is tilted by more is looked at once more upright; by less the middles of both lungs lie otherwise in anyone."""
_HALF = 128
_NEAR_MARGIN = 0.1
THORAX_SIDE = 160
"""Pixels of the longer side at which the thorax is cut out, as large as the classifier takes it: a newborn's is small on its picture."""
LUNGS = (RIGHT_LUNG, LEFT_LUNG, RIGHT_LUNG_WHOLE, LEFT_LUNG_WHOLE)

STRIP_HALF = 0.07
"""Half the width of the strip over trachea and spine, as a share of the width of both lungs; half the trachea's own where that is more."""
_TRACHEA = 0.6
"""The upper part of the airways that is trachea; below it they divide."""
_LEAST_ROWS = 4
_WHITE = 65535.0

Looking = Callable[[Picture], Seen]
"""Shows a picture to a network that outlines."""


@dataclass(frozen=True, eq=False)
class FoundLungs:
    """The anatomy of a newborn on ``upright``, the picture turned counter-clockwise by ``quarters``."""

    anatomy: Anatomy
    upright: Picture
    quarters: int

    @property
    def box(self) -> Box | None:
        """The box around both lungs in pixels of ``upright``; None where one was not found."""
        return self.anatomy.lungs


def both_lungs(anatomy: Anatomy) -> Mask:
    """(placement.height, placement.width) of the canvas: what is of either lung field; nothing where none was found."""
    found = np.zeros((anatomy.placement.height, anatomy.placement.width), dtype=np.bool_)
    for name in (RIGHT_LUNG, LEFT_LUNG):
        drawn = anatomy.get(name)
        if drawn is not None:
            found |= drawn.mask
    return found


def lungs_share(anatomy: Anatomy) -> float:
    """The share of the picture, 0…1, that both lung fields cover."""
    return float(both_lungs(anatomy).mean())


def find_lungs(look: Looking, look_near: Looking, picture: Picture) -> FoundLungs:
    """All steps, as the box takes them: one network finds the lungs, the other outlines them once they lie upright and near.

    Raises:
        ModelError, EngineDiedError: a network failed.
    """
    return from_near(look_near, found_turned(look, picture))


def found_turned(look: Looking, picture: Picture) -> FoundLungs:
    """Outline, close holes, and turn and ask again until enough is found; where it never is, the turn that found most.

    Raises:
        ModelError, EngineDiedError: the network failed.
    """
    best: tuple[float, FoundLungs] | None = None
    for quarters in TURNS:
        upright = turned(picture, quarters)
        anatomy = draw(look(upright), median=MEDIAN)
        # One lung alone may be large and yet no chest.
        share = lungs_share(anatomy) if anatomy.lungs is not None else 0.0
        if best is None or share > best[0]:
            best = share, FoundLungs(anatomy, upright, quarters)
        if share >= LEAST_LUNGS:
            break
    assert best is not None  # noqa: S101  (there is a first turn)
    return best[1]


def tilt_of(anatomy: Anatomy) -> float:
    """By how much a chest is tilted clockwise as the picture lies, in radians: the line from one lung's middle to the other's.

    0 where both lungs were not found.
    """
    middles = [_middle(drawn) for name in (RIGHT_LUNG, LEFT_LUNG) if (drawn := anatomy.get(name)) is not None]
    if len(middles) < 2:
        return 0.0
    placement, (right, left) = anatomy.placement, middles
    return math.atan2((left[1] - right[1]) / placement.factor_y, (left[0] - right[0]) / placement.factor_x)


def _middle(drawn: Drawn) -> tuple[float, float]:
    rows, columns = np.nonzero(drawn.mask)
    return float(columns.mean()) + 0.5, float(rows.mean()) + 0.5


@dataclass(frozen=True)
class _Frame:
    """A rectangle on a picture that is tilted as a chest on it: its middle and size in original pixels, its angle in radians."""

    x: float
    y: float
    width: float
    height: float
    angle: float

    @classmethod
    def around(cls, anatomy: Anatomy, angle: float) -> "_Frame":
        """The smallest one at that angle around both whole lungs, with room on every side."""
        placement = anatomy.placement
        rows, columns = np.nonzero(np.any([drawn.mask for name in LUNGS if (drawn := anatomy.get(name)) is not None], axis=0))
        x, y = (columns + 0.5) / placement.factor_x, (rows + 0.5) / placement.factor_y
        cosine, sine = math.cos(angle), math.sin(angle)
        across, down = cosine * x + sine * y, cosine * y - sine * x
        middle_across, middle_down = (across.min() + across.max()) / 2, (down.min() + down.max()) / 2
        return cls(
            float(cosine * middle_across - sine * middle_down),
            float(sine * middle_across + cosine * middle_down),
            float(np.ptp(across)) * (1 + 2 * _NEAR_MARGIN),
            float(np.ptp(down)) * (1 + 2 * _NEAR_MARGIN),
            angle,
        )

    def on_pixels(self, picture: Picture) -> "_Frame":
        """One that is not tilted, widened to whole stored pixels, so that none has to be made of two."""
        part = whole_pixels(picture, Box(self.x - self.width / 2, self.y - self.height / 2, self.width, self.height))
        return _Frame(part.x + part.width / 2, part.y + part.height / 2, part.width, part.height, 0.0)

    def onto(self, scale_x: float, scale_y: float, own: float) -> NDArray[np.float64]:
        """(2, 3): from a pixel of the frame, ``own`` original pixels large, to the picture's pixel there, ``scale_x`` by ``scale_y``."""
        cosine, sine = math.cos(self.angle), math.sin(self.angle)
        start = np.array([own / 2 - self.width / 2, own / 2 - self.height / 2])
        turn = np.array([[cosine, -sine], [sine, cosine]])
        first = (turn @ start + (self.x, self.y)) / (scale_x, scale_y) - 0.5
        return np.column_stack([turn * own / np.array([[scale_x], [scale_y]]), first])


def from_near(look: Looking, found: FoundLungs) -> FoundLungs:
    """The same from a picture that the thorax fills upright, where it is small on this one or tilted; as it was where that finds no lungs.

    Raises:
        ModelError, EngineDiedError: the network failed.
    """
    if found.box is None:
        return found
    upright, tilt = found.upright, tilt_of(found.anatomy)
    frame = _Frame.around(found.anatomy, tilt if abs(tilt) >= LEAST_TILT else 0.0)
    if frame.angle == 0.0:
        frame = frame.on_pixels(upright)
        if frame.width * frame.height > NEAR_BELOW * upright.rows * upright.columns:
            return found
    scale_x, scale_y = upright.columns / upright.pixels.shape[1], upright.rows / upright.pixels.shape[0]
    own = (scale_x + scale_y) / 2
    wide, high = max(1, round(frame.width / own)), max(1, round(frame.height / own))
    pixels = cv2.warpAffine(
        upright.pixels,
        frame.onto(scale_x, scale_y, own),
        (wide, high),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderValue=(float(upright.pixels.min()),),
    )
    rows, columns = max(1, round(high * own)), max(1, round(wide * own))
    near = draw(look(dataclasses.replace(upright, pixels=pixels, rows=rows, columns=columns)), median=MEDIAN)
    return found if near.lungs is None else dataclasses.replace(found, anatomy=_on_whole(near, frame, upright))


def _on_whole(anatomy: Anatomy, frame: _Frame, picture: Picture) -> Anatomy:
    """An anatomy that was drawn on a ``frame`` of the picture, on a canvas of the whole picture that is as fine."""
    fine = (anatomy.placement.factor_x + anatomy.placement.factor_y) / 2
    width, height = max(1, round(picture.columns * fine)), max(1, round(picture.rows * fine))
    factor_x, factor_y = width / picture.columns, height / picture.rows
    onto = frame.onto(1.0 / factor_x, 1.0 / factor_y, 1.0 / fine)

    def moved(drawn: Drawn) -> Drawn:
        mask = cv2.warpAffine(drawn.mask.astype(np.uint8) * np.uint8(255), onto, (width, height), flags=cv2.INTER_LINEAR) >= _HALF
        levels = cv2.warpAffine(drawn.levels, onto, (width, height), flags=cv2.INTER_LINEAR)
        kept = np.where(mask, np.maximum(levels, _HALF), np.minimum(levels, _HALF - 1)).astype(np.uint8)
        return dataclasses.replace(drawn, levels=kept, mask=np.asarray(mask))

    return dataclasses.replace(
        anatomy, drawn=tuple(map(moved, anatomy.drawn)), placement=Placement(factor_x, factor_y, 0, 0, width, height)
    )


def strip_of(anatomy: Anatomy) -> Mask:
    """(placement.height, placement.width): the strip over trachea and spine, from edge to edge.

    It runs along the trachea as the airways were outlined and on along the same line, for below it the spine does; where they were not
    found, down the middle between both lungs. Nothing where those were not found.
    """
    placement = anatomy.placement
    strip = np.zeros((placement.height, placement.width), dtype=np.bool_)
    lungs = both_lungs(anatomy)
    if anatomy.lungs is None or not lungs.any():
        return strip
    columns = np.flatnonzero(lungs.any(0))
    wide = float(columns[-1] - columns[0] + 1)
    middle, own_half = _axis(anatomy, lungs)
    half = max(STRIP_HALF * wide, own_half)
    return np.asarray(np.abs(np.arange(placement.width)[None] + 0.5 - middle[:, None]) <= half)


def _axis(anatomy: Anatomy, lungs: Mask) -> tuple[NDArray[np.float64], float]:
    """The column of the strip's middle in every row of the canvas, and half the trachea's width; 0 where it was not found."""
    rows = np.arange(anatomy.placement.height, dtype=np.float64)
    airways = anatomy.get(AIRWAYS)
    if airways is not None:
        own = np.flatnonzero(airways.mask.any(1))
        upper = own[: max(round(_TRACHEA * len(own)), 1)]
        if len(upper) >= _LEAST_ROWS:
            middles = np.array([np.flatnonzero(airways.mask[row]).mean() + 0.5 for row in upper])
            slope, start = np.polyfit(upper + 0.5, middles, 1)
            return slope * (rows + 0.5) + start, float(np.median(airways.mask[upper].sum(1))) / 2
    return np.full(len(rows), _between(anatomy, lungs)), 0.0


def _between(anatomy: Anatomy, lungs: Mask) -> float:
    """The middle between both lungs' middles."""
    middles = [float(np.nonzero(drawn.mask)[1].mean()) + 0.5 for name in (RIGHT_LUNG, LEFT_LUNG) if (drawn := anatomy.get(name))]
    return sum(middles) / len(middles) if middles else lungs.shape[1] / 2


def thorax_of(anatomy: Anatomy, *, with_strip: bool = False) -> Mask:
    """(placement.height, placement.width): the convex hull of both lungs without the strip over trachea and spine, or with it.

    Nothing where both lungs were not found.
    """
    thorax = np.zeros((anatomy.placement.height, anatomy.placement.width), dtype=np.uint8)
    if anatomy.lungs is None:
        return thorax > 0
    lungs = thorax > 0
    for name in LUNGS:
        drawn = anatomy.get(name)
        if drawn is not None:
            lungs = lungs | drawn.mask
    cv2.fillConvexPoly(thorax, hull_of(lungs), 1)
    return np.asarray(thorax > 0) if with_strip else np.asarray((thorax > 0) & ~strip_of(anatomy))


def thorax_alone(picture: Picture, thorax: Mask, side: int) -> tuple[Picture, Box]:
    """What a classifier is shown of an upright picture: its ``thorax`` (of any size, as the picture lies) with a little around it black.

    Its pixels are windowed already and at most ``side`` long. Also the part of the picture that it is, in original pixels.

    Raises:
        ValueError: the thorax is empty.
    """
    rows, columns = np.flatnonzero(thorax.any(1)), np.flatnonzero(thorax.any(0))
    if not rows.size:
        raise ValueError("the thorax is empty")
    scale_x, scale_y = picture.columns / thorax.shape[1], picture.rows / thorax.shape[0]
    wide, high = scale_x * (columns[-1] - columns[0] + 1), scale_y * (rows[-1] - rows[0] + 1)
    left, top = max(0.0, scale_x * columns[0] - MARGIN * wide), max(0.0, scale_y * rows[0] - MARGIN * high)
    right = min(float(picture.columns), scale_x * (columns[-1] + 1) + MARGIN * wide)
    bottom = min(float(picture.rows), scale_y * (rows[-1] + 1) + MARGIN * high)
    part = whole_pixels(picture, Box(left, top, right - left, bottom - top))
    grey = cut_out(picture, part).windowed(side)
    # Where in the thorax's own canvas each pixel of the part lies.
    across = (part.x + (np.arange(grey.shape[1]) + 0.5) * part.width / grey.shape[1]) / scale_x - 0.5
    down = (part.y + (np.arange(grey.shape[0]) + 0.5) * part.height / grey.shape[0]) / scale_y - 0.5
    inside = cv2.remap(
        thorax.astype(np.float32),
        np.broadcast_to(across.astype(np.float32), grey.shape).copy(),
        np.broadcast_to(down.astype(np.float32)[:, None], grey.shape).copy(),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(0.0,),
    )
    pixels = np.rint(np.where(inside >= 0.5, grey, np.float32(0)) * _WHITE).astype(np.uint16)
    shown = dataclasses.replace(
        picture,
        pixels=pixels,
        window=Window(_WHITE / 2, _WHITE, VoiFunction.LINEAR_EXACT),
        rows=max(1, round(part.height)),
        columns=max(1, round(part.width)),
    )
    return shown, part
