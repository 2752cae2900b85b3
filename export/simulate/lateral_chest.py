"""Lateral chest radiographs of nobody: the box's own simulated patients, seen from the side."""

import numpy as np

from edge_app.simulator.bones import rib_path, vertebra_y
from edge_app.simulator.grid import Field, Grid, Points
from edge_app.simulator.habitus import Dome, Habitus, draw_habitus
from edge_app.simulator.thorax import cavity_half_depth, cavity_half_width
from export.simulate.plate import LUNG_WITHOUT_WATER, Matter, drawn_film, drawn_rectangle, line, ring, scribble, shown

_TABLE = np.linspace(-14.0, 46.0, 241)


class _Profile:
    """The chest's outlines from the side: x to the front, y below the apices, both in cm; a bent back takes everything with it."""

    def __init__(self, habitus: Habitus, random: np.random.Generator) -> None:
        self.habitus = habitus
        self.stretch = random.uniform(1.15, 1.65)
        self._hunch = random.uniform(-0.5, 3.2)
        self._belly = random.uniform(0.0, 4.0)

    def bend(self, y: Points) -> Points:
        """How far the spine's curve takes that height to the back (cm, negative)."""
        return -self._hunch * np.cos(np.clip((y - 12.0) / 19.0, -1.3, 1.6))

    def half(self, y: Points) -> Points:
        """Half depth (cm) of the cavity at that height."""
        return cavity_half_depth(self.habitus, y) * self.stretch

    def placed(self, path: Points) -> Points:
        """(n, 3) of the simulator (x to the left, y, z to the front) → (n, 3) as seen from the side (front, y, depth)."""
        return np.column_stack([path[:, 2] * self.stretch + self.bend(path[:, 1]), path[:, 1], path[:, 0]])

    def skin(self) -> Points:
        """(n, 2) the body's outline from the neck to below the picture."""
        half, wall = self.half(_TABLE), self.habitus.wall_cm
        neck = np.clip((_TABLE + 1.0) / 5.0, 0.0, 1.0)
        front = (1 - neck) * 3.0 + neck * np.maximum(half + wall + 0.8, 3.5) + self._belly * np.clip((_TABLE - 19) / 16, 0, 1)
        back = -((1 - neck) * 4.6 + neck * np.maximum(half + wall + 2.6, 6.2))
        bend = self.bend(_TABLE)
        return np.vstack([np.column_stack([front + bend, _TABLE]), np.column_stack([back + bend, _TABLE])[::-1]])

    def lung(self, dome: Dome, lift_cm: float) -> Points:
        """(n, 2) one lung's outline, its lower edge the dome that falls off to the back."""
        half = float(self.half(np.array([20.0]))[0])
        middle, back, front = 0.1 * half, -half - 0.8, half * 0.97
        x = np.linspace(back, front, 80)
        floor = dome.top_cm + lift_cm + np.where(x > middle, dome.front, dome.back / self.stretch) * (x - middle) ** 2
        rising = np.linspace(0.05, floor[0], 60)
        falling = np.linspace(floor[-1], 0.05, 60)
        sides = (-self.half(rising) - 0.8 * np.minimum(1.0, rising / 6), x, 0.97 * self.half(falling))
        heights = np.concatenate([rising, floor, falling])
        return np.column_stack([np.concatenate(sides) + self.bend(heights), heights])


def _vessels(matter: Matter, hilum: tuple[float, float], random: np.random.Generator) -> Field:
    """Path length (cm) of vessels that leave the hilum in all directions and divide once."""
    total = np.zeros_like(matter.water)
    for radius, count, reach in ((0.36, 10, 5.0), (0.24, 24, 7.5), (0.14, 50, 9.0)):
        paths = []
        for _ in range(count):
            angle = random.uniform(0, 2 * np.pi)
            length = reach * random.uniform(0.5, 1.2)
            end = (hilum[0] + length * np.cos(angle), hilum[1] + 1.3 * length * np.sin(angle), random.uniform(-6, 6))
            start = (hilum[0] + random.normal(0, 1.0), hilum[1] + random.normal(0, 1.4), random.uniform(-3, 3))
            way = ((start[0] + end[0]) / 2 + random.normal(0, 0.7), (start[1] + end[1]) / 2 + random.normal(0, 0.7), 0.0)
            paths.append(line(start, way, end, count=40))
        total += matter.tube(paths, radius)
    return total


