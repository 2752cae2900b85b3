"""Made-up readings of a lateral spine on a picture of 512 × 512 pixels, and its points moved."""

from collections.abc import Mapping
from typing import Any

from edge_app.reading.adjusting import own_points
from edge_app.reading.finding import GateVerdict, Landmark, Measurement, Point, Protocol, Reading, Timing, Urgency
from edge_app.reading.spinopelvic import (
    HIP_1,
    HIP_2,
    L1_BACK,
    L1_FRONT,
    LUMBAR_LORDOSIS,
    PELVIC_INCIDENCE,
    PELVIC_TILT,
    S1_BACK,
    S1_FRONT,
    SACRAL_SLOPE,
    measured,
)

SIDE = 512
MARGINS = {PELVIC_TILT: 1.6, SACRAL_SLOPE: 3.0, LUMBAR_LORDOSIS: 4.2, PELVIC_INCIDENCE: 2.4}
LANDMARKS = {
    L1_FRONT: Landmark(276.0, 64.0, 1.0),
    L1_BACK: Landmark(216.0, 76.0, 1.0),
    S1_FRONT: Landmark(285.5, 346.25, 1.2),
    S1_BACK: Landmark(239.5, 307.5, 1.2),
    HIP_1: Landmark(284.0, 431.0, 0.8, 24.0),
    HIP_2: Landmark(296.0, 439.0, 0.8, 25.0),
}
"""Tilt 14°, slope 40°, lordosis 51°, incidence 54°."""


def angles_of(landmarks: Mapping[str, Landmark], *, validated: bool = False) -> dict[str, Measurement]:
    return measured({name: own.at for name, own in landmarks.items()}, MARGINS, validated=validated)


def spine(*, validated: bool = False, **changes: Any) -> Reading:
    landmarks = changes.get("landmarks", LANDMARKS)
    fields: dict[str, Any] = {
        "protocol": Protocol.SPINE,
        "refusal": None,
        "gate": GateVerdict("spine_lateral", 0.99),
        "findings": (),
        "urgency": Urgency.NONE,
        "top3": (),
        "timing": Timing(30, 15, 20, 90),
        "models": {"radiograph_gate": "aa" * 32, "spine_anatomy": "cc" * 32},
        "engine": "openvino",
        "rows": SIDE,
        "columns": SIDE,
        "landmarks": landmarks,
        "measurements": angles_of(landmarks, validated=validated),
    }
    return Reading(**{**fields, **changes})


def moved(**by: Point) -> dict[str, Point]:
    """The box's points, some of them moved by so much."""
    own = own_points(spine())
    return {name: (x + by.get(name, (0, 0))[0], y + by.get(name, (0, 0))[1]) for name, (x, y) in own.items()}
