"""Made-up figures of a chest of 512 × 512 pixels, as complete and as incomplete as a reading can be."""

import math
from typing import Any

from edge_app.reading.finding import (
    ANATOMY,
    SEVERITY,
    Flaw,
    FlawSeen,
    Gap,
    GateVerdict,
    Line,
    Measurement,
    Missing,
    Outline,
    Point,
    Score,
    Severity,
)


def ellipse(x: float, y: float, half_width: float, half_height: float, points: int = 48) -> tuple[Point, ...]:
    turns = [2 * math.pi * i / points for i in range(points)]
    return tuple((x + half_width * math.sin(turn), y - half_height * math.cos(turn)) for turn in turns)


OUTLINES = (
    Outline("right_lung", (ellipse(155, 225, 68, 160),), 0.96, 0.95, True),
    Outline("left_lung", (ellipse(345, 225, 68, 160),), 0.95, 0.95, True),
    Outline("heart", (ellipse(272, 300, 88, 72),), 0.71, 0.93, True),
    Outline(
        "airways",
        (((242, 30), (262, 30), (262, 150), (300, 190), (290, 196), (252, 164), (214, 196), (204, 190), (242, 150)),),
        0.9,
        None,
        False,
    ),
)

MEASUREMENTS = {
    "cardiothoracic_ratio": Measurement(
        0.541,
        "1",
        0.93,
        True,
        (
            Line("midline", (250, 70), (250, 385)),
            Line("heart_right", (184, 310), (250, 310)),
            Line("heart_left", (250, 296), (360, 296)),
            Line("thorax", (87, 238), (413, 238)),
        ),
    ),
    "right_lung_area": Measurement(213.4, "cm² at the detector", 0.96, True),
    "left_lung_area": Measurement(187.9, "cm² at the detector", 0.95, True),
    "lung_area_ratio": Measurement(1.136, "1", 0.95, True),
    "tracheal_deviation": Measurement(
        -2.3,
        "% of the thoracic width, + to the patient's left",
        0.9,
        False,
        (Line("axis", (250, 70), (250, 385)), Line("trachea", (243, 70), (241, 150)), Line("deviation", (250, 110), (242.5, 110))),
    ),
    "tracheal_deviation_mm": Measurement(
        -5.2,
        "mm at the detector, + to the patient's left",
        0.9,
        False,
        (Line("axis", (250, 70), (250, 385)), Line("trachea", (243, 70), (241, 150)), Line("deviation", (250, 110), (242.5, 110))),
    ),
}


def _zones(*values: float) -> tuple[Score, Score, Score, Score, Score, Score]:
    a, b, c, d, e, f = (Score(value, 3, 0.5, 0.4, validated=value < 2.4) for value in values)
    return a, b, c, d, e, f


SEVERITY_SCORES = Severity(
    Score(3.2, 8, 1.1, 0.9, validated=True),
    Score(2.1, 6, 0.8, None, validated=True),
    Score(7.5, 18, None, None, validated=False),
    _zones(0.0, 0.9, 2.7, 0.2, 1.6, 2.1),
)

COMPLETE: dict[str, Any] = {"outlines": OUTLINES, "measurements": MEASUREMENTS, "severity": SEVERITY_SCORES}
NOTHING: dict[str, Any] = {
    "missing": (Missing(ANATOMY, Gap.NO_MODEL, "no bundle"), Missing(SEVERITY, Gap.NEEDS_ANOTHER, "needs the anatomy, which is missing")),
}
GAPS: dict[str, Any] = {
    "outlines": OUTLINES[:1],
    "measurements": {"right_lung_area": Measurement(11.2, "% of the picture", 0.81, False)},
    "missing": (
        Missing("left_lung", Gap.NOT_FOUND, "covers 0.10% of the picture, below 1.00%"),
        Missing("heart", Gap.NOT_TRUSTED, "expected Dice 0.41, below 0.6"),
        Missing("airways", Gap.NOT_FOUND, "covers 0.01% of the picture, below 0.10%"),
        Missing("cardiothoracic_ratio", Gap.NOT_MEASURABLE, "the heart lies wholly on one side of the midline"),
        Missing("left_lung_area", Gap.NEEDS_ANOTHER, "needs left_lung, which is missing"),
        Missing("lung_area_ratio", Gap.CUT_OFF, "left_lung is cut off by the picture's edge"),
        Missing("tracheal_deviation", Gap.NEEDS_ANOTHER, "needs airways, which is missing"),
        Missing(SEVERITY, Gap.MODEL_FAILED, "not finite"),
    ),
}


def flawed(*flaws: Flaw, validated: bool = False) -> GateVerdict:
    """A gate that lets a chest in and complains of those flaws, the first the surest."""
    return GateVerdict("chest", 0.97, tuple(FlawSeen(flaw, 0.93 - 0.1 * i, validated) for i, flaw in enumerate(flaws)))
