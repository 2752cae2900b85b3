"""Opacities over both lungs of a real chest, graded by construction: how far they reach and how dense they are is known, not read.

Grades follow the published scales: geographic extent and opacity by Wong et al. 2020, Brixia's zones by Borghesi and Maroldi 2020.
"""

import itertools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]

ROWS = 3
DENSE = 0.5
"""Of the way from lung to soft tissue: from here up an opacity hides the vessels, as a consolidation does."""
JUST_SEEN = 0.12
"""Share of a zone from which most readers call it affected."""


@dataclass(frozen=True, eq=False)
class Opacified:
    """A chest with opacities drawn on it.

    Attributes:
        picture: (side, side) in 0…1.
        zones: (6,) 0…1, a third of Brixia's points of zones A to F: right lung downwards, then left lung.
        extent, opacity: 0…1, geographic extent and opacity of both lungs as shares of 8 and 6.
    """

    picture: Grey
    zones: Grey
    extent: float
    opacity: float


@dataclass(frozen=True)
class _Disease:
    """What one patient's opacities look like, on both sides alike."""

    basal: float
    peripheral: float
    patchy: float
    softness: float
    density: tuple[float, float]
    reticular: float


def _disease(random: np.random.Generator) -> _Disease:
    low = random.uniform(0.1, 0.6)
    return _Disease(
        basal=random.uniform(-0.5, 1.2),
        peripheral=random.uniform(-0.8, 1.0),
        patchy=random.uniform(0.5, 1.5),
        softness=float(np.exp(random.uniform(np.log(0.5), np.log(2.5)))),
        density=(low, random.uniform(low, 1.0)),
        reticular=random.uniform(0.0, 0.06) if random.random() < 0.6 else 0.0,
    )


def _noise(side: int, knots: int, random: np.random.Generator, octaves: int = 1) -> Grey:
    """(side, side) smooth, mean about 0, spread about 1; each further octave is twice as fine and little more than half as strong."""
    field = np.zeros((side, side), dtype=np.float32)
    for octave in range(octaves):
        grid = random.normal(0.0, 1.0, (min(side, knots << octave),) * 2).astype(np.float32)
        field += np.float32(0.6**octave) * cv2.resize(grid, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.asarray(field / max(float(field.std()), 1e-6), dtype=np.float32)


def _where(lung: NDArray[np.bool_], reach: float, disease: _Disease, random: np.random.Generator) -> Grey:
    """(side, side) 0…1: how much each pixel of a lung is affected, ``reach`` of it on the whole."""
    side = lung.shape[0]
    rows = np.flatnonzero(lung.any(1))
    depth = np.clip((np.arange(side, dtype=np.float32) - rows[0]) / max(rows[-1] - rows[0], 1), 0.0, 1.0)[:, None] - np.float32(0.5)
    inward = cv2.distanceTransform(lung.astype(np.uint8), cv2.DIST_L2, 3)
    inward = inward / max(float(inward.max()), 1.0) - np.float32(0.4)
    clouds = _noise(side, int(random.integers(3, 8)), random, octaves=5)
    field = np.float32(2.0 * disease.basal) * depth - np.float32(2.0 * disease.peripheral) * inward + np.float32(disease.patchy) * clouds
    threshold = float(np.quantile(field[lung], 1.0 - reach))
    soft = np.clip((field - np.float32(threshold)) / np.float32(disease.softness * max(float(field[lung].std()), 1e-6)) + 0.5, 0.0, 1.0)
    return np.asarray(soft * lung, dtype=np.float32)


def _strands(side: int, random: np.random.Generator) -> Grey:
    """(side, side) about −1…1: thin crossing lines, as of thickened septa."""
    grain = random.normal(0.0, 1.0, (side, side)).astype(np.float32)
    width = random.uniform(0.004, 0.01) * side
    fine = cv2.GaussianBlur(grain, (0, 0), width) - cv2.GaussianBlur(grain, (0, 0), 3.0 * width)
    lines = np.clip(1.0 - 1.5 * np.abs(fine) / max(float(fine.std()), 1e-6), -1.0, 1.0)
    # Thicker here, fainter there.
    return np.asarray(lines * np.clip(0.6 + 0.4 * _noise(side, 8, random, octaves=3), 0.0, 1.5), dtype=np.float32)


def _points(affected: Grey, dense: Grey, zone: NDArray[np.bool_]) -> float:
    """A third of Brixia's points of a zone: 1 for strands and ground glass, 3 where consolidation prevails, 2 between."""
    reach = float(affected[zone].mean())
    prevailing = float((affected * dense)[zone].mean()) / max(reach, 1e-6)
    seen = 1.0 - np.exp(-reach / JUST_SEEN)
    return float(seen * (1.0 + 2.0 * prevailing) / 3.0)


def opacified(picture: Grey, lungs: NDArray[np.bool_], random: np.random.Generator) -> Opacified:
    """Draw opacities over the lungs (2, side, side), the patient's right and left, of a (side, side) clear chest in 0…1.

    Raises:
        ValueError: a lung is empty.
    """
    if not lungs.any((1, 2)).all():
        raise ValueError("a lung is empty")
    side = picture.shape[0]
    disease = _disease(random)
    # Both lungs are often ill alike, now and then one alone.
    common = random.beta(0.8, 1.0)
    reach = [float(np.clip(common + random.normal(0.0, 0.2), 0.0, 1.0)) for _ in lungs]
    if random.random() < 0.2:
        reach[int(random.integers(2))] = 0.0
    density = np.clip(_noise(side, 5, random, octaves=5) * np.float32(0.3) + np.float32(0.5), 0.0, 1.0)
    density = np.float32(disease.density[0]) + density * np.float32(disease.density[1] - disease.density[0])
    dense = np.clip((density - np.float32(DENSE)) / np.float32(0.2) + np.float32(0.5), 0.0, 1.0)
    affected = np.zeros_like(picture)
    zones, extents, opacities = [], [], []
    for lung, wanted in zip(lungs, reach, strict=True):
        own = _where(lung, wanted, disease, random) if wanted > 0.02 else np.zeros_like(picture)
        rows = np.flatnonzero(lung.any(1))
        edges = np.linspace(rows[0], rows[-1] + 1, ROWS + 1).astype(int)
        for top, bottom in itertools.pairwise(edges):
            zone = np.zeros_like(lung)
            zone[top:bottom] = lung[top:bottom]
            zones.append(_points(own, dense, zone))
        covered = float(own[lung].mean())
        there = min(1.0, covered / 0.05)
        extents.append(min(1.0, covered + 0.1 * there * (1.0 - covered)))
        mean_density = float((own * density)[lung].sum()) / max(float(own[lung].sum()), 1e-6)
        opacities.append(there * float(np.interp(mean_density, (0.0, 0.3, 0.65, 0.95), (0.0, 1 / 3, 2 / 3, 1.0))))
        affected = np.maximum(affected, own)
    affected = cv2.GaussianBlur(affected, (0, 0), max(0.7, 0.006 * side))
    white = np.float32(np.quantile(picture, random.uniform(0.65, 0.9)))
    share = affected * density
    drawn = picture + share * np.maximum(white - picture, 0.0)
    drawn = drawn + affected * (np.float32(1.0) - density) * np.float32(disease.reticular) * _strands(side, random)
    return Opacified(
        np.clip(drawn, 0.0, 1.0).astype(np.float32), np.array(zones, dtype=np.float32), float(np.mean(extents)), float(np.mean(opacities))
    )
