"""The neck of nobody seen from the side: cervical spine, jaw, hyoid, larynx and the way from the mouth to the gullet, and how they move.

Centimetres, x to the front, y down, the middle of C4 at the origin. The parts are laid out along a straight spine first and then follow
the person's own. How far hyoid and larynx move: Molfenter and Steele 2011 (Dysphagia 26:67-74); the ranges are wider here.
"""

from dataclasses import dataclass

import numpy as np

from edge_app.simulator.grid import Points, curve
from export.simulate.lumbar_pose import above, direction, rounded
from export.simulate.plate import ring

NUMBERS = (2, 3, 4, 5, 6, 7)
"""C2 to C7, whose bodies are outlined; C1 and the first two of the chest are seen too."""
_STRAIGHT = 0.8
"""x of the bodies' front edges on the straight spine that the parts are laid along."""
_PER_KNOT = 8

RAMUS, VALLECULA, SINUS, SPHINCTER, GULLET = 7.0, 9.3, 11.2, 12.0, 13.0
"""Along the way of the bolus, in its knots: the ends of mouth, pharynx and sphincter, and the pockets between them."""
LAST = 17.0
# The roof of the way (palate, raised soft palate, back wall of the throat and of the gullet); how wide the way can get below or before it,
# how deep it is from left to right, and how wide its air is at rest.
_ROOF = (
    *((9.2, -6.3, 0.9, 2.0, 0.05), (8.2, -7.0, 1.3, 2.6, 0.08), (6.6, -7.4, 1.5, 2.8, 0.08), (5.0, -7.35, 1.5, 2.8, 0.08)),
    *((3.6, -7.05, 1.5, 2.4, 0.1), (2.3, -6.5, 1.4, 2.0, 0.3), (1.5, -5.4, 1.4, 1.7, 0.9), (1.25, -3.9, 1.4, 1.6, 1.3)),
    *((1.18, -2.2, 1.5, 1.6, 1.45), (1.15, -0.6, 1.5, 1.7, 1.5), (1.13, 1.0, 1.35, 1.7, 0.8), (1.12, 2.5, 1.15, 1.6, 0.45)),
    *((1.1, 3.6, 0.85, 1.6, 0.05), (1.1, 4.5, 0.85, 1.6, 0.0), (1.05, 6.5, 1.15, 1.6, 0.0), (1.05, 9.0, 1.25, 1.6, 0.0)),
    *((1.0, 12.0, 1.25, 1.7, 0.0), (1.0, 16.0, 1.25, 1.7, 0.0)),
)
_JAW = np.array(
    [
        *((0.3, -9.3), (0.7, -9.9), (1.3, -9.7), (1.6, -8.9), (2.4, -8.5), (3.4, -9.4), (4.0, -9.0), (4.1, -7.4), (4.6, -6.0)),
        *((6.0, -5.1), (8.4, -4.6), (9.8, -4.6), (10.2, -3.5), (10.5, -2.2), (10.1, -1.45), (9.2, -1.3), (7.0, -2.0), (4.6, -2.7)),
        *((3.0, -3.3), (2.1, -4.0), (1.6, -5.2), (1.1, -7.2)),
    ]
)
HINGE = (0.9, -9.4)
"""Where the jaw turns, at rest on the straight spine."""
_HYOID = np.array(
    [
        *((4.95, -0.4), (4.95, 0.0), (4.65, 0.08), (4.4, -0.4), (3.5, -0.78), (2.4, -1.15), (2.3, -1.35), (3.5, -1.03), (4.4, -0.9)),
        (4.8, -0.8),
    ]
)


@dataclass(frozen=True)
class Posture:
    """How far each part has moved at one moment, 0 at rest and 1 at its most; ``jaw_rad`` is how far the mouth is open."""

    hyoid_up: float = 0.0
    hyoid_forward: float = 0.0
    larynx: float = 0.0
    velum: float = 0.0
    epiglottis: float = 0.0
    closure: float = 0.0
    jaw_rad: float = 0.0


