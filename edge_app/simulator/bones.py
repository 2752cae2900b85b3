"""Bones: ribs, clavicles, scapulae, humeri and spine as hollow tubes and plates; results are extra attenuation over soft tissue (nat)."""

import numpy as np

from edge_app.simulator.grid import Field, Grid, Points, arc_lengths, curve
from edge_app.simulator.habitus import Habitus
from edge_app.simulator.thorax import cavity_half_depth, cavity_half_width

_CORTEX_PER_CM = 0.38
_SPONGY_PER_CM = 0.075
_RIBS = 12


def build_bones(habitus: Habitus, grid: Grid, rng: np.random.Generator) -> Field:
    """Extra attenuation (nat, before the logarithm's minus sign) of the whole visible skeleton, (rows, columns) float32."""
    total = _ribs(habitus, grid, rng) + _spine(grid, rng)
    for side in (-1, 1):
        total += _clavicle(habitus, grid, side, rng) + _shoulder_blade(habitus, grid, side) + _humerus(habitus, grid, side)
    return np.asarray(total * np.float32(habitus.bone), dtype=np.float32)


def vertebra_y(number: int) -> float:
    """Height (cm) of the middle of thoracic vertebra ``number``; 0 and below are cervical, 13 and above lumbar."""
    step = number - 1
    return -0.4 + 1.9 * step + 0.035 * step * abs(step)


def rib_path(habitus: Habitus, number: int, side: int, jitter: float = 0.0) -> Points:
    """(n, 3) cm along rib ``number`` (1…12) from its vertebra around the chest to its cartilage; ``side`` −1 is the patient's right."""
    end = np.deg2rad([128, 146, 150, 150, 147, 143, 138, 131, 123, 112, 82, 62][number - 1])
    tilt = habitus.rib_tilt * [0.85, 0.9, 0.95, 1.0, 1.03, 1.06, 1.08, 1.1, 1.12, 1.15, 1.2, 1.2][number - 1]
    start_y = vertebra_y(number) + jitter
    angle = np.linspace(0.0, end, 260)
    fall = (1 - np.cos(angle)) * 0.5
    y = start_y + fall * 2 * cavity_half_depth(habitus, np.array([start_y + 6.0]))[0] * tilt + 0.25 * np.sin(2 * angle)
    level = np.maximum(y, 1.2) if number > 1 else np.maximum(y, 2.0)
    width = cavity_half_width(habitus, level) + 0.15
    depth = cavity_half_depth(habitus, level) + 0.3
    sine = np.sin(angle)
    across = np.sign(sine) * np.abs(sine) ** 0.86
    x = side * np.maximum(width * across, 1.9 * (angle < 0.6))
    return np.stack([x, y, -depth * np.cos(angle)], axis=1)


def _tube(grid: Grid, line: Field, half_cm: tuple[float, float], cortex_cm: float) -> Field:
    shell = grid.shell(line, half_cm, cortex_cm)
    inside = grid.tube(line, (half_cm[0] - cortex_cm, half_cm[1] - cortex_cm))
    return np.float32(_CORTEX_PER_CM) * shell + np.float32(_SPONGY_PER_CM) * inside


def _ribs(habitus: Habitus, grid: Grid, rng: np.random.Generator) -> Field:
    back = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    front = back.copy()
    for number in range(1, _RIBS + 1):
        level = rng.normal(0, 0.08)
        for side in (-1, 1):
            path = rib_path(habitus, number, side, level + rng.normal(0, 0.06))
            weight = arc_lengths(path)
            weight *= np.interp(np.arange(len(path)), [0, 14, 225, 259], [0.6, 1.0, 1.0, 0.55])
            bend = np.clip((path[:, 2] + 2.0) / 4.0, 0.0, 1.0)
            back += grid.splat(path, weight * (1 - bend))
            front += grid.splat(path, weight * bend)
    return _tube(grid, back, (0.34, 0.58), 0.085) + _tube(grid, front, (0.32, 0.68), 0.06)


def _clavicle(habitus: Habitus, grid: Grid, side: int, rng: np.random.Generator) -> Field:
    drop = habitus.shoulder_drop_cm + rng.normal(0, 0.15)
    tip = habitus.chest_half_width_cm + 3.2
    knots = np.array(
        [
            [1.9, 4.3, 6.5],
            [3.6, 3.5, 7.0],
            [7.2, 2.2 + 0.25 * drop, 6.0],
            [11.5, 0.9 + 0.6 * drop, 2.5],
            [tip - 2, 0.4 + 0.85 * drop, 0.5],
            [tip, 0.55 + drop, 0.0],
        ]
    )
    path = curve(knots * np.array([side, 1, 1]), 500)
    weight = arc_lengths(path)
    along = np.linspace(0, 1, 500)
    ends = np.clip(np.abs(along - 0.5) * 2 - 0.55, 0, 1) * 2
    return _tube(grid, grid.splat(path, weight * (1 - 0.5 * ends)), (0.5, 0.56), 0.11) + _tube(
        grid, grid.splat(path, weight * ends * 0.5), (0.75, 0.8), 0.06
    )


