"""Where something is found, over many pictures: how much of it at how many false alarms a picture (Bunch et al. 1977)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.finding import Box
from export.evaluation.detection import Detected

ALARMS = (0.25, 0.5, 1.0, 2.0)
"""False alarms a picture."""


@dataclass(frozen=True)
class Place:
    """Something that is there: its box, and its outline (x and y of its corners) where somebody drew one; else the box counts."""

    box: Box
    outline: tuple[tuple[float, float], ...] = ()

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in it."""
        if self.outline:
            return cv2.pointPolygonTest(np.array(self.outline, dtype=np.float32), (x, y), measureDist=False) >= 0
        box = self.box
        return box.x <= x <= box.x + box.width and box.y <= y <= box.y + box.height

    def mask(self, rows: int, columns: int) -> NDArray[np.bool_]:
        """(rows, columns) of a picture: what lies in it."""
        box, canvas = self.box, np.zeros((rows, columns), dtype=np.uint8)
        edges = (box.x, box.y), (box.x + box.width, box.y), (box.x + box.width, box.y + box.height), (box.x, box.y + box.height)
        cv2.fillPoly(canvas, [np.rint(np.array(self.outline or edges)).astype(np.int32)], 1)
        return np.asarray(canvas > 0)


Hits = Callable[[Detected, Place], bool]
"""Whether what was found is that place."""


def middle_in(found: Detected, place: Place) -> bool:
    """Whether the middle of a found box lies in it."""
    return place.holds(found.box.x + found.box.width / 2, found.box.y + found.box.height / 2)


def found_at(
    there: Mapping[Path, Sequence[Place]],
    detected: Sequence[Detected],
    pictures: int,
    hits: Hits = middle_in,
    alarms: Sequence[float] = ALARMS,
) -> tuple[float, ...]:
    """The share of all places that is found while there are no more false alarms a picture than each of ``alarms``.

    What is found twice counts once, and the second time as nothing. ``pictures`` counts those without anything on them too. NaN where
    nothing is there.
    """
    total = sum(len(own) for own in there.values())
    if not total:
        return tuple(float("nan") for _ in alarms)
    waiting = {path: list(own) for path, own in there.items()}
    shares, false, right = [0.0] * len(alarms), 0, 0
    for own in sorted(detected, key=lambda one: -one.score):
        place = next((each for each in waiting.get(own.picture, ()) if hits(own, each)), None)
        if place is not None:
            waiting[own.picture].remove(place)
            right += 1
        elif not any(hits(own, each) for each in there.get(own.picture, ())):
            false += 1
        for at, most in enumerate(alarms):
            if false <= most * pictures:
                shares[at] = right / total
    return tuple(shares)