@dataclass(frozen=True, eq=False)
class Way:
    """The way of the bolus at one moment: (n,) where along its knots, (n, 2) its roof and the unit vector into it, and its (n,) widths."""

    at: Points
    roof: Points
    inwards: Points
    widest: Points
    depth: Points
    resting: Points

    def strip(self, width: Points, first: float, last: float, off: Points | None = None) -> Points:
        """The closed outline (m, 2) of what is so wide (n,) between two places along it, from its roof or (n,) off it."""
        inner = self.at[(self.at > first) & (self.at < last)]
        places = np.concatenate([[first], inner, [last]])
        roof = np.column_stack([np.interp(places, self.at, self.roof[:, axis]) for axis in (0, 1)])
        inwards = np.column_stack([np.interp(places, self.at, self.inwards[:, axis]) for axis in (0, 1)])
        if off is not None:
            roof = roof + inwards * np.interp(places, self.at, off)[:, None]
        floor = roof + inwards * np.interp(places, self.at, width)[:, None]
        return np.vstack([roof, floor[::-1]])


@dataclass(frozen=True, eq=False)
class Parts:
    """What moves, at one moment: closed outlines (n, 2), and edges from above downwards (n, 2)."""

    mandible: tuple[Points, ...]
    hyoid: Points
    epiglottis: Points
    velum: Points
    nose: Points
    pocket: Points
    vallecula: Points
    sinus: Points
    vestibule_front: Points
    vestibule_back: Points
    windpipe_front: Points
    windpipe_back: Points
    cartilage: tuple[Points, ...]
    way: Way

    @property
    def vestibule(self) -> Points:
        """The laryngeal vestibule."""
        return np.vstack([self.vestibule_front, self.vestibule_back[::-1]])

    @property
    def windpipe(self) -> Points:
        """The airway below the vocal folds."""
        return np.vstack([self.windpipe_front, self.windpipe_back[::-1]])

    @property
    def glottis(self) -> Points:
        """The gap between the folds, from the vestibule to the windpipe."""
        return np.array([self.vestibule_front[-1], self.windpipe_front[0], self.windpipe_back[0], self.vestibule_back[-1]])


