"""What a swallow did and when, from what is outlined on every frame of a lateral videofluoroscopy.

Times as Logemann 1998 and Martin-Harris et al. 2008 define them: oral transit from the bolus's first step backwards until its head passes
the mandible's ramus, pharyngeal transit until its tail has passed the upper oesophageal sphincter. Everything is counted in pixels of the
map and told as shares and seconds, so that no length on the patient need be known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.swallow import (
    AIRWAY,
    BOLUS,
    CAN_KEEP,
    HEAD_PAST_RAMUS,
    HYOID,
    HYOID_HIGHEST,
    HYOID_ONSET,
    LARYNX_CLOSED,
    LARYNX_OPENED,
    ORAL_CAVITY,
    ORAL_ONSET,
    PHARYNX,
    SPINE,
    TAIL_PAST_UES,
    UES,
    UES_CLOSED,
    UES_OPENED,
    VESTIBULE,
)

Maps = Mapping[str, NDArray[np.float32]]
"""(rows, columns) probabilities in 0…1 by structure and region."""
Series = NDArray[np.float64]

SURE = 0.5
_LEAST = 3
"""Pixels of the map: less barium in a region is none."""
_PATCH = 2
"""How surely barium is in a region is told by so many pixels each way, the surest; single ones on its border are no barium in it."""
_HELD_S, _GAP_S = 0.06, 0.12
"""The sphincter is open when barium is in it for so long, and still is while it is gone for no longer than so."""
_OF_PEAK = 0.02
"""The bolus is in the pharynx while so much of the most that ever was there is."""
_LEFT, _MOST_LEFT = 20.0, 0.5
"""What an earlier one left there is this percentile of what is there since; if it is more than so much of the most, neither can be told."""
_STEP, _LIES_S = 0.04, 0.1
"""Of the way from where the bolus is held to the pharynx: how far it goes before it is under way; and how long it must have lain there."""
_RAISED, _HIGHEST = 0.05, 0.96
"""Of the hyoid's whole way: how far it goes before it is under way, and from where on it is as high as it gets."""
_CLOSES = 0.3
"""The vestibule shuts where it loses so much of its room at rest; what loses less only stirs."""
_SHUT, _OPENING = 0.12, 0.05
"""Of what it loses: it is shut from so much above its least room on, and starts to open with so much more than that."""
_OPEN, _PASSES = 0.06, 0.25
"""Of the most barium that ever was in the sphincter: it is open while so much is in it, and what never comes to more than so much was left
behind, and is no passage."""
_BEFORE_S, _AFTER_S = 1.5, 0.8
"""Around the opening of the sphincter: where its swallow's other events are looked for."""
_REST_S = 0.4


@dataclass(frozen=True)
class Moment:
    """One frame in numbers, in pixels of the map.

    ``barium`` in each region and ``room`` that it has; ``certain`` in 0…1 how surely barium is in it. ``short`` is how far what is in the
    mouth is from the pharynx, None where nothing is. ``hyoid`` is its way up along the cervical spine and forwards from it, None where
    either was not found. ``lumen``: how open the vestibule is, whether air or barium is in it. ``outlined``: all barium.
    """

    barium: Mapping[str, float]
    room: Mapping[str, float]
    certain: Mapping[str, float]
    short: float | None
    hyoid: tuple[float, float] | None
    lumen: float
    outlined: float


def _middle(mask: NDArray[np.bool_]) -> tuple[float, float] | None:
    rows, columns = np.nonzero(mask)
    return None if rows.size < _LEAST else (float(columns.mean()), float(rows.mean()))


def _along_spine(spine: NDArray[np.bool_], at: tuple[float, float]) -> tuple[float, float] | None:
    """How far a point is up along the spine's axis from its middle, and how far beside it."""
    points = np.argwhere(spine)[:, ::-1].astype(np.float64)
    if len(points) < 4 * _LEAST:
        return None
    middle = points.mean(0)
    axis = np.linalg.eigh(np.cov((points - middle).T))[1][:, 1]
    up = axis if axis[1] < 0 else -axis
    away = np.array(at) - middle
    return float(away @ up), float(abs(away @ np.array([-up[1], up[0]])))


def _surely(bolus: NDArray[np.float32], region: NDArray[np.float32]) -> float:
    """In 0…1 how surely barium is in a region, where it most surely is."""
    return min(1.0, float(cv2.blur(bolus * region, (_PATCH, _PATCH), borderType=cv2.BORDER_CONSTANT).max()))


