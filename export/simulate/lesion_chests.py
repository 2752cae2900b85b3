"""Real clear chests with the findings of the chest protocol laid into them; some come through the same road with none."""

from collections.abc import Mapping, Sequence, Set
from pathlib import Path

import numpy as np

from edge_app.simulator.lesions.ground import Mask
from edge_app.simulator.lesions.lesion import Lesion, LesionKind, Side
from export.datasets.labelled import NO_FINDING, Labelled
from export.simulate.drawing import Drawing, drawn_chests
from export.simulate.lesioned import Grey, Lesioned, lesioned

SOURCE = "lesion_chest"
LEAST_STRENGTH = 0.15
_NONE, _ONE = 0.3, 0.45
"""Shares of the pictures with no finding and with one; the others have two."""
_TUBES = 0.3
_SIDES: tuple[Side, Side] = ("left", "right")

LIKE: Mapping[str, tuple[str, ...]] = {
    "Atelectasis": ("Infiltration", "Consolidation"),
    "Consolidation": ("Atelectasis", "Pneumonia", "Infiltration"),
    "Edema": ("Atelectasis", "Infiltration", "Consolidation", "Pneumonia", "Effusion"),
    "Effusion": ("Atelectasis", "Pleural_Thickening"),
    "Fibrosis": ("Infiltration", "Pleural_Thickening"),
    "Infiltration": ("Atelectasis", "Pneumonia", "Consolidation"),
    "Mass": ("Nodule",),
    "Nodule": ("Mass",),
    "Pleural_Thickening": ("Fibrosis", "Effusion"),
    "Pneumonia": ("Atelectasis", "Consolidation", "Infiltration"),
    "Pneumothorax": ("Atelectasis",),
}
"""What a reader may also call a finding, or sees with it: of these it is not known whether they are there."""


def labels_of(laid: Set[str]) -> dict[str, float]:
    """All fourteen by name: 1 for what was laid, 0 for the others, and no entry for what cannot be told from what was laid."""
    unsure = {name for own in laid for name in LIKE.get(own, ())} - laid
    return {name: float(name in laid) for name in NO_FINDING if name not in unsure}


def drawn_lesions(random: np.random.Generator) -> tuple[Lesion, ...]:
    """None, one or two different findings, each of any kind, on any side and of any strength."""
    share = random.random()
    count = 0 if share < _NONE else 1 if share < _NONE + _ONE else 2
    kinds = random.choice(len(LesionKind), count, replace=False)
    strength = LEAST_STRENGTH + (1.0 - LEAST_STRENGTH) * random.beta(1.3, 1.3, count)
    return tuple(
        Lesion(list(LesionKind)[int(kind)], _SIDES[int(random.integers(2))], float(own)) for kind, own in zip(kinds, strength, strict=True)
    )


def with_lesions(grey: Grey, right: Mask, left: Mask, heart: Mask, random: np.random.Generator) -> tuple[frozenset[str], Lesioned]:
    """A chest (rows, columns) in 0…1 with findings and tubes drawn by chance laid into it, and which findings those are.

    Raises:
        ValueError: a lung field is empty.
    """
    lesions, tubes = drawn_lesions(random), bool(random.random() < _TUBES)
    return frozenset(lesion.kind.finding for lesion in lesions), lesioned(grey, right, left, heart, lesions, random, tubes=tubes)


def _seen(laid: Lesioned) -> list[tuple[str, Mask]]:
    return [(lesion.kind.finding, region) for lesion, region in laid.regions.items()]


LESIONS = Drawing(SOURCE, with_lesions, labels_of, _seen)


def lesion_chests(chests: Sequence[Labelled], folder: Path, models: Path, seed: int, count: int, *, workers: int = 2) -> list[Labelled]:
    """``count`` pictures with findings drawn on the clear ``chests``: see ``drawn_chests``."""
    return drawn_chests(LESIONS, chests, folder, models, seed, count, workers=workers)
