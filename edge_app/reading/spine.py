"""From the outlines of a lateral lumbar spine to the points that its angles rest on: end plates, and the middles of both femoral heads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.alignment import largest_part
from edge_app.reading.anatomy import FEMORAL_HEADS, SACRUM, VERTEBRAE, Anatomy, structure_probabilities, told
from edge_app.reading.canvas import Placement
from edge_app.reading.finding import Gap, Landmark, Missing
from edge_app.reading.fitting import Points, edge_of, end_plate, two_circles
from edge_app.reading.seen import Seen
from edge_app.reading.spinopelvic import HIPS, PLATE_OF_L1, PLATE_OF_S1

STRUCTURES = (*VERTEBRAE, SACRUM, FEMORAL_HEADS)
"""What is outlined, from head to foot; both femoral heads as one, for on a lateral picture they lie over one another."""
LEVELS = (0.35, 0.5, 0.65)
"""The probabilities at which an edge is followed; how far the points then lie apart says how well each is known."""
_LEAST_SPREAD = 0.25
"""Pixels of the canvas: no point is known better."""
_CUT_SHARE = 0.1
"""A head of whose edge more lies along the picture's border than this is cut off."""
_BORDER = 1.0

Level = NDArray[np.float32]
Fit = Callable[[Mapping[str, Points]], dict[str, tuple[float, float, float]] | None]


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


def _out_of_order(anatomy: Anatomy) -> str | None:
    """Which two of the column do not follow one another downwards."""
    middles = [(name, _middle(own.mask)[1]) for name in (*VERTEBRAE, SACRUM) if (own := anatomy.get(name)) is not None]
    for (upper, above), (lower, below) in zip(middles, middles[1:], strict=False):
        if above >= below:
            return f"{lower} was outlined above {upper}"
    return None


def _middle(mask: NDArray[np.bool_]) -> tuple[float, float]:
    """x and y."""
    rows, columns = np.nonzero(mask)
    return float(columns.mean()) + 0.5, float(rows.mean()) + 0.5


def marked(anatomy: Anatomy) -> Marked:
    """Every landmark whose structures were found whole: the plates of L1 and S1 as they face upwards, and the heads' middles."""
    gaps = {gap.part: gap for gap in anatomy.missing}
    found: dict[str, Landmark] = {}
    missing: list[Missing] = list(anatomy.missing)
    for names, fit, needed in (
        (PLATE_OF_S1, lambda edges: _s1(edges, anatomy), (SACRUM,)),
        (PLATE_OF_L1, lambda edges: _l1(edges, anatomy), (VERTEBRAE[0], SACRUM)),
        (HIPS, _hips, (FEMORAL_HEADS,)),
    ):
        absent = [name for name in needed if anatomy.get(name) is None]
        if absent:
            # Said of the structure already, where the model outlines it at all.
            missing += [Missing(name, Gap.NOT_FOUND, f"no {name}") for name in absent if name not in gaps]
            continue
        landmarks = _at_every_level(anatomy, names, needed, fit)
        if isinstance(landmarks, Missing):
            missing.append(landmarks)
        else:
            found |= landmarks
    return Marked(found, tuple(missing))


