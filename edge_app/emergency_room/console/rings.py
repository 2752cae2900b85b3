"""The map without a map: the hospital in the middle, north up, rings of so many kilometres, and each unit where it was seen from there.

Direction and straight distance are kept as they are (an azimuthal equidistant projection), and nothing else is drawn: no geography is
known here. All lengths are units of the drawing.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 860, 772
MIDDLE = (WIDTH / 2, HEIGHT / 2)
RADIUS = 330.0
"""Of the outermost ring."""
MOST_RINGS = 4
STEPS_KM = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 250.0)
MARK = 19.0
LABEL_HEIGHT, LABEL_GAP = 54.0, 12.0
WIDE, NARROW = 20.0, 11.5
"""What a syllable of Korean and any other letter take at the size of a label."""
MOST_LETTERS = 12
_RING_LABEL = (64.0, 24.0)


@dataclass(frozen=True)
class Ring:
    """One ring, and how far it is."""

    radius: float
    km: float

    @property
    def label(self) -> str:
        """Its distance, without a unit."""
        return f"{self.km:g}"


@dataclass(frozen=True)
class Seen:
    """A unit to draw: its name for the label, and where it was."""

    name: str
    distance_km: float
    bearing_deg: float


@dataclass(frozen=True)
class Mark:
    """Where a unit is drawn, and its label; ``label_x`` is that end of the label at which ``anchor`` holds it."""

    x: float
    y: float
    label_x: float
    label_y: float
    anchor: str
    name: str
    led: bool

    @property
    def line_to(self) -> tuple[float, float]:
        """Where a line from the mark meets the label, where that stands apart from it."""
        return self.label_x + (-4 if self.anchor == "start" else 4), self.label_y


@dataclass(frozen=True)
class Chart:
    """Rings from the innermost, and the marks in the order of the units."""

    rings: tuple[Ring, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class _Box:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "_Box") -> bool:
        return self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom

    @property
    def inside(self) -> bool:
        return self.left >= 4 and self.top >= 4 and self.right <= WIDTH - 4 and self.bottom <= HEIGHT - 4


def step_km(furthest_km: float) -> float:
    """How far apart the rings are: the least step with which so many of them reach the furthest."""
    return next((step for step in STEPS_KM if step * MOST_RINGS >= furthest_km), STEPS_KM[-1])


def rings_for(furthest_km: float) -> tuple[Ring, ...]:
    """As many rings as reach the furthest, at least two."""
    step = step_km(furthest_km)
    count = min(MOST_RINGS, max(2, math.ceil(furthest_km / step)))
    return tuple(Ring(RADIUS * number / count, step * number) for number in range(1, count + 1))


def place_of(distance_km: float, bearing_deg: float, outermost_km: float) -> tuple[float, float]:
    """Where a place is drawn: north is up, east is right. What is further than the outermost ring stands on the drawing's edge."""
    away = RADIUS * min(distance_km / outermost_km, 1.1)
    turned = math.radians(bearing_deg)
    return MIDDLE[0] + away * math.sin(turned), MIDDLE[1] - away * math.cos(turned)


def chart_of(units: Sequence[Seen]) -> Chart:
    """The drawing of these units; labels of the first ones have the best places."""
    rings = rings_for(max((unit.distance_km for unit in units), default=0.0))
    places = [place_of(unit.distance_km, unit.bearing_deg, rings[-1].km) for unit in units]
    taken = [_around(x, y, MARK + 2) for x, y in (*places, MIDDLE)]
    taken += [_ring_label(ring) for ring in rings]
    marks = []
    for unit, (x, y) in zip(units, places, strict=True):
        mark, box = _labelled(short(unit.name), x, y, taken)
        taken.append(box)
        marks.append(mark)
    return Chart(rings, tuple(marks))


def short(name: str) -> str:
    """A unit's name, short enough for the drawing; its end tells it from others more often than its beginning."""
    return name if len(name) <= MOST_LETTERS else "…" + name[-(MOST_LETTERS - 1) :]


def width_of(text: str) -> float:
    """About how wide a label is, at least as wide as a time."""
    return max(8 * NARROW, sum(WIDE if ord(letter) > 0x10FF else NARROW for letter in text))


def _around(x: float, y: float, reach: float) -> _Box:
    return _Box(x - reach, y - reach, x + reach, y + reach)


def _ring_label(ring: Ring) -> _Box:
    x, y = MIDDLE[0], MIDDLE[1] - ring.radius
    return _Box(x - _RING_LABEL[0] / 2, y - _RING_LABEL[1] / 2, x + _RING_LABEL[0] / 2, y + _RING_LABEL[1] / 2)


def _labelled(name: str, x: float, y: float, taken: Iterable[_Box]) -> tuple[Mark, _Box]:
    """A mark with its label where it is on nothing else: beside it, outwards first, else above or below that with a line to it."""
    places, others = list(_label_places(name, x, y)), list(taken)
    free = (place for place in places if place[1].inside and not any(place[1].meets(other) for other in others))
    return next(free, places[0])


def _label_places(name: str, x: float, y: float) -> Iterator[tuple[Mark, _Box]]:
    """Where a label may stand, the best place first."""
    width, sides = width_of(name), ("start", "end") if x >= MIDDLE[0] else ("end", "start")
    for shift in (0.0, *(sign * step * LABEL_HEIGHT / 2 for step in range(1, 12) for sign in (-1, 1))):
        for anchor in sides:
            edge = x + (MARK + LABEL_GAP) * (1 if anchor == "start" else -1)
            left = edge if anchor == "start" else edge - width
            box = _Box(left, y + shift - LABEL_HEIGHT / 2, left + width, y + shift + LABEL_HEIGHT / 2)
            yield Mark(x, y, edge, y + shift, anchor, name, led=abs(shift) >= LABEL_HEIGHT / 2), box
