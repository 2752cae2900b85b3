"""Abdomens and pelves from the front, of nobody: the large radiographs that a chest's may be taken for."""

import numpy as np

from edge_app.simulator.grid import Field, Grid, Points
from export.simulate.plate import LUNG_WITHOUT_WATER, Matter, drawn_film, drawn_rectangle, line, put, ring, scribble, shown


def _spine(matter: Matter, random: np.random.Generator, bone: float) -> None:
    """From Th11 to the sacrum. x to the patient's left, y down, L3 at the origin."""
    bodies: list[Points] = []
    rings: list[Points] = []
    processes: list[Points] = []
    bent = random.normal(0, 0.7)
    for number in range(-4, 3):
        y = 3.5 * number
        x = bent * np.sin((y + 4) / 8)
        wide, high = 2.3 + 0.12 * number, 1.35
        corners = np.array(
            [
                (-wide, -high),
                (0, -high * 0.95),
                (wide, -high),
                (wide * 0.85, 0),
                (wide, high),
                (0, high * 0.95),
                (-wide, high),
                (-wide * 0.85, 0),
            ]
        )
        bodies.append(ring(put(corners, x, y), 80))
        turn = np.linspace(0, 2 * np.pi, 40)
        for side in (-1, 1):
            rings.append(np.column_stack([x + side * wide * 0.68 + 0.35 * np.cos(turn), y - 0.4 + 0.6 * np.sin(turn), np.zeros(40)]))
            reach = wide + random.uniform(1.6, 2.6)
            processes.append(line((x + side * wide * 0.7, y - 0.2), (x + side * (wide + 0.6), y - 0.4), (x + side * reach, y - 0.6)))
        rings.append(np.column_stack([x + 0.3 * np.cos(turn), y + 1.0 + 0.9 * np.sin(turn), np.zeros(40)]))
    matter.plates(bodies, 3.2, rim=0.9, share=bone)
    matter.dense += matter.tube(rings, 0.14) * np.float32(0.35 * bone)
    matter.bones(processes, (0.3, 0.4), 0.1, share=0.7 * bone)


def _pelvis(matter: Matter, random: np.random.Generator, bone: float) -> None:
    grid = matter.grid
    low = random.uniform(8.6, 9.6)
    sacrum = np.array(
        [(-5.4, 0), (-2.6, -0.6), (2.6, -0.6), (5.4, 0), (4.6, 4.0), (1.6, 9.0), (0.6, 12.0), (-0.6, 12.0), (-1.6, 9.0), (-4.6, 4.0)]
    )
    matter.plates([ring(put(sacrum, 0, low), 160)], 2.6, rim=0.6, share=bone)
    for row in range(4):
        for side in (-1, 1):
            hole = grid.ellipsoid(side * (1.9 - 0.2 * row), low + 2.0 + 2.0 * row, (0.55, 0.45), 1.0)
            matter.dense = np.maximum(matter.dense - np.float32(0.15 * bone) * hole, 0)
    wide = random.uniform(0.92, 1.1)
    for side in (-1, 1):
        ala = np.array(
            [
                (4.6, 1.5),
                (6.6, -2.6),
                (9.6, -4.2),
                (12.8, -2.4),
                (13.6, 0.8),
                (12.2, 4.6),
                (10.8, 7.0),
                (11.0, 10.0),
                (9.0, 11.4),
                (6.6, 9.2),
                (5.6, 6.4),
            ]
        )
        matter.plates([ring(put(ala * (side * wide, 1), 0, low), 200)], 1.5, rim=0.9, rim_cm=0.16, share=bone)
        rami = (
            line((side * 7.0, low + 10.0), (side * 4.0, low + 12.4), (side * 0.5, low + 13.6)),
            line(
                (side * 0.6, low + 14.4),
                (side * 2.6, low + 16.6),
                (side * 5.6, low + 17.6),
                (side * 7.6, low + 15.0),
                (side * 8.4, low + 11.0),
            ),
        )
        matter.bones(list(rami), (0.8, 0.75), 0.18, share=0.9 * bone)
        hip = (side * 9.6 * wide, low + 10.6)
        ball = grid.ellipsoid(*hip, (2.4, 2.4), 4.4)
        matter.dense += np.float32(0.07 * bone) * ball + np.float32(0.25 * bone) * np.maximum(
            ball - grid.ellipsoid(*hip, (2.25, 2.25), 4.2), 0
        )
        neck = line(
            (hip[0] + side * 0.8, hip[1] + 0.8),
            (hip[0] + side * 3.4, hip[1] + 3.4),
            (hip[0] + side * 3.6, hip[1] + 7.0),
            (hip[0] + side * 2.6, hip[1] + 20.0),
        )
        matter.bones([neck], (1.5, 1.5), 0.35, share=bone)
        matter.dense += np.float32(0.06 * bone) * grid.ellipsoid(hip[0] + side * 4.4, hip[1] + 2.2, (1.3, 1.8), 3.0)