def _at_every_level(anatomy: Anatomy, names: Sequence[str], needed: Sequence[str], fit: Fit) -> dict[str, Landmark] | Missing:
    """The landmarks by the middle level, their spread by how far the others move them."""
    placement = anatomy.placement
    tried = []
    for level in LEVELS:
        edges = {name: edge_of(_alone(anatomy, name), level) for name in needed}
        points = fit(edges)
        if points is None:
            return Missing(needed[0], Gap.NOT_MEASURABLE, f"nothing to fit on the edge of {needed[0]}")
        tried.append(points)
    middle = tried[len(LEVELS) // 2]
    cut = next((name for name in names if _at_border(middle[name], placement)), None)
    if cut is not None:
        return Missing(needed[0], Gap.CUT_OFF, f"{cut} lies at the picture's border")
    scale = np.array([placement.factor_x, placement.factor_y])
    landmarks = {}
    for name in names:
        at = np.array(middle[name][:2]) / scale
        apart = np.std([np.array(points[name][:2]) for points in tried], axis=0).max()
        spread = float(np.hypot(apart, _LEAST_SPREAD) / scale.mean())
        radius = middle[name][2]
        landmarks[name] = Landmark(float(at[0]), float(at[1]), spread, None if radius == 0 else float(radius / scale.mean()))
    return landmarks


def _alone(anatomy: Anatomy, name: str) -> Level:
    """A structure's probability, below any level where its mask is not, but for what borders on it."""
    drawn = anatomy.get(name)
    assert drawn is not None  # noqa: S101  (asked for where it is there)
    near = cv2.dilate(drawn.mask.astype(np.uint8), np.ones((5, 5), dtype=np.uint8)) > 0
    return np.where(near, drawn.levels.astype(np.float32) / np.float32(255), np.float32(0))


def _at_border(point: tuple[float, float, float], placement: Placement) -> bool:
    x, y, radius = point
    reach = max(radius * (1 - 2 * _CUT_SHARE), 0.0)
    return x - reach < _BORDER or y - reach < _BORDER or x + reach > placement.width - _BORDER or y + reach > placement.height - _BORDER


def _forwards(anatomy: Anatomy, plate: tuple[float, float]) -> float:
    """1.0 where the patient looks to the picture's right: the sacrum runs backwards from its plate, and the hips lie before it."""
    sacrum, heads = anatomy.get(SACRUM), anatomy.get(FEMORAL_HEADS)
    assert sacrum is not None  # noqa: S101  (asked for where it is there)
    before = plate[0] if heads is None else _middle(heads.mask)[0]
    return 1.0 if before >= _middle(sacrum.mask)[0] else -1.0


def _upwards(anatomy: Anatomy, edge: Points) -> Points:
    """From the sacrum's upper end to what lies above it: the lowest vertebra that was found, or simply up."""
    top = edge[edge[:, 1] <= np.percentile(edge[:, 1], 25)].mean(0)
    lowest = next((own for name in reversed(VERTEBRAE) if (own := anatomy.get(name)) is not None), None)
    return np.array([0.0, -1.0]) if lowest is None else np.array(_middle(lowest.mask)) - top


def _named(
    one: tuple[float, float], other: tuple[float, float], forwards: float, names: Sequence[str]
) -> dict[str, tuple[float, float, float]]:
    front, back = (one, other) if forwards * one[0] >= forwards * other[0] else (other, one)
    return {names[0]: (*front, 0.0), names[1]: (*back, 0.0)}


def _s1(edges: Mapping[str, Points], anatomy: Anatomy) -> dict[str, tuple[float, float, float]] | None:
    edge = edges[SACRUM]
    if len(edge) == 0:
        return None
    plate = end_plate(edge, _upwards(anatomy, edge))
    if plate is None:
        return None
    middle = (plate.one[0] + plate.other[0]) / 2, (plate.one[1] + plate.other[1]) / 2
    return _named(plate.one, plate.other, _forwards(anatomy, middle), PLATE_OF_S1)


def _l1(edges: Mapping[str, Points], anatomy: Anatomy) -> dict[str, tuple[float, float, float]] | None:
    edge, sacrum = edges[VERTEBRAE[0]], _s1(edges, anatomy)
    if len(edge) == 0 or sacrum is None:
        return None
    below = next((own for name in VERTEBRAE[1:] if (own := anatomy.get(name)) is not None), None)
    up = np.array([0.0, -1.0]) if below is None else edge.mean(0) - np.array(_middle(below.mask))
    plate = end_plate(edge, up)
    if plate is None:
        return None
    forwards = 1.0 if sacrum[PLATE_OF_S1[0]][0] >= sacrum[PLATE_OF_S1[1]][0] else -1.0
    return _named(plate.one, plate.other, forwards, PLATE_OF_L1)


def _hips(edges: Mapping[str, Points]) -> dict[str, tuple[float, float, float]] | None:
    found = two_circles(edges[FEMORAL_HEADS])
    if found is None:
        return None
    first, second = sorted(found, key=lambda circle: circle.x)
    return {HIPS[0]: (first.x, first.y, first.radius), HIPS[1]: (second.x, second.y, second.radius)}
