"""A lateral lumbar spine of nobody as a plate shows it: bone, soft parts, gas and implants in a diverging beam, with exact outlines.

The source stands one to two metres from the spine: what lies nearer to it is larger, so that the rims of an end plate far from the beam's
middle part, and the two femoral heads never lie quite on one another.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.anatomy import FEMORAL_HEADS, SACRUM, VERTEBRAE
from edge_app.reading.spinopelvic import HIP_1, HIP_2, L1_BACK, L1_FRONT, S1_BACK, S1_FRONT
from edge_app.simulator.grid import Field, Grid, as_field
from export.simulate.lumbar_pose import Body, Points, Stance, above, direction
from export.simulate.plate import CORTEX_PER_CM, LUNG_WITHOUT_WATER, SPONGY_PER_CM, Matter, line, ring

_RIM = 72
_FINER = 6
"""Parts of a pixel that an outline is laid on, each way."""


@dataclass(frozen=True, eq=False)
class Beam:
    """The beam's middle in the plane of the spine, how far its source is, and by how much a patient turned and leant: cm a cm of depth."""

    x: float
    y: float
    source: float
    turned: float
    leant: float

    def factor(self, z: Points) -> Points:
        """By how much larger what lies at a depth is seen than what lies in the plane of the spine."""
        return np.asarray(1.0 / (1.0 + z / self.source))

    def seen(self, points: Points) -> Points:
        """(n, 3) cm → (n, 2) where the rays through them meet the plane of the spine."""
        z = points[:, 2]
        factor = self.factor(z)
        x = points[:, 0] + self.turned * z
        y = points[:, 1] + self.leant * z
        return np.column_stack([self.x + (x - self.x) * factor, self.y + (y - self.y) * factor])


def lifted(outline: Points, z: float) -> Points:
    """(n, 2) → (n, 3): so far towards the detector."""
    return np.column_stack([outline, np.full(len(outline), z)])


