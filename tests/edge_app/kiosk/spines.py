"""Readings of lateral spines, and a picture that looks a little like one."""

from typing import Any

import cv2
import numpy as np

from edge_app.casebook.radiographs import StoredRadiograph
from edge_app.casebook.readings import StoredReading, add_reading
from edge_app.casebook.renditions import add_rendition
from edge_app.radiograph.picture import Assumption, Facts, Picture, VoiFunction, Window
from edge_app.reading.anatomy import FEMORAL_HEADS, SACRUM
from edge_app.reading.finding import Gap, Missing, Outline, Point
from edge_app.reading.spinopelvic import HIP_1, HIP_2
from tests.edge_app.casebook.spines import LANDMARKS, SIDE, spine
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.figured import ellipse

_MIDDLES = ((248.0, 95.0, -11.0), (262.0, 148.0, -4.0), (270.0, 202.0, 4.0), (271.0, 254.0, 14.0), (267.0, 305.0, 27.0))
"""Of L1 to L5: x, y, and by how many degrees it dips forwards."""


def _body(x: float, y: float, dip: float) -> tuple[Point, ...]:
    turn = np.radians(dip)
    corners = np.array([(-29, -20), (0, -17), (29, -20), (26, 0), (29, 20), (0, 17), (-29, 20), (-26, 0)], dtype=float)
    turned = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return tuple((float(x + a), float(y + b)) for a, b in turned)


OUTLINES = (
    *(Outline(f"L{number}", (_body(*middle),), 0.93, None, False) for number, middle in enumerate(_MIDDLES, start=1)),
    Outline(SACRUM, (((240.0, 308.0), (285.0, 346.0), (262.0, 400.0), (222.0, 440.0), (205.0, 430.0), (218.0, 370.0)),), 0.88, None, False),
    Outline(FEMORAL_HEADS, (ellipse(290, 435, 32, 30),), 0.84, None, False),
)
NO_HIPS: dict[str, Any] = {
    "landmarks": {name: own for name, own in LANDMARKS.items() if name not in (HIP_1, HIP_2)},
    "outlines": OUTLINES[:-1],
    "missing": (Missing(FEMORAL_HEADS, Gap.CUT_OFF, "hip_1 lies at the picture's border"),),
}
NO_ANGLE: dict[str, Any] = {
    "landmarks": {},
    "outlines": (),
    "missing": (Missing(SACRUM, Gap.NOT_FOUND, "no sacrum"), Missing(FEMORAL_HEADS, Gap.NOT_FOUND, "no heads")),
}
"""Nothing was found on the picture."""


def spine_read(seed: Seeder, radiograph: StoredRadiograph, **changes: Any) -> StoredReading:
    """A spine read by a model that learnt from drawn ones alone."""
    return add_reading(seed.database, radiograph.id, spine(**{"outlines": OUTLINES, **changes}))


def draw_spine(seed: Seeder, radiograph: StoredRadiograph) -> None:
    """Its bones, bright on a soft body."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    grey = 900 + 900 * np.exp(-(((columns - 270) / 150) ** 4)) + 250 * np.sin(rows / 160)
    for outline in OUTLINES:
        bone = np.zeros((SIDE, SIDE), dtype=np.float32)
        cv2.fillPoly(bone, [np.array(outline.polygons[0], dtype=np.int32)], 1.0)
        inner = cv2.erode(bone, np.ones((7, 7), dtype=np.uint8))
        grey = grey + 900 * cv2.GaussianBlur(bone, (0, 0), 1.6) - 250 * cv2.GaussianBlur(inner, (0, 0), 3)
    grey = grey + np.random.default_rng(3).normal(0, 35, grey.shape)
    window = Window(2000, 3200, VoiFunction.LINEAR_EXACT)
    pixels = np.clip(grey, 0, 4095).astype(np.uint16)
    add_rendition(seed.casebook, radiograph.id, Picture(pixels, window, SIDE, SIDE, (0.7, 0.7), Facts(), (Assumption.SPACING_AT_DETECTOR,)))


def drawn_spine(seed: Seeder, **changes: Any) -> StoredReading:
    """A spine that was read and can be drawn."""
    seed.link()
    radiograph = seed.radiograph()
    stored = spine_read(seed, radiograph, **changes)
    draw_spine(seed, radiograph)
    return stored
