"""Clear chests on which findings are drawn anew whenever they are shown, so that no two are the same."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.anatomy import HEART, LEFT_LUNG, RIGHT_LUNG
from export.datasets.canvases import part_canvases
from export.datasets.labelled import Labelled
from export.datasets.lung_boxes import lung_boxes, outlined
from export.simulate.drawing import Drawing
from export.simulate.lesion_chests import LESIONS
from export.tasks.task import Grey
from export.workplace import Workplace

_FIELDS = (RIGHT_LUNG, LEFT_LUNG, HEART)
_SIDE = 96
_EMPTY = 12
_LEAST = 16


def _larger(field: NDArray[np.uint8], side: int) -> NDArray[np.bool_]:
    """(any, any) of 0 and 1 → (side, side)."""
    return np.asarray(cv2.resize(field * 255, (side, side), interpolation=cv2.INTER_LINEAR) >= 128)


def _within_border(canvas: NDArray[np.uint8]) -> tuple[slice, slice]:
    """Rows and columns within the empty border, whatever it comes from, and within the pixel beside it, which is half of it.

    What is drawn moves what lies around it: a border that moved along would tell what was drawn.
    """
    spans = []
    for axis in (1, 0):
        full = np.flatnonzero(canvas.max(axis) > _EMPTY)
        spans.append(slice(int(full[0]) + 1, int(full[-1])) if full.size > _LEAST else slice(0, 0))
    return spans[0], spans[1]


class Grounds:
    """What the drawn ``pictures`` were drawn on, as far as both lungs are found there; ``drawing`` is what is drawn on it anew."""

    def __init__(self, pictures: Sequence[Labelled], place: Workplace, drawing: Drawing = LESIONS) -> None:
        self._place, self._drawing = place, drawing
        grounds = [(at, replace(own, path=own.drawn_on)) for at, own in enumerate(pictures) if own.drawn_on is not None]
        boxes = lung_boxes([own for _, own in grounds], place.finished, place.cache)
        found = [(at, own, box) for (at, own), box in zip(grounds, boxes, strict=True) if box is not None]
        self._pictures, self._boxes = [own for _, own, _ in found], [box for _, _, box in found]
        self._fields = outlined(self._pictures, self._boxes, _FIELDS, _SIDE, place.finished, place.cache)
        self._row_of = {at: row for row, (at, _, _) in enumerate(found) if self._fields[row, :2].any((1, 2)).all()}

    def __contains__(self, picture: int) -> bool:
        """Whether anything can be drawn anew on what the ``picture`` of that number was drawn on."""
        return picture in self._row_of

    def prepare(self, side: int) -> None:
        """Get ready for pictures of ``side`` × ``side``."""
        self._canvases = part_canvases(self._pictures, self._boxes, side, self._place.cache)

    def drawn(self, picture: int, random: np.random.Generator) -> tuple[NDArray[np.uint8], dict[str, float], list[tuple[str, Grey]]]:
        """(side, side) of the lungs with findings drawn by chance, the labels, and each label with its region, (side, side) in 0…1."""
        row = self._row_of[picture]
        canvas = np.array(self._canvases[row])
        side, inner = canvas.shape[0], _within_border(canvas)
        right, left, heart = (_larger(field, side)[inner] for field in self._fields[row])
        if not (right.any() and left.any()):
            return canvas, {}, []
        grey = np.asarray(canvas[inner], dtype=np.float32) / np.float32(255.0)
        findings, laid = self._drawing.lay(grey, right, left, heart, random)
        canvas[inner] = np.rint(laid.picture * 255.0)
        regions = []
        for name, seen in self._drawing.seen(laid):
            region = np.zeros((side, side), dtype=np.float32)
            region[inner] = seen
            regions.append((name, region))
        return canvas, self._drawing.labels_of(findings), regions
