"""Chests taken or sent wrongly, made from upright ones: what the gate learns to see, each flaw with the numbers that define it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.finding import Flaw

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]

UNTOUCHED = 0.5
"""Share of the pictures that get no flaw."""
SECOND = 0.25
"""Share of the others that get a second one, where both can be told apart."""
ORDINARY_TURN_DEG = 12.0
"""How far a picture may be turned without that being a flaw; a turned one lies within as much of 90° or 180°."""
CUT_FROM = 0.05
"""Of the lungs' area: from this much outside the picture it is cut off."""
WHOLE_TO = 0.02
"""Of the lungs' area: up to this much outside the picture it is whole; between the two nothing is said."""
_TOUCHES = 0.08
"""Of the longer side: where the lungs meet an edge of the picture over more than this, it is not known how much lies beyond."""

_TURNS_DEG = {Flaw.TURNED_LEFT: 90.0, Flaw.TURNED_RIGHT: -90.0, Flaw.UPSIDE_DOWN: 180.0}
_GROUP = {
    **dict.fromkeys(_TURNS_DEG, "turn"),
    # How an inverted picture was exposed cannot be told by its looks.
    **dict.fromkeys((Flaw.INVERTED, Flaw.UNDER_EXPOSED, Flaw.OVER_EXPOSED), "tone"),
    Flaw.CUT_OFF: "cut",
}


@dataclass(frozen=True)
class _Crop:
    """Rows and columns of a picture that are kept: [top, bottom), [left, right)."""

    top: int
    bottom: int
    left: int
    right: int

    def of(self, pixels: NDArray[np.generic]) -> NDArray[np.generic]:
        """The part of (rows, columns) that is kept."""
        return pixels[self.top : self.bottom, self.left : self.right]


def drawn_flaws(random: np.random.Generator) -> frozenset[Flaw]:
    """None, one, or two flaws that can be told apart."""
    if random.random() < UNTOUCHED:
        return frozenset()
    flaws = list(Flaw)
    first = flaws[int(random.integers(len(flaws)))]
    if random.random() >= SECOND:
        return frozenset({first})
    others = [flaw for flaw in flaws if _GROUP[flaw] != _GROUP[first]]
    return frozenset({first, others[int(random.integers(len(others)))]})


def flawed(
    chest: NDArray[np.uint8], lungs: Mask | None, random: np.random.Generator, flaws: frozenset[Flaw] | None = None
) -> tuple[Grey, NDArray[np.float32]]:
    """An upright letterboxed chest (side, side) → the same with none, one or two flaws, and which.

    The picture is (side, side) float32 in 0…1, letterboxed with zeros. The labels are 0 or 1 in the order of ``Flaw``. Without the outline
    of both ``lungs`` (side, side) it is not known whether a picture is cut off, nor where they meet its edge: NaN. Every picture is also
    varied in what is no flaw: mirrored, turned by up to 12°, cropped beside the lungs, re-exposed a little.
    """
    flaws = drawn_flaws(random) if flaws is None else flaws
    if random.random() < 0.5:
        chest, lungs = chest[:, ::-1], None if lungs is None else lungs[:, ::-1]
    content = _content(chest)
    crop = _cutting_crop(content, lungs, random) if Flaw.CUT_OFF in flaws else _ordinary_crop(content, lungs, random)
    turn = next((degrees for flaw, degrees in _TURNS_DEG.items() if flaw in flaws), 0.0)
    placed, frame, lost = _placed(chest, lungs, crop, turn, random)
    picture = _exposed(placed, frame, flaws, random)
    if Flaw.INVERTED in flaws:
        picture = 1 - picture
    labels = np.array([float(flaw in flaws) for flaw in Flaw], dtype=np.float32)
    labels[list(Flaw).index(Flaw.CUT_OFF)] = _cut_off(lost, content, lungs)
    return np.where(frame, np.clip(picture, 0, 1), 0).astype(np.float32), labels