class Skeleton:
    """Lays the bones of a stance on matter."""

    def __init__(self, matter: Matter, beam: Beam, stance: Stance, strength: float, random: np.random.Generator) -> None:
        self._matter, self._beam, self._stance, self._strength, self._random = matter, beam, stance, strength, random

    def lay(self) -> None:
        """Everything that is bone."""
        for body in self._stance.bodies:
            self._body(body)
            self._arch(body)
        self._sacrum()
        self._pelvis()
        self._ribs()

    def _body(self, body: Body) -> None:
        random, matter = self._random, self._matter
        spongy, middle = SPONGY_PER_CM * self._strength * random.uniform(0.75, 1.2), self._beam.seen(lifted(body.outline, 0.0))
        # Nearly a cylinder: thick in the middle, thin towards front and back.
        inside = matter.grid.blurred(matter.grid.polygon(middle), 0.04)
        across = np.clip(_along(matter.grid, self._beam, body) / (body.depth / 2), -1.0, 1.0)
        matter.dense += np.float32(spongy * body.width) * inside * (1 - np.abs(across) ** 3) ** np.float32(0.5)
        rims = [self._rim(body, plate) for plate in ((body.upper_back, body.upper_front), (body.lower_back, body.lower_front))]
        wall = random.uniform(0.05, 0.1)
        matter.dense += np.float32(CORTEX_PER_CM * self._strength * random.uniform(0.5, 1.1)) * matter.tube(rims, wall)
        # An end plate is a disc of cortex seen from its edge.
        plates = [
            self._disc(body, plate, z)
            for plate in ((body.upper_back, body.upper_front), (body.lower_back, body.lower_front))
            for z in (-0.5, 0.0, 0.5)
        ]
        matter.dense += np.float32(CORTEX_PER_CM * self._strength * random.uniform(0.25, 0.6)) * matter.tube(plates, wall)
        walls = [self._wall(body, z) for z in (-0.25, 0.25)]
        matter.dense += np.float32(CORTEX_PER_CM * self._strength * random.uniform(0.3, 0.7)) * matter.tube(walls, wall)
        if random.random() < 0.3:
            self._spur(body)

    def _rim(self, body: Body, plate: tuple[Points, Points]) -> Points:
        """The closed rim of an end plate, an ellipse in space."""
        angle = np.linspace(0.0, 2 * np.pi, _RIM)
        middle, half = (plate[0] + plate[1]) / 2, (plate[1] - plate[0]) / 2
        flat = middle + np.cos(angle)[:, None] * half
        return self._beam.seen(np.column_stack([flat, np.sin(angle) * body.width / 2]))

    def _disc(self, body: Body, plate: tuple[Points, Points], z: float) -> Points:
        """The hollow of an end plate on one side."""
        count, up = 24, above(body.upper if plate[0] is body.upper_back else body.lower)
        t = np.linspace(0.04, 0.96, count)[:, None]
        sign = -1.0 if plate[0] is body.upper_back else 1.0
        curve = plate[0] + t * (plate[1] - plate[0]) + sign * body.hollow * 4 * t * (1 - t) * up
        return self._beam.seen(lifted(curve, z * body.width))

    def _wall(self, body: Body, z: float) -> Points:
        """Front and back wall on one side, as one line over the plates."""
        shrunk = body.middle + (body.outline - body.middle) * 0.985
        return self._beam.seen(lifted(np.vstack([shrunk, shrunk[:1]]), z * body.width))

    def _spur(self, body: Body) -> None:
        """New bone on a front corner."""
        random = self._random
        corner, sign = (body.upper_front, 1.0) if random.random() < 0.5 else (body.lower_front, -1.0)
        forwards, up = direction(body.dip), above(body.dip)
        size = random.uniform(0.15, 0.7)
        tip = corner + size * forwards + sign * random.uniform(0.0, 0.5) * size * up
        path = np.array([corner - 0.2 * forwards, corner + 0.4 * size * forwards, tip])
        self._matter.bones([self._beam.seen(lifted(path, z)) for z in (-0.6, 0.6)], (0.18, 0.18), 0.07, share=self._strength)

    def _arch(self, body: Body) -> None:
        """Pedicles, joints, laminae, transverse and spinous process, on both sides."""
        random, forwards, up = self._random, direction(body.dip), above(body.dip)
        scale = body.depth / 3.5

        def at(back: float, upwards: float) -> Points:
            return np.asarray(body.middle - (body.depth / 2 + back * scale) * forwards + upwards * scale * up)

        arch: list[Points] = []
        for z in (-1.5 * scale, 1.5 * scale):
            sag = random.normal(0.0, 0.06)
            pedicle = np.array([at(-0.3, 0.45), at(0.4, 0.5), at(1.0, 0.4 + sag)])
            joint = np.array([at(1.1, 1.7), at(1.35, 0.9), at(1.3, 0.1), at(1.7, -0.8), at(1.9, -1.75 + sag)])
            lamina = np.array([at(1.4, 0.2), at(2.0, -0.3), at(2.4, -0.8)])
            arch += [self._beam.seen(lifted(path, z * share)) for path, share in ((pedicle, 1.0), (joint, 1.15), (lamina, 0.5))]
            across = np.column_stack([np.tile(at(1.0, 0.3), (6, 1)), np.linspace(z, z * random.uniform(2.2, 2.9), 6)])
            arch.append(self._beam.seen(across))
        self._matter.bones(arch, (0.42 * scale, 0.48 * scale), 0.11, share=0.75 * self._strength)
        drop = random.uniform(0.1, 0.5) + (0.6 if body.name.startswith("T") else 0.0)
        spine = ring(
            np.array(
                [
                    at(2.0, -0.2),
                    at(3.4, -0.5 - drop),
                    at(5.1, -0.8 - 1.6 * drop),
                    at(5.3, -1.5 - 1.9 * drop),
                    at(4.4, -2.0 - 1.4 * drop),
                    at(2.4, -1.5),
                ]
            ),
            60,
        )
        self._matter.plates([self._beam.seen(lifted(spine, 0.0))], 0.7, rim=random.uniform(0.3, 0.8), rim_cm=0.08, share=self._strength)

    def _sacrum(self) -> None:
        random, matter, stance = self._random, self._matter, self._stance
        outline = self._beam.seen(lifted(stance.sacrum, 0.0))
        matter.plates([outline], random.uniform(3.5, 6.0), rim=random.uniform(0.6, 1.4), rim_cm=0.09, share=self._strength)
        down, back = -above(stance.slope), -direction(stance.slope)
        width = 2.4
        rim = np.column_stack(
            [
                stance.plate.mean(0) + np.cos(np.linspace(0, 2 * np.pi, _RIM))[:, None] * (stance.plate[1] - stance.plate[0]) / 2,
                width * np.sin(np.linspace(0, 2 * np.pi, _RIM)),
            ]
        )
        matter.dense += np.float32(CORTEX_PER_CM * self._strength * random.uniform(0.6, 1.3)) * matter.tube([self._beam.seen(rim)], 0.07)
        plate = np.array([stance.plate[0], stance.plate[1]])
        matter.dense += np.float32(CORTEX_PER_CM * self._strength * random.uniform(0.5, 1.4)) * matter.tube(
            [self._beam.seen(lifted(plate, z)) for z in (-0.8, 0.8)], 0.07
        )
        depth = float(np.linalg.norm(stance.plate[1] - stance.plate[0]))
        discs = []
        for number in range(1, 4):
            front = stance.plate[1] + down * 2.6 * number + back * (0.55 + 0.35 * number) * number
            discs.append(self._beam.seen(lifted(np.array([front, front + back * depth * (0.85 - 0.2 * number)]), 0.0)))
        matter.dense += matter.tube(discs, 0.09) * np.float32(0.3 * self._strength)
        # The wings of the sacrum and the crest behind it.
        crest = np.array(
            [
                stance.plate[0] + 0.6 * back,
                stance.plate[0] + 1.6 * back + 2.0 * down,
                stance.plate[0] + 3.4 * back + 4.5 * down,
                stance.plate[0] + 4.6 * back + 6.6 * down,
            ]
        )
        matter.bones(
            [self._beam.seen(lifted(crest + random.normal(0, 0.1, 2), z)) for z in (-0.4, 0.4)],
            (0.5, 0.5),
            0.1,
            share=0.6 * self._strength,
        )

    def _pelvis(self) -> None:
        random, matter, stance = self._random, self._matter, self._stance
        wing = np.array(
            [
                (-4.6, 4.6),
                (-5.6, 1.2),
                (-4.8, -2.2),
                (-1.8, -4.6),
                (2.6, -4.9),
                (5.4, -3.2),
                (6.6, -0.8),
                (5.8, 1.0),
                (5.9, 3.0),
                (5.0, 5.4),
                (4.4, 7.4),
                (1.4, 8.2),
                (-0.6, 6.2),
                (-2.6, 6.6),
            ]
        )
        lean = np.deg2rad(stance.tilt - 12.0 + random.normal(0.0, 4.0))
        turn = np.array([[np.cos(lean), np.sin(lean)], [-np.sin(lean), np.cos(lean)]])
        size = stance.radius / 2.4
        for hip in stance.hips:
            # The wing hangs on its hip: its socket lies at (4.2, 8.0) of the outline above.
            own = (wing * random.uniform(0.94, 1.06) - np.array([4.2, 8.0])) @ turn.T * size + hip[:2]
            out = np.interp(own[:, 1], [own[:, 1].min(), own[:, 1].max()], [1.28, 0.9]) * hip[2]
            matter.plates(
                [ring(self._beam.seen(np.column_stack([own, out])), 150)],
                random.uniform(0.7, 1.6),
                rim=random.uniform(0.4, 1.1),
                rim_cm=0.11,
                share=self._strength,
            )
            self._hip(hip)

    def _hip(self, hip: Points) -> None:
        random, matter = self._random, self._matter
        at, radius = self._head(hip)
        grid = matter.grid
        if random.random() < 0.04:
            # A hip that was replaced.
            matter.dense += np.float32(2.0) * grid.ellipsoid(*at, (radius, radius), 2 * radius)
        ball = grid.ellipsoid(*at, (radius, radius), 2 * radius)
        core = grid.ellipsoid(*at, (radius - 0.12, radius - 0.12), 2 * radius - 0.24)
        strength = self._strength * random.uniform(0.7, 1.2)
        matter.dense += np.float32(strength) * (
            np.float32(SPONGY_PER_CM) * core + np.float32(CORTEX_PER_CM * random.uniform(0.5, 1.0)) * (ball - core)
        )
        side = np.sign(hip[2])
        neck = np.array(
            [
                (*hip[:2], hip[2]),
                (hip[0] + 0.8, hip[1] + 2.2, hip[2] + 2.6 * side),
                (hip[0] + random.normal(0.6, 0.8), hip[1] + 5.0, hip[2] + 4.4 * side),
            ]
        )
        shaft = np.array([neck[-1], neck[-1] + np.array([random.normal(1.0, 1.5), 14.0, 0.0])])
        matter.bones([self._beam.seen(path) for path in (neck, shaft)], (1.35, 1.35), 0.35, share=0.7 * strength)
        # The roof of the socket, and the bones before and below it.
        angle = np.linspace(np.deg2rad(-170), np.deg2rad(-15), 40) + random.normal(0, 0.15)
        roof = np.column_stack([at[0] + (radius + 0.35) * np.cos(angle), at[1] + (radius + 0.35) * np.sin(angle)])
        matter.dense += np.float32(CORTEX_PER_CM * strength * random.uniform(0.5, 1.6)) * matter.tube([roof], 0.14)
        pubis = line((hip[0] + 1.5, hip[1] + 1.0), (hip[0] + 4.0, hip[1] + 2.6), (hip[0] + 4.4, hip[1] + 5.0), count=30)[:, :2]
        seat = line(
            (hip[0] - 1.0, hip[1] + 2.2), (hip[0] - 2.6, hip[1] + 4.6), (hip[0] - 0.6, hip[1] + 7.2), (hip[0] + 3.6, hip[1] + 5.4), count=40
        )[:, :2]
        matter.bones([self._beam.seen(lifted(path, 0.6 * hip[2])) for path in (pubis, seat)], (0.75, 0.75), 0.18, share=0.6 * strength)

    def _head(self, hip: Points) -> tuple[tuple[float, float], float]:
        """Where a head is seen, and how large."""
        at = self._beam.seen(hip[None])[0]
        return (float(at[0]), float(at[1])), self._stance.radius * float(self._beam.factor(hip[2]))

    def heads(self) -> list[tuple[tuple[float, float], float]]:
        """Both heads as they are seen: middle and radius, cm."""
        return [self._head(hip) for hip in self._stance.hips]

    def _ribs(self) -> None:
        random, top = self._random, [body for body in self._stance.bodies if body.name.startswith("T")]
        paths = []
        for body in top:
            for z in (-9.0, 9.0):
                start = body.middle - (body.depth / 2 + 0.9) * direction(body.dip)
                long = {"T12": 0.45, "T11": 0.75}.get(body.name, 1.0) * random.uniform(0.8, 1.1)
                path = np.array(
                    [
                        (*start, 0.2 * z),
                        (start[0] - 2.0, start[1] + 2.2, 0.8 * z),
                        (start[0] + 2.5 * long, start[1] + 6.4 * long, z),
                        (start[0] + 7.5 * long, start[1] + 10.0 * long, 0.9 * z),
                    ]
                )
                paths.append(self._beam.seen(line(*map(tuple, path), count=60)))
        self._matter.bones(paths, (0.32, 0.5), 0.1, share=0.6 * self._strength)