def _soft_parts(matter: Matter, profile: _Profile, random: np.random.Generator) -> None:
    grid, habitus = matter.grid, profile.habitus
    half_width = np.interp(grid.y, _TABLE, np.maximum(cavity_half_width(habitus, _TABLE) + habitus.wall_cm, 6.0)).astype(np.float32)
    body = grid.inflated(profile.skin(), random.uniform(9.0, 12.0), 1.0)
    matter.water += 2 * body * half_width
    level = float(habitus.right_dome.top_cm)
    shoulders = grid.ellipsoid(random.normal(-1.0, 1.5), random.uniform(-1.0, 2.0), (random.uniform(7, 10), random.uniform(4, 7)), 1.0)
    matter.water += grid.blurred(shoulders, 1.0) * np.float32(random.uniform(6.0, 14.0))
    bend = float(profile.bend(np.array([level - 5]))[0])
    lungs = np.zeros_like(matter.water)
    outlines = [profile.lung(dome, random.normal(0, 0.9)) for dome in (habitus.right_dome, habitus.left_dome)]
    for outline in outlines:
        lungs += grid.inflated(outline, random.uniform(2.5, 4.5), random.uniform(8.5, 11.0))
    grain = 1 + np.float32(0.05) * grid.texture(random, 0.5) + np.float32(0.06) * grid.texture(random, 1.4)
    diseased = np.clip(grid.texture(random, 4.0) - random.uniform(0.5, 2.0), 0, 1.0) * np.float32(random.choice([0.0, 0.7]))
    aerated = np.float32(LUNG_WITHOUT_WATER * random.uniform(0.9, 1.15)) * grain * (1 - diseased)
    stretch = profile.stretch
    heart = grid.ellipsoid(
        2.9 * stretch + bend + random.normal(0, 0.5),
        level - random.uniform(3.0, 5.0),
        (random.uniform(4.6, 6.2), random.uniform(5.2, 7.2)),
        random.uniform(8.0, 12.5) * habitus.heart,
        random.uniform(-0.6, 0.1),
    )
    heart = grid.blurred(heart, random.uniform(0.2, 0.7)) + grid.blurred(heart, 2.0) * np.float32(0.25)
    hilum = (0.2 + bend + random.normal(0, 0.5), random.uniform(8.8, 11.0))
    arch = [
        line(
            (3.0 + bend, 11.0),
            (2.6 + bend, 7.5),
            (0.0 + bend, 5.2),
            (-3.0 + bend, 7.6),
            (-4.4 * stretch + bend, 14.0),
            (-4.2 * stretch, 30.0),
        )
    ]
    vessels = matter.tube(arch, random.uniform(1.1, 1.7)) * np.float32(0.4 + 0.5 * habitus.unfolded_aorta)
    for _ in range(int(random.integers(2, 5))):
        vessels += grid.ellipsoid(
            hilum[0] + random.normal(0, 1.0), hilum[1] + random.normal(0, 1.2), (random.uniform(0.7, 1.5), random.uniform(0.8, 1.8)), 2.0
        )
    vessels += _vessels(matter, hilum, random) * np.float32(habitus.vessels)
    matter.gas(np.maximum(lungs - heart - vessels, 0) * aerated)
    windpipe = line((-0.2 + bend, -9.0), (-0.9 + bend, 1.0), (-1.5 + bend, hilum[1] - 0.5))
    matter.gas(matter.tube([windpipe], random.uniform(0.75, 1.0)))
    matter.gas(grid.ellipsoid(hilum[0] - 1.2, hilum[1] + 0.3, (0.6, 0.7), 2.0))
    if random.random() < 0.6:
        stomach = (1.0 + bend + random.normal(0, 1.5), float(habitus.left_dome.top_cm) + random.uniform(1.8, 3.0))
        matter.gas(grid.ellipsoid(*stomach, (random.uniform(1.5, 4.0), random.uniform(0.8, 2.0)), random.uniform(3.0, 7.0)))


