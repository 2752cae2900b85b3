"""Frames of lateral videofluoroscopy of the neck, with and without a bolus of barium; nobody's."""

import cv2
import numpy as np

from edge_app.simulator.grid import Field, Grid, Points, as_field
from export.simulate.plate import Film, Matter, line, put, rectangle, ring, scribble, shown

BARIUM_PER_CM = 1.6


def _cervical(matter: Matter, random: np.random.Generator, bone: float) -> list[Points]:
    """The cervical spine from C1 to Th1; gives the bodies' front edges. x to the front, y down, C4 near the origin."""
    curved = random.uniform(-0.8, 2.2)
    bodies: list[Points] = []
    arches: list[Points] = []
    fronts: list[Points] = []
    pitch = random.uniform(1.7, 2.1)
    for number in range(2, 9):
        y = (number - 4) * pitch
        x = -2.6 - curved * ((number - 4.5) / 3.0) ** 2 + curved * 0.3
        slope = np.arctan2(-2 * curved * (number - 4.5) / 9.0, pitch)
        half_x, half_y = 0.82 + 0.04 * number, pitch * 0.39
        upper = half_y + (1.3 if number == 2 else 0.0)
        corners = np.array(
            [
                (-half_x, -half_y),
                (0, -upper),
                (half_x, -half_y * 0.8),
                (half_x * 0.92, 0),
                (half_x, half_y * 1.1),
                (0, half_y),
                (-half_x, half_y),
                (-half_x * 0.92, 0),
            ]
        )
        cos, sin = np.cos(-slope), np.sin(-slope)
        spin = np.array([[cos, -sin], [sin, cos]])
        bodies.append(ring(corners @ spin.T + (x, y), 70))
        long = 2.4 + 0.25 * number
        process = np.array([(-half_x - 0.2, 0.0), (-half_x - 0.9, 0.1), (-half_x - long * 0.6, 0.7), (-half_x - long, 1.1)])
        arches.append(line(*map(tuple, process @ spin.T + (x, y)), count=40))
        fronts.append(np.array([x + half_x, y]))
    matter.plates(bodies, 1.8, rim=1.1, rim_cm=0.11, share=bone)
    matter.bones(arches, (0.4, 0.5), 0.13, share=0.9 * bone)
    atlas = fronts[0] + (-0.6, -2.0)
    matter.bones(
        [line((atlas[0] + 0.6, atlas[1]), (atlas[0] - 1.5, atlas[1] - 0.1), (atlas[0] - 3.6, atlas[1] + 0.3))],
        (0.4, 0.45),
        0.12,
        share=bone,
    )
    return fronts


def _jaw_and_skull(matter: Matter, random: np.random.Generator, bone: float, jaw: tuple[float, float]) -> None:
    x, y = jaw
    for shift in (random.uniform(-0.3, 0.3), random.uniform(-0.3, 0.3)):
        mandible = np.array(
            [
                (-0.4, -4.6),
                (0.6, -4.4),
                (1.0, -1.4),
                (2.2, 0.0),
                (6.4, 0.9),
                (7.6, -0.2),
                (7.6, 1.8),
                (6.6, 2.8),
                (1.6, 2.0),
                (-0.6, 0.9),
                (-0.7, -2.0),
            ]
        )
        matter.plates([ring(put(mandible, x + shift, y + shift), 120)], 1.2, rim=1.2, share=bone)
    for index in range(7):
        if random.random() < 0.8:
            tooth = matter.grid.ellipsoid(x + 2.2 + 0.75 * index, y - 0.3 + 0.05 * index, (0.33, 0.85), 1.0)
            matter.dense += np.float32(random.uniform(0.5, 1.4)) * tooth
            matter.dense += np.float32(random.uniform(0.5, 1.2)) * matter.grid.ellipsoid(x + 2.2 + 0.75 * index, y - 2.1, (0.33, 0.85), 1.0)
    palate = line((x + 8.0, y - 3.5), (x + 5.0, y - 3.9), (x + 2.0, y - 3.7))
    matter.bones([palate], (0.3, 0.3), 0.1, share=1.4 * bone)
    matter.bones([line((x + 6.4, y - 7.5), (x + 7.6, y - 4.8), (x + 7.6, y - 3.2))], (0.6, 0.6), 0.15, share=0.8 * bone)
    base = line((x + 3.0, y - 7.6), (x - 1.0, y - 7.0), (x - 3.2, y - 5.6), (x - 7.0, y - 5.8), (x - 11.0, y - 7.4))
    matter.bones([base], (0.7, 0.7), 0.2, share=1.2 * bone)
    matter.dense += np.float32(0.12 * bone) * matter.grid.ellipsoid(x - 3.0, y - 7.4, (4.5, 2.2), 6.0)


