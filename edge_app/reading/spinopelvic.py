"""Spinopelvic angles from the points that they rest on, in degrees; wherever those come from, a network or a doctor's finger.

Pelvic tilt, sacral slope and pelvic incidence as Duval-Beaupère et al. 1992 and Legaye et al. 1998 define them, lumbar lordosis from the
upper end plate of L1 to that of S1. The picture is taken to be upright: what hangs on gravity, tilt and slope, cannot be told otherwise.
"""

import math
from collections.abc import Callable, Mapping

from edge_app.reading.finding import Gap, Landmark, Line, Measurement, Missing, Point

PELVIC_TILT, SACRAL_SLOPE = "pelvic_tilt", "sacral_slope"
LUMBAR_LORDOSIS, PELVIC_INCIDENCE = "lumbar_lordosis", "pelvic_incidence"
ANGLES = (PELVIC_TILT, SACRAL_SLOPE, LUMBAR_LORDOSIS, PELVIC_INCIDENCE)
DEGREES = "deg"
"""UCUM's code."""

S1_FRONT, S1_BACK = "S1_front", "S1_back"
L1_FRONT, L1_BACK = "L1_front", "L1_back"
HIP_1, HIP_2 = "hip_1", "hip_2"
"""The middles of both femoral heads; which is the right one a lateral picture does not say."""
LANDMARKS = (L1_FRONT, L1_BACK, S1_FRONT, S1_BACK, HIP_1, HIP_2)
PLATE_OF_S1, PLATE_OF_L1, HIPS = (S1_FRONT, S1_BACK), (L1_FRONT, L1_BACK), (HIP_1, HIP_2)
RESTS_ON: Mapping[str, tuple[str, ...]] = {
    PELVIC_TILT: (*PLATE_OF_S1, *HIPS),
    SACRAL_SLOPE: PLATE_OF_S1,
    LUMBAR_LORDOSIS: (*PLATE_OF_L1, *PLATE_OF_S1),
    PELVIC_INCIDENCE: (*PLATE_OF_S1, *HIPS),
}
MOST_APART = 0.5
"""Degrees that the incidence may differ from tilt and slope together: never, where the hips lie before the plate's perpendicular."""
_STEP = 0.25


def middle(one: Point, other: Point) -> Point:
    """Half way between."""
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def _forwards(points: Mapping[str, Point]) -> float:
    """1.0 where the patient faces the picture's right, −1.0 where its left."""
    return 1.0 if points[S1_FRONT][0] >= points[S1_BACK][0] else -1.0


def _dip(front: Point, back: Point, forwards: float) -> float:
    """By how much an end plate falls towards the front, in degrees."""
    return math.degrees(math.atan2(front[1] - back[1], forwards * (front[0] - back[0])))


def _sacral_slope(points: Mapping[str, Point]) -> float:
    return _dip(points[S1_FRONT], points[S1_BACK], _forwards(points))


def _lumbar_lordosis(points: Mapping[str, Point]) -> float:
    return _sacral_slope(points) - _dip(points[L1_FRONT], points[L1_BACK], _forwards(points))


def _to_hips(points: Mapping[str, Point]) -> Point:
    """From the middle of the sacral plate to the axis of the hips: forwards and down."""
    hips, plate = middle(points[HIP_1], points[HIP_2]), middle(points[S1_FRONT], points[S1_BACK])
    return _forwards(points) * (hips[0] - plate[0]), hips[1] - plate[1]


def _pelvic_tilt(points: Mapping[str, Point]) -> float:
    forwards, down = _to_hips(points)
    return math.degrees(math.atan2(forwards, down))


def _pelvic_incidence(points: Mapping[str, Point]) -> float:
    """Between the line to the hips and the plate's perpendicular, 0…180: with no thought of what is upright, or to which side it opens."""
    forwards, down = _to_hips(points)
    across = _forwards(points) * (points[S1_FRONT][0] - points[S1_BACK][0])
    fall = points[S1_FRONT][1] - points[S1_BACK][1]
    # Down and backwards from the plate: (−fall, across).
    along, beside = across * down - fall * forwards, across * forwards + fall * down
    return abs(math.degrees(math.atan2(beside, along)))


_ANGLE: Mapping[str, Callable[[Mapping[str, Point]], float]] = {
    PELVIC_TILT: _pelvic_tilt,
    SACRAL_SLOPE: _sacral_slope,
    LUMBAR_LORDOSIS: _lumbar_lordosis,
    PELVIC_INCIDENCE: _pelvic_incidence,
}


def angles(points: Mapping[str, Point]) -> dict[str, float]:
    """Every angle whose points are all there, in degrees, by name, in the order of ``ANGLES``.

    Tilt is positive where the hips lie before the middle of the sacral plate, slope where that falls forwards, lordosis where the spine is
    hollow at the back.
    """
    return {name: _ANGLE[name](points) for name in ANGLES if all(point in points for point in RESTS_ON[name])}


def uncertainty(name: str, landmarks: Mapping[str, Landmark]) -> float:
    """One standard deviation of an angle in degrees, from those of its points as far as they are independent (first order)."""
    points = {point: landmarks[point].at for point in RESTS_ON[name]}
    variance = 0.0
    for point in RESTS_ON[name]:
        for axis in range(2):
            moved = [_moved(points, point, axis, by) for by in (_STEP, -_STEP)]
            slope = math.remainder(_ANGLE[name](moved[0]) - _ANGLE[name](moved[1]), 360.0) / (2 * _STEP)
            variance += (slope * landmarks[point].spread) ** 2
    return math.sqrt(variance)


def _moved(points: Mapping[str, Point], point: str, axis: int, by: float) -> dict[str, Point]:
    x, y = points[point]
    return {**points, point: (x + by, y) if axis == 0 else (x, y + by)}


def lines(name: str, points: Mapping[str, Point]) -> tuple[Line, ...]:
    """What of an angle is drawn on the picture: its end plates, and from the sacral one's middle to the hips."""
    plates = [Line("S1_plate", points[S1_BACK], points[S1_FRONT])]
    if name == LUMBAR_LORDOSIS:
        plates.append(Line("L1_plate", points[L1_BACK], points[L1_FRONT]))
    if name in (PELVIC_TILT, PELVIC_INCIDENCE):
        hips = middle(points[HIP_1], points[HIP_2])
        plates.append(Line("to_hips", middle(points[S1_FRONT], points[S1_BACK]), hips))
        plates.append(Line("hip_axis", points[HIP_1], points[HIP_2]))
    return tuple(plates)


def disagreement(found: Mapping[str, float]) -> Missing | None:
    """Where incidence is not tilt and slope together: the points lie as they do in nobody."""
    if PELVIC_INCIDENCE not in found:
        return None
    apart = math.remainder(found[PELVIC_INCIDENCE] - found[PELVIC_TILT] - found[SACRAL_SLOPE], 360.0)
    if abs(apart) <= MOST_APART:
        return None
    return Missing(PELVIC_INCIDENCE, Gap.NOT_TRUSTED, f"{apart:.1f} degrees off tilt and slope together")


def measured(points: Mapping[str, Point], margins: Mapping[str, float | None], *, validated: bool) -> dict[str, Measurement]:
    """The angles of those points with how far off they may be; not the incidence where tilt and slope contradict it."""
    found = angles(points)
    if disagreement(found) is not None:
        del found[PELVIC_INCIDENCE]
    return {
        name: Measurement(value, DEGREES, validated=validated, lines=lines(name, points), margin=margins.get(name))
        for name, value in found.items()
    }
