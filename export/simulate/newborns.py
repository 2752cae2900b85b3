"""Chests of newborns made from real chests of children: re-proportioned, on a whole small body, under lines, leads and an incubator."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.simulator.grid import Field, Grid, as_field
from edge_app.simulator.lesions.ground import Mask
from export.simulate.plate import Matter, drawn_rectangle, line, put, ring, scribble

_LOW = (0.55, 0.8)


@dataclass(frozen=True, eq=False)
class _Way:
    """From every pixel of the grid back to the child's picture, how far that picture counts there (0…1), and its height in cm."""

    column: Field
    row: Field
    counts: Field
    high_cm: float

    def of(self, child: Field) -> Field:
        """The child's picture moved onto the grid; beyond its edges what lies on them."""
        return as_field(cv2.remap(child, self.column, self.row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))

    def outlined(self, mask: Mask) -> Mask:
        """An outline on the child's picture, on the grid; nothing beyond the picture's edges."""
        moved = cv2.remap(mask.astype(np.float32), self.column, self.row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
        return np.asarray((moved >= 0.5) & (self.counts > 0))


def _way(size: tuple[int, ...], grid: Grid, wide_cm: float, low: tuple[float, float], random: np.random.Generator) -> _Way:
    """A child's picture of (rows, columns) low and cone-shaped about the grid's origin.

    Newborn chests are about as wide as high and narrow towards the top, their ribs near horizontal; a child's are squeezed to somewhere
    within ``low``.
    """
    high_cm = wide_cm * size[0] / size[1] * random.uniform(*low)
    top, bottom = random.uniform(0.72, 0.95), random.uniform(1.0, 1.12)
    along = grid.y / np.float32(high_cm) + np.float32(0.5)
    width = np.float32(wide_cm) * (np.float32(top) + np.float32(bottom - top) * np.clip(along, 0, 1))
    across = grid.x / width + np.float32(0.5)
    # Ribs that fall to the sides are lifted there, towards the horizontal.
    lift = np.float32(random.uniform(0.0, 0.16)) * (2 * across - 1) ** 2
    shown_y = np.minimum(along + lift, along)
    edge = np.minimum(np.minimum(across, 1 - across) * np.float32(1.4), np.minimum(shown_y, 1 - along - lift))
    counts = np.clip(edge / np.float32(random.uniform(0.14, 0.24)), 0, 1)
    counts = as_field(counts * counts * (3 - 2 * counts))
    return _Way(as_field(across * np.float32(size[1] - 1)), as_field((along + lift) * np.float32(size[0] - 1)), counts, high_cm)


def _body(grid: Grid, half: float, high_cm: float, random: np.random.Generator) -> Matter:
    """Belly, head, arms and hips around a chest of ``half`` its width; (rows, columns) of matter."""
    matter = Matter(grid)
    low = 0.42 * high_cm
    belly = half * random.uniform(0.95, 1.2)
    torso = np.array(
        [
            *((-1.3, -low - 1.2), (-half * 0.8, -low * 0.8), (-half, 0.0), (-half, low), (-belly, low + 3.5), (-belly * 0.8, low + 8.0)),
            *((-2.5, low + 14.0), (2.5, low + 14.0), (belly * 0.8, low + 8.0), (belly, low + 3.5), (half, low), (half, 0.0)),
            *((half * 0.8, -low * 0.8), (1.3, -low - 1.2)),
        ]
    )
    matter.water += grid.inflated(torso, 3.0, 8.0)
    gas = np.zeros_like(matter.water)
    for _ in range(int(random.choice([0, 6, 25, 45]))):
        at = (random.normal(0, belly * 0.45), low + random.uniform(0.8, 8.0))
        gas = np.maximum(
            gas,
            grid.ellipsoid(*at, (random.uniform(0.3, 1.0), random.uniform(0.25, 0.8)), random.uniform(1.0, 3.0), random.uniform(0, 3.1)),
        )
    gas = np.maximum(gas, grid.ellipsoid(random.uniform(1.0, 3.0), low + random.uniform(0.5, 1.5), (1.4, 0.9), random.choice([0.0, 3.0])))
    matter.gas(grid.blurred(gas * (1 + np.float32(0.3) * grid.texture(random, 0.4)), 0.2))
    block = np.array([(-0.6, -0.32), (0.6, -0.32), (0.6, 0.32), (-0.6, 0.32)])
    vertebrae = [ring(put(block, 0, low + 0.9 * step), 40) for step in range(12)]
    vertebrae += [ring(put(0.8 * block, 0, -low - 0.6 * step), 40) for step in range(5)]
    matter.plates(vertebrae, 1.2, rim=0.4, rim_cm=0.1)
    tilt, head_y = random.normal(0, 1.2), -low - random.uniform(4.5, 6.0)
    matter.water += grid.ellipsoid(tilt, head_y, (4.3, 5.0), 8.0)
    skull = grid.ellipsoid(tilt, head_y, (4.3, 5.0), 9.0) - grid.ellipsoid(tilt, head_y, (4.05, 4.75), 8.6)
    matter.dense += np.float32(0.35) * np.maximum(skull, 0)
    chin = np.array([(-2.2, 3.4), (0, 4.6), (2.2, 3.4), (1.6, 2.6), (0, 3.2), (-1.6, 2.6)])
    matter.plates([ring(put(chin, tilt, head_y), 80)], 0.8, rim=0.7)
    for side in (-1, 1):
        raised = random.random() < 0.45
        joint = (side * half * 0.95, -low * 0.75)
        elbow = (side * (half + random.uniform(0.8, 3.0)), joint[1] + (-random.uniform(0.5, 4.0) if raised else random.uniform(3.5, 5.0)))
        hand = (elbow[0] + side * random.uniform(-2.5, 1.5), elbow[1] + (-random.uniform(3, 5) if raised else random.uniform(2, 5)))
        for start, end, thick in ((joint, elbow, 1.25), (elbow, hand, 1.05)):
            bone = line(start, end, count=30)
            matter.water += matter.tube([bone], thick)
            matter.bones([bone[3:-3]], (0.28, 0.28), 0.1)
        wing = np.array([(1.2, 0), (2.8, -0.8), (3.4, 0.6), (2.2, 1.9), (1.4, 1.4)]) * (side, 1)
        matter.plates([ring(put(wing, 0, low + 7.5), 60)], 0.7, rim=0.6)
        matter.bones([line((side * 2.8, low + 10.8), (side * 3.6, low + 15.0), count=30)], (0.4, 0.4), 0.13)
    return matter


def _lines(grid: Grid, high_cm: float, random: np.random.Generator) -> Field:
    """Tubes, lines and leads on and beside a newborn, nat."""
    matter = Matter(grid)
    low = 0.42 * high_cm
    ways = {
        "trachea": line((random.uniform(-3, 3), -low - 7.0), (random.normal(0, 0.6), -low - 2.5), (0.0, -low + random.uniform(-0.5, 2.2))),
        "stomach": line(
            (random.uniform(-3, 3), -low - 7.0), (0.1, -low), (0.2, low * 0.6), (random.uniform(0.8, 2.0), low + random.uniform(0.8, 2.0))
        ),
        "navel": line(
            (random.uniform(-2, 3), low + 9.0),
            (random.uniform(-1, 1), low + 6.0),
            (random.normal(0.2, 0.3), low + 2.0),
            (0.2, random.uniform(-0.5, 1.0) * low),
        ),
    }
    for way in ways.values():
        if random.random() < 0.5:
            matter.dense += matter.tube([way], random.uniform(0.07, 0.16)) * np.float32(random.uniform(0.8, 2.5))
    for _ in range(int(random.choice([0, 1, 3, 4]))):
        at = (random.normal(0, 3.5), random.normal(0, 3.0))
        radius = random.uniform(0.25, 0.7)
        matter.dense += np.float32(random.uniform(0.15, 0.6)) * (grid.ellipsoid(*at, (radius, radius), 2.0) > 0.4)
        out = (at[0] + random.choice([-1, 1]) * random.uniform(6, 14), at[1] + random.uniform(-4, 8))
        way = line(at, ((at[0] + out[0]) / 2, (at[1] + out[1]) / 2 + random.normal(0, 1.5)), out)
        matter.dense += matter.tube([way], 0.07) * np.float32(random.uniform(1.0, 3.0))
    if random.random() < 0.2:
        hole = ring(np.array([(-1, 0), (0, -1), (1, 0), (0, 1)]) * random.uniform(1.5, 3.5) + random.normal(0, 5.0, 2), 120)
        matter.dense += matter.tube([hole], 0.12) * np.float32(random.uniform(0.3, 1.0))
    if random.random() < 0.4:
        folds = [line((-20.0, y), (0.0, y + random.normal(0, 2)), (20.0, y + random.normal(0, 3))) for y in random.uniform(-12, 14, 3)]
        matter.dense += grid.blurred(matter.tube(folds, random.uniform(0.3, 1.0)), 0.2) * np.float32(0.1)
    return matter.dense


_HAND = 0.15
"""Of newborns: how many a gloved hand holds."""


def _hand(grid: Grid, high_cm: float, random: np.random.Generator) -> Field:
    """An adult's gloved hand that holds a newborn from a side, above or below, nat: fingers half over the body, with their bones."""
    matter = Matter(grid)
    side, height = random.choice([-1, 1]), random.choice([-1.0, 1.0]) * random.uniform(0.55, 1.2) * high_cm
    tips = np.array([side * random.uniform(1.0, 5.0), height])
    slope = random.uniform(-0.5, 0.5)
    towards = np.array([side, slope]) / np.hypot(1.0, slope)
    across = np.array([-towards[1], towards[0]])
    palm = tips + 11.0 * towards
    matter.water += 0.6 * grid.ellipsoid(palm[0], palm[1], (4.6, 4.2), 2.5)
    for finger in range(int(random.integers(2, 5))):
        spread = (finger - 1.5) * random.uniform(1.7, 2.1)
        long = random.uniform(6.5, 8.5)
        begin, end = palm - 3.5 * towards + spread * across, palm - (3.5 + long) * towards + 1.15 * spread * across
        matter.water += 0.6 * matter.tube([line(tuple(begin), tuple(end), count=30)], 0.8)
        for first, last in ((0.02, 0.45), (0.5, 0.74), (0.79, 0.97)):
            bone = line(tuple(begin + first * (end - begin)), tuple(begin + last * (end - begin)), count=16)
            matter.bones([bone], (0.42, 0.36), 0.12)
    return as_field(np.float32(0.2) * matter.water + np.float32(0.8) * matter.dense)


def newborn_chest(child: NDArray[np.uint8], random: np.random.Generator) -> Field:
    """(rows, columns) uint8 of a child's upright frontal chest → one newborn's chest, 0…1 float32, longest side 240…320."""
    return outlined_newborn(as_field(child) / np.float32(255), {}, _LOW, random)[0]


def outlined_newborn(
    grey: Field, outlines: Mapping[str, Mask], squeezed: tuple[float, float], random: np.random.Generator, *, as_it_is: bool = False
) -> tuple[Field, dict[str, Mask]]:
    """The same from a picture in 0…1 with ``outlines`` of its own size, and these on the newborn.

    Its height is ``squeezed`` to somewhere within those parts. Lungs are now and then made paler, as hardly aerated ones are, unless they
    are to stay ``as_it_is``: where somebody says what is in them.
    """
    rows = int(random.integers(240, 321))
    columns = int(rows * random.uniform(0.68, 1.05))
    wide_cm = random.uniform(10.0, 13.5)
    per_cm = columns / (wide_cm * random.uniform(0.95, 1.9))
    grid = Grid(rows, columns, per_cm, rows * random.uniform(0.34, 0.58), columns * random.uniform(0.44, 0.56), random.normal(0, 0.09), 0.0)
    way = _way(grey.shape, grid, wide_cm, squeezed, random)
    chest, counts, high_cm = way.of(grey), way.counts, way.high_cm
    if random.random() < 0.6 and not as_it_is:
        # Lungs that are hardly aerated are pale and even.
        pale = random.uniform(0.2, 0.75)
        level = grid.blurred(chest, random.uniform(1.5, 3.0))
        chest = as_field((1 - pale) * chest + pale * (np.float32(0.75) * level + np.float32(0.25 * np.percentile(chest, 80))))
    middle = grey[-max(4, grey.shape[0] // 8) :, grey.shape[1] // 4 : -grey.shape[1] // 4]
    soft, dark = float(np.median(middle)), float(np.percentile(grey, 3)) * random.uniform(0.0, 1.0)
    lowest = grey[-max(4, grey.shape[0] // 8) :].mean(0)
    flesh = np.flatnonzero(lowest > dark + 0.45 * (soft - dark))
    share = float(np.clip((flesh[-1] - flesh[0]) / grey.shape[1], 0.6, 1.0)) if flesh.size else 0.85
    matter = _body(grid, share * wide_cm / 2, high_cm, random)
    density = np.float32(0.2) * matter.water + np.float32(0.8) * matter.dense
    around = np.float32(dark) + np.float32(max(soft - dark, 0.15)) * (density / np.float32(1.7)) ** np.float32(0.8)
    picture = as_field(counts * chest + (1 - counts) * around)
    picture = picture + np.float32(random.uniform(0.0, 0.03)) * grid.texture(random, 0.5)
    picture = picture + np.float32(random.uniform(0.1, 0.35)) * _lines(grid, high_cm, random)
    if random.random() < _HAND:
        picture = picture + np.float32(random.uniform(0.4, 1.0)) * _hand(grid, high_cm, random)
    picture = grid.blurred(as_field(picture), random.uniform(0.01, 0.05))
    picture = picture + np.float32(random.uniform(0.0, 0.05)) * random.standard_normal(picture.shape, dtype=np.float32)
    low, high = float(np.percentile(picture, 1)), float(np.percentile(picture, 99.5))
    shown = as_field(np.clip((picture - low) / max(high - low, 0.2), 0, 1) ** random.uniform(0.75, 1.35))
    window = drawn_rectangle(grid, random, 0.35, 0.14)
    shown = as_field(shown * window + (1 - window) * random.choice([0.0, 0.0, 1.0]))
    if random.random() < 0.5:
        scribble(shown, random.choice(["L", "R", "AP", "NICU"]), (random.uniform(0.03, 0.85), random.uniform(0.06, 0.98)), 0.045, 1.0)
    return shown, {name: way.outlined(mask) for name, mask in outlines.items()}