def _shoulder_blade(habitus: Habitus, grid: Grid, side: int) -> Field:
    out, drop = habitus.scapula_out_cm, habitus.shoulder_drop_cm
    joint = habitus.chest_half_width_cm + 2.9
    mirror = np.array([side, 1.0, 1.0])
    neck = [joint, 3.6 + drop, 0.0]
    blade = (
        np.array(
            [
                [joint - 0.6, 2.0 + drop, 0],
                [joint - 3.5, 1.5 + drop, -4],
                [10.4 + out, 2.4 + drop, -5],
                [10.6 + out, 6.0 + drop, -6],
                [11.6 + out, 11.0 + drop, -6.5],
                [12.9 + out, 14.6 + drop, -6.5],
                [13.7 + out, 13.8 + drop, -6],
                [14.2 + out, 10.0 + drop, -4.5],
                [joint - 0.9, 6.3 + drop, -2],
                [joint, 5.2 + drop, -0.5],
            ]
        )
        * mirror
    )
    outline = curve(np.vstack([blade, blade[:1]]), 300)
    plate = grid.blurred(grid.polygon(outline), 0.06) * np.float32(0.055)
    rim = grid.splat(outline, arc_lengths(outline) * np.interp(np.arange(300), [0, 60, 150, 180, 300], [0.35, 0.3, 0.35, 1.0, 1.0]))
    spine = curve(
        np.array([[10.9 + out, 5.0 + drop, -6], [joint - 3, 2.6 + drop, -4], [joint + 0.4, 0.6 + drop, -2], [joint + 1.9, 0.7 + drop, 0]])
        * mirror,
        260,
    )
    crest = grid.splat(spine, arc_lengths(spine) * np.linspace(0.25, 0.9, 260))
    beak = grid.ellipsoid(side * (joint - 1.7), 2.9 + drop, (1.15, 0.75), 1.4, side * 0.5)
    cup = grid.ellipsoid(side * (neck[0] - 0.1), neck[1] + 0.3, (0.65, 1.75), 2.0, side * 0.15)
    return (
        plate
        + _tube(grid, rim, (0.3, 0.3), 0.1) * np.float32(0.8)
        + _tube(grid, crest, (0.35, 0.4), 0.09)
        + np.float32(0.11) * (beak + cup)
    )


def _humerus(habitus: Habitus, grid: Grid, side: int) -> Field:
    drop, out = habitus.shoulder_drop_cm, habitus.arm_out_cm
    joint = habitus.chest_half_width_cm + 5.1
    head = grid.ellipsoid(side * joint, 3.3 + drop, (2.25, 2.3), 4.2)
    rim = np.maximum(head - grid.ellipsoid(side * joint, 3.3 + drop, (2.13, 2.18), 3.95), 0)
    shaft = curve(
        np.array([[joint + 0.3, 3.8 + drop, 0], [joint + 0.6 + 0.2 * out, 9.0, 0], [joint + 0.8 + 1.0 * out, 30.0, 0]])
        * np.array([side, 1, 1]),
        700,
    )
    fade = np.interp(shaft[:, 1], [3.5 + drop, 6.5 + drop], [0.0, 1.0])
    bone = grid.splat(shaft, arc_lengths(shaft) * fade)
    return np.float32(0.05) * head + np.float32(_CORTEX_PER_CM * 0.7) * rim + _tube(grid, bone, (1.1, 1.1), 0.32)


def _spine(grid: Grid, rng: np.random.Generator) -> Field:
    total = np.zeros((grid.rows, grid.columns), dtype=np.float32)
    shift = -6.5 * grid.rotation
    curve_x = rng.normal(0, 0.25)
    rings = total.copy()
    spongy = np.zeros_like(total)
    for number in range(-4, 16):
        y = vertebra_y(number)
        pitch = vertebra_y(number + 1) - y if number >= 1 else 1.75
        half_x = float(np.clip(1.25 + 0.05 * number, 1.15, 1.95))
        half_y = 0.40 * pitch
        x = shift + curve_x * np.sin((y + 2) / 9.0)
        waist = half_x * 0.9
        body = np.array(
            [
                [-half_x, -half_y],
                [0, -half_y + 0.06],
                [half_x, -half_y],
                [waist, 0],
                [half_x, half_y],
                [0, half_y - 0.06],
                [-half_x, half_y],
                [-waist, 0],
                [-half_x, -half_y],
            ]
        )
        outline = curve(body, 120) + [x, y]
        spongy = np.maximum(spongy, grid.polygon(outline))
        flat = np.column_stack([outline, np.zeros(len(outline))])
        rings += grid.splat(flat, arc_lengths(flat) * 0.55)
        for side in (-1, 1):
            turn = np.linspace(0, 2 * np.pi, 60)
            pedicle = np.column_stack([x + side * half_x * 0.68 + 0.26 * np.cos(turn), y - 0.15 + 0.42 * np.sin(turn), np.zeros(60)])
            rings += grid.splat(pedicle, arc_lengths(pedicle) * 0.6)
            tip = np.array(
                [[x + side * 1.2, y - 0.1, 0], [x + side * 2.0, y - 0.25, 0], [x + side * (2.9 if number > 0 else 2.0), y - 0.45, 0]]
            )
            process = curve(tip, 60)
            rings += grid.splat(process, arc_lengths(process) * 0.7)
        turn = np.linspace(0, 2 * np.pi, 60)
        spinous = np.column_stack([x + 0.2 * np.cos(turn), y + 0.75 + 0.55 * np.sin(turn), np.zeros(60)])
        rings += grid.splat(spinous, arc_lengths(spinous) * 0.8)
    soft = grid.blurred(spongy, 0.05)
    return np.float32(0.2) * soft + np.float32(_CORTEX_PER_CM) * grid.tube(rings, (0.13, 0.13))
