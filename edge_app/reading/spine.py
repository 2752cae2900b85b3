"""From the outlines of a lateral lumbar spine to the points that its angles rest on: end plates, and the middles of both femoral heads."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.alignment import largest_part
from edge_app.reading.anatomy import FEMORAL_HEADS, SACRUM, VERTEBRAE, Anatomy, structure_probabilities, told
from edge_app.reading.finding import Gap, Landmark, Missing, Point
from edge_app.reading.fitting import Points, edge_of, end_plate, two_circles
from edge_app.reading.seen import Seen
from edge_app.reading.spinopelvic import HIPS, PLATE_OF_L1, PLATE_OF_S1

STRUCTURES = (*VERTEBRAE, SACRUM, FEMORAL_HEADS)
"""What is outlined, from head to foot; both femoral heads as one, for on a lateral picture they lie over one another."""
LEVELS = (0.35, 0.5, 0.65)
"""The probabilities at which an edge is followed; how far the points then lie apart says how well each is known."""
_LEAST_SPREAD = 0.25
"""Pixels of the canvas: no point is known better."""
_BORDER = 0.006
"""Of the canvas's longer side: what lies nearer to the picture's border is cut off by it."""
_CUT = 0.2
"""Of a head's radius: so much may lie beyond the border."""
_ON_BORDER = 0.75
_NEAR_PLATE = 0.2
"""Of its length: what lies nearer to an end plate is of it."""
_SHORTEST, _LONGEST, _ASKEW = 0.6, 1.5, 0.42
"""Of an end plate that is one: its length in sides of the vertebra beside it, and the sine by which it may lie askew to the column."""

Level = NDArray[np.float32]
Spot = tuple[float, float, float]
"""x, y and the radius of the circle around it, 0 where there is none, in pixels of the canvas."""


@dataclass(frozen=True)
class Marked:
    """The points found, in pixels of the original picture, and why others were not."""

    landmarks: Mapping[str, Landmark]
    missing: tuple[Missing, ...]


def outlined(seen: Seen) -> Anatomy:
    """Every vertebra, the sacrum and the heads, each by its largest part; no pixel of two vertebrae.

    Where two neighbours do not lie above one another as they do in a body, none is believed.

    Raises:
        ModelError: the model gives no map.
    """
    probabilities = structure_probabilities(seen)
    levels = {name: cv2.convertScaleAbs(p, alpha=255.0) for name, p in probabilities.items()}
    column = [name for name in (*VERTEBRAE, SACRUM) if name in levels]
    surest = np.argmax([levels[name] for name in column], axis=0) if column else None
    masks = {name: np.asarray(level >= 128) for name, level in levels.items()}
    for at, name in enumerate(column):
        masks[name] &= surest == at
    masks = {name: largest_part(mask) for name, mask in masks.items()}
    anatomy = told(seen.card.structures, probabilities, levels, masks, seen.placement)
    wrong = _out_of_order(anatomy)
    if wrong is None:
        return anatomy
    gaps = tuple(Missing(name, Gap.NOT_TRUSTED, wrong) for name in STRUCTURES if name in probabilities)
    return Anatomy((), gaps, anatomy.placement)


def surer(one: Anatomy, other: Anatomy) -> Anatomy:
    """Of what was outlined on two pictures of a spine, that which is expected to lie better on the whole; the first of equals."""
    trusts = [sum(drawn.trust for drawn in own.drawn) for own in (one, other)]
    return one if trusts[0] >= trusts[1] else other


def _out_of_order(anatomy: Anatomy) -> str | None:
    """Which two of the column do not follow one another downwards."""
    middles = [(name, _middle(own.mask)[1]) for name in (*VERTEBRAE, SACRUM) if (own := anatomy.get(name)) is not None]
    for (upper, above), (lower, below) in itertools.pairwise(middles):
        if above >= below:
            return f"{lower} was outlined above {upper}"
    return None


def _middle(mask: NDArray[np.bool_]) -> tuple[float, float]:
    """x and y."""
    moments = cv2.moments(mask.astype(np.uint8), binaryImage=True)
    return moments["m10"] / moments["m00"] + 0.5, moments["m01"] / moments["m00"] + 0.5


