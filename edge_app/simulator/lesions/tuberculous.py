"""Tuberculosis of the lungs: infiltrates, cavities, what spreads from them, miliary seeds, scars, lymph nodes, primary disease.

Where and how often after Woodring et al. 1986 (AJR 146:497): after the first infection the apical and posterior segments of the upper lobes
(nine in ten), cavities in every second and spread through the bronchi in every fifth of them; in primary disease lower and middle zones,
lymph nodes and effusions.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps

import numpy as np

from edge_app.simulator.grid import Field, Grid, Points, arc_lengths, as_field, curve
from edge_app.simulator.lesions.airspace import SOLID, blob, bronchogram, filled
from edge_app.simulator.lesions.ground import Ground, Lung, soft_step
from edge_app.simulator.lesions.lesion import Effect
from edge_app.simulator.thorax import LUNG_DENSITY

_UPPER, _MIDDLE, _LOWER = (0.06, 0.4), (0.38, 0.56), (0.55, 0.88)
"""Parts of a lung's height. Apical and posterior segments; the lower lobe's superior segment; where primary disease prevails."""
_SUPERIOR_SEGMENT = 0.18
"""Share of the infiltrates that lie in the lower lobe's superior segment."""
_AROUND_CM = 1.6
_CHALK = np.float32(2.2)
_SEEN_CM = np.float32(0.25)
"""Water, smoothed, from which a place counts as part of what is seen."""


_Draw = Callable[[float, Lung, Ground, np.random.Generator], Effect]


def _beside_the_spine(draw: _Draw) -> _Draw:
    """The same, drawn on that side of the picture alone, for speed."""

    @wraps(draw)
    def drawn(strength: float, lung: Lung, ground: Ground, rng: np.random.Generator) -> Effect:
        grid, spans = lung.grid, []
        for (first, last), count in ((lung.rows, lung.grid.rows), (lung.columns, lung.grid.columns)):
            around = int(_AROUND_CM * grid.per_cm)
            spans.append(slice(max(0, first - around), min(count, last + around + 1)))
        part = (spans[0], spans[1])
        rows, columns = (own.stop - own.start for own in part)
        smaller = replace(
            grid, rows=rows, columns=columns, apex_row=grid.apex_row - part[0].start, midline_column=grid.midline_column - part[1].start
        )
        own = Ground(smaller, ground.right[part], ground.left[part], ground.heart[part], ground.lung[part])
        effect = draw(strength, Lung(smaller, lung.field[part], lung.sign), own, rng)
        water, vessels, region = np.zeros_like(ground.lung), np.ones_like(ground.lung), np.zeros(ground.lung.shape, dtype=np.bool_)
        water[part], vessels[part], region[part] = effect.water, effect.vessels, effect.region
        return Effect(water, vessels, region)

    return drawn


def _seeds(grid: Grid, at: Points, half_cm: float, peak_cm: float, rng: np.random.Generator) -> Field:
    """(rows, columns) cm of water: ill-defined nodules of about that half width at (n, 2) points in cm, unevenly dense."""
    # Finer than a pixel they keep their water and lose their height.
    sigma = 0.55 * half_cm * grid.per_cm
    drawn = max(sigma, 0.5)
    weights = 2 * np.pi * sigma * sigma * peak_cm * rng.uniform(0.4, 1.3, len(at))
    inner = slice(grid.margin, -grid.margin)
    laid = grid.splat(np.column_stack([at, np.zeros(len(at))]), weights)[inner, inner]
    return grid.blurred(as_field(laid), drawn / grid.per_cm)


def _strands(grid: Grid, ends: list[tuple[Points, Points]], half_cm: float, rng: np.random.Generator) -> Field:
    """(rows, columns) cm of water: slightly bent strands from point to point, which thin out at both ends."""
    paths, lengths = [], []
    for first, last in ends:
        along = np.linspace(0, 1, 4)[:, None]
        bent = rng.normal(0, 0.07 * float(np.linalg.norm(last - first)), (4, 2)) * np.array([[0.3], [1.0], [1.0], [0.3]])
        path = curve(np.column_stack([first + along * (last - first) + bent, np.zeros(4)]), 160)
        paths.append(path)
        lengths.append(arc_lengths(path) * np.sin(np.linspace(0.2, np.pi - 0.2, len(path))) * rng.uniform(0.3, 1.0))
    line = grid.splat(np.concatenate(paths), np.concatenate(lengths))
    half = max(half_cm, 0.5 / grid.per_cm)
    return as_field(grid.tube(line, (half, half)) * np.float32((half_cm / half) ** 2))