def _soft_parts(matter: Matter, random: np.random.Generator, jaw: tuple[float, float]) -> None:
    grid = matter.grid
    x, y = jaw
    back = random.uniform(-10.0, -7.5)
    chin = (x + random.uniform(8.6, 9.8), y + 2.0)
    skin = np.array(
        [
            *((x + 10.0, y - 13.0), (x + 10.4, y - 6.0), (x + 11.6, y - 4.8), (x + 9.7, y - 3.6), (x + 10.1, y - 1.6), (x + 9.3, y - 0.5)),
            *(
                chin,
                (chin[0] - 1.5, y + 3.8),
                (x + 3.0, y + random.uniform(3.8, 6.0)),
                (x + 2.4, y + 8.5),
                (x + 2.8, 18.0),
                (back - 4.0, 18.0),
            ),
            *((back - 1.0, 7.0), (back, 0.0), (back - 0.5, -7.0), (back - 2.5, -15.0)),
        ]
    )
    matter.water += grid.inflated(skin, random.uniform(4.0, 6.0), random.uniform(10.5, 14.0))
    matter.water += grid.inflated(
        np.array([(-16.0, 8.5), (-5.0, 7.5), (4.0, 10.5), (10.0, 14.0), (10.0, 22.0), (-16.0, 22.0)]), 4.0, random.uniform(6, 24)
    )
    matter.water += np.float32(3.0) * grid.ellipsoid(x, y - 8.0, (9.0, 5.0), 1.0)


def _airway(matter: Matter, random: np.random.Generator, fronts: list[Points], jaw: tuple[float, float]) -> tuple[Points, Points]:
    """Throat, larynx and windpipe as air; gives the ways to the gullet and to the windpipe."""
    grid = matter.grid
    x, y = jaw
    gap = random.uniform(0.5, 0.8)
    wall = put(np.array(fronts), gap, 0.0)
    throat = line(
        (wall[0][0] + 1.1, wall[0][1] - 2.4),
        (wall[0][0] + 0.9, wall[0][1] + 0.5),
        (wall[1][0] + 1.0, wall[1][1] + 0.6),
        (wall[2][0] + 0.7, wall[2][1] + 0.7),
    )
    wide = random.uniform(0.25, 0.75)
    matter.gas(matter.tube([throat], wide) * np.float32(2.2))
    top = wall[2] + (random.uniform(1.2, 1.7), 0.6)
    windpipe = line(
        (top[0] + 0.2, top[1] - 1.2),
        (top[0] + 0.1, top[1] + 1.6),
        (wall[4][0] + 1.9, wall[4][1] + 1.4),
        (wall[6][0] + 2.0, 9.0),
        (wall[6][0] + 1.4, 17.0),
    )
    matter.gas(matter.tube([windpipe], random.uniform(0.5, 0.85)) * np.float32(1.5))
    matter.gas(grid.ellipsoid(top[0] + 1.0, top[1] - 2.2, (0.5, 1.1), 2.0, 0.4))
    epiglottis = line((top[0] + 0.7, top[1] - 0.9), (top[0] + 0.3, top[1] - 2.0), (top[0] - 0.2, top[1] - 2.9 + random.uniform(0, 2.0)))
    matter.water += matter.tube([epiglottis], 0.16) * np.float32(5.0)
    matter.bones([line((top[0] + 1.2, top[1] - 1.4), (top[0] + 2.2, top[1] - 1.7), (top[0] + 2.9, top[1] - 1.2))], (0.28, 0.3), 0.1)
    if random.random() < 0.6:
        matter.gas(grid.ellipsoid(x + 4.6, y - 2.9, (random.uniform(1.5, 3.2), random.uniform(0.15, 0.5)), 3.5))
    gullet = line((wall[2][0] + 0.2, wall[2][1]), (wall[3][0] + 0.1, wall[3][1] + 0.5), (wall[5][0], wall[5][1]), (wall[6][0] + 0.1, 17.0))
    return np.vstack([throat, gullet]), windpipe