def _along(grid: Grid, beam: Beam, body: Body) -> Field:
    """(rows, columns) how far before a body's middle each pixel lies, cm."""
    at = beam.seen(lifted(body.middle[None], 0.0))[0]
    forwards = direction(body.dip).astype(np.float32)
    return as_field((grid.x - np.float32(at[0])) * forwards[0] + (grid.y - np.float32(at[1])) * forwards[1])


def soft_parts(matter: Matter, beam: Beam, stance: Stance, random: np.random.Generator) -> None:
    """Trunk, gas in lungs and bowels, and what lies over them."""
    grid = matter.grid
    ys = np.array([*(body.middle[1] for body in reversed(stance.bodies)), 0.0, 6.0, 12.0, 22.0])
    xs = np.array([*(body.middle[0] for body in reversed(stance.bodies)), stance.plate.mean(0)[0], -2.0, 0.0, 3.0])
    y = np.linspace(ys[0] - 14, ys[-1] + 8, 60)
    spine = np.interp(y, ys, xs)
    back = (
        spine
        - random.uniform(6.0, 9.5)
        - np.interp(y, [-4, 4, 9, 18], [0, random.uniform(0, 4), random.uniform(2, 7), random.uniform(0, 4)])
    )
    front = spine * 0.5 + random.uniform(9, 19) + random.uniform(0.5, 2.5) * np.sin((y + random.uniform(2, 8)) / 9)
    skin = np.vstack([np.column_stack([front, y]), np.column_stack([back, y])[::-1]])
    matter.water += grid.inflated(skin, random.uniform(5, 11), random.uniform(22, 38))
    matter.water += grid.ellipsoid(2.0, 9.0, (13, 11), random.uniform(0, 6))
    top = stance.body("T12").middle
    if random.random() < 0.85:
        dome = top[1] + random.uniform(-6.0, 4.0)
        for _ in range(2):
            middle, peak = top[0] + random.uniform(-1, 6), dome + random.normal(0, 0.9)
            x = np.linspace(top[0] - 9, top[0] + 26, 70)
            lung = np.vstack([np.column_stack([x, peak + 0.07 * (x - middle) ** 2]), [[x[-1], peak - 20.0], [x[0], peak - 20.0]]])
            matter.gas(grid.inflated(lung, 3.0, random.uniform(5, 11)) * np.float32(LUNG_WITHOUT_WATER))
    bowels = np.zeros_like(matter.water)
    for _ in range(int(random.integers(0, 34))):
        at = (random.uniform(-1.5, 14.0), random.uniform(-18, 9))
        bowels += grid.ellipsoid(
            *at, (random.uniform(0.4, 2.8), random.uniform(0.3, 1.8)), random.uniform(0.8, 4.5), random.uniform(0, 3.1)
        )
    for _ in range(int(random.integers(0, 6))):
        # The rectum and the sigmoid, over sacrum and heads.
        at = (random.uniform(-3.0, 5.0), random.uniform(3.0, 13.0))
        bowels += grid.ellipsoid(
            *at, (random.uniform(0.8, 2.6), random.uniform(0.6, 2.2)), random.uniform(1.0, 5.0), random.uniform(0, 3.1)
        )
    wrinkled = bowels * np.clip(1 + np.float32(random.uniform(0, 0.5)) * grid.texture(random, 0.5), 0, 2)
    matter.gas(grid.blurred(wrinkled, 0.12))
    mottle = grid.texture(random, random.uniform(0.3, 1.5)) * np.float32(random.uniform(0.0, 0.7))
    matter.water = np.where(matter.water > 3, np.maximum(matter.water + mottle, 0.1), matter.water).astype(np.float32)
    trabeculae = grid.texture(random, random.uniform(0.06, 0.14)) * np.float32(random.uniform(0.0, 0.16))
    matter.dense = np.maximum(matter.dense * (1 + trabeculae), 0).astype(np.float32)
    if random.random() < 0.3:
        # A calcified aorta before the column.
        start = stance.body("L1").middle + np.array([2.6, 0.0])
        path = line((*start, 0.0), (start[0] + 0.5, start[1] + 5.0, 0.0), (start[0] + 0.2, start[1] + 10.0, 0.0))
        matter.dense += matter.tube([path, path + np.array([1.6, 0.0, 0.0])], 0.06) * np.float32(random.uniform(0.2, 1.0))


