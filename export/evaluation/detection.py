"""How well boxes are found: average precision over the ranked boxes of each finding (Everingham et al. 2010, all points)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge_app.reading.finding import Box
from edge_app.reading.regions import overlaps


@dataclass(frozen=True)
class Marked:
    """A box that is there, by a person's hand or a program's."""

    picture: Path
    finding: str
    box: Box


@dataclass(frozen=True)
class Detected:
    """A box that was found, and how surely."""

    picture: Path
    finding: str
    box: Box
    score: float


def overlap(one: Box, other: Box | None) -> float:
    """Intersection over union of both boxes; 0 where there is no other."""
    if other is None:
        return 0.0
    first, second = (np.array([box.x, box.y, box.x + box.width, box.y + box.height]) for box in (one, other))
    return float(overlaps(first, second[None])[0])


def average_precision(marked: Sequence[Marked], detected: Sequence[Detected], least: float) -> float:
    """Of one finding: the area under precision over recall, a box being right that overlaps one not yet found by at least ``least``.

    NaN where nothing is marked.
    """
    if not marked:
        return float("nan")
    waiting: dict[Path, list[Box]] = defaultdict(list)
    for own in marked:
        waiting[own.picture].append(own.box)
    right = []
    for found in sorted(detected, key=lambda own: -own.score):
        there = waiting[found.picture]
        best = max(there, key=lambda box: overlap(box, found.box), default=None)
        hit = best is not None and overlap(best, found.box) >= least
        if hit and best is not None:
            there.remove(best)
        right.append(hit)
    true = np.cumsum(right)
    precision = true / np.arange(1, len(right) + 1)
    # Precision at a recall is the best that any later threshold gives.
    best_from = np.maximum.accumulate(precision[::-1])[::-1] if right else precision
    return float((best_from * np.asarray(right)).sum() / len(marked))


def average_precisions(marked: Sequence[Marked], detected: Sequence[Detected], least: float) -> dict[str, float]:
    """``average_precision`` of every finding that is marked anywhere."""
    return {
        name: average_precision([own for own in marked if own.finding == name], [own for own in detected if own.finding == name], least)
        for name in sorted({own.finding for own in marked})
    }
