"""How a lumbar spine and pelvis of nobody stand, seen from the side: bodies, sacrum and hips in centimetres, and the angles between them.

x to the front, y down, z to the detector, the middle of the sacral plate at the origin. Incidence, tilt and lordosis and how they go
together as Vialle et al. 2005 measured them on 300 volunteers (J Bone Joint Surg Am 87:260-267); their ranges are wider here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.anatomy import VERTEBRAE

Points = NDArray[np.float64]
"""(n, 2) or (n, 3), cm."""

ABOVE = ("T12", "T11", "T10")
"""Seen on the picture and outlined by nobody."""
NAMES = (*reversed(VERTEBRAE), *ABOVE)
"""From L5 upwards."""
_DISCS = (13.0, 11.0, 9.0, 7.0, 5.5, 3.0, 2.0, 1.0)
_WEDGES = (9.0, 3.0, 1.0, 0.0, -2.0, -3.5, -3.5, -3.5)
"""Degrees of lordosis of the disc below each body and of the body itself, of a spine like most."""
_ROUND = 0.12
_EDGE = 24


def direction(dip: float) -> Points:
    """(2,) the unit vector to the front along a plate that falls forwards by so many degrees."""
    return np.array([math.cos(math.radians(dip)), math.sin(math.radians(dip))])


def above(dip: float) -> Points:
    """(2,) the unit vector out of that plate, upwards."""
    along = direction(dip)
    return np.array([along[1], -along[0]])


@dataclass(frozen=True, eq=False)
class Body:
    """A vertebral body in the plane between left and right: its corners, and its closed outline (n, 2).

    ``width`` is from left to right; ``lower`` and ``upper`` are the dips of its end plates in degrees.
    """

    name: str
    upper_back: Points
    upper_front: Points
    lower_back: Points
    lower_front: Points
    lower: float
    upper: float
    width: float
    hollow: float
    outline: Points

    @property
    def middle(self) -> Points:
        """(2,)."""
        return np.asarray(np.mean([self.upper_back, self.upper_front, self.lower_back, self.lower_front], axis=0))

    @property
    def dip(self) -> float:
        """Of the body as a whole, in degrees."""
        return (self.lower + self.upper) / 2

    @property
    def depth(self) -> float:
        """From back to front."""
        return float(np.linalg.norm(self.upper_front - self.upper_back))


@dataclass(frozen=True, eq=False)
class Stance:
    """One person's spine and pelvis.

    ``plate`` is the sacral plate, back and front (2, 2); ``sacrum`` its closed outline; ``hips`` the heads' middles (2, 3), the far one
    first, and ``radius`` theirs. The angles are in degrees and are exact.
    """

    bodies: tuple[Body, ...]
    plate: Points
    sacrum: Points
    hips: Points
    radius: float
    tilt: float
    slope: float
    lordosis: float

    def body(self, name: str) -> Body:
        """The vertebra of that name."""
        return next(own for own in self.bodies if own.name == name)


def _arc(start: Points, end: Points, dent: float, count: int = _EDGE) -> Points:
    """(count, 2) from one point to the other, bent by ``dent`` cm to the right of the way."""
    t = np.linspace(0.0, 1.0, count)[:, None]
    along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-9)
    right = np.array([-along[1], along[0]])
    return np.asarray(start + t * (end - start) + dent * 4 * t * (1 - t) * right)


def rounded(corners: Sequence[Points], dents: Sequence[float], radius: float = _ROUND) -> Points:
    """The closed outline through corners in clockwise order on the picture, each side bent inwards by its dent, each corner rounded off."""
    sides = []
    for at, dent in enumerate(dents):
        start, end = corners[at], corners[(at + 1) % len(corners)]
        along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-9)
        sides.append(_arc(start + radius * along, end - radius * along, dent))
    return np.concatenate(sides)


def _body(name: str, middle: Points, lower: float, wedge: float, size: tuple[float, float, float], random: np.random.Generator) -> Body:
    """A body on its lower plate's ``middle``; ``size`` is depth, height and width."""
    depth, height, width = size
    half = depth / 2 * direction(lower)
    back, front = middle - half, middle + half
    upper = lower - wedge
    top = middle + height * above((lower + upper) / 2)
    half = depth / 2 * random.uniform(0.97, 1.0) * direction(upper)
    hollow = random.uniform(0.04, 0.2) * (2.2 if random.random() < 0.06 else 1.0)
    upper_back, upper_front = top - half, top + half
    walls = random.uniform(0.06, 0.22, 2)
    outline = rounded((upper_back, upper_front, front, back), (hollow, float(walls[0]), random.uniform(0.04, 0.2), float(walls[1])))
    return Body(name, upper_back, upper_front, back, front, lower, upper, width, hollow, outline)


