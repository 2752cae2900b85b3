"""Newborns of known geometry whose pixels say what they are, and a network that reads them off, but only of one that lies upright."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.radiograph.picture import Facts, Picture, VoiFunction, Window
from edge_app.reading.anatomy import AIRWAYS, HEART, LEFT_LUNG, LEFT_LUNG_WHOLE, RIGHT_LUNG, RIGHT_LUNG_WHOLE
from edge_app.reading.canvas import letterbox, place
from edge_app.reading.seen import Seen
from tests.edge_app.reading.chests import CANVAS, STRUCTURES, anatomy_card, chest_shapes

RIGHT, LEFT, TRACHEA, FLESH = 10_000, 20_000, 30_000, 5_000
_VALUE = {RIGHT_LUNG: RIGHT, RIGHT_LUNG_WHOLE: RIGHT, LEFT_LUNG: LEFT, LEFT_LUNG_WHOLE: LEFT, AIRWAYS: TRACHEA}


def newborn(rows: int = 400, columns: int = 300, size: float = 0.8, at: tuple[float, float] = (0.5, 0.5)) -> Picture:
    """A chest of ``size`` of the picture's height and width about a point of it, in shares."""
    high, wide = size * rows, size * columns
    x, y = np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5)
    x, y = x - at[0] * columns + wide / 2, y - at[1] * rows + high / 2
    pixels = np.full((rows, columns), FLESH, dtype=np.uint16)
    shapes = chest_shapes(round(high), round(wide))
    for name in (RIGHT_LUNG, LEFT_LUNG, AIRWAYS):
        pixels[shapes[name](x, y) > 0] = _VALUE[name]
    window = Window(32767.5, 65535.0, VoiFunction.LINEAR_EXACT)
    return Picture(pixels, window, rows, columns, (0.2, 0.1), Facts(modality="DX"))


def region(picture: Picture, name: str) -> NDArray[np.bool_]:
    """(rows, columns) of the stored pixels: where a structure lies; nothing of one that is not drawn."""
    return np.asarray(picture.pixels == _VALUE.get(name, 1))


def is_upright(picture: Picture) -> bool:
    """Whether the right lung lies on the left, about as high as the left one."""
    right, left = (np.argwhere(region(picture, name)).mean(0) for name in (RIGHT_LUNG, LEFT_LUNG))
    return bool(left[1] - right[1] > 2 * abs(left[0] - right[0]))


def reading_off(shown: list[Picture] | None = None, *, holes: bool = False, without: tuple[str, ...] = ()) -> Callable[[Picture], Seen]:
    """A network that outlines what the pixels say, with ``holes`` of one pixel in it, and nothing where the chest does not lie upright."""

    def look(picture: Picture) -> Seen:
        if shown is not None:
            shown.append(picture)
        cells = CANVAS // 2
        drawn = np.full((len(STRUCTURES), cells, cells), -8.0, dtype=np.float32)
        if region(picture, RIGHT_LUNG).any() and region(picture, LEFT_LUNG).any() and is_upright(picture):
            for channel, name in enumerate(STRUCTURES):
                if name != HEART and name not in without:
                    inside = letterbox(region(picture, name).astype(np.float32), cells, cells)
                    drawn[channel] = np.where(inside >= 0.5, 8.0, -8.0)
        if holes:
            drawn[:, ::5, ::5] = -8.0
        return Seen(
            anatomy_card(), np.zeros((1, len(STRUCTURES)), np.float32), drawn[None], place(picture.rows, picture.columns, CANVAS, CANVAS)
        )

    return look


def overlap(mask: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Intersection over union of a mask of any size with the truth's."""
    own = cv2.resize(mask.astype(np.float32), truth.shape[::-1], interpolation=cv2.INTER_LINEAR) >= 0.5
    return float((own & truth).sum() / (own | truth).sum())
