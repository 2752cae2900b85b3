"""Broken nasal bones drawn on real ones: a lucent line, a step, a depression, splinters; and on others what is only taken for a break.

What a reader must not take for a fracture, the groove of the nasociliary nerve and the sutures, is as likely on both sides, and so is a
slight bend of the bone: it is the break alone that tells them apart (de Lacey et al. 1977 for what is mistaken on lateral views).
"""

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from export.simulate.nasal_bone import Grey, NasalBone, Points

Mask = NDArray[np.bool_]


class Break(StrEnum):
    """How a nasal bone is broken."""

    LINE = "line"
    STEP = "step"
    DEPRESSION = "depression"
    SPLINTERS = "splinters"


SHARES = {Break.LINE: 0.35, Break.STEP: 0.25, Break.DEPRESSION: 0.25, Break.SPLINTERS: 0.15}
_WHERE = (0.4, 0.9)
"""Shares of the length: the lower half, where the bone is thin and most of them break."""
_GROOVE, _SUTURE = 0.4, 0.3
_CORRIDOR_MM = 2.6
_SEAM_MM = 0.9
_ROUND_MM = 1.3
"""So far around the line and beside the broken edge what is outlined as the fracture reaches."""
_LEAST_BENT = 0.3
_LEAST_CHANGED = 0.012
"""Of the whole range of greys: what is changed by less nobody can outline."""


@dataclass(frozen=True, eq=False)
class Nose:
    """A drawn nose: the picture (rows, columns) in 0…1, and where the bone is broken; nowhere where ``kind`` is None."""

    picture: Grey
    fracture: Mask
    kind: Break | None


@dataclass(frozen=True, eq=False)
class _Frame:
    """Where every pixel of a picture lies along the bone, in pixels from its start, and how far from it."""

    along: NDArray[np.float64]
    away: NDArray[np.float64]

    @classmethod
    def of(cls, bone: NasalBone, rows: int, columns: int) -> "_Frame":
        """Exact to a pixel, near the bone; further off only large."""
        mask = np.full((rows, columns), 255, dtype=np.uint8)
        points = np.rint(bone.ridge).astype(int)
        points = np.clip(points, 0, (columns - 1, rows - 1))
        mask[points[:, 1], points[:, 0]] = 0
        away, labels = cv2.distanceTransformWithLabels(mask, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
        steps = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(bone.ridge, axis=0), axis=1))])
        of_label = np.zeros(int(labels.max()) + 1)
        of_label[labels[points[:, 1], points[:, 0]]] = steps
        return cls(of_label[labels], away.astype(np.float64))


def _bent(grey: Grey, shift_x: NDArray[np.float64], shift_y: NDArray[np.float64]) -> Grey:
    """What lies at a pixel moves by its shift, as far as that is small and smooth."""
    row, column = np.mgrid[0 : grey.shape[0], 0 : grey.shape[1]]
    taken_x, taken_y = (column - shift_x).astype(np.float32), (row - shift_y).astype(np.float32)
    return np.asarray(cv2.remap(grey, taken_x, taken_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), dtype=np.float32)


def _step(values: NDArray[np.float64], soft: float) -> NDArray[np.float64]:
    """0 well below zero, 1 well above, over about ``soft``."""
    return np.asarray(0.5 * (1.0 + np.tanh(values / max(soft, 1e-6))))


def _jagged(start: Points, end: Points, rough: float, random: np.random.Generator) -> Points:
    """A line that wavers by about ``rough`` pixels, (points, 2)."""
    count = max(6, round(float(np.linalg.norm(end - start)) / 2))
    along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-6)
    across = np.array([-along[1], along[0]])
    walk = np.cumsum(random.normal(0.0, 1.0, count))
    walk -= np.linspace(walk[0], walk[-1], count)
    walk *= rough / max(float(np.abs(walk).max()), 1e-6)
    return np.asarray(start + np.linspace(0.0, 1.0, count)[:, None] * (end - start) + walk[:, None] * across)


