"""One frame of a film as a small picture: where the bolus is on it."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.finding import Box, Outline
from edge_app.reading.swallow import BOLUS, HYOID

WIDTH, HEIGHT = 240, 200
"""Pixels of the small picture, about twice as many as on the kiosk's screen."""
_LEAST_PART = 0.55
"""Of the picture: a smaller part of it shows no longer where in the neck it lies."""
_MARGIN = 0.06
_COLOUR = (255, 157, 196)
"""Red, green, blue; the screens' own for the bolus."""
_FILLED = 0.4
_QUALITY = 88


def looked_at(outlines: Sequence[Outline], rows: int, columns: int) -> Box:
    """The part of a picture of ``rows`` × ``columns`` pixels in which bolus and hyoid lie, with room around; it is shaped as what is drawn.

    The whole picture where neither was outlined.
    """
    points = [point for own in outlines if own.name in (BOLUS, HYOID) for polygon in own.polygons for point in polygon]
    (left, top), (right, bottom) = (np.min(points, axis=0), np.max(points, axis=0)) if points else ((0, 0), (columns, rows))
    margin = _MARGIN * max(rows, columns) if points else 0.0
    wide, high = max(right - left + 2 * margin, _LEAST_PART * columns), max(bottom - top + 2 * margin, _LEAST_PART * rows)
    wide, high = max(wide, high * WIDTH / HEIGHT), max(high, wide * HEIGHT / WIDTH)
    return Box(_within((left + right) / 2, wide, columns), _within((top + bottom) / 2, high, rows), float(wide), float(high))


def _within(middle: float, size: float, most: int) -> float:
    """Where a part of that size begins: around its middle, but not beyond the picture where it has room on it."""
    return float((most - size) / 2 if size >= most else min(max(0.0, middle - size / 2), most - size))


def drawn_frame(frame: NDArray[np.uint8], outlines: Sequence[Outline], columns: int, part: Box) -> bytes:
    """A part of a frame (rows, columns) uint8, as JPEG; ``part`` and ``outlines`` are in pixels of an original ``columns`` wide."""
    scale, factor = frame.shape[1] / columns, WIDTH / part.width
    to_part = np.array([[factor / scale, 0, -part.x * factor], [0, factor / scale, -part.y * factor]])
    # Bilinear is enough: a film is never much finer than its small pictures.
    grey = cv2.warpAffine(frame, to_part, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
    canvas = np.repeat(np.asarray(grey, dtype=np.uint8)[..., None], 3, axis=2)
    polygons = [polygon for own in outlines if own.name == BOLUS for polygon in own.polygons]
    lines = [np.rint((np.array(polygon) - (part.x, part.y)) * factor).astype(np.int32) for polygon in polygons]
    if lines:
        filled = cv2.fillPoly(canvas.copy(), lines, _COLOUR[::-1])
        canvas = cv2.addWeighted(filled, _FILLED, canvas, 1 - _FILLED, 0)
        for colour, thick in (((0, 0, 0), 6), (_COLOUR[::-1], 3)):
            canvas = cv2.polylines(canvas, lines, isClosed=True, color=colour, thickness=thick, lineType=cv2.LINE_AA)
    return bytes(cv2.imencode(".jpg", canvas, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes())
