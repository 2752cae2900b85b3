"""Newborns with respiratory distress syndrome of a known grade, wet lungs or clear ones, made of clear chests of children.

No open films of newborns with grades exist. What is laid is laid into the child's lungs, which then become a newborn's, under the same
tubes, lines and leads whatever is in them; how far the chest is squeezed tells something, as low lungs do, but not which grade.
"""

from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path

import numpy as np

from edge_app.reading.anatomy import HEART, LEFT_LUNG, RIGHT_LUNG
from edge_app.simulator.lesions.ground import Mask
from edge_app.simulator.lesions.lesion import Lesion, NewbornKind
from edge_app.simulator.lesions.newborn import grade_of
from export.atomic import write_png
from export.datasets.labelled import Labelled
from export.datasets.newborn_grades import labels_of_grade
from export.simulate.drawing import Drawing, drawn_chests, drawn_regions
from export.simulate.lesioned import Grey, Lesioned, lesioned
from export.simulate.newborns import outlined_newborn

SOURCE = "newborn_chests"
WET = NewbornKind.WET_LUNG.finding

_DISTRESSED, _WET = 0.5, 0.2
"""Shares of the draws; the others are clear."""
_USUAL, _LOW_VOLUME = (0.62, 0.84), (0.54, 0.76)
"""How far a child's chest is squeezed into a newborn's. Transient tachypnoea leaves the lungs large."""
_GRADE = "RDS_"


def drawn_patient(random: np.random.Generator) -> tuple[Lesion, ...]:
    """What one newborn's lungs show; every grade is as likely."""
    share = random.random()
    if share < _DISTRESSED:
        return (Lesion(NewbornKind.RESPIRATORY_DISTRESS, strength=float(random.uniform(0.02, 0.99))),)
    return (Lesion(NewbornKind.WET_LUNG, strength=float(random.uniform(0.15, 1.0))),) if share < _DISTRESSED + _WET else ()


def labels_of(laid: Set[str]) -> dict[str, float]:
    """Whether it is respiratory distress syndrome of at least each grade, and whether the lungs are wet."""
    grade = max((int(name.removeprefix(_GRADE)) for name in laid if name.startswith(_GRADE)), default=0)
    return {**labels_of_grade(grade), WET: float(WET in laid)}


def _lay(grey: Grey, right: Mask, left: Mask, heart: Mask, random: np.random.Generator) -> tuple[frozenset[str], Lesioned]:
    lesions = drawn_patient(random)
    names = frozenset(
        f"{_GRADE}{grade_of(own.strength)}" if own.kind is NewbornKind.RESPIRATORY_DISTRESS else own.kind.finding for own in lesions
    )
    return names, newborn_with(lesions, grey, right, left, heart, random)


def newborn_with(lesions: Sequence[Lesion], grey: Grey, right: Mask, left: Mask, heart: Mask, random: np.random.Generator) -> Lesioned:
    """A newborn with ``lesions`` made of a child's chest (rows, columns) in 0…1, whose lung fields and heart are outlined.

    Raises:
        ValueError: a lung field is empty.
    """
    laid = lesioned(grey, right, left, heart, lesions, random, sways=True)
    distressed = any(own.kind is NewbornKind.RESPIRATORY_DISTRESS for own in lesions)
    outlines = {RIGHT_LUNG: laid.right, LEFT_LUNG: laid.left, HEART: laid.heart}
    picture, outlines = outlined_newborn(laid.picture, outlines, _LOW_VOLUME if distressed else _USUAL, random, as_it_is=True)
    return replace(laid, picture=picture, boxes={}, regions={}, right=outlines[RIGHT_LUNG], left=outlines[LEFT_LUNG], heart=outlines[HEART])


def _seen(laid: Lesioned) -> list[tuple[str, Mask]]:
    """No finding: where the lungs are."""
    return [(name, mask) for name, mask in ((RIGHT_LUNG, laid.right), (LEFT_LUNG, laid.left)) if mask.any()]


DRAWING = Drawing(SOURCE, _lay, labels_of, _seen)


def newborn_chests(children: Sequence[Labelled], folder: Path, models: Path, seed: int, count: int, *, workers: int = 2) -> list[Labelled]:
    """``count`` newborns made of the clear chests of ``children``, with their patients: see ``drawn_chests``.

    Their outlines are those of both lungs that the anatomy model drew on the child, moved with the picture.
    """
    made = drawn_chests(DRAWING, children, folder, models, seed, count, workers=workers)
    return [replace(own, kind="chest_newborn", view="AP", masks=_outlines(own.path)) for own in made]


def _outlines(picture: Path) -> dict[str, Path]:
    """Where each lung's outline lies as a file of its own, written from the regions where it is not there yet; none of a lung not seen."""
    files = {name: picture.with_name(f"{picture.stem}.{name}.png") for name in (RIGHT_LUNG, LEFT_LUNG)}
    if not all(file.is_file() for file in files.values()):
        laid, regions = drawn_regions(picture)
        if set(laid) != set(files):
            return {}
        for name, file in files.items():
            write_png(file, np.where((regions >> laid.index(name)) & 1, np.uint8(255), np.uint8(0)))
    return files
