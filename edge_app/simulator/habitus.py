"""Whom and how: one simulated patient and one exposure, drawn from a seed.

Lengths in cm: x to the patient's left of the midline, y down from the lung apices, z to the front.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Dome:
    """One hemidiaphragm: where its top lies and how fast it falls to the side, to the midline, to the back and to the front (1/cm)."""

    x_cm: float
    top_cm: float
    lateral: float
    medial: float
    back: float
    front: float


@dataclass(frozen=True)
class Habitus:
    """The build of one patient."""

    sex: Literal["F", "M"]
    age_years: int
    chest_half_width_cm: float
    chest_half_depth_cm: float
    wall_cm: float
    rib_tilt: float
    right_dome: Dome
    left_dome: Dome
    heart: float
    heart_axis_rad: float
    unfolded_aorta: float
    mediastinum_half_width_cm: float
    breast: float
    bone: float
    vessels: float
    shoulder_drop_cm: float
    arm_out_cm: float
    scapula_out_cm: float
    stomach_bubble: float


@dataclass(frozen=True)
class Exposure:
    """Beam, pose and detector of one exposure."""

    view: Literal["AP", "PA"]
    field_cm: float
    apex_below_top_cm: float
    shift_cm: float
    tilt_rad: float
    rotation: float
    water_per_cm: float
    scatter: float
    photons_per_cm2: float
    blur_cm: float
    latitude: float
    brightness: float
    collimation_cm: tuple[float, float, float, float]
    border_white: bool
    marker: Literal["L", "R"]


def draw_habitus(rng: np.random.Generator) -> Habitus:
    """A patient, adult, of any common build."""
    female = bool(rng.random() < 0.48)
    build = rng.normal(0.0, 1.0)
    age = int(rng.integers(19, 88))
    inspiration = rng.normal(0.0, 0.9)
    half_width = float(np.clip(13.3 + 0.45 * rng.normal() + 0.3 * build - (0.9 if female else 0.0), 11.6, 14.8))
    right_top = 20.2 + inspiration - (0.7 if female else 0.0) - 0.35 * build
    left_top = right_top + rng.uniform(0.5, 1.9)
    return Habitus(
        sex="F" if female else "M",
        age_years=age,
        chest_half_width_cm=half_width,
        chest_half_depth_cm=7.2 + 0.35 * rng.normal() + 0.3 * build - (0.5 if female else 0.0),
        wall_cm=float(np.clip(2.1 + 0.55 * build, 1.2, 4.0)),
        rib_tilt=float(np.clip(0.66 + 0.07 * rng.normal() - 0.03 * inspiration, 0.5, 0.85)),
        right_dome=Dome(
            -rng.uniform(5.8, 7.0), right_top, rng.uniform(0.09, 0.125), rng.uniform(0.05, 0.09), rng.uniform(0.08, 0.11), 0.035
        ),
        left_dome=Dome(rng.uniform(6.6, 7.8), left_top, rng.uniform(0.09, 0.13), rng.uniform(0.03, 0.06), rng.uniform(0.08, 0.11), 0.035),
        heart=float(np.clip((0.93 if female else 0.985) + 0.04 * rng.normal() + 0.015 * build, 0.84, 1.06)),
        heart_axis_rad=float(np.clip(0.95 - 0.07 * build + 0.04 * inspiration + 0.05 * rng.normal(), 0.72, 1.12)),
        unfolded_aorta=float(np.clip((age - 40) / 45 + 0.2 * rng.normal(), 0.0, 1.0)),
        mediastinum_half_width_cm=float(np.clip(2.45 + 0.15 * build + 0.1 * rng.normal(), 2.1, 3.0)),
        breast=float(np.clip(rng.normal(0.85 + 0.25 * build, 0.3), 0.25, 1.9)) if female else 0.0,
        bone=float(np.clip(0.92 - 0.3 * max(age - 55, 0) / 30 + 0.1 * rng.normal(), 0.6, 1.1)),
        vessels=float(np.clip(1.0 + 0.12 * rng.normal(), 0.75, 1.3)),
        shoulder_drop_cm=rng.uniform(-0.6, 1.4),
        arm_out_cm=rng.uniform(2.0, 7.5),
        scapula_out_cm=rng.uniform(-0.6, 1.4),
        stomach_bubble=float(np.clip(rng.normal(0.6, 0.45), 0.0, 1.3)),
    )


def draw_exposure(rng: np.random.Generator) -> Exposure:
    """An exposure: upright PA, or AP with a mobile unit (shorter distance, softer beam, less careful)."""
    mobile = bool(rng.random() < 0.35)
    rough = 1.7 if mobile else 1.0
    edges = np.where(rng.random(4) < (0.35 if mobile else 0.22), rng.uniform(0.3, 1.6, 4), 0.0)
    return Exposure(
        view="AP" if mobile else "PA",
        field_cm=rng.uniform(34.0, 39.5),
        apex_below_top_cm=rng.uniform(3.0, 5.6),
        shift_cm=rough * 0.5 * rng.normal(),
        tilt_rad=rough * 0.012 * rng.normal(),
        rotation=rough * 0.022 * rng.normal(),
        water_per_cm=rng.uniform(0.178, 0.2),
        scatter=rng.uniform(0.4, 0.65) * (1.5 if mobile else 1.0),
        photons_per_cm2=float(np.exp(rng.uniform(np.log(3.0e7), np.log(2.0e8)))) * (0.6 if mobile else 1.0),
        blur_cm=rng.uniform(0.014, 0.026),
        latitude=rng.uniform(0.8, 1.25),
        brightness=rng.uniform(-0.15, 0.15),
        collimation_cm=(float(edges[0]), float(edges[1]), float(edges[2]), float(edges[3])),
        border_white=bool(rng.random() < 0.4),
        marker="L" if rng.random() < 0.6 else "R",
    )


def in_pose(habitus: Habitus, exposure: Exposure) -> Habitus:
    """The patient as the exposure meets him: from the front the heart is magnified, and breath and shoulders are lazier."""
    if exposure.view == "PA":
        return habitus
    return replace(
        habitus,
        heart=habitus.heart * 1.04,
        right_dome=replace(habitus.right_dome, top_cm=habitus.right_dome.top_cm - 1.0),
        left_dome=replace(habitus.left_dome, top_cm=habitus.left_dome.top_cm - 1.0),
        scapula_out_cm=habitus.scapula_out_cm - 1.2,
    )
