"""What the drawing network learns from: real frontal chests, cut out around the lungs, with what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.protocols.chest import CHEST_FINDINGS
from export.datasets.canvases import part_canvases
from export.datasets.labelled import Labelled, label_matrix
from export.datasets.lung_boxes import lung_boxes
from export.datasets.split import in_mixed_order
from export.gan.place import GanPlace
from export.workplace import NoPicturesError

CHILD, NIH, MIRRORED = "child", "nih", "mirrored"
CONDITION = (*CHEST_FINDINGS, CHILD, NIH, MIRRORED)
"""What a picture is drawn for. Hospitals differ in more than their patients: without ``NIH`` a rare finding, which only NIH's pictures
show, would be told by the look of its hospital; and without ``MIRRORED`` every second heart would lie on the wrong side."""
THUMBNAILS = "nih64"
THUMBNAIL_SIDE = 64
SOURCES = ("nih", THUMBNAILS, "adult_normal", "covid", "tuberculosis", "paediatric")
_SHIFT = 0.03
_CLEAR = "clear"


def real_chests(pictures: Sequence[Labelled], children: int, seed: int) -> list[Labelled]:
    """Those that no program drew, of the ``SOURCES``; of the children at most so many, by seed."""
    real = [picture for picture in pictures if not picture.simulated and picture.source in SOURCES]
    young = in_mixed_order([picture for picture in real if picture.kind == "chest_child"], seed)[:children]
    return [picture for picture in real if picture.kind != "chest_child"] + young


@dataclass(frozen=True)
class RealChests:
    """Pictures with their canvases.

    Attributes:
        canvases: (pictures, side, side) uint8, the lungs' boxes at the largest side.
    """

    pictures: tuple[Labelled, ...]
    canvases: NDArray[np.uint8]

    @classmethod
    def of(cls, pictures: Sequence[Labelled], place: GanPlace) -> "RealChests":
        """The pictures whose lungs are found.

        Raises:
            NoPicturesError: there are none.
        """
        findings = place.findings
        boxes = lung_boxes(pictures, findings.finished, findings.cache)
        found = [(picture, box) for picture, box in zip(pictures, boxes, strict=True) if box is not None]
        if not found:
            raise NoPicturesError(f"no chests whose lungs are found under {findings.data}")
        own = tuple(picture for picture, _ in found)
        return cls(own, part_canvases(own, [box for _, box in found], place.budget.largest, findings.cache))

    @classmethod
    def taught(cls, place: GanPlace) -> "RealChests":
        """The training patients' pictures."""
        return cls.of(real_chests(place.findings.taught, place.budget.children, place.seed), place)

    @classmethod
    def unseen(cls, place: GanPlace) -> "RealChests":
        """The validation patients' pictures, children in the proportion that training has."""
        share = place.findings.recipe.validation_fraction
        children = round(place.budget.children * share / (1.0 - share))
        return cls.of(real_chests(place.findings.split.validation, children, place.seed), place)

    def at(self, side: int) -> "RealChests":
        """The pictures that are sharp enough for a side, shrunk to it."""
        own = [at for at, picture in enumerate(self.pictures) if side <= THUMBNAIL_SIDE or picture.source != THUMBNAILS]
        if not own:
            raise NoPicturesError(f"no chests that are sharp enough for a side of {side}")
        return RealChests(tuple(self.pictures[at] for at in own), shrunk(self.canvases[own], side))

    @cached_property
    def known(self) -> NDArray[np.float32]:
        """(pictures, ``CONDITION``) of 0 and 1, NaN where unknown; none of them is mirrored."""
        flags = [(picture.kind == "chest_child", picture.source in ("nih", THUMBNAILS), False) for picture in self.pictures]
        return np.concatenate([label_matrix(self.pictures, CHEST_FINDINGS), np.array(flags, dtype=np.float32)], 1, dtype=np.float32)

    @cached_property
    def shares(self) -> NDArray[np.float32]:
        """(``CONDITION``,) of each the share among the pictures where it is known; of nothing known 0."""
        known = ~np.isnan(self.known)
        shares = np.nansum(self.known, 0) / np.maximum(known.sum(0), 1)
        shares[CONDITION.index(MIRRORED)] = 0.5
        return np.asarray(shares, dtype=np.float32)

    @cached_property
    def together(self) -> NDArray[np.int64]:
        """(findings, findings) how many pictures show both; 0 on the diagonal."""
        shown = (np.nan_to_num(self.known[:, : len(CHEST_FINDINGS)]) >= 0.5).astype(np.int64)
        counts = shown.T @ shown
        np.fill_diagonal(counts, 0)
        return np.asarray(counts, dtype=np.int64)

    @cached_property
    def odds(self) -> NDArray[np.float64]:
        """(pictures,) how often each is drawn, in all 1: by the inverse root of how common its rarest label is."""
        named = [[name for name in CHEST_FINDINGS if picture.labels.get(name, 0.0) >= 0.5] or [_CLEAR] for picture in self.pictures]
        count: dict[str, int] = {}
        for names in named:
            for name in names:
                count[name] = count.get(name, 0) + 1
        weight = np.array([max(count[name] ** -0.5 for name in names) for names in named])
        return np.asarray(weight / weight.sum(), dtype=np.float64)


def shrunk(canvases: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """(n, larger, larger) → (n, side, side)."""
    if canvases.shape[1] == side:
        return canvases
    return np.stack([np.asarray(cv2.resize(own, (side, side), interpolation=cv2.INTER_AREA), dtype=np.uint8) for own in canvases])


def centred(known: NDArray[np.float32], shares: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, ``CONDITION``) as the networks are told it: the difference from its share, 0 where it is unknown."""
    return np.where(np.isnan(known), np.float32(0.0), known - shares).astype(np.float32)


@dataclass(frozen=True)
class Drawn:
    """One batch: pictures (n, side, side) float32, −1…1, and what is known of them (n, ``CONDITION``), NaN where unknown."""

    pictures: NDArray[np.float32]
    known: NDArray[np.float32]


def drawn(chests: RealChests, count: int, random: np.random.Generator) -> Drawn:
    """Pictures by their odds, every second one mirrored and each shifted a little."""
    chosen = random.choice(len(chests.pictures), count, p=chests.odds)
    mirrored = random.random(count) < 0.5
    side = chests.canvases.shape[1]
    shifts = random.uniform(-_SHIFT, _SHIFT, (count, 2)) * side
    known = chests.known[chosen].copy()
    known[:, CONDITION.index(MIRRORED)] = mirrored
    pictures = np.empty((count, side, side), dtype=np.float32)
    for own, index, turned, (right, down) in zip(pictures, chosen, mirrored, shifts, strict=True):
        grey = chests.canvases[index]
        move = np.array([[1.0, 0.0, right], [0.0, 1.0, down]], dtype=np.float32)
        # At few pixels a shift by parts of one would blur what there is.
        moved = grey if side < THUMBNAIL_SIDE else cv2.warpAffine(grey, move, (side, side), borderMode=cv2.BORDER_REPLICATE)
        own[:] = moved[:, ::-1] if turned else moved
    return Drawn(pictures / np.float32(127.5) - np.float32(1.0), known)