@dataclass(frozen=True, eq=False)
class Neck:
    """One person.

    Attributes:
        bodies, below: closed outlines (n, 2) of C2 to C7, and of T1 and T2.
        middles, dips: of all of them, (8, 2) cm and (8,) degrees.
        pitch, depth: from body to body, and of a body from back to front.
        wide: how wide the throat is, 1 in most.
        drop: how much lower than in most hyoid and larynx lie.
        chin: how long the jaw is, 1 in most.
        rise: how far hyoid (forwards, upwards) and larynx (forwards, upwards) move.
        leaf, leaning: length of the epiglottis, and degrees that it leans back at rest.
        apart: (2,) cm between both sides of the jaw, as they are seen.
        bar: how much of the sphincter a bar of muscle keeps shut.
    """

    bodies: tuple[Points, ...]
    below: tuple[Points, ...]
    middles: Points
    dips: Points
    pitch: float
    depth: float
    wide: float
    drop: float
    chin: float
    rise: tuple[float, float, float, float]
    leaf: float
    leaning: float
    apart: Points
    bar: float

    def followed(self, points: Points) -> Points:
        """Points (n, 2) of the straight spine's neck as they lie along this person's."""
        front = self.middles[:, 0] + self.depth / 2
        y = np.clip(points[:, 1], -4.5, None)
        x = np.interp(y, self.middles[:, 1], front)
        slope = (front[-1] - front[-2]) / (self.middles[-1, 1] - self.middles[-2, 1])
        x = np.where(y > self.middles[-1, 1], front[-1] + slope * (y - self.middles[-1, 1]), x)
        return np.column_stack([points[:, 0] + x - _STRAIGHT, points[:, 1]])

    def hinge(self) -> Points:
        """(2,) where the jaw turns."""
        return np.asarray(self.followed(np.array([HINGE]))[0])

    def jaw(self) -> tuple[Points, Points]:
        """The closed outlines of its far and near side, the mouth shut."""
        scaled = _JAW.copy()
        scaled[:, 0] = np.where(scaled[:, 0] > 4.0, 4.0 + (scaled[:, 0] - 4.0) * self.chin, scaled[:, 0])
        one = ring(self.followed(scaled), 140)
        return one - self.apart / 2, one + self.apart / 2

    def at(self, posture: Posture) -> Parts:
        """Everything that moves, as it lies then."""
        hyoid = np.array([self.rise[0] * posture.hyoid_forward, self.drop - self.rise[1] * posture.hyoid_up])
        larynx = np.array([self.rise[2] * posture.larynx, self.drop - self.rise[3] * posture.larynx])
        leaf, tip = self._epiglottis(posture.epiglottis, larynx)
        way = self._way(float(larynx[1]))
        squeezed = 1 - 0.5 * posture.larynx
        root = np.array([[2.62, -2.5], [2.8, -1.7]]) + (0.0, self.drop) + 0.3 * (hyoid - (0.0, self.drop))
        root[:, 0] = 1.15 + (root[:, 0] - 1.15) * squeezed * self.wide
        bottom = np.array([3.35, -0.6]) + 0.5 * (hyoid + larynx)
        vallecula = np.array([root[1], bottom - np.array([0.12, 0.05]), bottom + np.array([0.12, 0.02]), *leaf[3:9:2]])
        vallecula[3:, 0] += 0.1
        pocket = np.array([root[0], root[1], bottom, *leaf[2::2]])
        # The base of the tongue comes down on the epiglottis as it turns over.
        vallecula = bottom + (vallecula - bottom) * (1 - 0.5 * posture.epiglottis)
        pocket = bottom + (pocket - bottom) * (1 - 0.9 * posture.epiglottis)
        # Shut, it reaches no further than the root of the epiglottis.
        inlet = leaf[[9, 5]] + posture.closure * (leaf[[3, 2]] - leaf[[9, 5]])
        front = np.vstack([inlet, leaf[1] + (0.05, 0.15), np.array([3.5, 1.85]) + larynx])
        back = np.array([(2.35, 0.55), (2.05, 0.95), (2.1, 1.45), (2.2, 1.95)]) + larynx
        back[:, 0] = 1.0 + (back[:, 0] - 1.0) * (0.8 + 0.2 * self.wide)
        # Arytenoids tilt forwards until they lie on the epiglottis.
        back = back + 0.94 * posture.closure * (front - back)
        bottom_of_sinus = np.array([1.55, 3.4]) + 0.45 * (larynx - (0.0, self.drop)) + (0.0, self.drop)
        sinus = np.array([(1.16, 1.1), (1.9, 1.15), (1.82, 2.3)]) + larynx * np.array([[0.0, 1.0], [0.6, 1.0], [0.6, 1.0]])
        sinus = np.vstack([sinus, bottom_of_sinus, bottom_of_sinus - (0.36, 0.0)])
        still = np.array([0.0, self.drop])
        tube = np.array([(3.5, 2.1), (3.48, 3.6), (3.42, 6.0), (3.3, 9.0), (3.1, 13.0), (2.9, 18.0)])
        rear = np.array([(2.2, 2.2), (2.0, 3.6), (1.98, 6.0), (1.95, 9.0), (1.75, 13.0), (1.6, 18.0)])
        stretch = np.array([1.0, 1.0, 0.6, 0.3, 0.1, 0.0])[:, None] * (larynx - still) + still * np.array([1, 1, 0.6, 0.3, 0, 0])[:, None]
        cartilage = (
            np.array([(2.75, -0.1), (2.4, 0.9), (2.45, 2.2), (2.5, 3.0)]) + larynx,
            np.array([(4.15, 0.5), (4.65, 1.3), (4.35, 2.4), (4.0, 2.8), (2.5, 2.5)]) + larynx,
            np.array([(1.9, 2.5), (1.85, 3.3), (2.0, 3.9)]) + larynx,
            np.array([(2.0, 3.9), (3.0, 3.75), (3.8, 3.5)]) + larynx,
        )
        cos, sin = np.cos(posture.jaw_rad), np.sin(posture.jaw_rad)
        turn, hinge = np.array([[cos, -sin], [sin, cos]]), self.hinge()
        velum, nose = self._palate(posture.velum)
        return Parts(
            mandible=tuple((own - hinge) @ turn.T + hinge for own in self.jaw()),
            hyoid=self.followed(ring(_HYOID + hyoid, 60)),
            epiglottis=self.followed(np.vstack([leaf + tip, (leaf - tip)[::-1]])),
            velum=self.followed(velum),
            nose=self.followed(nose),
            pocket=self.followed(pocket),
            vallecula=self.followed(ring(vallecula, 60)),
            sinus=self.followed(ring(sinus, 60)),
            vestibule_front=self.followed(front),
            vestibule_back=self.followed(back),
            windpipe_front=self.followed(tube + stretch),
            windpipe_back=self.followed(rear + stretch),
            cartilage=tuple(self.followed(own) for own in cartilage),
            way=way,
        )

    def _epiglottis(self, inverted: float, larynx: Points) -> tuple[Points, Points]:
        """Its middle line (12, 2) from base to tip and half its thickness along it; the tip turns over further than the base."""
        count = 12
        t = np.linspace(0.0, 1.0, count)
        angle = np.deg2rad(self.leaning - 20.0 * t + inverted * (45.0 + 85.0 * t))
        steps = np.column_stack([-np.sin(angle), -np.cos(angle)]) * self.leaf * (1 - 0.25 * inverted) / (count - 1)
        line = np.array([3.4, 1.0]) + larynx + np.vstack([np.zeros(2), np.cumsum(steps[:-1], axis=0)])
        thick = 0.14 - 0.05 * t
        return line, np.column_stack([np.cos(angle) * thick, -np.sin(angle) * thick])

    def _palate(self, raised: float) -> tuple[Points, Points]:
        """The soft palate, and the air behind and above it down to the throat."""
        low = np.array([(4.7, -7.75), (3.9, -7.3), (3.1, -6.5), (2.55, -5.1)])
        high = np.array([(4.7, -7.75), (3.4, -7.9), (2.2, -7.7), (1.65, -6.6)])
        middle = curve(low + raised * (high - low), 20)
        along = np.gradient(middle, axis=0)
        across = np.column_stack([-along[:, 1], along[:, 0]]) / np.linalg.norm(along, axis=1)[:, None]
        half = 0.42 * np.sin(np.linspace(0.6, np.pi - 0.25, 20))[:, None]
        low = np.array([(3.1, -6.6), (2.7, -5.0), (1.45, -5.0)])
        high = np.array([(3.0, -7.8), (2.3, -7.4), (1.6, -7.2)])
        nose = np.vstack([[(1.55, -7.3), (1.75, -8.9), (2.9, -9.4), (4.6, -8.9), (4.7, -8.0)], low + raised * (high - low)])
        return np.vstack([middle + half * across, (middle - half * across)[::-1]]), nose

    def _way(self, risen: float) -> Way:
        table = np.array(_ROOF)
        knots = table[:, :2].copy()
        # The sphincter goes up with the larynx, half as far.
        knots[9:15, 1] += np.array([0.1, 0.3, 0.45, 0.45, 0.3, 0.1]) * (risen - self.drop)
        knots[9:15, 1] += np.array([0.3, 0.7, 1.0, 1.0, 0.9, 0.6]) * self.drop
        count = (len(knots) - 1) * _PER_KNOT + 1
        roof = self.followed(curve(knots, count))
        along = np.gradient(roof, axis=0)
        along /= np.linalg.norm(along, axis=1)[:, None]
        at = np.linspace(0.0, len(knots) - 1.0, count)
        widest, depth, resting = (np.interp(at, np.arange(len(knots)), table[:, column]) for column in (2, 3, 4))
        widest = widest * self.wide * (1 - self.bar * np.exp(-(((at - 12.4) / 0.35) ** 2)))
        return Way(at, roof, np.column_stack([along[:, 1], -along[:, 0]]), widest, depth, resting * self.wide)


