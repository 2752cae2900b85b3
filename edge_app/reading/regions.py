"""From a network's cells to boxes: every cell says how likely a finding is in it and how far that reaches, without anchors."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.activation import View
from edge_app.reading.alignment import within
from edge_app.reading.card import SIDES
from edge_app.reading.finding import Box

MOST = 4
"""So many regions of one finding are told at most."""
LEAST_SHARE = 0.3
"""A further region is told from this share of the surest cell's probability."""
SAME = 0.3
"""Regions that overlap by more are one."""
AGREEING = 0.5
"""Cells whose boxes overlap the surest cell's by at least so much have a say in its box."""

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Region:
    """Where a finding is: its box in original pixels, and the probability of its surest cell."""

    box: Box
    score: float


def overlaps(box: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """(4,) against (n, 4), each left, top, right, bottom → (n,) intersection over union."""
    width = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0])
    height = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1])
    shared = np.maximum(width, 0.0) * np.maximum(height, 0.0)
    area = (box[2] - box[0]) * (box[3] - box[1])
    areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    return np.asarray(shared / np.maximum(area + areas - shared, 1e-9))


def _allowed(rows: int, columns: int, view: View) -> NDArray[np.bool_]:
    """(rows, columns) of the cells whose middle lies where the view allows a finding."""
    canvas = np.zeros((view.canvas.height, view.canvas.width), dtype=np.bool_)
    within(canvas, view.placement)[:] = view.allowed
    down = ((np.arange(rows) + 0.5) * view.canvas.height / rows).astype(int)
    across = ((np.arange(columns) + 0.5) * view.canvas.width / columns).astype(int)
    return np.asarray(canvas[np.ix_(down, across)])


def regions_of(activation: Float32, reach: Float32, view: View) -> tuple[Region, ...]:
    """The regions of one finding, the surest first.

    ``activation`` (h, w) are logits of the cells, ``reach`` (4, h, w) logits of how far what is in a cell reaches from its middle to the
    left, top, right and bottom, as shares of the network's canvas.
    """
    height, width = activation.shape
    allowed = _allowed(height, width, view)
    if not allowed.any():
        return ()
    probability = 1.0 / (1.0 + np.exp(-np.clip(activation.astype(np.float64), -60.0, 60.0)))
    probability = np.where(allowed, probability, 0.0)
    left, top, right, bottom = 1.0 / (1.0 + np.exp(-np.clip(reach.astype(np.float64), -60.0, 60.0)))
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    boxes = np.stack([x - left, y - top, x + right, y + bottom], axis=-1).reshape(-1, SIDES)
    scores = probability.ravel()
    highest = cv2.dilate(probability, np.ones((3, 3), dtype=np.uint8)).ravel()
    peaks = [int(at) for at in np.argsort(-scores) if scores[at] >= highest[at] and scores[at] >= LEAST_SHARE * scores.max() > 0.0]
    kept: list[tuple[NDArray[np.float64], float]] = []
    for at in peaks:
        said = np.where(overlaps(boxes[at], boxes) >= AGREEING, scores, 0.0)
        # A box too small to overlap anything still speaks for itself.
        said[at] = scores[at]
        box = (boxes * said[:, None]).sum(0) / said.sum()
        if all(overlaps(box, other[None])[0] <= SAME for other, _ in kept):
            kept.append((box, float(scores[at])))
        if len(kept) == MOST:
            break
    size = np.array([view.canvas.width, view.canvas.height] * 2)
    placed = [(view.on_picture(_box(box * size)), score) for box, score in kept]
    return tuple(Region(box, score) for box, score in placed if box is not None)


def _box(edges: NDArray[np.float64]) -> Box:
    left, top, right, bottom = map(float, edges)
    return Box(left, top, right - left, bottom - top)
