"""From the outlines that a set has to targets for each structure, unknown where the set does not say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.canvas import letterbox
from edge_app.reading.nose import STRUCTURES as NOSE_STRUCTURES
from edge_app.reading.spine import STRUCTURES as SPINE_STRUCTURES
from edge_app.reading.swallow import OUTLINED as SWALLOW_STRUCTURES
from export.datasets.kept import kept_array
from export.datasets.labelled import LUNG_FIELDS, WHOLE_LUNGS, Labelled

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

STRUCTURES = ("right_lung", "left_lung", "heart", "airways", "right_lung_whole", "left_lung_whole")
"""Right and left are the patient's: the right lung lies on the left of the picture. ``heart`` is drawn with the mediastinum."""
MIRRORED = (1, 0, 2, 3, 5, 4)
"""The same structures as they are called on a picture in a mirror."""
UNKNOWN = 255
_LUNGS = tuple(index for index, name in enumerate(STRUCTURES) if "lung" in name)
SURELY_LATERAL = 0.4
"""Of a whole lung's width in each row, the outer share that no mediastinum reaches, so that it is lung field."""
MAP_STEP = 2
"""Pixels of the canvas per pixel of the map, each way."""
EDGE = 0.012
"""Of the canvas: how far two experts' edges lie apart, left unknown where one meaning of lung is made from the other."""


class OneLungOutlineError(Exception):
    """A mask of both lungs cannot be told into right and left."""


def mask_on_canvas(file: Path, side: int) -> Mask:
    """(side, side) of a mask file, letterboxed as its picture is."""
    pixels = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise FileNotFoundError(file)
    return np.asarray(letterbox((pixels > 127).astype(np.float32), side, side) >= 0.5)


def right_and_left(lungs: Mask) -> tuple[Mask, Mask]:
    """A mask of both lungs → the patient's right lung (on the left of the picture) and left lung, by their connected parts.

    Raises:
        OneLungOutlineError: a part spans both sides, so that it is not known where one lung ends.
    """
    count, parts, stats, centres = cv2.connectedComponentsWithStats(lungs.astype(np.uint8), connectivity=8)
    columns = np.flatnonzero(lungs.any(0))
    if not columns.size:
        return np.zeros_like(lungs), np.zeros_like(lungs)
    first, width = int(columns[0]), int(columns[-1] - columns[0] + 1)
    right, left = np.zeros_like(lungs), np.zeros_like(lungs)
    for part in range(1, count):
        if stats[part, cv2.CC_STAT_WIDTH] > 0.75 * width:
            raise OneLungOutlineError
        (right if centres[part, 0] < first + width / 2 else left)[np.asarray(parts == part)] = True
    return right, left


def _grown(mask: Mask, by: int) -> Mask:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(by) + 1,) * 2)
    change = cv2.dilate if by > 0 else cv2.erode
    return np.asarray(change(mask.astype(np.uint8), kernel) > 0) if by else mask


def _lateral(lung: Mask, *, right: bool, share: float) -> Mask:
    """The outer ``share`` of a lung in every row; the right lung's outer side is the left of the picture."""
    out = np.zeros_like(lung)
    for row in np.flatnonzero(lung.any(1)):
        columns = np.flatnonzero(lung[row])
        width = max(1, round((columns[-1] - columns[0] + 1) * share))
        inner = slice(columns[0], columns[0] + width) if right else slice(columns[-1] - width + 1, columns[-1] + 1)
        out[row, inner] = lung[row, inner]
    return out


def _fields_known(targets: Bytes, right: Mask, left: Mask) -> None:
    side = right.shape[0]
    targets[0], targets[1] = right, left
    hull = np.zeros(right.shape, dtype=np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.argwhere(right | left)[:, ::-1].astype(np.int32)), 1)
    outside = ~_grown(hull > 0, max(1, round(0.03 * side)))
    below = np.arange(side)[:, None] > np.flatnonzero((right | left).any(1))[-1]
    for own, other, channel, is_right in ((right, left, 4, True), (left, right, 5, False)):
        # A whole lung holds its field, and lies neither in the other field nor far to the outside of both.
        targets[channel][own] = 1
        targets[channel][other | (outside & ~below)] = 0
        for neighbour in (2, 3):
            targets[neighbour][_lateral(own, right=is_right, share=SURELY_LATERAL)] = 0
    targets[3][outside & below] = 0


def _whole_known(targets: Bytes, right: Mask, left: Mask, heart: Mask | None) -> None:
    edge = max(1, round(EDGE * right.shape[0]))
    targets[4], targets[5] = right, left
    for own, channel, is_right in ((right, 0, True), (left, 1, False)):
        targets[channel][~_grown(own, edge)] = 0
        targets[channel][_lateral(own, right=is_right, share=SURELY_LATERAL)] = 1
        if heart is not None:
            beside = np.asarray(heart.any(1))[:, None]
            targets[channel][own & beside & ~_grown(heart, edge)] = 1
            targets[channel][_grown(heart, -edge)] = 0