def _content(chest: NDArray[np.uint8]) -> _Crop:
    """Where the picture lies on its canvas."""
    rows, columns = np.flatnonzero(chest.max(1) > 12), np.flatnonzero(chest.max(0) > 12)
    if rows.size < 8 or columns.size < 8:
        return _Crop(0, chest.shape[0], 0, chest.shape[1])
    return _Crop(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)


def _ordinary_crop(content: _Crop, lungs: Mask | None, random: np.random.Generator) -> _Crop:
    """Tight around the lungs, or a little off the edges, or nothing."""
    height, width = content.bottom - content.top, content.right - content.left
    if random.random() < 0.4:
        return content
    if lungs is not None and lungs.any():
        rows, columns = np.flatnonzero(lungs.any(1)), np.flatnonzero(lungs.any(0))
        off = random.uniform(0.0, 1.0, 4)
        return _Crop(
            content.top + int(off[0] * max(0, rows[0] - content.top - 1)),
            content.bottom - int(off[1] * max(0, content.bottom - rows[-1] - 2)),
            content.left + int(off[2] * max(0, columns[0] - content.left - 1)),
            content.right - int(off[3] * max(0, content.right - columns[-1] - 2)),
        )
    by = random.uniform(0.0, 0.04, 4) * (height, height, width, width)
    return _Crop(content.top + int(by[0]), content.bottom - int(by[1]), content.left + int(by[2]), content.right - int(by[3]))


def _cutting_crop(content: _Crop, lungs: Mask | None, random: np.random.Generator) -> _Crop:
    """One or two sides taken off, each with 6 to 45 % of the lungs' area, or 20 to 45 % of the picture where that is not known."""
    edges = {"top": content.top, "bottom": content.bottom, "left": content.left, "right": content.right}
    for side in random.choice(list(edges), 1 if random.random() < 0.7 else 2, replace=False):
        from_start, axis = side in ("top", "left"), 1 if side in ("top", "bottom") else 0
        if lungs is None or not lungs.any():
            length = edges["bottom"] - edges["top"] if axis else edges["right"] - edges["left"]
            by = int(random.uniform(0.2, 0.45) * length)
            edges[side] += by if from_start else -by
            continue
        area = lungs.sum(axis)
        gone = np.cumsum(area if from_start else area[::-1]) / area.sum()
        by = int(np.searchsorted(gone, random.uniform(0.06, 0.45))) + 1
        edges[side] = by if from_start else len(area) - by
    if edges["bottom"] - edges["top"] < 16 or edges["right"] - edges["left"] < 16:
        return content
    return _Crop(edges["top"], edges["bottom"], edges["left"], edges["right"])


def _placed(
    chest: NDArray[np.uint8], lungs: Mask | None, crop: _Crop, turn_deg: float, random: np.random.Generator
) -> tuple[NDArray[np.uint8], Mask, float]:
    """The kept part turned and letterboxed anew, where it lies on the canvas, and the share of the lungs' area that is lost."""
    side = chest.shape[0]
    kept = np.ascontiguousarray(crop.of(chest))
    height, width = kept.shape if abs(turn_deg) != 90.0 else kept.shape[::-1]
    angle = random.uniform(-ORDINARY_TURN_DEG, ORDINARY_TURN_DEG) * (random.random() < 0.7)
    cos, sin = np.cos(np.deg2rad(turn_deg + angle)), np.sin(np.deg2rad(turn_deg + angle))
    factor = side / max(height, width)
    # A patient who lies askew is in an upright picture; a picture that was laid down askew shows its corners.
    askew = random.random() < 0.3
    fits = factor * (random.uniform(0.85, 1.0) if askew else 1.0)
    from_middle = np.array([(kept.shape[1] - 1) / 2, (kept.shape[0] - 1) / 2])
    linear = fits * np.array([[cos, sin], [-sin, cos]])
    matrix = np.column_stack([linear, (side - 1) / 2 - linear @ from_middle])
    border = cv2.BORDER_CONSTANT if askew else cv2.BORDER_REPLICATE
    picture = cv2.warpAffine(kept, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=border)
    frame = np.zeros((side, side), dtype=np.bool_)
    high, wide = round(height * factor), round(width * factor)
    top, left = (side - high) // 2, (side - wide) // 2
    frame[top : top + high, left : left + wide] = True
    if askew:
        frame &= cv2.warpAffine(np.ones(kept.shape, np.uint8), matrix, (side, side), flags=cv2.INTER_NEAREST) > 0
    lost = np.nan
    if lungs is not None and lungs.any():
        seen = cv2.warpAffine(np.ascontiguousarray(crop.of(lungs)).astype(np.uint8), matrix, (side, side), flags=cv2.INTER_NEAREST)
        lost = 1 - float((seen > 0)[frame].sum()) / (float(lungs.sum()) * fits**2)
    return np.asarray(picture, dtype=np.uint8), frame, lost


