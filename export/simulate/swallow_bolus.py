"""Barium in a neck of nobody at one moment: the bolus on its way, what stays in the pockets, and what goes into the larynx."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.swallow import CAN_KEEP, ORAL_ONSET, SUBGLOTTIS, VESTIBULE
from edge_app.simulator.grid import Field, Points, as_field
from export.simulate.swallow_course import PASTE, SOLID, THIN, Course
from export.simulate.swallow_neck import GULLET, LAST, SPHINCTER, Parts, Way
from export.simulate.swallow_view import Mask, View

VISIBLE = 0.12
"""Nats that barium must take from the beam to count as seen; the film that it leaves on every wall takes less."""
_FILM = 0.07
_ROUND_CM = 0.45
_BOLUS_DEEP, _POCKETS_DEEP, _MISLED_DEEP = 1.9, 1.5, 0.9
"""Centimetres of barium from left to right where it is thickest."""
_LEFT_CM3 = 0.7
"""What pockets hold, full."""
_CORNER_CM, _SOFT_CM = 0.1, 0.05
_IN_MOUTH, _THREAD = 4.6, 0.3


@dataclass(frozen=True, eq=False)
class Contrast:
    """How strongly barium attenuates (nat a cm), how lumpy it is (0 to 1), and its lumps: (n, n) float32 around 1."""

    per_cm: float
    lumpy: float
    lumps: Field


def contrast_of(consistency: str, random: np.random.Generator) -> Contrast:
    """Drawn at random."""
    per_cm = {THIN: (0.7, 1.5), PASTE: (1.1, 2.0), SOLID: (0.8, 1.7)}.get(consistency, (0.8, 1.7))
    noise = cv2.GaussianBlur(random.standard_normal((64, 64)).astype(np.float32), (0, 0), 1.0)
    lumps = np.clip(1 + noise / max(float(noise.std()), 1e-6) * np.float32(0.5), 0.1, 2.0)
    return Contrast(random.uniform(*per_cm), {PASTE: 0.25, SOLID: 0.8}.get(consistency, random.uniform(0.0, 0.25)), as_field(lumps))


def _egg(places: Points, head: float, tail: float) -> Points:
    """(n,) 0…1 how wide a bolus is along itself: an egg in the mouth, blunt before and drawn out behind on its way."""
    share = np.clip((places - tail) / max(head - tail, 1e-6), 0.0, 1.0)
    before, behind = (0.5, 0.5) if head <= _IN_MOUTH else (0.3, 0.45)
    wide = share**behind * (1 - share) ** before
    return np.asarray(wide / max(float(wide.max()), 1e-6))


def _profile(places: Points, head: float, tail: float, spills: float) -> Points:
    """(n,) 0…1 the same of one that so far (0 to 1) stays in the mouth and runs ahead in a thread."""
    whole = _egg(places, head, tail)
    if spills == 0.0:
        return whole
    thread = np.where((places > tail + 1) & (places < head), _THREAD, 0.0)
    return np.asarray(whole + spills * (np.maximum(_egg(places, _IN_MOUTH, tail), thread) - whole))


def bolus_width(way: Way, course: Course, t: float, volume_cm3: float) -> tuple[Points, float]:
    """(n,) cm it fills of the way, and the factor on its depth by which it is as much as was swallowed."""
    head, tail = course.head(t), course.tail(t)
    wide = _profile(way.at, head, tail, course.spills(t))
    open_ = np.where(np.abs(way.at - (SPHINCTER + GULLET) / 2) < 0.75, max(course.sphincter(t), 0.04), 1.0)
    most = way.widest * open_ * wide**0.5
    step = np.linalg.norm(np.gradient(way.roof, axis=0), axis=1)
    per_width = np.pi / 4 * way.depth * step

    def volume(scale: float) -> float:
        return float((np.minimum(wide * scale, most) * per_width).sum())

    low, high = 0.02, 4.0
    for _ in range(14):
        middle = (low + high) / 2
        low, high = (middle, high) if volume(middle) < volume_cm3 else (low, middle)
    filled = volume(high)
    return np.minimum(wide * high, most), float(np.clip(volume_cm3 / max(filled, 1e-3), 0.4, 1.7))


def lumen_width(way: Way, course: Course | None, t: float, larynx: float) -> Points:
    """(n,) cm of air between the walls of the way: at rest, and squeezed out where the bolus has passed."""
    width = way.resting * (1 - 0.45 * larynx)
    if course is None:
        return width
    behind = 1 / (1 + np.exp(np.clip((way.at - course.tail(t)) * 3.0, -30, 30)))
    return np.asarray(width * (1 - course.emptied(t) * np.maximum(behind, 0.55)))


def _rounded(mask: Mask, per_cm: float) -> Field:
    """0…1 float32: the thickness of a body with that outline, round at its edge."""
    x, y, width, height = cv2.boundingRect(mask)
    thick = np.zeros(mask.shape, dtype=np.float32)
    if width == 0:
        return thick
    part = np.pad(mask[y : y + height, x : x + width], 1)
    away = cv2.distanceTransform(part, cv2.DIST_L2, cv2.DIST_MASK_3)[1:-1, 1:-1]
    rim = 1 - np.clip((away - 0.3) / (_ROUND_CM * per_cm), 0, 1)
    thick[y : y + height, x : x + width] = np.sqrt(np.maximum(1 - rim * rim, 0))
    return thick


def _pool(region: Mask, share: float) -> Mask:
    """That share of a region, from its bottom up."""
    rows = np.flatnonzero(region.any(axis=1))
    if share <= 0 or len(rows) == 0:
        return np.zeros_like(region)
    counts = np.cumsum((region > 0).sum(axis=1)[::-1])[::-1]
    # The first row from above at and below which no more than the share lies, at least one row.
    level = min(int(np.argmin(np.abs(counts - share * counts[0]))), int(rows[-1]))
    pool = region.copy()
    pool[:level] = 0
    return pool


def _between(front: Points, back: Points, first: float, last: float, inner: float) -> Points:
    """The closed strip along two edges (n, 2) from one share of their length to another, at most that share of the gap wide."""
    t = np.linspace(0.0, 1.0, len(front))
    places = np.linspace(first, last, 12)
    one = np.column_stack([np.interp(places, t, front[:, axis]) for axis in (0, 1)])
    other = np.column_stack([np.interp(places, t, back[:, axis]) for axis in (0, 1)])
    wide = inner * np.sin(np.linspace(0.5, np.pi - 0.35, len(places)))[:, None] ** 0.5
    return np.vstack([one, (one + wide * (other - one))[::-1]])


def _below(parts: Parts, first_cm: float, last_cm: float, inner: float, *, behind: bool) -> Points:
    """The strip in the windpipe between two depths below the folds."""
    front, back = (parts.windpipe_back, parts.windpipe_front) if behind else (parts.windpipe_front, parts.windpipe_back)
    y = front[0][1] + np.linspace(first_cm, last_cm, 16)
    one = np.column_stack([np.interp(y, front[:, 1], front[:, 0]), y])
    other = np.interp(y, back[:, 1], back[:, 0])
    wide = inner * np.sin(np.linspace(0.25, np.pi - 0.1, len(y))) ** 0.7
    return np.vstack([one, np.column_stack([one[:, 0] + wide * (other - one[:, 0]), y])[::-1]])


def _misled(view: View, parts: Parts, course: Course, t: float, regions: dict[str, Mask]) -> Mask:
    """Barium in the vestibule and below the folds."""
    found = np.zeros((view.rows, view.columns), dtype=np.uint8)
    misway = course.misway
    if misway is None or t < misway.start_s:
        return found
    reach, below = misway.depth(t)
    settled = np.clip((t - misway.arrived_s) / 0.5, 0.0, 1.0)
    if reach > 0.03:
        first = settled * max(0.0, reach - 0.4)
        strip = view.mask([_between(parts.vestibule_front, parts.vestibule_back, first, reach, 0.75)])
        found |= cv2.bitwise_and(strip, regions[VESTIBULE])
    if below > 0.05:
        strip = view.mask([_below(parts, settled * 0.4 * below, below, 0.35, behind=misway.behind)])
        found |= cv2.bitwise_and(strip, regions[SUBGLOTTIS])
    return found


def _smooth(mask: Mask, allowed: Mask, per_cm: float) -> Mask:
    """The same without sharp corners, as liquids have none, where it may be."""
    smoothed = cv2.GaussianBlur(mask, (0, 0), _CORNER_CM * per_cm)
    return np.where((smoothed > 90) & (allowed > 0), 255, 0).astype(np.uint8)


def _edged(mask: Mask, per_cm: float) -> Field:
    """0…1 float32, full but for a thin rim."""
    return as_field(np.where(mask > 0, np.maximum(_rounded(mask, 0.5 * per_cm), np.float32(0.35)), np.float32(0)))


def _swallowed(view: View, way: Way, course: Course, contrast: Contrast, t: float, larynx: float) -> Field:
    """Nats of the bolus itself."""
    left = _LEFT_CM3 * sum(course.kept) * (course.tail(t) > SPHINCTER)
    width, deep = bolus_width(way, course, t, max(course.volume_cm3 - left, 0.5 * course.volume_cm3))
    head, tail = min(course.head(t), LAST), course.tail(t)
    found = np.zeros((view.rows, view.columns), dtype=np.float32)
    if tail < head - 0.05:
        # While the throat is open, what comes runs down the tongue, not the back wall.
        off = np.maximum(lumen_width(way, course, t, larynx) - width, 0.0) * (way.at < SPHINCTER)
        found += _rounded(view.mask([way.strip(width, tail, head, off)]), view.per_cm) * np.float32(_BOLUS_DEEP * deep * contrast.per_cm)
        if contrast.lumpy:
            lumps = cv2.resize(contrast.lumps, (view.columns, view.rows), interpolation=cv2.INTER_LINEAR)
            found *= 1 + np.float32(contrast.lumpy) * (lumps - 1)
    return found


def _film(view: View, way: Way, courses: tuple[Course, ...], t: float) -> Field:
    """Nats of what stays on the walls that a bolus has passed."""
    furthest = max((own.head(t) for own in courses if t >= own.events[ORAL_ONSET]), default=0.0)
    return view.cover([way.strip(np.full(len(way.at), 0.16), 2.0, max(2.1, min(furthest, SPHINCTER)))]) * np.float32(_FILM)


def _shares(courses: tuple[Course, ...], latest: int, t: float) -> list[float]:
    """How full each pocket is: of the latest bolus, or still of the one before."""
    own = courses[latest]
    before = courses[latest - 1].kept if latest else (0.0, 0.0)
    return [max(full, kept * (1 - gone)) for full, kept, gone in zip(own.full(t), before, own.cleared(t), strict=True)]


def barium(
    view: View,
    parts: Parts,
    courses: tuple[Course, ...],
    contrasts: tuple[Contrast, ...],
    t: float,
    regions: dict[str, Mask],
    larynx: float,
) -> Field:
    """Nats (rows, columns) that all barium takes from the beam at that moment; ``larynx`` is how far that has risen."""
    total = _film(view, parts.way, courses, t)
    airway = cv2.bitwise_or(regions[VESTIBULE], regions[SUBGLOTTIS])
    latest = next((at for at in reversed(range(len(courses))) if t >= courses[at].events[ORAL_ONSET]), None)
    misled = np.zeros_like(total)
    for at, (course, contrast) in enumerate(zip(courses, contrasts, strict=True)):
        total += _swallowed(view, parts.way, course, contrast, t, larynx)
        if at == latest:
            for name, share in zip(CAN_KEEP, _shares(courses, at, t), strict=True):
                pool = _edged(_pool(regions[name], share), view.per_cm)
                total = np.maximum(total, pool * np.float32(_POCKETS_DEEP * contrast.per_cm))
        wrong = _smooth(_misled(view, parts, course, t, regions), airway, view.per_cm)
        misled = np.maximum(misled, _edged(wrong, view.per_cm) * np.float32(_MISLED_DEEP * contrast.per_cm))
    # Beside the airway nothing of what goes the right way is laid over it: whatever lies there has gone wrong.
    return as_field(np.where(airway > 0, misled, cv2.GaussianBlur(total, (0, 0), _SOFT_CM * view.per_cm)))


def seen(nats: Field) -> NDArray[np.uint8]:
    """(rows, columns) uint8, 255 where barium counts as seen."""
    return np.where(nats >= VISIBLE, 255, 0).astype(np.uint8)