def _seen(water: Field, ground: Ground, within: Field) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    smooth = ground.grid.blurred(as_field(np.maximum(water, 0) * within), 0.35)
    return np.asarray((smooth > min(float(_SEEN_CM), 0.35 * float(smooth.max()))) & ground.fields)


def _patch(grid: Grid, x: float, y: float, size: float, ragged: Field, rng: np.random.Generator) -> Field:
    """(rows, columns) 0…1: several overlapping parts around a point, ragged and without an edge."""
    total = np.full((grid.rows, grid.columns), -9, dtype=np.float32)
    for part in range(int(rng.integers(3, 7))):
        near = rng.normal(0, 0.0 if part == 0 else 0.9 * size, 2)
        half = size * (rng.uniform(0.7, 1.0) if part == 0 else rng.uniform(0.25, 0.75))
        dx, dy = grid.x - np.float32(x + near[0]), (grid.y - np.float32(y + near[1])) * np.float32(rng.uniform(0.7, 1.3))
        total = np.maximum(total, np.float32(1) - np.sqrt(dx * dx + dy * dy) / np.float32(half))
    return grid.blurred(as_field(np.clip(np.float32(0.25) + total + np.float32(0.45) * ragged, 0, 1)), rng.uniform(0.1, 0.35))


def _apex_or_superior_segment(lung: Lung, rng: np.random.Generator) -> tuple[float, float]:
    if rng.random() < _SUPERIOR_SEGMENT:
        return lung.somewhere(rng, *_MIDDLE, 0.8, (0.1, 0.6))
    return lung.somewhere(rng, *_UPPER, 0.6, (0.15, 0.9))


def _infiltrated(x: float, y: float, size: float, strength: float, lung: Lung, ground: Ground, rng: np.random.Generator) -> Field:
    """(rows, columns) cm of water: a patchy haze without an edge, with acinar nodules in and around it, and strands towards the hilum."""
    grid = lung.grid
    fine, coarse = grid.texture(rng, 0.42), grid.texture(rng, 1.3)
    patch = _patch(grid, x, y, size, as_field(np.float32(0.3) * fine + np.float32(0.6) * coarse), rng)
    mottled = (
        np.float32(0.65) + np.float32(0.3) * fine + np.float32(0.25) * grid.texture(rng, 0.75) + np.float32(0.3) * grid.texture(rng, 0.22)
    )
    share = patch * np.clip(mottled, 0, 2.2) * np.float32(rng.uniform(0.1, 0.2) + 0.36 * strength)
    number = int(rng.integers(8, 24) + rng.uniform(20, 70) * strength * size / 3)
    around = np.array([x, y]) + rng.normal(0, 1, (number, 2)) * rng.uniform(0.7, 1.4, 2) * size
    half = number // 2
    nodules = _seeds(grid, around[:half], 0.14, 0.8 + 1.0 * strength, rng) + _seeds(grid, around[half:], 0.24, 0.6 + 0.8 * strength, rng)
    hilum = np.array(lung.hilum)
    starts = np.array([x, y]) + rng.normal(0, 0.6 * size, (int(rng.integers(3, 9)), 2))
    ends = [(own, own + rng.uniform(0.35, 0.95) * (hilum + rng.normal(0, 1.0, 2) - own)) for own in starts]
    strands = _strands(grid, ends, rng.uniform(0.06, 0.1), rng) * np.float32(3.0 + 5.0 * strength)
    net = np.clip(1 - np.float32(2.4) * np.abs(coarse), 0, 1) * np.clip(1 + fine, 0, 2) * patch * np.float32(0.3 + 1.0 * strength)
    return _filling((SOLID * ground.lung * share + nodules + strands + net) * lung.half, ground)


def _aerated(ground: Ground) -> Field:
    return as_field(np.clip(ground.lung / np.float32(3.5), 0, 1) * (ground.lung > 0.3))