def marked(anatomy: Anatomy) -> Marked:
    """Every landmark whose structures were found whole: the plates of L1 and S1 as they face upwards, and the heads' middles."""
    said = {gap.part for gap in anatomy.missing}
    fits = ((PLATE_OF_S1, (SACRUM,), _s1), (PLATE_OF_L1, (VERTEBRAE[0], SACRUM), _l1), (HIPS, (FEMORAL_HEADS,), _hips))
    beside = {PLATE_OF_S1: VERTEBRAE[-1], PLATE_OF_L1: VERTEBRAE[1]}
    found: dict[str, Landmark] = {}
    missing = list(anatomy.missing)
    column = _Column(anatomy)
    for names, needed, fit in fits:
        absent = [name for name in needed if anatomy.get(name) is None]
        told = _at_every_level(column, names, needed[0], fit) if not absent else None
        if isinstance(told, dict) and names in beside and not _lies_across(column, [told[name].at for name in names], beside[names]):
            told = Missing(needed[0], Gap.NOT_TRUSTED, f"what was taken for the end plate of {needed[0]} does not lie as one")
        if isinstance(told, Missing):
            missing.append(told)
        elif told is None:
            # Of what the model outlines at all it has been said already.
            missing += [Missing(name, Gap.NOT_FOUND, f"no {name}") for name in absent if name not in said]
            said.update(absent)
        else:
            found |= told
    return Marked(found, tuple(missing))


def _lies_across(column: "_Column", ends: Sequence[Point], beside: str) -> bool:
    """Whether an end plate, in original pixels, is about as long as the vertebra ``beside`` it, and lies across the way there.

    What was outlined wrongly, along the column, has an angle too, and it may be any. True where that vertebra was not found.
    """
    other = column.middle(beside)
    if other is None:
        return True
    one, end = (np.array(at) * (column.placement.factor_x, column.placement.factor_y) for at in ends)
    along, away, side = end - one, other - (one + end) / 2, column.side(beside)
    length, far = float(np.linalg.norm(along)), float(np.linalg.norm(away))
    return _SHORTEST * side <= length <= _LONGEST * side and abs(float(along @ away)) <= _ASKEW * length * far


class _Column:
    """The structures that were found, with what is asked of them more than once."""

    def __init__(self, anatomy: Anatomy) -> None:
        self._anatomy, self.placement = anatomy, anatomy.placement
        self._levels: dict[str, tuple[Level, int, int]] = {}

    @property
    def border(self) -> float:
        """Pixels of the canvas from its edge that count as its border."""
        return max(_ON_BORDER, _BORDER * max(self.placement.width, self.placement.height))

    def middle(self, name: str) -> Points | None:
        """(2,) of a structure; None where it was not found."""
        drawn = self._anatomy.get(name)
        return None if drawn is None else np.array(_middle(drawn.mask))

    def side(self, name: str) -> float:
        """That of a square as large as a structure; 0 where it was not found."""
        drawn = self._anatomy.get(name)
        return 0.0 if drawn is None else float(np.count_nonzero(drawn.mask)) ** 0.5

    def first(self, names: Iterable[str]) -> Points | None:
        """The middle of the first of these that was found."""
        return next((at for name in names if (at := self.middle(name)) is not None), None)

    def edge(self, name: str, level: float) -> Points:
        """The edge of a structure that was found, at that probability."""
        if name not in self._levels:
            self._levels[name] = self._alone(name)
        own, left, top = self._levels[name]
        return edge_of(own, level) + np.array([left, top], dtype=np.float64)

    def _alone(self, name: str) -> tuple[Level, int, int]:
        """A structure's probability around its mask, 0 further off, and where that part lies."""
        drawn = self._anatomy.get(name)
        assert drawn is not None  # noqa: S101  (asked for where it is there)
        x, y, width, height = cv2.boundingRect(drawn.mask.astype(np.uint8))
        left, top = max(0, x - 3), max(0, y - 3)
        cut = np.s_[top : y + height + 3, left : x + width + 3]
        near = cv2.dilate(drawn.mask[cut].astype(np.uint8), np.ones((5, 5), dtype=np.uint8)) > 0
        return np.where(near, drawn.levels[cut].astype(np.float32) / np.float32(255), np.float32(0)), left, top

    def at_border(self, edge: Points) -> NDArray[np.bool_]:
        """(n,) which points of an edge lie where the picture ends."""
        x, y = edge.T
        width, height = self.placement.width, self.placement.height
        return np.asarray((x < _ON_BORDER) | (y < _ON_BORDER) | (x > width - _ON_BORDER) | (y > height - _ON_BORDER))

    def cuts(self, spot: Spot) -> bool:
        """Whether the picture ends there."""
        x, y, radius = spot
        return min(x, y, self.placement.width - x, self.placement.height - y) < (radius * (1 - _CUT) if radius else self.border)