def moment_of(maps: Maps, regions: Sequence[str]) -> Moment:
    """What a frame's maps say. A region or structure that has no map is empty."""
    empty = np.zeros_like(maps[BOLUS])
    bolus = maps[BOLUS] >= SURE
    masks = {name: maps.get(name, empty) >= SURE for name in (*regions, SPINE, HYOID, AIRWAY)}
    barium = {name: float(np.count_nonzero(bolus & masks[name])) for name in regions}
    held, short = bolus & masks[ORAL_CAVITY], None
    if np.count_nonzero(held) >= _LEAST and masks[PHARYNX].any():
        away = cv2.distanceTransform((~masks[PHARYNX]).astype(np.uint8), cv2.DIST_L2, 5)
        # Not the nearest pixel, which may be a drop.
        short = float(np.percentile(away[held], 5.0))
    hyoid = _middle(masks[HYOID])
    return Moment(
        barium=barium,
        room={name: float(np.count_nonzero(masks[name])) for name in regions},
        certain={name: _surely(maps[BOLUS], maps[name]) if name in maps else 0.0 for name in regions},
        short=short,
        hyoid=None if hyoid is None else _along_spine(masks[SPINE], hyoid),
        # Barium that lies in it holds no larynx shut.
        lumen=float(np.count_nonzero((masks[AIRWAY] | bolus) & masks[VESTIBULE])),
        outlined=float(np.count_nonzero(bolus)),
    )


def _filled(values: Sequence[float | None]) -> Series:
    """What is not known, between what is; NaN where nothing is known at all."""
    own = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    known = np.flatnonzero(np.isfinite(own))
    return own if not known.size else np.interp(np.arange(len(own)), known, own[known])


