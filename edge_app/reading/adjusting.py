"""Landmarks of a reading moved by a person, and the angles that follow; whoever keeps them, box or hospital.

The reading stays as it was written, and its own points stay beside theirs.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field, TypeAdapter

from edge_app.reading.finding import Point, Protocol, Reading
from edge_app.reading.spinopelvic import ANGLES, HIPS, LANDMARKS, PLATE_OF_L1, PLATE_OF_S1, RESTS_ON, angles, disagreement, measured, middle

LEAST_APART = 1.0
"""Pixels of the original: between two points that are closer there is no direction."""


def _landmark(name: str) -> str:
    if name not in LANDMARKS:
        raise ValueError("no such landmark")
    return name


def _angle(name: str) -> str:
    if name not in ANGLES:
        raise ValueError("no such angle")
    return name


_Pixels = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
POINTS: TypeAdapter[dict[str, Point]] = TypeAdapter(dict[Annotated[str, AfterValidator(_landmark)], tuple[_Pixels, _Pixels]])
DEGREES: TypeAdapter[dict[str, float]] = TypeAdapter(
    dict[Annotated[str, AfterValidator(_angle)], Annotated[float, Field(ge=-360, le=360, allow_inf_nan=False)]]
)


def points_in(text: str | bytes) -> dict[str, Point]:
    """Points as JSON brings them, ``{"hip_1": [x, y], …}``. ValueError for what is no landmark, and no place."""
    return POINTS.validate_json(text)


def is_adjustable(reading: Reading) -> bool:
    """Whether there are points to move, on a picture whose size is known."""
    return reading.protocol is Protocol.SPINE and bool(own_points(reading)) and reading.rows is not None and reading.columns is not None


def own_points(reading: Reading) -> dict[str, Point]:
    """Where the box itself has found those that can be moved."""
    return {name: landmark.at for name, landmark in reading.landmarks.items() if name in LANDMARKS}


def moved_points(reading: Reading, points: Mapping[str, Point]) -> frozenset[str]:
    """Which of them do not lie where the box has found them."""
    return frozenset(name for name, point in own_points(reading).items() if points[name] != point)


def adjusted(reading: Reading, points: Mapping[str, Point]) -> Reading:
    """The reading as it would be with those points: its angles, and which of them cannot be told. Everything else is the box's.

    Of an angle whose points were moved nobody knows how far off it is; that of the others stays known.

    Raises:
        ValueError: it has no points to move or others, one lies outside of the picture, or two so close that they have no direction.
    """
    if not is_adjustable(reading) or points.keys() != own_points(reading).keys():
        raise ValueError("these are not the landmarks of that reading")
    across, down = float(reading.columns or 0), float(reading.rows or 0)
    if any(not (0 <= x <= across and 0 <= y <= down) for x, y in points.values()):
        raise ValueError("a landmark lies outside of the picture")
    if _without_direction(points):
        raise ValueError("two landmarks lie in one place")
    moved = moved_points(reading, points)
    margins = {name: own.margin for name, own in reading.measurements.items() if moved.isdisjoint(RESTS_ON.get(name, ()))}
    found = {
        name: replace(own, validated=name in reading.measurements and reading.measurements[name].validated)
        for name, own in measured(points, margins, validated=False).items()
    }
    others = {name: own for name, own in reading.measurements.items() if name not in ANGLES}
    contradicted = disagreement(angles(points))
    still = tuple(gap for gap in reading.missing if gap.part not in found and (contradicted is None or gap.part != contradicted.part))
    return replace(
        reading,
        measurements={**found, **others},
        landmarks={**reading.landmarks, **{name: replace(reading.landmarks[name], x=x, y=y) for name, (x, y) in points.items()}},
        missing=still if contradicted is None else (*still, contradicted),
    )


def _without_direction(points: Mapping[str, Point]) -> bool:
    pairs = [(points[one], points[other]) for one, other in (PLATE_OF_S1, PLATE_OF_L1) if one in points and other in points]
    if all(name in points for name in (*PLATE_OF_S1, *HIPS)):
        plate, hips = (middle(points[one], points[other]) for one, other in (PLATE_OF_S1, HIPS))
        pairs.append((plate, hips))
    return any(math.dist(one, other) < LEAST_APART for one, other in pairs)