def _filling(water: Field, ground: Ground) -> Field:
    """(rows, columns) cm of water, held to what the lung has room for."""
    room = np.float32(0.85) * SOLID * np.maximum(ground.lung, np.float32(1.0))
    return as_field(room * (1 - np.exp(-water / room)) * _aerated(ground))


def _hidden(water: Field, ground: Ground) -> Field:
    """(rows, columns) 0…1: what share of the vessels is still seen beside so much water."""
    share = np.clip(water / np.maximum(SOLID * ground.lung, np.float32(1.0)), 0, 1)
    return as_field(1 - np.float32(0.8) * ground.grid.blurred(as_field(share), 0.2))


@_beside_the_spine
def infiltrate(strength: float, lung: Lung, ground: Ground, rng: np.random.Generator) -> Effect:
    """A patchy, ill-defined opacity in the apical or posterior segment of an upper lobe, now and then in the superior one of a lower."""
    x, y = _apex_or_superior_segment(lung, rng)
    size = (0.07 + 0.15 * strength) * lung.height_cm * rng.uniform(0.7, 1.4)
    water = _infiltrated(x, y, size, strength, lung, ground, rng)
    return Effect(water, _hidden(water, ground), _seen(water, ground, lung.half))


@_beside_the_spine
def cavity(strength: float, lung: Lung, ground: Ground, rng: np.random.Generator) -> Effect:
    """One to three hollows with an uneven wall of 2 to 12 mm in an infiltrate; in some there is fluid at a level."""
    grid = lung.grid
    x, y = _apex_or_superior_segment(lung, rng)
    size = (0.06 + 0.1 * strength) * lung.height_cm
    water = _infiltrated(x, y, size, 0.2 + 0.5 * strength, lung, ground, rng)
    seen = np.zeros((grid.rows, grid.columns), dtype=np.bool_)
    for number in range(1 + int(rng.random() < 0.3 * strength) + int(rng.random() < 0.2 * strength)):
        half = (0.75 + 1.6 * strength) * rng.uniform(0.75, 1.2) * (1.0 if number == 0 else 0.6)
        cx, cy = (x, y) if number == 0 else (x + rng.normal(0, 1.5 * size), y + rng.normal(0, 1.2 * size))
        wall = float(np.clip(rng.uniform(0.14, 0.5) * half, 0.2, 1.2))
        dx, dy = grid.x - np.float32(cx), (grid.y - np.float32(cy)) * np.float32(rng.uniform(0.8, 1.25))
        rough, uneven = grid.texture(rng, 0.9), np.float32(0.16) * grid.texture(rng, 1.5)
        reach = as_field(np.sqrt(dx * dx + dy * dy) * (1 - uneven))
        thick = np.float32(wall) * np.clip(1 + np.float32(0.4) * rough, 0.35, 1.9)
        outer = 2 * np.sqrt(np.maximum(np.float32(half**2) - reach * reach, 0))
        inner = 2 * np.sqrt(np.maximum(np.maximum(np.float32(half) - thick, 0) ** 2 - reach * reach, 0))
        # Air where the infiltrate was, and where lung was.
        left = 1 - np.float32(0.8) * np.sqrt(inner / np.float32(2 * half))
        walls = np.float32(0.8 + 0.7 * strength) * (outer - inner)
        water = water * left + walls - np.float32(LUNG_DENSITY) * inner
        if rng.random() < 0.15:
            level = soft_step(as_field(grid.y - np.float32(cy + rng.uniform(0.1, 0.55) * half)), 0.04)
            water = water + level * inner * np.float32(0.9)
        seen |= outer > 0
    water = as_field(grid.blurred(as_field(water), 0.05) * lung.half * _aerated(ground))
    return Effect(water, _hidden(water, ground), _seen(water, ground, lung.half) | (seen & lung.field))