def structure_targets(picture: Labelled, side: int) -> Bytes:
    """(structures, side, side) uint8 of 0, 1 and ``UNKNOWN``, letterboxed as the picture is.

    Lung fields give the fields and what follows of the rest; whole lungs give the whole lungs, and the fields where no heart can lie.
    """
    targets = np.full((len(STRUCTURES), side, side), UNKNOWN, dtype=np.uint8)
    own = {name: mask_on_canvas(file, side) for name, file in picture.masks.items()}
    heart = own.get("heart")
    try:
        if {"right_lung_whole", "left_lung_whole"} <= own.keys():
            _whole_known(targets, own["right_lung_whole"], own["left_lung_whole"], heart)
        elif WHOLE_LUNGS in own:
            _whole_known(targets, *right_and_left(own[WHOLE_LUNGS]), heart)
        if LUNG_FIELDS in own:
            _fields_known(targets, *right_and_left(own[LUNG_FIELDS]))
        elif {"right_lung", "left_lung"} <= own.keys():
            _fields_known(targets, own["right_lung"], own["left_lung"])
    except OneLungOutlineError:
        targets[:] = UNKNOWN
    for name in ("heart", "airways"):
        if name in own:
            targets[STRUCTURES.index(name)] = own[name]
    return targets


def lungs_on_canvas(picture: Labelled, side: int) -> Mask | None:
    """(side, side) where somebody outlined lung, letterboxed as the picture is; None where nobody did."""
    if not picture.masks:
        return None
    lungs = np.asarray((structure_targets(picture, side)[list(_LUNGS)] == 1).any(0))
    return lungs if lungs.any() else None


def on_map(targets: Bytes) -> NDArray[np.float32]:
    """(structures, side, side) of 0, 1 and ``UNKNOWN`` → (structures, side / 2, side / 2) shares, NaN where a pixel is not wholly known."""
    structures, side, _ = targets.shape
    blocks = targets.reshape(structures, side // MAP_STEP, MAP_STEP, side // MAP_STEP, MAP_STEP)
    share: NDArray[np.float32] = blocks.mean((2, 4), dtype=np.float32)
    share[(blocks == UNKNOWN).any((2, 4))] = np.nan
    return share


def drawn_targets(structures: Sequence[str]) -> Callable[[Labelled, int], Bytes]:
    """What makes a picture's targets of masks that each outline one of the structures.

    A picture that has any of them has every structure outlined that is on it, and shows no other.
    """

    def targets(picture: Labelled, side: int) -> Bytes:
        nothing = np.zeros((side, side), dtype=np.uint8)
        own = [mask_on_canvas(picture.masks[name], side) if name in picture.masks else nothing for name in structures]
        return np.asarray(np.stack(own), dtype=np.uint8)

    return targets


def told_targets(structures: Sequence[str]) -> Callable[[Labelled, int], Bytes]:
    """What makes a picture's targets of masks where each structure that was looked for has one, empty where it is not on the picture.

    Of a structure without a mask nothing is known.
    """

    def targets(picture: Labelled, side: int) -> Bytes:
        unknown = np.full((side, side), UNKNOWN, dtype=np.uint8)
        own = [mask_on_canvas(picture.masks[name], side) if name in picture.masks else unknown for name in structures]
        return np.asarray(np.stack(own), dtype=np.uint8)

    return targets


@dataclass(frozen=True)
class Chart:
    """What is outlined on one part of the body.

    ``mirrored`` are the same structures as they are called on a picture in a mirror; ``targets`` makes (structures, side, side) uint8 of
    0, 1 and ``UNKNOWN`` of a picture's masks, whose rule ``made_by`` names for what was made by it before. ``scattered``: each may lie in
    several parts, which all count, on the box as here; else it is the largest.
    """

    structures: tuple[str, ...]
    mirrored: tuple[int, ...]
    targets: Callable[[Labelled, int], Bytes]
    made_by: str
    scattered: bool = False


CHEST = Chart(STRUCTURES, MIRRORED, structure_targets, f"{EDGE} {SURELY_LATERAL}")
SPINE = Chart(SPINE_STRUCTURES, tuple(range(len(SPINE_STRUCTURES))), drawn_targets(SPINE_STRUCTURES), "spine")
"""A mirrored spine has the same vertebrae."""


NOSE = Chart(NOSE_STRUCTURES, tuple(range(len(NOSE_STRUCTURES))), drawn_targets(NOSE_STRUCTURES), "nose")


SWALLOW = Chart(SWALLOW_STRUCTURES, tuple(range(len(SWALLOW_STRUCTURES))), told_targets(SWALLOW_STRUCTURES), "swallow", scattered=True)
"""A cervical spine is seven vertebrae, and a bolus breaks up."""


def chart_of(structures: Sequence[str]) -> Chart:
    """The one that outlines exactly these. KeyError where there is none."""
    return {chart.structures: chart for chart in (CHEST, SPINE, NOSE, SWALLOW)}[tuple(structures)]


def outlines(pictures: Sequence[Labelled], side: int, folder: Path, chart: Chart = CHEST) -> Bytes:
    """(pictures, structures, side, side) uint8 as the chart's targets; made once and kept in ``folder``, opened as a memory map."""
    listing = "\n".join(f"{name} {file} {file.stat().st_size}" for picture in pictures for name, file in sorted(picture.masks.items()))

    def made() -> Bytes:
        array = np.empty((len(pictures), len(chart.structures), side, side), dtype=np.uint8)
        for index, picture in enumerate(pictures):
            array[index] = chart.targets(picture, side)
        return array

    return kept_array(f"outlines-{side}", f"{side} {chart.made_by}\n{len(pictures)}\n{listing}", folder, made)
