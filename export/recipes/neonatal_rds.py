"""Respiratory distress syndrome of newborns and its grade, on the thorax alone, without trachea and spine.

No open films of newborns with grades exist, so the newborns are drawn; a hospital's own, where the data folder has them, are learnt beside
them, and from then on they alone are what is judged on. As published, three networks learn first from thoraces that given outlines cut
out, then from those that the outlining network cuts out; the small one that ships takes the same road and is taught by them besides.
"""

from dataclasses import replace
from pathlib import Path

from edge_app.reading.newborn_lungs import THORAX_SIDE
from edge_app.reading.protocols.neonatal_rds import AT_LEAST
from export.architectures.pyramid import EFFICIENTNET_B0, EFFICIENTNET_B3, EFFICIENTNET_B5
from export.augment import Augmentation
from export.datasets import newborn_grades
from export.datasets.catalogue import LICENCES
from export.datasets.labelled import Labelled, is_clear
from export.datasets.paediatric import paediatric
from export.datasets.registry import find
from export.datasets.registry import gather as gathered
from export.recipe import Recipe, Stage
from export.simulate.newborn_chests import SOURCE, WET, newborn_chests
from export.tasks.distress import Distress
from export.workplace import MODELS

NETWORKS = {"b0": EFFICIENTNET_B0, "b3": EFFICIENTNET_B3, "b5": EFFICIENTNET_B5}
"""The published classifiers, which teach here."""
_TASK = Distress(AT_LEAST, auxiliary=(WET,), auxiliary_weight=0.5)


def gather(data: Path, folder: Path, drawn: int, seed: int) -> tuple[Labelled, ...]:
    """Newborns that are drawn on clear children's chests, each with its child's patient, and a hospital's own."""
    own = [found for found in find(data) if found.of.name == newborn_grades.SOURCE]
    real = [picture for found in own for picture in gathered(found).pictures]
    children = [child for child in paediatric(data) if is_clear(child)]
    # No child follows another: each lies on a side of the split as its patient does.
    made = [replace(picture, follows=False) for picture in newborn_chests(children, folder, MODELS, seed, drawn)]
    return (*made, *real)


_TRUE = Recipe(
    name="newborn_true",
    version="0.1.0",
    title="Respiratory distress syndrome of newborns, cut out by outlines that are given",
    task=replace(_TASK, outlines=True),
    ships=False,
    gather=gather,
    drawn=1300,
    shares={SOURCE: 900, newborn_grades.SOURCE: 300},
    figures_from=(newborn_grades.SOURCE,),
    stand_in=(SOURCE, "Trained on simulated pictures, not validated on newborns."),
    stages=(Stage(THORAX_SIDE, 4, 720, 32),),
    learning_rate=1e-3,
    weight_decay=0.05,
    ema_decay=0.98,
    validation_fraction=0.25,
    calibration_pictures=200,
    augmentation=Augmentation(
        turn_degrees=12.0, scale=0.1, shift=0.04, gamma=1.3, coarse=0.0, border=0.0, blur=0.1, noise=0.15, jpeg=0.1, erase=0.0
    ),
    licences=LICENCES,
    limits=(
        "Research use, not a medical device. Granules, air bronchograms and whiteness were drawn by a program into clear chests of "
        "children that were re-proportioned to newborns, under drawn tubes, lines and leads; a hospital's own newborns are learnt beside "
        "them where they are among the sources. Of wet lungs it learnt from drawn ones that they are not respiratory distress syndrome. "
        "What else makes a newborn breathe hard was not seen. Its thorax is cut out by a network that has not seen a newborn either."
    ),
)


def _taught(first: Recipe, name: str) -> Recipe:
    """The second part of the road: the same network on thoraces that the outlining network cuts out."""
    assert isinstance(first.task, Distress)  # noqa: S101  (as made here)
    return replace(
        first,
        name=name,
        title="Respiratory distress syndrome of newborns, cut out as on the box",
        task=replace(first.task, outlines=False),
        starts_from=first.name,
        stages=(Stage(THORAX_SIDE, 2, 720, 32),),
        learning_rate=5e-4,
    )


TEACHERS_FIRST = tuple(
    replace(_TRUE, name=f"newborn_{key}_true", task=Distress((*AT_LEAST, WET), outlines=True, backbone=backbone))
    for key, backbone in NETWORKS.items()
)
TEACHERS = tuple(_taught(first, f"newborn_{key}") for key, first in zip(NETWORKS, TEACHERS_FIRST, strict=True))

STRIP_FIRST = replace(_TRUE, name="newborn_strip_true", task=replace(_TASK, outlines=True, strip=True))
STRIP = _taught(STRIP_FIRST, "newborn_strip")
"""As the first published network: it sees trachea and spine, to say how much of its map lies on them."""

FIRST = replace(_TRUE, name="neonatal_rds_true")
RECIPE = replace(
    _taught(FIRST, "neonatal_rds"),
    title="Respiratory distress syndrome of newborns and its grade",
    ships=True,
    # The published networks begin with nothing here and know less than their pupil: their word counts little.
    task=replace(_TASK, response=0.25, within=1.0),
    teachers={teacher.name: teacher.task for teacher in TEACHERS},
)