def _lucent(grey: Grey, line: Points, wide: float, depth: float) -> Grey:
    """Darken along a line: most where there is bone, and there by ``depth`` of what stands out from around it."""
    fine = 4
    canvas = np.zeros((grey.shape[0], grey.shape[1]), dtype=np.uint8)
    cv2.polylines(
        canvas, [np.rint(line * 2**fine).astype(np.int32)], isClosed=False, color=255, thickness=1, lineType=cv2.LINE_AA, shift=fine
    )
    soft = cv2.GaussianBlur(canvas.astype(np.float32), (0, 0), max(0.5, wide / 2))
    soft /= max(float(soft.max()), 1e-6)
    around = cv2.medianBlur(np.rint(grey * 255).astype(np.uint8), 2 * max(4, round(4 * wide)) + 1).astype(np.float32) / np.float32(255)
    standing = np.maximum(grey - around, 0.0) + np.float32(0.015)
    return np.asarray(np.clip(grey - np.float32(depth) * soft * standing, 0.0, 1.0), dtype=np.float32)


def _across(bone: NasalBone, share: float, random: np.random.Generator, before: float, behind: float) -> Points:
    """A line across the bone, askew, from ``before`` pixels in front of it to ``behind`` pixels behind it."""
    at, along = bone.at(share)
    angle = np.deg2rad(random.uniform(-40.0, 40.0))
    backwards = np.array([-along[1], along[0]])
    turned = np.array(
        [backwards[0] * np.cos(angle) - backwards[1] * np.sin(angle), backwards[0] * np.sin(angle) + backwards[1] * np.cos(angle)]
    )
    return _jagged(at - before * turned, at + behind * turned, random.uniform(0.2, 0.7) * bone.mm, random)


def _look_alikes(grey: Grey, bone: NasalBone, random: np.random.Generator) -> Grey:
    """The groove of a nerve along the bone and the suture above it, on whom they are seen; and a slight bend."""
    frame = _Frame.of(bone, *grey.shape)
    sway = (
        random.uniform(-0.5, 0.5)
        * bone.mm
        * np.sin(frame.along / bone.length * np.pi)
        * np.exp(-((frame.away / (2 * _CORRIDOR_MM * bone.mm)) ** 2))
    )
    _, along = bone.at(0.5)
    grey = _bent(grey, -along[1] * sway, along[0] * sway)
    if random.random() < _GROOVE:
        first, last = sorted(random.uniform(0.15, 0.85, 2))
        last = max(last, first + 0.15)
        offset = random.uniform(0.8, 3.0) * bone.mm
        ends = []
        for share, drift in ((first, random.uniform(0.7, 1.3)), (last, random.uniform(0.7, 1.3))):
            at, direction = bone.at(share)
            ends.append(at + drift * offset * np.array([-direction[1], direction[0]]))
        line = _jagged(ends[0], ends[1], random.uniform(0.1, 0.4) * bone.mm, random)
        grey = _lucent(grey, line, random.uniform(0.25, 0.6) * bone.mm, random.uniform(0.4, 1.2))
    if random.random() < _SUTURE:
        line = _across(bone, random.uniform(0.0, 0.14), random, 0.4 * bone.mm, random.uniform(1.5, 4.0) * bone.mm)
        grey = _lucent(grey, line, random.uniform(0.25, 0.6) * bone.mm, random.uniform(0.3, 0.9))
    return grey


