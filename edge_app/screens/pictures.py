"""A picture's pixels for the browser: 16-bit, little-endian, with what it needs to window them; opened once."""

import threading
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
from flask import Response

from edge_app.radiograph.picture import Assumption, Picture

LONGEST_SIDE = 2048
KEPT = 4


class PictureCache:
    """The last few pictures, by an identifier of what never changes; opening dominates, so two pages never do it twice."""

    def __init__(self, read: Callable[[str], Picture | None], kept: int = KEPT) -> None:
        self._read = read
        self._kept = kept
        self._pictures: OrderedDict[str, Picture] = OrderedDict()
        self._reading = threading.Lock()

    def get(self, identifier: str) -> Picture | None:
        """The picture of that identifier, or None where there is none; that is asked anew each time."""
        with self._reading:
            picture = self._pictures.get(identifier)
            if picture is None:
                picture = self._read(identifier)
                if picture is None:
                    return None
                self._pictures[identifier] = picture
            self._pictures.move_to_end(identifier)
            while len(self._pictures) > self._kept:
                self._pictures.popitem(last=False)
            return picture


def pixels_response(picture: Picture, drawn_in_columns: int | None = None) -> Response:
    """The pixels as (rows × columns) uint16, little-endian, row by row, at most 2048 on the longest side; the rest as headers.

    ``X-Rows`` and ``X-Columns`` are of the body, ``X-Scale`` is pixels of what drawings are in per pixel: of the original, or of a picture
    ``drawn_in_columns`` wide, ``X-Window`` is centre, width and VOI
    function, ``X-Range`` the lowest and highest value, ``X-Shrunk`` pixels of the original per pixel, ``X-Spacing`` row and column spacing
    of the body's pixels in millimetres, and ``X-Spacing-Of`` whether that is ``calibrated`` or as at the ``detector``.
    """
    pixels = picture.shrunk(LONGEST_SIDE)
    rows, columns = pixels.shape
    scale = picture.columns / columns
    drawn = scale if drawn_in_columns is None else drawn_in_columns / columns
    headers = {
        "X-Rows": str(rows),
        "X-Columns": str(columns),
        "X-Scale": f"{drawn:.6f}",
        "X-Window": f"{picture.window.center:.3f} {picture.window.width:.3f} {picture.window.function}",
        "X-Range": f"{int(pixels.min())} {int(pixels.max())}",
        "X-Shrunk": f"{scale:.6f}",
        "Cache-Control": "private, no-store",
    }
    if picture.spacing_mm is not None:
        headers["X-Spacing"] = f"{picture.spacing_mm[0] * picture.rows / rows:.6f} {picture.spacing_mm[1] * scale:.6f}"
        headers["X-Spacing-Of"] = "detector" if Assumption.SPACING_AT_DETECTOR in picture.assumptions else "calibrated"
    return Response(np.ascontiguousarray(pixels, dtype="<u2").tobytes(), mimetype="application/octet-stream", headers=headers)
