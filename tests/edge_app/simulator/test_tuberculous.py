"""Tuberculosis laid into simulated chests, of which the same patient without it is known."""

from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.simulator.chest import SimulatedChest, simulated_chest
from edge_app.simulator.grid import Grid
from edge_app.simulator.lesions.ground import Ground
from edge_app.simulator.lesions.laying import lay
from edge_app.simulator.lesions.lesion import Lesion, LookAlikeKind, Side, TuberculousKind
from edge_app.simulator.lesions.tuberculous import _apex_or_superior_segment, cavity

SIZE = 256
ON_ONE_SIDE = (
    TuberculousKind.INFILTRATE,
    TuberculousKind.CAVITY,
    TuberculousKind.SPREAD,
    TuberculousKind.NODES,
    TuberculousKind.PRIMARY,
)
FINE_CM = 0.3


@cache
def chest(seed: int, *lesions: Lesion) -> SimulatedChest:
    return simulated_chest(seed, SIZE, SIZE, lesions)


def change(seed: int, *lesions: Lesion) -> NDArray[np.float64]:
    sick, well = chest(seed, *lesions), chest(seed)
    return (sick.pixels.astype(np.float64) - well.pixels) / (2**well.bits - 1)


def part(mask: NDArray[np.bool_], first: float, last: float) -> NDArray[np.bool_]:
    """Of a lung field, what lies between two parts of its height."""
    rows = np.flatnonzero(mask.any(1))
    own = np.zeros_like(mask)
    span = slice(*(int(rows[0] + share * np.ptp(rows)) for share in (first, last)))
    own[span] = mask[span]
    return own


def ground_of(seed: int) -> Ground:
    well = chest(seed)
    right, left, heart = (well.masks[name] for name in ("right_lung", "left_lung", "heart"))
    grid = Grid(SIZE, SIZE, 10.0 / well.spacing_mm, float(np.flatnonzero((right | left).any(1))[0]), SIZE / 2, 0.0, 0.0)
    return Ground(grid, right, left, heart, (right | left).astype(np.float32) * np.float32(12.0))


@pytest.mark.parametrize("kind", TuberculousKind)
def test_every_kind_is_tuberculosis_and_changes_more_the_stronger_it_is(kind: TuberculousKind) -> None:
    assert kind.finding == "Tuberculosis"
    faint, gross = (np.abs(change(5, Lesion(kind, "left", own))).mean() for own in (0.1, 1.0))
    assert 0.0001 < faint < gross


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("kind", ON_ONE_SIDE)
def test_it_whitens_its_own_side_in_its_box_and_nothing_else(kind: TuberculousKind, side: Side) -> None:
    lesion = Lesion(kind, side, 0.8)
    own, other = (chest(21).masks[f"{name}_lung"] for name in (side, "left" if side == "right" else "right"))
    changed, box = change(21, lesion), chest(21, lesion).boxes[lesion]
    window = np.zeros_like(own)
    window[int(box.y) : int(box.y + box.height), int(box.x) : int(box.x + box.width)] = True
    assert changed[own & window].max() > 0.08
    assert changed[own & window].mean() > 1.5 * np.abs(changed[other]).mean()
    assert changed[own & window].mean() > changed[own & ~window].mean()


def test_an_infiltrate_lies_high_and_what_is_primary_low() -> None:
    ground = ground_of(14)
    lung = ground.lungs["right"]

    def middles(kind: TuberculousKind) -> list[float]:
        shares = []
        for seed in range(12):
            box = lay(Lesion(kind, "right", 0.6), ground, np.random.default_rng(seed)).box
            assert box is not None
            shares.append((box.y + box.height / 2 - lung.rows[0]) / np.ptp(lung.rows))
        return shares

    high, low = middles(TuberculousKind.INFILTRATE), middles(TuberculousKind.PRIMARY)
    assert np.median(high) < 0.4
    assert max(high) < 0.75
    assert np.median(low) > 0.6


def test_a_cavity_is_darker_in_its_middle_than_its_wall_is() -> None:
    ground = ground_of(14)
    grid, lung = ground.grid, ground.lungs["right"]
    for seed in range(6):
        x, y = _apex_or_superior_segment(lung, np.random.default_rng(seed))
        water = cavity(0.7, lung, ground, np.random.default_rng(seed)).water
        far = np.hypot(grid.x - x, grid.y - y)
        rings = [float(water[(far >= start) & (far < start + 0.3)].mean()) for start in np.arange(0, 2.7, 0.3)]
        assert rings[0] < 0.9 * max(rings[2:])


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_scar_draws_mediastinum_hilum_and_diaphragm_to_its_side(side: Side) -> None:
    sign = 1 if side == "left" else -1
    scarred, well = chest(11, Lesion(TuberculousKind.SCAR, side, 1.0)), chest(11)
    own, other = (f"{name}_lung" for name in (side, "left" if side == "right" else "right"))
    assert scarred.masks[own].sum() < well.masks[own].sum()
    assert scarred.masks[other].sum() > well.masks[other].sum()
    middle = [np.argwhere(picture.masks["heart"])[:, 1].mean() for picture in (scarred, well)]
    assert sign * (middle[0] - middle[1]) > 0.2


def test_miliary_seeds_lie_in_all_zones_of_both_lungs() -> None:
    changed, per_cm = change(33, Lesion(TuberculousKind.MILIARY, strength=0.8)), 10.0 / chest(33).spacing_mm
    grain = changed - cv2.GaussianBlur(changed, (0, 0), FINE_CM * per_cm)
    strengths = []
    for name in ("left_lung", "right_lung"):
        inside = cv2.erode(chest(33).masks[name].astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
        strengths += [float(grain[part(inside, first, first + 1 / 3)].std()) for first in (0.0, 1 / 3, 2 / 3)]
    assert min(strengths) > 0.008
    assert max(strengths) < 3 * min(strengths)


def test_what_looks_alike_lies_elsewhere_or_is_chalk() -> None:
    mass = Lesion(LookAlikeKind.BASAL_MASS, "left", 0.6)
    box, rows = chest(9, mass).boxes[mass], np.flatnonzero(chest(9).masks["left_lung"].any(1))
    assert box.y + box.height / 2 > rows[0] + 0.5 * np.ptp(rows)
    knobs = change(9, Lesion(LookAlikeKind.RIB_CARTILAGE, strength=0.8))
    for name in ("left_lung", "right_lung"):
        upper, lower = (part(chest(9).masks[name], *span) for span in ((0.0, 0.4), (0.6, 1.0)))
        assert knobs[upper].max() > 0.03
        assert np.abs(knobs[lower]).max() < 0.02
    callus = change(9, Lesion(LookAlikeKind.OLD_FRACTURE, "right", 0.8))
    assert callus[:, : SIZE // 2].max() > 0.05 > np.abs(callus[:, SIZE // 2 + SIZE // 8 :]).max()