def _at_every_level(
    column: _Column, names: Sequence[str], part: str, fit: Callable[[_Column, float], dict[str, Spot] | None]
) -> dict[str, Landmark] | Missing:
    """The landmarks by the middle level, their spread by how far the others move them."""
    tried = [fit(column, level) for level in LEVELS]
    middle = tried[len(LEVELS) // 2]
    others = [points for points in tried if points is not None]
    edge = column.edge(part, LEVELS[len(LEVELS) // 2])
    if middle is None or len(others) < len(LEVELS):
        if column.at_border(edge).any():
            return Missing(part, Gap.CUT_OFF, f"{part} ends at the picture's border")
        return Missing(part, Gap.NOT_MEASURABLE, f"nothing to fit on the edge of {part}")
    cut = next((name for name in names if column.cuts(middle[name])), None)
    if cut is not None or _along_border(column, edge, [middle[name] for name in names]):
        return Missing(part, Gap.CUT_OFF, f"{cut or part} lies at the picture's border")
    scale = np.array([column.placement.factor_x, column.placement.factor_y])
    landmarks = {}
    for name in names:
        at, radius = np.array(middle[name][:2]) / scale, middle[name][2] / float(scale.mean())
        apart = float(np.std([np.array(points[name][:2]) for points in others], axis=0).max())
        spread = float(np.hypot(apart, _LEAST_SPREAD) / scale.mean())
        landmarks[name] = Landmark(float(at[0]), float(at[1]), spread, radius or None)
    return landmarks


def _along_border(column: _Column, edge: Points, ends: Sequence[Spot]) -> bool:
    """Whether an end plate runs where the picture ends, so that it is the picture's end and not its own."""
    (one_x, one_y, radius), (other_x, other_y, _) = ends
    length = float(np.hypot(other_x - one_x, other_y - one_y))
    if radius or length == 0:
        return False
    along = np.array([other_x - one_x, other_y - one_y]) / length
    border = edge[column.at_border(edge)] - (one_x, one_y)
    share, off = border @ along / length, np.abs(border @ np.array([-along[1], along[0]])) / length
    return bool(((share > 0) & (share < 1) & (off < _NEAR_PLATE)).any())


def _plate(edge: Points, towards: Points, forwards: float, names: Sequence[str]) -> dict[str, Spot] | None:
    """An end plate's two ends, the front one first."""
    plate = None if len(edge) == 0 else end_plate(edge, towards)
    if plate is None:
        return None
    front, back = sorted((plate.one, plate.other), key=lambda end: -forwards * end[0])
    return {names[0]: (*front, 0.0), names[1]: (*back, 0.0)}


def _s1(column: _Column, level: float) -> dict[str, Spot] | None:
    """The sacrum's upper end faces the lowest vertebra that was found; it runs backwards from there, and the hips lie before it."""
    edge, middle = column.edge(SACRUM, level), column.middle(SACRUM)
    if len(edge) == 0 or middle is None:
        return None
    top, above, hips = (
        edge[edge[:, 1] <= np.percentile(edge[:, 1], 25)].mean(0),
        column.first(reversed(VERTEBRAE)),
        column.middle(FEMORAL_HEADS),
    )
    forwards = 1.0 if (top if hips is None else hips)[0] >= middle[0] else -1.0
    return _plate(edge, np.array([0.0, -1.0]) if above is None else above - top, forwards, PLATE_OF_S1)


def _l1(column: _Column, level: float) -> dict[str, Spot] | None:
    """The first lumbar vertebra's upper end faces away from the next that was found."""
    sacrum, edge = _s1(column, level), column.edge(VERTEBRAE[0], level)
    if sacrum is None or len(edge) == 0:
        return None
    below = column.first(VERTEBRAE[1:])
    forwards = 1.0 if sacrum[PLATE_OF_S1[0]][0] >= sacrum[PLATE_OF_S1[1]][0] else -1.0
    return _plate(edge, np.array([0.0, -1.0]) if below is None else edge.mean(0) - below, forwards, PLATE_OF_L1)


def _hips(column: _Column, level: float) -> dict[str, Spot] | None:
    edge = column.edge(FEMORAL_HEADS, level)
    found = two_circles(edge[~column.at_border(edge)])
    if found is None:
        return None
    first, second = sorted(found, key=lambda circle: circle.x)
    return {HIPS[0]: (first.x, first.y, first.radius), HIPS[1]: (second.x, second.y, second.radius)}