def _gas(matter: Matter, random: np.random.Generator) -> None:
    """The gas of bowels: chains of bubbles along the colon, blobs anywhere, sometimes wide loops."""
    grid = matter.grid
    bubbles = np.zeros_like(matter.water)
    colon = line(
        (-10.5, 9.0),
        (-11.0, 1.0),
        (-9.0, -6.5),
        (0.0, -3.5 + random.normal(0, 2)),
        (9.5, -8.0),
        (11.0, 2.0),
        (9.0, 9.5),
        (2.0, 13.0),
        count=200,
    )
    wide = random.uniform(0.8, 1.8)
    for place in random.integers(0, 200, int(random.integers(0, 45))):
        x, y = colon[place][:2] + random.normal(0, 0.7, 2)
        bubbles = np.maximum(
            bubbles,
            grid.ellipsoid(x, y, (wide * random.uniform(0.6, 1.5), wide * random.uniform(0.5, 1.1)), 2 * wide, random.uniform(0, 3.1)),
        )
    for _ in range(int(random.integers(0, 16))):
        x, y = random.normal(0, 4.5), random.normal(2, 5)
        bubbles = np.maximum(
            bubbles,
            grid.ellipsoid(x, y, (random.uniform(0.5, 2.2), random.uniform(0.5, 1.5)), random.uniform(1, 3.5), random.uniform(0, 3.1)),
        )
    if random.random() < 0.2:
        for _ in range(int(random.integers(2, 6))):
            y = random.uniform(-8, 8)
            loop = line((random.uniform(-8, -3), y), (0, y + random.normal(0, 2)), (random.uniform(3, 8), y + random.normal(0, 2)))
            bubbles = np.maximum(bubbles, matter.tube([loop], random.uniform(1.2, 2.2)))
    if random.random() < 0.7:
        bubbles = np.maximum(
            bubbles,
            grid.ellipsoid(random.uniform(4, 8), random.uniform(-15, -11), (random.uniform(1.5, 4), random.uniform(1, 2.5)), 4.0, 0.3),
        )
    stool = np.float32(1) + np.float32(0.35) * grid.texture(random, 0.6)
    matter.gas(grid.blurred(np.maximum(bubbles * stool, 0), 0.12))


def _soft_parts(matter: Matter, random: np.random.Generator) -> None:
    grid = matter.grid
    build = random.uniform(13.5, 19.0)
    y = np.linspace(-26, 34, 80)
    half = build * (1 - 0.06 * np.cos((y - 2) / 7)) + np.clip((y - 12) / 8, 0, 1) * random.uniform(0, 2.5)
    skin = np.vstack([np.column_stack([half, y]), np.column_stack([-half, y])[::-1]])
    matter.water += grid.inflated(skin, random.uniform(6, 10), random.uniform(15, 28))
    crotch = np.array([(-1.0, 24.5), (1.0, 24.5), (2.5, 36.0), (-2.5, 36.0)])
    matter.gas(grid.inflated(crotch, 1.5, 18.0))
    for side in (-1, 1):
        psoas = np.array([(1.8, -7.0), (2.8, -7.0), (5.2, 3.0), (6.8, 10.0), (3.5, 10.0), (2.0, 2.0)]) * (side, 1)
        matter.water += grid.blurred(grid.inflated(psoas, 1.5, random.uniform(0.5, 2.0)), 0.5)
        kidney = (side * random.uniform(5.0, 6.5), random.uniform(-7.0, -3.5))
        matter.water += grid.ellipsoid(*kidney, (2.6, 5.2), random.uniform(0.8, 2.0), -side * 0.25)
        fat = line((side * (build - 3.0), -8.0), (side * (build - 2.4), 0.0), (side * (build - 3.0), 7.0))
        matter.gas(matter.tube([fat], 0.35) * np.float32(0.9))
        top = random.uniform(-15.5, -11.0) + (0.8 if side > 0 else 0.0)
        x = np.linspace(1.0, 13.5, 40)
        dome = np.column_stack([side * x, top + 0.08 * (x - 6.5) ** 2])
        matter.gas(
            grid.inflated(np.vstack([dome, [[side * 13.5, -30.0], [side * 1.0, -30.0]]]), 3.0, 14.0) * np.float32(LUNG_WITHOUT_WATER)
        )
    matter.water += grid.blurred(grid.ellipsoid(-7.0, -9.0, (7.5, 6.5), random.uniform(1, 3.5)), 1.0)
    matter.water += grid.blurred(grid.ellipsoid(0.0, 16.5, (4.5, 3.5), random.uniform(0.0, 2.5)), 0.4)


def abdomen(random: np.random.Generator) -> Field:
    """One abdomen, pelvis or both from the front, 0…1 float32, longest side 256…360."""
    rows = int(random.integers(256, 361))
    columns = int(rows * random.uniform(0.75, 1.05))
    pelvis_only = random.random() < 0.3
    per_cm = max(rows, columns) / (random.uniform(26.0, 36.0) if pelvis_only else random.uniform(36.0, 48.0))
    grid = Grid(
        rows,
        columns,
        per_cm,
        rows * random.uniform(-0.12, 0.12) if pelvis_only else rows * random.uniform(0.3, 0.52),
        columns * random.uniform(0.45, 0.55),
        random.normal(0.0, 0.04),
        0.0,
    )
    matter = Matter(grid)
    bone = random.uniform(0.7, 1.4)
    _soft_parts(matter, random)
    _gas(matter, random)
    _spine(matter, random, bone)
    _pelvis(matter, random, bone)
    ribs = []
    for number in range(4):
        for side in (-1, 1):
            y = -17.0 + 3.2 * number
            long = 12.5 - 2.0 * number
            ribs.append(
                line((side * 2.6, y), (side * (4 + 0.4 * long), y + 1.2), (side * (2.6 + long), y + 5.5), (side * (3.2 + long), y + 9.0))
            )
    matter.bones(ribs, (0.35, 0.6), 0.1, share=0.7 * bone)
    if random.random() < 0.15:
        matter.dense += matter.tube([line((random.normal(0, 6), -20.0), (random.normal(0, 6), -5.0), (random.normal(0, 6), 10.0))], 0.16)
    picture = shown(matter, drawn_rectangle(grid, random, 0.3, 0.08), drawn_film(random), random)
    if random.random() < 0.5:
        scribble(picture, random.choice(["L", "R", "SUPINE", "KUB"]), (random.uniform(0.03, 0.8), random.uniform(0.06, 0.98)), 0.05, 1.0)
    return picture
