"""The box around the nose on a lateral skull, from two of the points that orthodontists mark on cephalograms."""

from collections import defaultdict
from pathlib import Path

import numpy as np

from edge_app.reading.nose import BEFORE, BEHIND, BEYOND, NOSE
from export.datasets.boxes import Box
from export.datasets.table import rows

LANDMARKS = "landmarks.csv"
_NASION, _SUBNASALE = "l2", "l18"


Point = tuple[float, float]


def marked(folder: Path) -> dict[Path, tuple[Point, Point]]:
    """Nasion and subnasale, x and y in pixels, by the mean of the readers, of every picture of ``folder/images`` that has both.

    Nothing where the file of landmarks is missing.
    """
    points = defaultdict[tuple[str, str], list[tuple[float, float]]](list)
    for row in rows(folder / LANDMARKS):
        points[row["image"], row["landmark"]].append((row.number("x"), row.number("y")))
    found = {}
    for image in sorted({image for image, _ in points}):
        both = [np.mean(points[image, name], axis=0) for name in (_NASION, _SUBNASALE) if (image, name) in points]
        if len(both) == 2:
            nasion, subnasale = ((float(x), float(y)) for x, y in both)
            found[folder / "images" / image] = nasion, subnasale
    return found


def box_around(nasion: Point, subnasale: Point) -> tuple[float, float, float, float]:
    """Left, top, width and height of the nose on a face that looks to the right."""
    high = subnasale[1] - nasion[1]
    left, right = min(nasion[0], subnasale[0]) - BEHIND * high, max(nasion[0], subnasale[0]) + BEFORE * high
    return left, nasion[1] - BEYOND * high, right - left, (1 + 2 * BEYOND) * high


def nose_boxes(folder: Path) -> list[Box]:
    """The nose of every picture that is ``marked``."""
    return [Box(picture, NOSE, *box_around(*points)) for picture, points in marked(folder).items()]
