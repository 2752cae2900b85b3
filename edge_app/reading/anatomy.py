"""From a network's mask logits to structures on the picture: masks, outlines, and how far to trust each. Nothing is ever made up."""

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.files import write_durably
from edge_app.reading.activation import Area
from edge_app.reading.alignment import LEAST_LUNG_SHARE, Mask, largest_part, lung_box, within
from edge_app.reading.canvas import Placement
from edge_app.reading.card import Structure
from edge_app.reading.finding import ANATOMY, Box, Gap, Missing, Outline
from edge_app.reading.seen import Seen

RIGHT_LUNG, LEFT_LUNG = "right_lung", "left_lung"
HEART, AIRWAYS = "heart", "airways"
RIGHT_LUNG_WHOLE, LEFT_LUNG_WHOLE = "right_lung_whole", "left_lung_whole"

LEAST_TRUST = 0.6
"""Below this expected Dice a structure is not drawn."""
VERTEBRAE = ("L1", "L2", "L3", "L4", "L5")
SACRUM, FEMORAL_HEADS = "sacrum", "femoral_heads"
LEAST_SHARE: Mapping[str, float] = {AIRWAYS: 0.001, **dict.fromkeys(VERTEBRAE, 0.001), SACRUM: 0.002, FEMORAL_HEADS: 0.002}
"""Below this share of the picture a structure counts as not found; ``LEAST_LUNG_SHARE`` for those not named."""

_HALF = 128
_FINER = 4
_TOLERANCE = 0.5
_MOST_POINTS = 120
_LEAST_POLYGON_SHARE = 0.01
# Four times as fast as the defaults, on masks that are mostly runs of one value.
_PNG = [
    *(cv2.IMWRITE_PNG_COMPRESSION, 1),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE),
]
_log = logging.getLogger(__name__)

Levels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Drawn:
    """A structure that was found, on the part of the canvas where the picture lies.

    ``levels`` (height, width) uint8 is its probability in 1/255, below one half wherever ``mask`` (the same size) is False.
    ``trust`` in 0…1 is the Dice expected of the mask if the probabilities are right: 2 Σ p m / (Σ p + Σ m).
    """

    structure: Structure
    levels: Levels
    mask: Mask
    trust: float


@dataclass(frozen=True, eq=False)
class Anatomy:
    """The structures found and why the others were not. ``placement`` leads from their pixels (offset 0) to the original's."""

    drawn: tuple[Drawn, ...]
    missing: tuple[Missing, ...]
    placement: Placement

    def get(self, name: str) -> Drawn | None:
        """The structure of that name, or None where it was not found."""
        return next((drawn for drawn in self.drawn if drawn.structure.name == name), None)

    @cached_property
    def lungs(self) -> Box | None:
        """The box around both whole lungs in original pixels, as the severity was trained on; None where one was not found."""
        right, left = self.get(RIGHT_LUNG_WHOLE), self.get(LEFT_LUNG_WHOLE)
        return None if right is None or left is None else lung_box(right.mask, left.mask, self.placement)


_CHEST = (RIGHT_LUNG, LEFT_LUNG, HEART, RIGHT_LUNG_WHOLE, LEFT_LUNG_WHOLE)


def thorax_hull(anatomy: Anatomy) -> Area | None:
    """The convex hull around lungs and heart; None where not both lungs were found.

    It holds whatever can be found in a chest, also where a lung has gone white and behind heart and diaphragm.
    """
    if anatomy.lungs is None:
        return None
    inside = np.zeros((anatomy.placement.height, anatomy.placement.width), dtype=np.bool_)
    for drawn in anatomy.drawn:
        if drawn.structure.name in _CHEST:
            inside |= drawn.mask
    return (_original(hull_of(inside), anatomy.placement),)


def lungs_alone(anatomy: Anatomy) -> Area | None:
    """Both whole lungs and nothing between them; None where one lung was not found.

    The neck, the shoulders, the belly, spine and heart's middle, and whatever is written beside the patient are outside. Hila reach into
    the lungs.
    """
    right, left = anatomy.get(RIGHT_LUNG_WHOLE), anatomy.get(LEFT_LUNG_WHOLE)
    if anatomy.lungs is None or right is None or left is None:
        return None
    outlines = [edge[:, 0] for lung in (right, left) for edge in _edges(lung.mask)]
    return tuple(_original(outline, anatomy.placement) for outline in outlines)


def _edges(mask: Mask) -> Sequence[NDArray[np.int32]]:
    """The outer edges of a mask's parts, each (points, 1, 2) x and y."""
    return cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]


def hull_of(mask: Mask) -> NDArray[np.int32]:
    """(points, 2) x and y of the convex hull of a mask."""
    # Only what lies on an edge can be a corner of the hull: a thirtieth of the time that all points take.
    return np.asarray(cv2.convexHull(np.concatenate(_edges(mask)))[:, 0], dtype=np.int32)