def _cut_off(lost: float, content: _Crop, lungs: Mask | None) -> float:
    """1 from 5 % of the lungs' area lost, 0 up to 2 % where the lungs lay whole in the picture, else NaN."""
    if lungs is None or np.isnan(lost):
        return np.nan
    if lost >= CUT_FROM:
        return 1.0
    inside = content.of(lungs)
    touching = max(int(edge.sum()) for edge in (inside[:2].any(0), inside[-2:].any(0), inside[:, :2].any(1), inside[:, -2:].any(1)))
    return np.nan if lost > WHOLE_TO or touching > _TOUCHES * max(inside.shape) else 0.0


def _exposed(placed: NDArray[np.uint8], frame: Mask, flaws: frozenset[Flaw], random: np.random.Generator) -> Grey:
    """(side, side) uint8 → float32 of about 0…1, re-exposed within what is ordinary, or far outside it.

    Ordinary: exponent 0.75…1.35, ends moved by up to 6 %, noise up to 0.02. Under-exposed: noise of 0.05…0.14, worst where it is white, and
    seven times in ten everything within the whitest 20…50 % of the greys. Over-exposed: the darkest 25…55 % of the picture are black, the
    lungs with them, and the rest is up to 40 % darker.
    """
    tone = (np.arange(256) / 255.0) ** np.exp(random.uniform(np.log(0.75), np.log(1.35)))
    low, high = random.uniform(-0.06, 0.06), random.uniform(0.94, 1.06)
    tone = np.clip((tone - low) / (high - low), 0, 1)
    noise = random.uniform(0.0, 0.02) if random.random() < 0.5 else 0.0
    if Flaw.UNDER_EXPOSED in flaws:
        noise = random.uniform(0.05, 0.14)
        if random.random() < 0.7:
            span = random.uniform(0.2, 0.5)
            tone = random.uniform(0.9, 1.0) - span * (1 - tone)
            noise *= span + 0.3
    if Flaw.OVER_EXPOSED in flaws:
        black = float(np.quantile(tone[placed[::3, ::3][frame[::3, ::3]]], random.uniform(0.25, 0.55)))
        tone = np.clip((tone - black) / max(1 - black, 0.15), 0, 1) ** random.uniform(0.8, 1.3) * random.uniform(0.6, 1.0)
    picture = cv2.LUT(placed, tone.astype(np.float32))
    if noise:
        grain = random.standard_normal(picture.shape, dtype=np.float32)
        if Flaw.UNDER_EXPOSED in flaws and random.random() < 0.5:
            grain = cv2.GaussianBlur(grain, (0, 0), 0.7) * np.float32(2.0)
        picture = picture + np.float32(noise) * grain * (np.float32(0.5) + np.float32(0.7) * picture)
    return np.asarray(picture, dtype=np.float32)
