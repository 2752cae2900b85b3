"""What the newborns' classifier is shown of a training picture: by the very steps that show it on the box, or with the outlines given."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.radiograph.picture import Picture
from edge_app.reading.alignment import Mask, cut_out
from edge_app.reading.anatomy import AIRWAYS, LEFT_LUNG, LEFT_LUNG_WHOLE, RIGHT_LUNG, RIGHT_LUNG_WHOLE, Anatomy, Drawn
from edge_app.reading.canvas import letterbox, place
from edge_app.reading.card import Structure, card_hash
from edge_app.reading.newborn_lungs import FoundLungs, both_lungs, find_lungs, thorax_alone, thorax_of
from edge_app.reading.protocols.chest import ANATOMY_MODEL
from edge_app.reading.protocols.neonatal_rds import NEWBORN_ANATOMY_MODEL
from export.datasets.canvases import kept_canvases, opened
from export.datasets.labelled import Labelled, listed
from export.datasets.lung_boxes import looking
from export.workplace import with_finished

_PAIRS = ((RIGHT_LUNG, RIGHT_LUNG_WHOLE), (LEFT_LUNG, LEFT_LUNG_WHOLE))


@dataclass(frozen=True)
class Shown:
    """How a thorax is shown: by the ``outlines`` that come with the picture, where some do, and with the ``strip`` or without."""

    outlines: bool = False
    strip: bool = False


def lungs_of(path: Path, models: Path) -> FoundLungs:
    """The lungs of a newborn's picture as the box finds them."""
    return find_lungs(looking(models / NEWBORN_ANATOMY_MODEL), looking(nearest(models)), opened(path))


def nearest(models: Path) -> Path:
    """The model that outlines what lies upright and near: of the ``models``, or what ships where it is not among them."""
    return with_finished(models, ANATOMY_MODEL) / ANATOMY_MODEL


def _given(picture: Labelled, found: FoundLungs) -> FoundLungs:
    """The lungs as the picture's own outlines say, its airways as the network found them where it did not have to turn it."""
    whole = opened(picture.path)
    rows, columns = whole.pixels.shape
    placement = place(whole.rows, whole.columns, rows, columns)
    drawn = []
    for name, whole_name in _PAIRS:
        pixels = cv2.imread(str(picture.masks[name]), cv2.IMREAD_GRAYSCALE)
        if pixels is None:
            raise FileNotFoundError(picture.masks[name])
        mask = np.asarray(cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_LINEAR) > 127)
        drawn += [_drawn(own, mask) for own in (name, whole_name)]
    airways = found.anatomy.get(AIRWAYS) if found.quarters == 0 else None
    if airways is not None:
        drawn.append(_drawn(AIRWAYS, np.asarray(cv2.resize(airways.levels, (columns, rows), interpolation=cv2.INTER_LINEAR) >= 128)))
    return FoundLungs(Anatomy(tuple(drawn), (), placement), whole, 0)


def _drawn(name: str, mask: Mask) -> Drawn:
    return Drawn(Structure(name=name), mask.astype(np.uint8) * np.uint8(255), mask, 1.0)


def _outlined(picture: Labelled, how: Shown, models: Path) -> FoundLungs:
    found = lungs_of(picture.path, models)
    return _given(picture, found) if how.outlines and {RIGHT_LUNG, LEFT_LUNG} <= picture.masks.keys() else found


def thorax_shown(picture: Labelled, how: Shown, models: Path, side: int) -> Picture | None:
    """The thorax as the classifier is shown it; None where both lungs were not found."""
    found = _outlined(picture, how, models)
    if found.box is None:
        return None
    return thorax_alone(found.upright, thorax_of(found.anatomy, with_strip=how.strip), side)[0]


def thorax_canvases(pictures: Sequence[Labelled], how: Shown, models: Path, side: int, folder: Path) -> NDArray[np.uint8]:
    """(pictures, side, side) uint8 of each thorax, letterboxed as on the box; all black where both lungs were not found."""

    def made(index: int) -> NDArray[np.float32]:
        shown = thorax_shown(pictures[index], how, models, side)
        return np.zeros((side, side), dtype=np.float32) if shown is None else letterbox(shown.windowed(side), side, side)

    return kept_canvases(f"thorax {_key(pictures, how, models)}", len(pictures), side, folder, made)


def lung_canvases(pictures: Sequence[Labelled], how: Shown, models: Path, side: int, folder: Path) -> NDArray[np.uint8]:
    """(pictures, side, side) uint8, 255 where ``thorax_canvases`` shows a lung; nothing where both were not found."""

    def made(index: int) -> NDArray[np.float32]:
        found = _outlined(pictures[index], how, models)
        if found.box is None:
            return np.zeros((side, side), dtype=np.float32)
        upright = found.upright
        part = thorax_alone(upright, thorax_of(found.anatomy, with_strip=how.strip), side)[1]
        lungs = cv2.resize(both_lungs(found.anatomy).astype(np.uint16), upright.pixels.shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
        own = cut_out(replace(upright, pixels=np.asarray(lungs, dtype=np.uint16)), part).pixels
        return np.asarray(letterbox(own.astype(np.float32), side, side) >= 0.5, dtype=np.float32)

    return kept_canvases(f"lungs of {_key(pictures, how, models)}", len(pictures), side, folder, made)


def _key(pictures: Sequence[Labelled], how: Shown, models: Path) -> str:
    return f"{how} {card_hash(models / NEWBORN_ANATOMY_MODEL)} {card_hash(nearest(models))} {listed(pictures)}"
