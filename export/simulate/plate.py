"""What a beam meets on its way to a plate, laid out in the picture's plane, and how the plate is exposed and shown."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.simulator.grid import Field, Grid, Points, as_field, curve

CORTEX_PER_CM = 0.42
SPONGY_PER_CM = 0.09
LUNG_WITHOUT_WATER = 0.73
_STEP_PIXELS = 0.7


def line(*knots: tuple[float, ...], count: int = 120) -> Points:
    """(count, 3) cm along a smooth curve through knots given as x, y and, where it matters, depth."""
    return curve(np.array([(*knot, 0.0)[:3] for knot in knots], dtype=np.float64), count)


def put(points: Points, x_cm: float, y_cm: float) -> Points:
    """(n, 2) points moved by so much."""
    return np.asarray(points + np.array([x_cm, y_cm]), dtype=np.float64)


def ring(outline: Points, count: int = 160) -> Points:
    """(count, n) cm along the closed curve through an outline's points."""
    closed = curve(np.vstack([outline[-2:], outline, outline[:2]]), round(count * (len(outline) + 4) / len(outline)))
    per_knot = len(closed) / (len(outline) + 3)
    return closed[round(2 * per_knot) : round(2 * per_knot) + count]


class Matter:
    """Water in cm and what attenuates beyond it in nat, each (rows, columns) float32; built up part by part."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.water = np.zeros((grid.rows, grid.columns), dtype=np.float32)
        self.dense = np.zeros((grid.rows, grid.columns), dtype=np.float32)

    def laid(self, paths: list[Points], shares: list[float] | None = None) -> Field:
        """(n, 3) cm curves as arc lengths on the plate, evenly and finer than a pixel."""
        points: list[Points] = []
        weights: list[NDArray[np.float64]] = []
        for path, share in zip(paths, shares or [1.0] * len(paths), strict=True):
            full = path if path.shape[1] == 3 else np.column_stack([path, np.zeros(len(path))])
            run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(full, axis=0), axis=1))])
            count = max(2, int(run[-1] * self.grid.per_cm / _STEP_PIXELS))
            at = (np.arange(count) + 0.5) * run[-1] / count
            points.append(np.column_stack([np.interp(at, run, full[:, axis]) for axis in range(3)]))
            weights.append(np.full(count, share * run[-1] / count))
        return self.grid.splat(np.concatenate(points), np.concatenate(weights))

    def tube(self, paths: list[Points], radius_cm: float, shares: list[float] | None = None) -> Field:
        """Path length (cm) through round tubes along curves."""
        return self.grid.tube(self.laid(paths, shares), (radius_cm, radius_cm))

    def bones(self, paths: list[Points], half_cm: tuple[float, float], cortex_cm: float, share: float = 1.0) -> None:
        """Add hollow bones of that cross-section along curves."""
        self.dense += np.float32(share) * self.grid.hollow_tube(self.laid(paths), half_cm, cortex_cm, CORTEX_PER_CM, SPONGY_PER_CM)

    def plates(self, outlines: list[Points], depth_cm: float, rim: float = 1.0, rim_cm: float = 0.13, share: float = 1.0) -> None:
        """Add flat bones seen from the broad side: spongy bone of that depth inside closed outlines, cortex along their edges."""
        inside = self.grid.blurred(self.grid.polygons(outlines), 0.08)
        edges = self.tube([np.vstack([outline, outline[:1]]) for outline in outlines], rim_cm)
        self.dense += np.float32(share) * (np.float32(SPONGY_PER_CM * depth_cm) * inside + np.float32(CORTEX_PER_CM * rim) * edges)

    def gas(self, thickness: Field) -> None:
        """Take water (cm) away, as gas in its place does; never more than there is."""
        self.water = np.maximum(self.water - thickness, np.float32(0.02))


@dataclass(frozen=True)
class Film:
    """How a plate is exposed and shown.

    Attributes:
        water_per_cm: attenuation of water.
        scatter: scattered against primary radiation behind thick parts.
        photons_per_cm2: of the open beam.
        blur_cm: of focus and detector together.
        even: share of the coarse differences that the unit's processing takes out.
        detail: how much it sharpens.
        dark, white: percentiles of the density within the field that become nearly black and nearly white.
        steep: steepness of the tone curve at its middle.
    """

    water_per_cm: float
    scatter: float
    photons_per_cm2: float
    blur_cm: float
    even: float
    detail: float
    dark: float
    white: float
    steep: float


def drawn_film(random: np.random.Generator, photons_per_cm2: tuple[float, float] = (1e6, 2e8)) -> Film:
    """Any film, plate or detector."""
    return Film(
        water_per_cm=random.uniform(0.165, 0.21),
        scatter=random.uniform(0.3, 1.3),
        photons_per_cm2=float(np.exp(random.uniform(*np.log(photons_per_cm2)))),
        blur_cm=random.uniform(0.015, 0.08),
        even=random.choice([0.0, random.uniform(0.2, 0.75)]),
        detail=random.choice([0.0, random.uniform(0.2, 1.4)]),
        dark=random.uniform(0.3, 8.0),
        white=random.uniform(94.0, 99.9),
        steep=random.uniform(1.0, 3.0),
    )


def shown(matter: Matter, window: Field, film: Film, random: np.random.Generator) -> Field:
    """Expose matter through a collimator ``window`` (0…1) and show it as 0…1, denser is whiter; (rows, columns) float32."""
    density = exposed(matter, window, film, random)
    return toned(density, window, film, tones_of(density, matter, window, film))


def exposed(matter: Matter, window: Field, film: Film, random: np.random.Generator) -> Field:
    """The densities that matter leaves behind a collimator, evened out as a unit does it; (rows, columns) float32."""
    grid = matter.grid
    water = np.maximum(matter.water, 0)
    opened = np.maximum(window, np.float32(random.uniform(0.001, 0.01)))
    primary = np.exp(-(np.float32(film.water_per_cm) * water + matter.dense)) * opened
    thick = 1 - np.exp(-np.float32(0.12) * water)
    reached = primary + grid.blurred(primary * thick, 3.0) * np.float32(film.scatter) * opened
    quanta = np.float32(film.photons_per_cm2 / grid.per_cm**2)
    reached = reached + np.sqrt(np.maximum(reached, 0) / quanta) * random.standard_normal(reached.shape, dtype=np.float32)
    reached = grid.blurred(reached, film.blur_cm)
    density = -np.log(np.maximum(reached, np.float32(3e-4)))
    even = density - np.float32(film.even) * grid.blurred(density, 3.5) + np.float32(film.detail) * (density - grid.blurred(density, 0.5))
    return as_field(even)


def tones_of(density: Field, matter: Matter, window: Field, film: Film) -> tuple[float, float]:
    """Between which densities a unit shows a picture, by what lies in the body."""
    water = np.maximum(matter.water, 0)
    inside = density[(window > 0.5) & (water > 0.35 * np.percentile(water[::5, ::5], 90))]
    if inside.size < 50:
        inside = density.reshape(-1)
    dark, white = np.percentile(inside[::7], (film.dark, film.white))
    return float(dark), float(white)


def toned(density: Field, window: Field, film: Film, tones: tuple[float, float]) -> Field:
    """Densities as 0…1, shown between those; what the collimator hides is dark."""
    dark, white = tones
    tone = (density - np.float32(dark)) / np.float32(max(white - dark, 0.3)) - np.float32(0.5)
    value = 1 / (1 + np.exp(np.clip(np.float32(-2 * film.steep) * tone, -20, 20)))
    low = 1 / (1 + np.exp(film.steep))
    shown_value = np.clip((value - low) / (1 - 2 * low), 0, 1)
    return as_field(np.where(window > 0.5, shown_value, shown_value * window))


def rectangle(grid: Grid, edges_cm: tuple[float, float, float, float], turn_rad: float = 0.0) -> Field:
    """A collimator open in a rectangle: 0…1, (rows, columns) float32; ``edges_cm`` closed at the top, right, bottom and left."""
    y, x = np.mgrid[0 : grid.rows, 0 : grid.columns].astype(np.float32) / np.float32(grid.per_cm)
    height, width = grid.rows / grid.per_cm, grid.columns / grid.per_cm
    cos, sin = np.cos(turn_rad), np.sin(turn_rad)
    dx, dy = x - width / 2, y - height / 2
    x, y = cos * dx + sin * dy + width / 2, cos * dy - sin * dx + height / 2
    top, right, bottom, left = edges_cm
    window = np.ones((grid.rows, grid.columns), dtype=np.float32)
    for closed, distance in ((top, y - top), (left, x - left), (bottom, height - bottom - y), (right, width - right - x)):
        if closed > 0:
            window = window * np.clip(distance / 0.1 + 0.5, 0, 1)
    return as_field(window)


def drawn_rectangle(grid: Grid, random: np.random.Generator, closed: float, largest: float) -> Field:
    """A rectangle each of whose edges is closed with probability ``closed`` by up to ``largest`` of the side."""
    height, width = grid.rows / grid.per_cm, grid.columns / grid.per_cm
    edges = np.where(random.random(4) < closed, random.uniform(0.0, largest, 4), 0.0) * (height, width, height, width)
    return rectangle(grid, (float(edges[0]), float(edges[1]), float(edges[2]), float(edges[3])), random.normal(0.0, 0.02))


def eight_bit(picture: Field) -> NDArray[np.uint8]:
    """0…1 → uint8."""
    return np.asarray(np.rint(np.clip(picture, 0, 1) * 255), dtype=np.uint8)


def scribble(picture: Field, text: str, at: tuple[float, float], share: float, value: float) -> None:
    """Burn letters of ``share`` of the height into a picture, their lower left corner at ``at`` (shares of width and height)."""
    rows, columns = picture.shape
    ink = np.zeros((rows, columns), dtype=np.uint8)
    scale = share * rows / 22.0
    place = (int(at[0] * columns), int(at[1] * rows))
    cv2.putText(ink, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, max(1, round(scale * 1.6)), cv2.LINE_AA)
    part = ink.astype(np.float32) / np.float32(255)
    picture[:] = picture * (1 - part) + np.float32(value) * part