@_beside_the_spine
def spread(strength: float, lung: Lung, ground: Ground, rng: np.random.Generator) -> Effect:
    """Clusters of ill-defined nodules of 5 to 10 mm where bronchi have carried it: in the middle and lower zones."""
    grid = lung.grid
    nodules = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    for _ in range(int(rng.integers(1, 4 + round(3 * strength)))):
        x, y = lung.somewhere(rng, 0.32, 0.9, 0.8, (0.15, 0.85))
        wide = rng.uniform(0.9, 1.6 + 1.6 * strength)
        for half in (0.16, 0.28, 0.42):
            number = int(rng.integers(3, 7 + round(14 * strength)))
            at = np.array([x, y]) + rng.normal(0, wide, (number, 2))
            nodules += _seeds(grid, at, half, (1.3 + 2.0 * strength) * (1.2 - 0.6 * half), rng)
        haze = blob(grid, x, y, wide, 2, rng) * np.clip(0.6 + 0.5 * grid.texture(rng, 0.6), 0, 2)
        nodules += grid.blurred(haze, 0.3) * np.float32(0.7 + 1.8 * strength)
    water = _filling(as_field(nodules * lung.half), ground)
    return Effect(water, _hidden(water, ground), _seen(water, ground, lung.half))


def miliary(strength: float, ground: Ground, rng: np.random.Generator) -> Effect:
    """Seeds of 1 to 3 mm, evenly in both lungs and all zones."""
    grid = ground.grid
    rows, columns = np.flatnonzero(ground.fields.any(1)), np.flatnonzero(ground.fields.any(0))
    low = np.array([grid.x[0, columns[0]], grid.y[rows[0], 0]])
    high = np.array([grid.x[0, columns[-1]], grid.y[rows[-1], 0]])
    area = float(np.prod(high - low))
    seeds = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    coarse = rng.uniform(0.8, 1.25)
    for half, dense in ((0.06, 5.0), (0.09, 3.5), (0.12, 0.8)):
        at = rng.uniform(low, high, (int(area * dense * rng.uniform(0.6, 1.2)), 2))
        seeds += _seeds(grid, at, half * coarse, (0.5 + 1.2 * strength) * (0.6 + 3 * half), rng)
    share = np.clip(ground.lung / np.float32(9.0), 0, 1.3) * np.clip(1 + 0.12 * grid.texture(rng, 3.0), 0.6, 1.4)
    haze = np.float32(0.02 + 0.05 * strength) * SOLID * ground.lung
    inside = grid.blurred(as_field(ground.fields), 0.15)
    water = as_field((seeds * share + haze) * inside)
    return Effect(water, 1 - np.float32(0.3 * strength) * inside, ground.fields.copy())


@_beside_the_spine
def scar(strength: float, lung: Lung, ground: Ground, rng: np.random.Generator) -> Effect:
    """A shrunken, stranded upper zone with chalk in it and a cap over the apex; ``shapes`` draws hilum, mediastinum and diaphragm to it."""
    grid = lung.grid
    x, y = lung.somewhere(rng, 0.08, 0.26, 0.6, (0.25, 0.75))
    hilum = np.array(lung.hilum)
    apex = [np.array(lung.somewhere(rng, 0.01, 0.3, 0.2)) for _ in range(int(rng.integers(5, 9 + round(8 * strength))))]
    fan = [(own, hilum + rng.normal(0, 0.7, 2) + np.array([0.8 * lung.sign, -0.8])) for own in apex]
    across = [(np.array([x, y]) + rng.normal(0, 1.6, 2), np.array([x, y]) + rng.normal(0, 1.6, 2)) for _ in range(int(rng.integers(3, 9)))]
    strands = _strands(grid, [*fan, *across], rng.uniform(0.07, 0.12), rng) * np.float32(6.0 + 10.0 * strength)
    fine, coarse = grid.texture(rng, 0.45), grid.texture(rng, 1.5)
    upper = soft_step(
        as_field((np.float32(0.2 + 0.14 * strength) - lung.down) * np.float32(lung.height_cm) + np.float32(1.2) * coarse), 0.9
    )
    patchy = upper * np.clip(np.float32(0.5) + np.float32(0.4) * coarse + np.float32(0.3) * fine, 0, 1.8)
    meshes = np.clip(1 - np.float32(2.2) * np.abs(fine), -0.2, 1) + np.float32(0.8) * np.clip(1 - np.float32(3.0) * np.abs(coarse), 0, 1)
    net = meshes * patchy * np.float32(1.0 + 2.0 * strength)
    shrunk = np.float32(0.1 + 0.4 * strength) * patchy * SOLID * ground.lung
    thick = np.float32((0.15 + 0.9 * strength) * rng.uniform(0.2, 1.0)) * np.clip(1 + np.float32(0.35) * coarse, 0.2, 2.0)
    cap = soft_step(as_field(thick - lung.depth), 0.08) * soft_step(as_field((np.float32(0.14) - lung.down) * np.float32(40.0)), 1.0)
    chalk = np.zeros_like(net)
    for _ in range(int(rng.integers(0, 4 + round(6 * strength)))):
        cx, cy = lung.somewhere(rng, 0.03, 0.42, 0.3)
        half = float(np.exp(rng.uniform(np.log(0.06), np.log(0.26))))
        chalk += grid.ellipsoid(cx, cy, (half, half * rng.uniform(0.6, 1.0)), 2 * half, rng.uniform(-1, 1))
    chalk = grid.blurred(as_field(chalk * np.clip(1 + np.float32(0.35) * fine, 0.3, 1.7)), 0.03) * _CHALK
    water = strands + net + shrunk + np.float32(0.9) * SOLID * np.minimum(ground.lung, 5) * cap * lung.field
    water = as_field((_filling(as_field(water), ground) + chalk * (ground.lung > 0.3)) * lung.half)
    return Effect(water, _hidden(water, ground), _seen(water, ground, lung.half))