def _spans(inside: NDArray[np.bool_], times_s: Series) -> list[tuple[int, int]]:
    """(first, last) of every run that lasts, runs with but a short gap between them being one."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    runs = [(int(first), int(after) - 1) for first, after in edges.reshape(-1, 2)]
    joined: list[tuple[int, int]] = []
    for first, last in runs:
        if joined and times_s[first] - times_s[joined[-1][1]] <= _GAP_S:
            joined[-1] = joined[-1][0], last
        else:
            joined.append((first, last))
    step = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    return [(first, last) for first, last in joined if times_s[last] - times_s[first] + step >= _HELD_S]


@dataclass(frozen=True)
class Passage:
    """One passage through the sphincter: the last frame with barium in it, and the first frame of each event that was seen, by its name."""

    closed: int
    events: Mapping[str, int]


def _last_below(values: Series, level: float, first: int, before: int) -> int | None:
    """The last frame from ``first`` and before ``before`` at which a series is below a level; None where it never is."""
    below = np.flatnonzero(values[first:before] < level)
    return None if not below.size else first + int(below[-1])


def _within(times_s: Series, start_s: float, end_s: float) -> tuple[int, int]:
    return int(np.searchsorted(times_s, start_s)), int(np.searchsorted(times_s, end_s, side="right"))


def passages(moments: Sequence[Moment], times_s: Series) -> tuple[Passage, ...]:
    """Every passage of a sequence, in order. Events that the sequence does not show, or that cannot be told, are left out."""
    through = np.array([moment.barium[UES] for moment in moments])
    most = float(through.max(initial=0.0))
    open_ = through >= max(_LEAST, _OPEN * most)
    spans = [(first, last) for first, last in _spans(open_, times_s) if through[first : last + 1].max() >= _PASSES * most]
    starts = [0, *(last + 1 for _, last in spans)]
    return tuple(Passage(span[1], _events(moments, times_s, since, span)) for since, span in zip(starts, spans, strict=False))


def _events(moments: Sequence[Moment], times_s: Series, since: int, span: tuple[int, int]) -> dict[str, int]:
    opened, passed = span
    found = {UES_OPENED: opened} if opened > 0 else {}
    if passed + 1 < len(moments):
        found |= {TAIL_PAST_UES: passed, UES_CLOSED: passed + 1}
    inside = np.array([moment.barium[PHARYNX] for moment in moments])
    peak = float(inside[since : passed + 1].max(initial=0.0))
    # What an earlier swallow left lies there all the time, and is not this one's head.
    left = float(np.percentile(inside[since : opened + 1], _LEFT)) if since > 0 else 0.0
    before = _last_below(inside, left + max(_LEAST, _OF_PEAK * (peak - left)), since, opened + 1) if left <= _MOST_LEFT * peak else None
    if before is not None and before + 1 <= opened:
        found[HEAD_PAST_RAMUS] = before + 1
        found |= _oral_onset(moments, times_s, since, before + 1)
    found |= _hyoid(moments, times_s, found.get(HEAD_PAST_RAMUS, opened), span)
    return found | _larynx(moments, times_s, span)


def _oral_onset(moments: Sequence[Moment], times_s: Series, since: int, head: int) -> dict[str, int]:
    short = _filled([moment.short for moment in moments[since : head + 1]])
    if not np.isfinite(short).all() or len(short) < 2:
        return {}
    held = float(np.percentile(short, 90.0))
    still = np.flatnonzero(short >= held * (1.0 - _STEP))
    # Where it moves from the first frame on, its first step was not seen.
    seen = still.size and times_s[since + int(still[-1])] - times_s[since] >= _LIES_S
    return {ORAL_ONSET: since + int(still[-1])} if seen else {}


def _hyoid(moments: Sequence[Moment], times_s: Series, head: int, span: tuple[int, int]) -> dict[str, int]:
    first, after = _within(times_s, times_s[span[0]] - _BEFORE_S, times_s[span[1]] + _AFTER_S)
    first = min(first, head)
    found = [moment.hyoid for moment in moments[first:after]]
    if sum(own is None for own in found) > len(found) / 2 or len(found) < 4:
        return {}
    up, forwards = (_filled([None if own is None else own[axis] for own in found]) for axis in (0, 1))
    up, forwards = (cv2.blur(own[None], (3, 1), borderType=cv2.BORDER_REPLICATE)[0] for own in (up, forwards))
    rest_after = max(1, int(np.searchsorted(times_s[first:after], times_s[first] + _REST_S)))
    way = np.stack([own - np.median(own[:rest_after]) for own in (up, forwards)], axis=1)
    far = way[int(np.hypot(way[:, 0], way[:, 1]).argmax())]
    # Towards where it goes: a head that nods beforehand moves it otherwise.
    gone = way @ far / max(1.0, float(np.hypot(*far)))
    highest = int(np.flatnonzero(gone >= _HIGHEST * gone.max())[0])
    onset = _last_below(gone, _RAISED * float(gone[highest]), 0, highest)
    if onset is None or gone[highest] < 1.0:
        return {}
    return {HYOID_HIGHEST: first + highest, HYOID_ONSET: first + onset}


def _larynx(moments: Sequence[Moment], times_s: Series, span: tuple[int, int]) -> dict[str, int]:
    first, after = _within(times_s, times_s[span[0]] - _BEFORE_S, times_s[span[1]] + _AFTER_S)
    room = np.array([moment.lumen for moment in moments[first:after]])
    rest, least = float(np.percentile(room, 90.0)), float(room.min())
    lost = rest - least
    if rest < 2 * _LEAST or lost < _CLOSES * rest:
        return {}
    shut = _spans(room <= least + _SHUT * lost, times_s[first:after])
    middle = (span[0] + span[1]) / 2 - first
    nearest = min(shut, key=lambda own: max(0.0, own[0] - middle, middle - own[1]), default=None)
    if nearest is None:
        return {}
    found = {LARYNX_CLOSED: first + nearest[0]} if nearest[0] > 0 else {}
    own = room[nearest[0] : nearest[1] + 1]
    still = first + nearest[0] + int(np.flatnonzero(own <= own.min() + _OPENING * lost)[-1])
    return found | ({LARYNX_OPENED: still + 1} if still + 1 < after else {})


def entered(moments: Sequence[Moment], region: str) -> Series:
    """(frames,) in 0…1: how surely barium is in a region, on a frame and the one beside it; one alone may be a flaw of the picture."""
    own = np.array([moment.certain[region] for moment in moments])
    return own if len(own) < 2 else np.minimum(own, np.maximum(np.append(own[1:], 0.0), np.append(0.0, own[:-1])))


def residue(moments: Sequence[Moment], times_s: Series, after: int) -> dict[str, float]:
    """By region, the share of its room that barium takes in the half second after a frame; a region without room is left out.

    Nothing where no frame comes after it: what is still on its way is not left behind.
    """
    first, end = _within(times_s, times_s[after] + 0.1, times_s[after] + 0.6)
    own = moments[first : max(end, first + 1)]
    found = {}
    for name in CAN_KEEP:
        shares = [moment.barium[name] / moment.room[name] for moment in own if moment.room[name] >= _LEAST]
        if shares:
            found[name] = float(np.median(shares))
    return found
