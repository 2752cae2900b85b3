"""Real clear chests with tuberculosis laid into them, or with what is none: so that a network sees it at every hospital that has normals.

Half of the draws are tuberculous. The others are clear or show what a reader must tell from it. All else that drawing does to a picture
(tubes, chalk, old fractures, a slight sway of the lungs) is equally likely on both sides, so that the disease alone tells them apart.
"""

from collections.abc import Sequence, Set
from pathlib import Path

import numpy as np

from edge_app.reading.protocols.tuberculosis import TUBERCULOSIS
from edge_app.simulator.lesions.ground import Mask
from edge_app.simulator.lesions.lesion import Kind, Lesion, LesionKind, LookAlikeKind, Side, TuberculousKind
from export.datasets.labelled import Labelled
from export.simulate.drawing import Drawing, drawn_chests
from export.simulate.lesioned import Grey, Lesioned, lesioned

SOURCE = "tuberculous_chests"

UNSURE = frozenset({LesionKind.CONSOLIDATION.finding, LesionKind.EFFUSION.finding, LesionKind.NODULE.finding})
"""Alone it may be tuberculosis or not, and no label says which."""
_TUBERCULOUS, _NOTHING = 0.5, 0.5
"""Share of the draws with tuberculosis; of the others, share with nothing at all."""
_TUBES, _CARTILAGE, _FRACTURE = 0.2, 0.15, 0.06
_BESIDE = 0.15
"""Share of the tuberculous draws with something beside that has nothing to do with it."""
_RIGHT = 0.56
_AFTER, _SCARRED, _PRIMARY = 0.7, 0.13, 0.09
"""Shares of what is active after the first infection, of scars alone and of primary disease; the rest is miliary."""


def _strength(random: np.random.Generator, most: float = 1.0, least: float = 0.12) -> float:
    """From barely visible to gross, most of them moderate."""
    return float(least + (most - least) * random.beta(1.5, 1.9))


def _side(random: np.random.Generator) -> Side:
    return "right" if random.random() < _RIGHT else "left"


def _active(side: Side, other: Side, random: np.random.Generator) -> list[Lesion]:
    """Active disease after the first infection."""
    lesions = []
    if random.random() < 0.38:
        lesions.append(Lesion(TuberculousKind.CAVITY, side, _strength(random)))
    if not lesions or random.random() < 0.5:
        lesions.append(Lesion(TuberculousKind.INFILTRATE, side, _strength(random)))
    if random.random() < 0.55:
        lesions.append(Lesion(TuberculousKind.INFILTRATE, other, _strength(random, 0.8)))
    if random.random() < 0.3:
        lesions.append(Lesion(TuberculousKind.SPREAD, side, _strength(random)))
    if random.random() < 0.2:
        lesions.append(Lesion(TuberculousKind.SPREAD, other, _strength(random, 0.8)))
    if random.random() < 0.2:
        lesions.append(Lesion(TuberculousKind.SCAR, side, _strength(random, 0.8)))
    if random.random() < 0.06:
        lesions.append(Lesion(TuberculousKind.NODES, side, _strength(random, 0.7)))
    if random.random() < 0.13:
        lesions.append(Lesion(LesionKind.EFFUSION, side, _strength(random, 0.7)))
    return lesions


def _tuberculous(random: np.random.Generator) -> list[Lesion]:
    side = _side(random)
    other: Side = "left" if side == "right" else "right"
    share = random.random()
    if share < _AFTER:
        return _active(side, other, random)
    if share < _AFTER + _SCARRED:
        lesions = [Lesion(TuberculousKind.SCAR, side, _strength(random))]
        if random.random() < 0.35:
            lesions.append(Lesion(TuberculousKind.SCAR, other, _strength(random, 0.6)))
        return lesions
    if share < _AFTER + _SCARRED + _PRIMARY:
        # Alone each of them could be anything; together they are the primary complex.
        lesions = [Lesion(TuberculousKind.PRIMARY, side, _strength(random)), Lesion(TuberculousKind.NODES, side, _strength(random))]
        if random.random() < 0.3:
            lesions.append(Lesion(LesionKind.EFFUSION, side, _strength(random)))
        return lesions
    lesions = [Lesion(TuberculousKind.MILIARY, "right", _strength(random, least=0.25))]
    if random.random() < 0.25:
        lesions.append(Lesion(TuberculousKind.INFILTRATE, side, _strength(random, 0.7)))
    return lesions