@_beside_the_spine
def nodes(strength: float, lung: Lung, ground: Ground, rng: np.random.Generator) -> Effect:
    """Swollen lymph nodes at a hilum, beside the trachea or both: lobed, with a smooth outer edge."""
    grid = lung.grid
    x, y = lung.hilum
    total = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    where = rng.random()
    if where < 0.75:
        for _ in range(int(rng.integers(2, 5))):
            half = (0.55 + 1.0 * strength) * rng.uniform(0.7, 1.2)
            cx, cy = x + lung.sign * (0.2 + 0.7 * half + rng.uniform(0, 0.7)), y + rng.normal(0, 1.1)
            total = np.maximum(total, grid.ellipsoid(cx, cy, (half, half * rng.uniform(0.8, 1.3)), 2.2 * half, rng.uniform(-0.6, 0.6)))
    if where > 0.5:
        row = int(lung.rows[0] + rng.uniform(0.17, 0.3) * (lung.rows[1] - lung.rows[0]))
        edge = float(grid.x[row, 0]) - lung.sign * float(lung.outward[row, 0])
        for number in range(int(rng.integers(1, 4))):
            half = (0.5 + 1.1 * strength) * rng.uniform(0.7, 1.1)
            tall = half * rng.uniform(1.2, 1.9)
            cx, cy = edge + lung.sign * rng.uniform(-0.3, 0.35) * half, float(grid.y[row, 0]) + 1.3 * number
            total = np.maximum(total, grid.ellipsoid(cx, cy, (half, tall), 2.2 * half))
    # Where the mediastinum lies over them, they show through it a little.
    water = grid.blurred(total, 0.06) * (np.float32(0.3) + np.float32(0.9) * np.clip(ground.lung / np.float32(4.0), 0, 1))
    return Effect(as_field(water), 1 - np.float32(0.5) * as_field(total > 0.2), np.asarray((total > 0.2) & (lung.outward > -0.8)))


@_beside_the_spine
def primary(strength: float, lung: Lung, ground: Ground, rng: np.random.Generator) -> Effect:
    """A consolidation of a middle or lower zone, evenly dense, ill-defined where no fissure bounds it."""
    grid = lung.grid
    x, y = lung.somewhere(rng, *_LOWER, 1.0)
    patch = blob(grid, x, y, (0.1 + 0.17 * strength) * lung.height_cm, 4, rng)
    patchy = np.clip(1 + 0.12 * grid.texture(rng, 0.45) + 0.15 * grid.texture(rng, 1.2), 0.2, 1.4)
    fraction = np.clip(grid.blurred(patch, rng.uniform(0.1, 0.4)) * patchy * np.float32(0.2 + 0.5 * strength), 0, 0.9)
    return filled(as_field(fraction), ground, lung, bronchogram(lung, rng) if strength > 0.4 else None)
