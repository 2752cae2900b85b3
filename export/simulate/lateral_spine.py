"""Lateral lumbar spines of nobody, from the lower ribs to the sacrum."""

import numpy as np

from edge_app.simulator.grid import Field, Grid, Points
from export.simulate.plate import LUNG_WITHOUT_WATER, Matter, drawn_film, drawn_rectangle, line, put, rectangle, ring, scribble, shown

_FIRST = -6
"""Vertebrae are counted upwards from L5 = 0: −6 is Th11."""


def _turned(points: Points, angle: float, at: Points) -> Points:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.asarray(points @ np.array([[cos, sin], [-sin, cos]]) + at, dtype=np.float64)


def _bent(points: Points, angle: float, at: Points) -> Points:
    """(30, 3) along the smooth curve through a vertebra's own points."""
    return np.column_stack([_turned(line(*map(tuple, points), count=30)[:, :2], angle, at), np.zeros(30)])


def _column(random: np.random.Generator) -> list[tuple[Points, float, float, float]]:
    """From Th11 down to L5: centre (cm), forward tilt (rad), half depth and half height (cm). x to the front, y down, L3 at the origin."""
    slope = np.deg2rad(random.uniform(8, 38))
    lordosis = slope + np.deg2rad(random.uniform(2, 22))
    centre = np.array([0.0, 7.6])
    found = []
    for index in range(0, _FIRST - 1, -1):
        share = min(-index / 5.0, 1.0)
        tilt = slope - lordosis * (1 - (1 - share) ** 1.6) - np.deg2rad(3.0) * max(-index - 5, 0)
        half_depth, half_height = 1.75 + 0.05 * index + random.normal(0, 0.04), 1.36 + 0.035 * index + random.normal(0, 0.04)
        found.append((centre.copy(), float(tilt), half_depth, half_height))
        gap = random.uniform(0.85, 1.1) + 0.06 * index
        centre = centre + np.array([np.sin(tilt), -np.cos(tilt)]) * (2 * half_height + gap)
    middle = np.array([np.mean([own[0][0] for own in found]), 0.0])
    return [(at - middle, *rest) for at, *rest in found]


def _vertebrae(matter: Matter, column: list[tuple[Points, float, float, float]], bone: float, random: np.random.Generator) -> None:
    bodies: list[Points] = []
    ends: list[Points] = []
    arches: list[Points] = []
    crushed = int(random.integers(0, 7)) if random.random() < 0.2 else None
    for index, (centre, tilt, half_x, half_y) in enumerate(column):
        wedge = random.uniform(0.2, 0.5) if index == crushed else random.normal(0, 0.03)
        spur = random.choice([0.0, random.uniform(0.0, 0.35)])
        top, bottom = -half_y * (1 - wedge), half_y
        corners = np.array(
            [
                *((-half_x, -half_y), (0.0, -half_y * (0.93 - wedge / 2)), (half_x + spur, top), (half_x * 0.88, 0.1)),
                *((half_x + spur, bottom), (0.0, bottom * 0.93), (-half_x, bottom), (-half_x * 0.9, 0.0)),
            ]
        )
        bodies.append(_turned(ring(corners, 90), tilt, centre))
        ends.extend(_bent(plate, tilt, centre) for plate in (corners[:3], corners[4:7]))
        back = np.array([(-half_x + 0.1, -0.5), (-half_x - 1.0, -0.4), (-half_x - 1.9, 0.6)])
        spinous = np.array([(-half_x - 1.7, 0.5), (-half_x - 3.0, 0.9), (-half_x - 4.4, 1.3)])
        facet = np.array([(-half_x - 1.2, -1.6), (-half_x - 1.5, 0.2), (-half_x - 1.7, 1.9)])
        arches.extend(_bent(path, tilt, centre) for path in (back, spinous, facet))
    matter.plates(bodies, 5.0, rim=random.uniform(0.9, 2.2), rim_cm=0.13, share=bone)
    matter.dense += matter.tube(ends, 0.16) * np.float32(0.9 * bone)
    matter.bones(arches, (0.55, 0.6), 0.13, share=0.8 * bone)


def _pelvis(matter: Matter, column: list[tuple[Points, float, float, float]], bone: float, random: np.random.Generator) -> None:
    grid = matter.grid
    centre, tilt, half_x, half_y = column[0]
    slope = tilt + random.uniform(0.15, 0.45)
    first = centre + _turned(np.array([[0.0, half_y + 0.5]]), slope, np.zeros(2))[0]
    sacrum = np.array(
        [
            (half_x, 0.0),
            (0.9, 2.8),
            (-0.6, 5.6),
            (-2.6, 8.2),
            (-4.2, 9.4),
            (-4.6, 8.6),
            (-3.6, 5.4),
            (-2.9, 2.6),
            (-half_x - 1.6, 0.2),
            (-half_x, 0.0),
        ]
    )
    outline = _turned(ring(sacrum, 120), slope, first)
    matter.plates([outline], 5.5, rim=0.9, share=bone)
    for number in range(1, 4):
        disc = np.array([(1.1 - 0.8 * number, 2.6 * number), (-1.0 - 0.7 * number, 2.5 * number)])
        matter.dense += matter.tube([_turned(disc, slope, first)], 0.1) * np.float32(0.35 * bone)
    for side in (-1, 1):
        shift = side * random.uniform(0.1, 0.7)
        crest = np.array(
            [(-5.8, 3.0), (-4.6, -0.5), (-1.0, -2.4), (3.2, -2.0), (5.2, 0.6), (4.6, 3.0), (4.2, 6.0), (2.6, 8.4), (-0.6, 8.6), (-3.0, 6.2)]
        )
        matter.plates([ring(put(crest + centre, shift, random.uniform(0.0, 1.5)), 150)], 1.6, rim=0.9, rim_cm=0.16, share=0.7 * bone)
        hip = centre + np.array([random.uniform(2.6, 4.5) + shift, random.uniform(9.5, 11.5)])
        ball = grid.ellipsoid(float(hip[0]), float(hip[1]), (2.4, 2.4), 4.4)
        rim = ball - grid.ellipsoid(float(hip[0]), float(hip[1]), (2.25, 2.25), 4.2)
        matter.dense += np.float32(0.04 * bone) * ball + np.float32(0.25 * bone) * np.maximum(rim, 0)