def _shares(lordosis: float, random: np.random.Generator) -> tuple[list[float], list[float]]:
    """Degrees of every disc and body from L5 up; those below the upper plate of L1 add up to the lordosis."""
    discs = [own + random.normal(0.0, 1.8) for own in _DISCS]
    wedges = [own + random.normal(0.0, 1.5) for own in _WEDGES]
    if random.random() < 0.15:
        # A body that gave way in front.
        wedges[int(random.integers(1, len(wedges)))] -= random.uniform(5.0, 16.0)
    lumbar = len(VERTEBRAE)
    missing = lordosis - sum(discs[:lumbar]) - sum(wedges[:lumbar])
    shares = random.dirichlet(np.full(2 * lumbar, 4.0)) * missing
    return (
        [own + (shares[at] if at < lumbar else 0.0) for at, own in enumerate(discs)],
        [own + (shares[lumbar + at] if at < lumbar else 0.0) for at, own in enumerate(wedges)],
    )


def _drawn_angles(random: np.random.Generator) -> tuple[float, float, float]:
    """Tilt, slope and lordosis in degrees."""
    while True:
        incidence = float(np.clip(random.normal(53.0, 12.0), 28.0, 92.0))
        tilt = 0.37 * incidence - 7.0 + random.normal(0.0, 8.0)
        slope = incidence - tilt
        lordosis = float(np.clip(slope + random.normal(13.0, 12.0), 0.0, 92.0))
        if -10.0 <= tilt <= 45.0 and 8.0 <= slope <= 68.0:
            return tilt, slope, lordosis


def _sacrum(plate: Points, slope: float, scale: float, random: np.random.Generator) -> Points:
    """The closed outline of the sacral bodies, S1 to S5, hollow in front."""
    depth = float(np.linalg.norm(plate[1] - plate[0]))
    down = -above(slope)
    backwards = -direction(slope)
    length = scale * random.uniform(9.0, 11.5)
    lean, curl = random.uniform(0.0, 0.22), random.uniform(0.12, 0.5)
    front, back = [], []
    for share in np.linspace(0.0, 1.0, 14):
        reach = down * length * (share - 0.12 * share**2) + backwards * length * (lean * share - curl * share**2.2)
        thick = depth * (1.0 - 0.78 * share**0.8)
        own_back = plate[1] + reach - direction(slope) * thick
        front.append(plate[1] + reach)
        back.append(own_back)
    tip = (front[-1] + back[-1]) / 2 + 0.3 * scale * down
    waves = random.uniform(0.02, 0.1)
    wavy = [own + waves * math.sin(at * 2.2) * backwards for at, own in enumerate(front)]
    first = plate[0] + _ROUND * direction(slope)
    last = plate[1] - _ROUND * direction(slope)
    return np.array([first, last, plate[1] + _ROUND * down, *wavy[1:], tip, *back[:0:-1], plate[0] + _ROUND * down])


def stance(random: np.random.Generator) -> Stance:
    """A person drawn at random."""
    tilt, slope, lordosis = _drawn_angles(random)
    scale = float(np.clip(random.normal(1.0, 0.07), 0.82, 1.18))
    depth = 3.5 * scale * random.uniform(0.94, 1.08)
    plate = np.array([-depth / 2 * direction(slope), depth / 2 * direction(slope)])
    discs, wedges = _shares(lordosis, random)
    thin = random.uniform(0.6, 1.15)
    middle, dip, bodies = np.zeros(2), slope, []
    for at, name in enumerate(NAMES):
        gap = scale * thin * max(0.25, (1.15 - 0.07 * at) * random.uniform(0.55, 1.1) if random.random() < 0.3 else 1.1 - 0.07 * at)
        turned = dip - discs[at]
        middle = middle + gap * above((dip + turned) / 2)
        # Each a little behind or before the one below, a few slipped.
        slip = random.normal(0.0, 0.06) + (random.uniform(0.3, 1.0) if at == 0 and random.random() < 0.08 else 0.0)
        middle = middle + slip * scale * direction(turned)
        size = (depth * (1.0 - 0.02 * at), scale * (2.75 - 0.07 * at) * random.uniform(0.95, 1.05), scale * (5.0 - 0.18 * at))
        body = _body(name, middle, turned, wedges[at], size, random)
        bodies.append(body)
        middle, dip = (body.upper_back + body.upper_front) / 2, body.upper
    away = scale * random.uniform(9.0, 12.5)
    at_hips = away * np.array([math.sin(math.radians(tilt)), math.cos(math.radians(tilt))])
    apart = scale * random.uniform(8.2, 9.6)
    hips = np.array([[*at_hips, -apart], [*at_hips, apart]])
    return Stance(tuple(bodies), plate, _sacrum(plate, slope, scale, random), hips, scale * random.uniform(2.2, 2.6), tilt, slope, lordosis)