def _bolus(matter: Matter, random: np.random.Generator, ways: tuple[Points, Points], jaw: tuple[float, float]) -> None:
    """Barium in the mouth, on its way, left behind in the valleculae and sinuses, or in the windpipe."""
    x, y = jaw
    thick = np.zeros_like(matter.water)
    for _ in range(int(random.integers(1, 4))):
        match int(random.integers(0, 4)):
            case 0:
                thick += matter.grid.ellipsoid(
                    x + random.uniform(1.5, 6.0),
                    y - random.uniform(1.6, 2.8),
                    (random.uniform(0.6, 2.2), random.uniform(0.3, 0.8)),
                    2.0,
                    random.normal(0, 0.3),
                )
            case 1:
                start = int(random.integers(0, len(ways[0]) - 40))
                part = ways[0][start : start + int(random.integers(20, 120))]
                thick += matter.tube([part], random.uniform(0.2, 0.7))
            case 2:
                at = ways[1][2] + (random.uniform(-0.9, 0.9), random.uniform(-1.2, 0.5), 0.0)
                thick += matter.grid.ellipsoid(
                    float(at[0]), float(at[1]), (random.uniform(0.2, 0.5), random.uniform(0.3, 0.7)), 1.2, random.uniform(-0.8, 0.8)
                )
            case _:
                start = int(random.integers(0, 60))
                part = ways[1][start : start + int(random.integers(10, 50))] + np.array([0.3, 0.0, 0.0])
                thick += matter.tube([part], random.uniform(0.08, 0.25))
    matter.dense += np.float32(random.uniform(0.6, 1.0) * BARIUM_PER_CM) * thick


def _opening(grid: Grid, random: np.random.Generator) -> Field:
    """An image intensifier's disc, a round-cornered square, or a plain collimated rectangle."""
    y, x = np.mgrid[0 : grid.rows, 0 : grid.columns].astype(np.float32)
    dx, dy = (x / (grid.columns - 1) - 0.5) * 2, (y / (grid.rows - 1) - 0.5) * 2
    reach = random.uniform(0.85, 1.25)
    power = float(random.choice([2.0, 2.0, 6.0]))
    disc = np.clip((reach - (np.abs(dx) ** power + np.abs(dy) ** power) ** (1 / power)) * min(grid.rows, grid.columns) / 3, 0, 1)
    edges = random.uniform(0.0, 0.16, 4) * grid.rows / grid.per_cm
    closed = rectangle(grid, (float(edges[0]), float(edges[1]), float(edges[2]), float(edges[3])))
    return as_field(random.choice(np.stack([disc, closed, disc * closed]), axis=0))


def swallow_frame(random: np.random.Generator) -> Field:
    """One frame, 0…1 float32, longest side 256…340, facing either way, dense either white or black."""
    rows = int(random.integers(240, 300))
    columns = int(rows * random.choice([1.0, 1.0, 4 / 3, 0.8]))
    per_cm = min(rows, columns) / random.uniform(11.5, 20.0)
    grid = Grid(rows, columns, per_cm, rows * random.uniform(0.38, 0.62), columns * random.uniform(0.34, 0.58), random.normal(0, 0.1), 0.0)
    matter = Matter(grid)
    bone = random.uniform(0.6, 1.4)
    jaw = (random.uniform(0.6, 2.4), random.uniform(-4.0, -1.5))
    _soft_parts(matter, random, jaw)
    fronts = _cervical(matter, random, bone)
    _jaw_and_skull(matter, random, bone, jaw)
    ways = _airway(matter, random, fronts, jaw)
    if random.random() < 0.75:
        _bolus(matter, random, ways, jaw)
    if random.random() < 0.3:
        tube = np.vstack([line((jaw[0] + 8.0, jaw[1] - 5.0), (jaw[0] + 3.0, jaw[1] - 5.2), tuple(ways[0][10][:2]), count=60), ways[0][20:]])
        matter.dense += matter.tube([tube], 0.16) * np.float32(0.8)
    film = Film(
        random.uniform(0.17, 0.23),
        random.uniform(0.5, 1.5),
        float(np.exp(random.uniform(np.log(2e4), np.log(2e6)))),
        random.uniform(0.03, 0.12),
        random.choice([0.0, 0.3]),
        random.choice([0.0, 0.5]),
        random.uniform(0.5, 10.0),
        random.uniform(93.0, 99.8),
        random.uniform(1.0, 2.4),
    )
    window = _opening(grid, random)
    picture = shown(matter, window, film, random)
    if random.random() < 0.5:
        picture = np.where(window > 0.5, 1 - picture, random.choice([0.0, 0.0, 1.0])).astype(np.float32)
    if random.random() < 0.5:
        picture = np.ascontiguousarray(picture[:, ::-1])
    if random.random() < 0.3:
        small = cv2.resize(picture, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
        picture = as_field(cv2.resize(small, (columns, rows), interpolation=cv2.INTER_LINEAR))
    for _ in range(int(random.choice([0, 0, 1, 2, 4]))):
        text = random.choice(["00:12:07", "FR 118", "SWALLOW", "L", "15 fps", "76 kV", "03/2019", "LAT"])
        scribble(
            picture, str(text), (random.choice([0.02, 0.7]), random.choice([0.06, 0.12, 0.92, 0.98])), random.uniform(0.025, 0.05), 0.95
        )
    return picture