def _original(points: NDArray[np.int32], placement: Placement) -> NDArray[np.float64]:
    """Points of the canvas in original pixels."""
    return np.asarray((points.astype(np.float64) + 0.5) / np.array([placement.factor_x, placement.factor_y]))


def draw(seen: Seen, *, median: int = 1) -> Anatomy:
    """Every structure of the card: found where its largest part is plausibly large, on its own side, and sure enough of itself.

    Where neither lung field is found, nothing is: what surrounds no lung is no heart. ``median``, odd, is the width in pixels of the
    canvas of a median filter that closes holes and takes specks away first; 1 filters nothing.

    Raises:
        ModelError: the model gives no map, or no lung fields.
    """
    probabilities = structure_probabilities(seen)
    placement = dataclasses.replace(seen.placement, offset_x=0, offset_y=0)
    levels = {name: cv2.convertScaleAbs(p, alpha=255.0) for name, p in probabilities.items()}
    if median > 1:
        levels = {name: np.asarray(cv2.medianBlur(level, median), dtype=np.uint8) for name, level in levels.items()}
    if RIGHT_LUNG not in levels or LEFT_LUNG not in levels:
        raise ModelError(f"{seen.card.name}: no lung fields")
    masks = {name: np.asarray(level >= _HALF) for name, level in levels.items()}
    # One pixel is never of both fields: it goes to the surer one.
    more_right = levels[RIGHT_LUNG] >= levels[LEFT_LUNG]
    masks[RIGHT_LUNG] &= more_right | ~masks[LEFT_LUNG]
    masks[LEFT_LUNG] &= ~(more_right & masks[RIGHT_LUNG])
    masks = {name: largest_part(mask) for name, mask in masks.items()}
    if _on_the_wrong_sides(masks[RIGHT_LUNG], masks[LEFT_LUNG]):
        return _nothing(Gap.NOT_TRUSTED, "the right lung was outlined on the left one's side", placement)
    anatomy = told(seen.card.structures, probabilities, levels, masks, placement)
    if anatomy.get(RIGHT_LUNG) is None and anatomy.get(LEFT_LUNG) is None:
        return _nothing(Gap.NOT_FOUND, "no lungs could be outlined", placement)
    return anatomy


def told(
    structures: Sequence[Structure],
    probabilities: Mapping[str, NDArray[np.float32]],
    levels: Mapping[str, Levels],
    masks: Mapping[str, Mask],
    placement: Placement,
) -> Anatomy:
    """Each structure by its mask, (height, width): found where that is plausibly large and sure enough of itself."""
    drawn: list[Drawn] = []
    missing: list[Missing] = []
    for structure in structures:
        name, mask = structure.name, masks[structure.name]
        trust = expected_dice(probabilities[name], mask)
        gap = _gap(name, mask, trust)
        if gap is None:
            drawn.append(Drawn(structure, np.where(mask, levels[name], np.minimum(levels[name], _HALF - 1)), mask, trust))
        elif structure.shown:
            missing.append(gap)
    return Anatomy(tuple(drawn), tuple(missing), dataclasses.replace(placement, offset_x=0, offset_y=0))


def _nothing(reason: Gap, detail: str, placement: Placement) -> Anatomy:
    return Anatomy((), (Missing(ANATOMY, reason, detail),), placement)