def _axis(middle: Points, dip: float, size: tuple[float, float]) -> Points:
    """The closed outline of C2 with its dens."""
    half, high = size[0] / 2, size[1] / 2
    local = np.array(
        [
            *((-half, -high), (-half * 0.95, high * 0.6), (-half * 0.7, high * 1.3), (-half * 0.66, high * 2.7), (-0.12, high * 3.3)),
            *((half * 0.42, high * 2.9), (half * 0.5, high * 1.7), (half * 0.85, high * 0.5), (half * 1.08, -high * 1.25), (0.0, -high)),
        ]
    )
    return ring(middle + local[:, :1] * direction(dip) + local[:, 1:] * above(dip), 90)


def neck(random: np.random.Generator) -> Neck:
    """A person drawn at random."""
    pitch, depth = random.uniform(1.68, 1.95), random.uniform(1.4, 1.75)
    slope, lordosis = random.normal(17.0, 6.0), random.normal(14.0, 11.0)
    numbers = np.arange(2, 10)
    dips = slope - lordosis * (7 - numbers) / 5.0 + random.normal(0.0, 1.5, len(numbers))
    middles = np.zeros((len(numbers), 2))
    for at in (1, 0):
        middles[at] = middles[at + 1] + pitch * above((dips[at] + dips[at + 1]) / 2)
    for at in range(3, len(numbers)):
        middles[at] = middles[at - 1] - pitch * (1 + 0.03 * (at - 2)) * above((dips[at] + dips[at - 1]) / 2)
    outlines = []
    worn = random.random() < 0.35
    for at, number in enumerate(numbers):
        high = pitch * random.uniform(0.69, 0.77) * (0.92 if worn and number in {5, 6} else 1.0)
        wide = depth * (1.0 + 0.03 * (number - 4))
        if number == 2:
            outlines.append(_axis(middles[at], dips[at], (wide, high)))
            continue
        forwards, up = direction(dips[at]), above(dips[at])
        corners = [middles[at] + sx * wide / 2 * forwards + sy * high / 2 * up for sx, sy in ((-1, 1), (1, 0.86), (1.02, -1.1), (-1, -1))]
        if worn and 4 <= number <= 7:
            spurs = random.uniform(0.0, 0.35, 2)
            corners[1] = corners[1] + spurs[0] * forwards
            corners[2] = corners[2] + spurs[1] * forwards - 0.3 * spurs[1] * up
        outlines.append(rounded(corners, (0.05, 0.09, 0.05, 0.09), 0.14))
    return Neck(
        bodies=tuple(outlines[: len(NUMBERS)]),
        below=tuple(outlines[len(NUMBERS) :]),
        middles=middles,
        dips=dips,
        pitch=pitch,
        depth=depth,
        wide=random.uniform(0.85, 1.15),
        drop=random.uniform(-0.4, 0.9),
        chin=random.uniform(0.88, 1.06),
        rise=(random.uniform(0.7, 1.6), random.uniform(0.7, 1.7), random.uniform(0.3, 0.9), random.uniform(1.4, 2.4)),
        leaf=random.uniform(2.7, 3.5),
        leaning=random.uniform(22.0, 38.0),
        apart=random.normal(0.0, 0.18, 2),
        bar=random.uniform(0.35, 0.6) if random.random() < 0.12 else 0.0,
    )