def masks_of(stance: Stance, beam: Beam, heads: list[tuple[tuple[float, float], float]], grid: Grid) -> dict[str, NDArray[np.uint8]]:
    """(rows, columns) uint8 of every structure that reaches into the picture, 255 inside, smooth at the edge."""
    parts = {name: beam.seen(lifted(stance.body(name).outline, 0.0)) for name in VERTEBRAE}
    parts[SACRUM] = beam.seen(lifted(stance.sacrum, 0.0))
    found = {name: _covered([outline], grid) for name, outline in parts.items()}
    round_ = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    circles = [np.column_stack([at[0] + radius * np.cos(round_), at[1] + radius * np.sin(round_)]) for at, radius in heads]
    return {**found, FEMORAL_HEADS: _covered(circles, grid)}


def _covered(outlines: list[Points], grid: Grid) -> NDArray[np.uint8]:
    """(rows, columns) uint8: how much of every pixel lies in one of the outlines, of 255."""
    fine = np.zeros((grid.rows * _FINER, grid.columns * _FINER), dtype=np.uint8)
    for outline in outlines:
        points = (grid.project(np.column_stack([outline, np.zeros(len(outline))])) + 0.5) * _FINER - 0.5
        cv2.fillPoly(fine, [np.rint(points * 16).astype(np.int32)], 255, cv2.LINE_8, 4)
    return np.asarray(cv2.resize(fine, (grid.columns, grid.rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def landmarks_of(stance: Stance, beam: Beam, heads: list[tuple[tuple[float, float], float]], grid: Grid) -> dict[str, tuple[float, float]]:
    """x and y in pixels, 0 being the outer edge of the first, of every point that the angles rest on."""
    first = stance.body(VERTEBRAE[0])
    flat = {L1_FRONT: first.upper_front, L1_BACK: first.upper_back, S1_BACK: stance.plate[0], S1_FRONT: stance.plate[1]}
    seen = {name: beam.seen(lifted(at[None], 0.0))[0] for name, at in flat.items()}
    seen |= {name: np.array(at) for name, (at, _) in zip((HIP_1, HIP_2), heads, strict=True)}
    names = list(seen)
    points = grid.project(np.column_stack([np.array([seen[name] for name in names]), np.zeros(len(names))])) + 0.5
    return {name: (float(x), float(y)) for name, (x, y) in zip(names, points, strict=True)}