def drawn_nose(grey: Grey, bone: NasalBone, *, broken: bool, random: np.random.Generator, kind: Break | None = None) -> Nose:
    """A nose (rows, columns) in 0…1 with what is taken for a fracture here and there, and with one where it is to be ``broken``.

    Of what ``kind`` it is, is drawn by their ``SHARES`` where it is not given.
    """
    grey = _look_alikes(grey, bone, random)
    nothing = np.zeros(grey.shape, dtype=np.bool_)
    if not broken:
        return Nose(grey, nothing, None)
    unbroken = grey
    kinds = list(SHARES)
    chosen = kinds[int(random.choice(len(kinds), p=list(SHARES.values())))]
    kind = kind or chosen
    shares = [float(random.uniform(*_WHERE))]
    if kind is Break.SPLINTERS:
        shares += [min(0.97, shares[0] + gap) for gap in np.cumsum(random.uniform(0.06, 0.14, int(random.integers(1, 3))))]
    outlined = nothing
    lines = []
    for share in shares:
        line = _across(bone, share, random, random.uniform(0.5, 1.2) * bone.mm, random.uniform(1.5, 6.0) * bone.mm)
        lines.append(line)
        displacement = _displaced(kind, bone, random)
        if displacement is not None:
            grey, moved = _moved_fragment(grey, bone, share, displacement)
            outlined = outlined | moved
    for line in lines:
        # Broken ends that lie over one another are denser, not more lucent.
        sign = -0.6 if kind in (Break.STEP, Break.SPLINTERS) and random.random() < 0.2 else 1.0
        grey = _lucent(grey, line, random.uniform(0.35, 0.9) * bone.mm, sign * random.uniform(0.55, 1.1))
        canvas = np.zeros(grey.shape, dtype=np.uint8)
        thick = max(1, round(2 * _ROUND_MM * bone.mm))
        cv2.polylines(canvas, [np.rint(line).astype(np.int32)], isClosed=False, color=1, thickness=thick)
        outlined = outlined | (canvas > 0)
    changed = (np.abs(grey - unbroken) >= _LEAST_CHANGED).astype(np.uint8)
    seen = cv2.dilate(changed, np.ones((2 * round(bone.mm) + 1,) * 2, dtype=np.uint8)) > 0
    return Nose(grey, np.asarray(outlined & seen), kind)


@dataclass(frozen=True)
class _Displaced:
    """How the part beyond a break lies: pushed in by so many pixels, and turned inwards by an angle in radians."""

    inwards: float
    angle: float


def _displaced(kind: Break, bone: NasalBone, random: np.random.Generator) -> _Displaced | None:
    outwards = -1.0 if random.random() < 0.15 else 1.0
    if kind is Break.STEP:
        return _Displaced(outwards * random.uniform(0.4, 1.7) * bone.mm, np.deg2rad(random.uniform(-4.0, 8.0)))
    if kind is Break.DEPRESSION:
        return _Displaced(random.uniform(0.0, 0.8) * bone.mm, outwards * np.deg2rad(random.uniform(8.0, 26.0)))
    if kind is Break.SPLINTERS:
        return _Displaced(random.normal(0.4, 0.7) * bone.mm, np.deg2rad(random.normal(4.0, 8.0)))
    return None


def _moved_fragment(grey: Grey, bone: NasalBone, share: float, how: _Displaced) -> tuple[Grey, Mask]:
    """The picture with what lies beyond ``share`` of the bone displaced, and where that is plainly so near the break."""
    frame = _Frame.of(bone, *grey.shape)
    at, along = bone.at(share)
    inwards = np.array([-along[1], along[0]])
    beyond = frame.along - share * bone.length
    weight = _step(beyond, _SEAM_MM * bone.mm / 2) * np.exp(-((frame.away / (_CORRIDOR_MM * bone.mm)) ** 2))
    row, column = np.mgrid[0 : grey.shape[0], 0 : grey.shape[1]].astype(np.float64)
    x, y = column - at[0], row - at[1]
    # Turned inwards means clockwise as the picture lies, for the face looks to the right.
    cosine, sine = np.cos(how.angle), np.sin(how.angle)
    turned_x, turned_y = cosine * x - sine * y - x, sine * x + cosine * y - y
    shift_x, shift_y = weight * (turned_x + how.inwards * inwards[0]), weight * (turned_y + how.inwards * inwards[1])
    near = (np.abs(beyond) <= 3.0 * bone.mm) & (frame.away <= 1.2 * bone.mm)
    return _bent(grey, shift_x, shift_y), np.asarray(near & (np.hypot(shift_x, shift_y) >= _LEAST_BENT * bone.mm))