def structure_probabilities(seen: Seen) -> dict[str, NDArray[np.float32]]:
    """Per structure the (placement.height, placement.width) float32 probability in 0…1 of each pixel where the picture lies on the canvas.

    Raises:
        ModelError: the model gives no map.
    """
    if seen.map is None:
        raise ModelError(f"{seen.card.name}: no map")
    wanted, first = seen.card.input, len(seen.card.labels)
    result = {}
    for structure, logits in zip(seen.card.structures, seen.map[0, first:], strict=False):
        scaled = logits / np.float32(structure.temperature) + np.float32(structure.bias)
        canvas = np.asarray(cv2.resize(scaled, (wanted.width, wanted.height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
        # tanh, because exp overflows on a very sure logit.
        result[structure.name] = np.float32(0.5) + np.float32(0.5) * np.tanh(np.float32(0.5) * within(canvas, seen.placement))
    return result


def expected_dice(probability: NDArray[np.float32], mask: Mask) -> float:
    """The Dice in 0…1 that a mask has on average with the truth, if each pixel is part of it with its probability; 0 for an empty mask."""
    total = float(probability.sum()) + float(np.count_nonzero(mask))
    return 0.0 if not mask.any() else 2.0 * float(probability[mask].sum()) / total


def _gap(name: str, mask: Mask, trust: float) -> Missing | None:
    share, least = np.count_nonzero(mask) / mask.size, LEAST_SHARE.get(name, LEAST_LUNG_SHARE)
    if share < least:
        return Missing(name, Gap.NOT_FOUND, f"covers {share:.2%} of the picture, below {least:.2%}")
    if trust < LEAST_TRUST:
        return Missing(name, Gap.NOT_TRUSTED, f"expected Dice {trust:.2f}, below {LEAST_TRUST}")
    return None


def _on_the_wrong_sides(right: Mask, left: Mask) -> bool:
    """Whether the patient's right lung does not lie on the picture's left of the left one; False where one is empty."""
    if not right.any() or not left.any():
        return False
    (right_middle, left_middle) = (
        moments["m10"] / moments["m00"] for moments in (cv2.moments(mask.astype(np.uint8)) for mask in (right, left))
    )
    return bool(right_middle >= left_middle)


def outlines(anatomy: Anatomy) -> tuple[Outline, ...]:
    """The outlines to show, of at most 120 points a polygon, in pixels of the original: 0 is the outer edge of the first pixel."""
    return tuple(
        Outline(one.structure.name, _polygons(one.levels, anatomy.placement), one.trust, one.structure.dice, one.structure.validated)
        for one in anatomy.drawn
        if one.structure.shown
    )


def _polygons(levels: Levels, placement: Placement) -> tuple[tuple[tuple[float, float], ...], ...]:
    x, y, width, height = (int(value) for value in cv2.boundingRect((levels >= _HALF).astype(np.uint8)))
    left, top = max(0, x - 1), max(0, y - 1)
    cut = levels[top : y + height + 1, left : x + width + 1]
    # The edge is looked for between the pixels: findContours walks along pixel centres, half a pixel inside of it, so on a finer grid.
    fine = cv2.resize(cut, None, fx=_FINER, fy=_FINER, interpolation=cv2.INTER_LINEAR)
    contours, _ = cv2.findContours((fine >= _HALF).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(cv2.contourArea(contour) for contour in contours)
    origin = np.array([left, top], dtype=np.float64)
    factor = np.array([placement.factor_x, placement.factor_y], dtype=np.float64)
    polygons = []
    for contour in contours:
        if cv2.contourArea(contour) >= _LEAST_POLYGON_SHARE * largest:
            points = ((_simplified(contour)[:, 0] + 0.5) / _FINER + origin) / factor
            polygons.append(tuple((float(px), float(py)) for px, py in points))
    return tuple(polygons)


def _simplified(contour: NDArray[np.int32]) -> NDArray[np.int32]:
    tolerance = _TOLERANCE * _FINER
    simple = np.asarray(cv2.approxPolyDP(contour, tolerance, closed=True), dtype=np.int32)
    while len(simple) > _MOST_POINTS:
        tolerance *= 1.5
        simple = np.asarray(cv2.approxPolyDP(contour, tolerance, closed=True), dtype=np.int32)
    return simple


def full_masks(anatomy: Anatomy, rows: int, columns: int) -> dict[str, NDArray[np.uint8]]:
    """Per structure found a mask of the picture's own size, (rows, columns) uint8, 0 or 255."""
    # The probability is enlarged, not the mask, so that its edge stays smooth.
    full = {one.structure.name: cv2.resize(one.levels, (columns, rows), interpolation=cv2.INTER_LINEAR) for one in anatomy.drawn}
    masks = {name: np.asarray(cv2.threshold(levels, _HALF - 1, 255, cv2.THRESH_BINARY)[1]) for name, levels in full.items()}
    if RIGHT_LUNG in masks and LEFT_LUNG in masks:
        # Interpolated between two touching fields, a pixel can be of both.
        both = cv2.bitwise_and(masks[RIGHT_LUNG], masks[LEFT_LUNG])
        if cv2.hasNonZero(both):
            more_right = cv2.compare(full[RIGHT_LUNG], full[LEFT_LUNG], cv2.CMP_GE)
            masks[LEFT_LUNG][(both & more_right) > 0] = 0
            masks[RIGHT_LUNG][(both & ~more_right) > 0] = 0
    return masks


def write_masks(anatomy: Anatomy, folder: Path, rows: int, columns: int) -> dict[str, Path]:
    """Write the masks as 8-bit grey PNG, each durably and complete or not at all; the files by structure. One that fails is logged."""
    written = {}
    for name, mask in full_masks(anatomy, rows, columns).items():
        file = folder / f"{name}.png"
        encoded, png = cv2.imencode(".png", mask, _PNG)
        if not encoded:
            raise ModelError(f"cannot encode the mask of {name}")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_durably(file, png.tobytes())
        except OSError as error:
            # The outlines stand without their masks; a full disk must not cost the reading.
            _log.warning("mask of %s not written: %s", name, error.strerror)
        else:
            written[name] = file
    return written