def _arms(matter: Matter, profile: _Profile, random: np.random.Generator) -> None:
    """Raised to the front and above the head, seldom hanging in the way."""
    down = random.random() < 0.12
    for depth in (-17.0, 17.0):
        joint = (random.normal(-0.6, 1.0), random.uniform(0.5, 3.0), depth)
        hand = (random.uniform(2, 6), 30.0, depth) if down else (joint[0] + random.uniform(2, 12), joint[1] - random.uniform(9, 14), depth)
        bone = line(joint, hand, count=60)
        across = np.array([joint[1] - hand[1], hand[0] - joint[0]])
        across *= random.uniform(3.6, 5.2) / np.linalg.norm(across)
        flesh = np.array([joint[:2] + across, hand[:2] + 0.8 * across, hand[:2] - 0.8 * across, joint[:2] - across])
        matter.water += matter.grid.inflated(flesh, 4.0, 7.0)
        matter.bones([bone], (1.1, 1.1), 0.3)
        matter.dense += np.float32(0.08) * matter.grid.ellipsoid(joint[0], joint[1], (2.2, 2.2), 4.0)
        blade = line(
            (joint[0] - 1.0, joint[1] + 0.5, depth), (joint[0] - 4.5, joint[1] + 5.5, depth), (joint[0] - 5.2, joint[1] + 11.0, depth)
        )
        matter.bones([blade], (0.5, 0.5), 0.12, share=0.5)


def _skeleton(matter: Matter, profile: _Profile, random: np.random.Generator) -> None:
    habitus = profile.habitus
    ribs = [profile.placed(rib_path(habitus, number, side, random.normal(0, 0.1)))[8:235] for number in range(1, 13) for side in (-1, 1)]
    matter.bones(ribs, (0.3, 0.6), 0.08, share=0.75 * habitus.bone)
    bodies: list[Points] = []
    arches: list[Points] = []
    for number in range(-4, 16):
        y, below = vertebra_y(number), vertebra_y(number + 1)
        heights = np.array([y, below])
        half = profile.half(np.maximum(heights, 3.0)) if number >= 1 else np.array([5.0, 5.0])
        x, x_below = -np.maximum(half, 4.2) + 1.9 + profile.bend(heights)
        turn = np.arctan2(x - x_below, below - y)
        wide, high = 1.0 + 0.045 * number + random.normal(0, 0.02), 0.41 * (below - y)
        corners = np.array(
            [
                [-wide, -high],
                [0, -high * 0.9],
                [wide, -high],
                [wide * 0.9, 0],
                [wide, high],
                [0, high * 0.9],
                [-wide, high],
                [-wide * 0.9, 0],
            ]
        )
        spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        bodies.append(ring(corners @ spin.T + (x, y), 70))
        process = np.array([[-wide - 0.2, -0.3], [-wide - 1.4, 0.3], [-wide - 3.0, 1.6 if number > 0 else 0.8]])
        arches.append(line(*(process @ spin.T + (x, y)), count=40))
    matter.plates(bodies, random.uniform(2.0, 3.6), rim=1.0, rim_cm=0.12, share=1.25 * habitus.bone)
    matter.bones(arches, (0.4, 0.5), 0.12, share=0.7 * habitus.bone)
    plate = [(float(profile.half(np.array([y]))[0]) + 0.7 + float(profile.bend(np.array([y]))[0]), y) for y in (3.2, 7.5, 8.2, 13.0, 18.0)]
    matter.bones([line(*plate)], (0.55, 0.6), 0.1, share=1.6)


def lateral_chest(random: np.random.Generator) -> Field:
    """One lateral chest radiograph, 0…1 float32, longest side 256…360, facing either way."""
    habitus = draw_habitus(random)
    profile = _Profile(habitus, random)
    rows = int(random.integers(256, 361))
    columns = int(rows * random.uniform(0.72, 1.02))
    per_cm = rows / random.uniform(26.0, 40.0)
    grid = Grid(
        rows,
        columns,
        per_cm,
        per_cm * random.uniform(2.0, 6.5),
        columns * random.uniform(0.44, 0.58) + 1.2 * per_cm,
        random.normal(0.0, 0.07),
        random.normal(0.0, 0.05),
    )
    matter = Matter(grid)
    _soft_parts(matter, profile, random)
    _arms(matter, profile, random)
    _skeleton(matter, profile, random)
    picture = shown(matter, drawn_rectangle(grid, random, 0.35, 0.12), drawn_film(random), random)
    if random.random() < 0.5:
        picture = np.ascontiguousarray(picture[:, ::-1])
    if random.random() < 0.5:
        scribble(picture, random.choice(["L", "R", "LAT", "LL"]), (random.uniform(0.03, 0.85), random.uniform(0.06, 0.15)), 0.05, 1.0)
    return picture