_NONE_OF_IT: tuple[tuple[Kind, ...], ...] = (
    (LesionKind.CARDIOMEGALY,),
    (LesionKind.EDEMA,),
    (LesionKind.EDEMA, LesionKind.CARDIOMEGALY),
    (LesionKind.EDEMA, LesionKind.CARDIOMEGALY, LesionKind.EFFUSION),
    (LesionKind.ATELECTASIS,),
    (LesionKind.EMPHYSEMA,),
    (LookAlikeKind.BASAL_MASS,),
    (LesionKind.PNEUMOTHORAX,),
    (LesionKind.CONSOLIDATION,),
    (LesionKind.EFFUSION,),
    (LesionKind.NODULE,),
)
_HARMLESS = (LesionKind.CARDIOMEGALY, LesionKind.ATELECTASIS, LesionKind.EMPHYSEMA)


def drawn_patient(random: np.random.Generator) -> tuple[Lesion, ...]:
    """What one chest shows, tuberculous or not."""
    if random.random() < _TUBERCULOUS:
        lesions = _tuberculous(random)
        if random.random() < _BESIDE:
            lesions.append(Lesion(_HARMLESS[int(random.integers(len(_HARMLESS)))], _side(random), _strength(random, 0.8)))
    elif random.random() < _NOTHING:
        lesions = []
    else:
        kinds = _NONE_OF_IT[int(random.integers(len(_NONE_OF_IT)))]
        lesions = [Lesion(kind, _side(random), _strength(random)) for kind in kinds]
    if random.random() < _CARTILAGE:
        lesions.append(Lesion(LookAlikeKind.RIB_CARTILAGE, "right", _strength(random)))
    if random.random() < _FRACTURE:
        lesions.append(Lesion(LookAlikeKind.OLD_FRACTURE, _side(random), _strength(random)))
    return tuple(lesions)


def labels_of(laid: Set[str]) -> dict[str, float]:
    """1 for tuberculosis, 0 for what is none, and nothing of what may be either. An effusion beside an oedema is the heart's."""
    if TUBERCULOSIS in laid:
        return {TUBERCULOSIS: 1.0}
    return {} if laid & UNSURE and LesionKind.EDEMA.finding not in laid else {TUBERCULOSIS: 0.0}


def _lay(grey: Grey, right: Mask, left: Mask, heart: Mask, random: np.random.Generator) -> tuple[frozenset[str], Lesioned]:
    lesions, tubes = drawn_patient(random), bool(random.random() < _TUBES)
    laid = lesioned(grey, right, left, heart, lesions, random, tubes=tubes, sways=True)
    return frozenset(lesion.kind.finding for lesion in lesions), laid


def _seen(laid: Lesioned) -> list[tuple[str, Mask]]:
    """All of the disease is one region."""
    own = [region for lesion, region in laid.regions.items() if isinstance(lesion.kind, TuberculousKind)]
    return [(TUBERCULOSIS, np.logical_or.reduce(own))] if own else []


DRAWING = Drawing(SOURCE, _lay, labels_of, _seen)


def with_tuberculosis(grey: Grey, right: Mask, left: Mask, heart: Mask, random: np.random.Generator) -> tuple[dict[str, float], Lesioned]:
    """A chest (rows, columns) in 0…1 with tuberculosis laid into it or with none, by chance, and its label; none where it may be either.

    Raises:
        ValueError: a lung field is empty.
    """
    findings, laid = _lay(grey, right, left, heart, random)
    return labels_of(findings), laid


def tuberculous_chests(
    chests: Sequence[Labelled], folder: Path, models: Path, seed: int, count: int, *, workers: int = 2
) -> list[Labelled]:
    """``count`` pictures drawn on the clear ``chests``, about half of them tuberculous: see ``drawn_chests``."""
    return drawn_chests(DRAWING, chests, folder, models, seed, count, workers=workers)