def _soft_parts(matter: Matter, column: list[tuple[Points, float, float, float]], random: np.random.Generator) -> None:
    grid = matter.grid
    y = np.linspace(-24, 24, 60)
    spine = np.interp(y, [centre[1] for centre, *_ in reversed(column)], [centre[0] for centre, *_ in reversed(column)])
    back = (
        spine
        - random.uniform(6.5, 9.0)
        - np.interp(y, [2, 9, 13, 20], [0, random.uniform(1, 4), random.uniform(3, 6), random.uniform(0, 4)])
    )
    front = random.uniform(9, 17) + 1.5 * np.sin((y + 5) / 9)
    skin = np.vstack([np.column_stack([front, y]), np.column_stack([back, y])[::-1]])
    matter.water += grid.inflated(skin, random.uniform(7, 11), random.uniform(24, 36))
    matter.water += grid.ellipsoid(2.0, 15.0, (13, 11), random.uniform(2, 10))
    if random.random() < 0.8:
        dome = random.uniform(-16, -10)
        for _ in range(2):
            middle, top = random.uniform(-1, 4), dome + random.normal(0, 0.7)
            edge = np.column_stack([np.linspace(-7.5, 10, 50), top + 0.07 * (np.linspace(-7.5, 10, 50) - middle) ** 2])
            lung = np.vstack([edge, [[10.0, -26.0], [-7.5, -26.0]]])
            matter.gas(grid.inflated(lung, 3.0, random.uniform(6, 11)) * np.float32(LUNG_WITHOUT_WATER))
    bowels = np.zeros_like(matter.water)
    for _ in range(int(random.integers(0, 22))):
        at = (random.uniform(3.0, 13.0), random.uniform(-9, 14))
        bowels += grid.ellipsoid(
            *at, (random.uniform(0.5, 2.6), random.uniform(0.4, 1.6)), random.uniform(1.0, 4.5), random.uniform(0, 3.1)
        )
    matter.gas(grid.blurred(bowels, 0.15))
    mottle = grid.texture(random, random.uniform(0.6, 1.5)) * np.float32(random.uniform(0.0, 0.5))
    matter.water = np.where(matter.water > 3, np.maximum(matter.water + mottle, 0.1), matter.water).astype(np.float32)


def lateral_spine(random: np.random.Generator) -> Field:
    """One lateral lumbar spine, 0…1 float32, longest side 256…360, facing either way."""
    rows = int(random.integers(256, 361))
    columns = int(rows * random.choice([random.uniform(0.4, 0.65), random.uniform(0.65, 1.0)]))
    per_cm = rows / random.uniform(27.0, 44.0)
    grid = Grid(
        rows,
        columns,
        per_cm,
        rows * random.uniform(0.42, 0.56),
        columns * random.uniform(0.4, 0.66),
        random.normal(0.0, 0.05),
        random.normal(0.0, 0.03),
    )
    matter = Matter(grid)
    column = _column(random)
    bone = random.uniform(0.8, 1.7)
    _soft_parts(matter, column, random)
    _vertebrae(matter, column, bone, random)
    _pelvis(matter, column, bone, random)
    ribs = []
    for number in range(3):
        y = column[-1][0][1] - 2 + 2.6 * number + random.normal(0, 0.2)
        for depth in (-12, 12):
            start = (column[-1][0][0] - 2.2, y, depth)
            ribs.append(line(start, (start[0] + 1.0, y + 4, depth), (start[0] + 6.5 - 2 * number, y + 8.5 - number, depth)))
    matter.bones(ribs, (0.35, 0.55), 0.1, share=0.6 * bone)
    window = drawn_rectangle(grid, random, 0.35, 0.14)
    if random.random() < 0.3:
        side = random.uniform(0.12, 0.28) * columns / per_cm
        window = rectangle(grid, (0.3, side, 0.3, side), random.normal(0, 0.04))
    picture = shown(matter, window, drawn_film(random), random)
    if random.random() < 0.5:
        picture = np.ascontiguousarray(picture[:, ::-1])
    if random.random() < 0.5:
        scribble(picture, random.choice(["L", "R", "LAT", "15 CM"]), (random.uniform(0.03, 0.8), random.uniform(0.06, 0.98)), 0.04, 1.0)
    return picture
