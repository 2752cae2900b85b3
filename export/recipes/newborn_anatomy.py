"""The outlines of a newborn's lungs, heart and airways, however small it lies on the picture and whatever lies on it.

It starts from the outlines of all other chests. What people outlined is shrunk, turned and shifted, and made into newborns on whole small
bodies under tubes, lines, leads and hands; beside that it learns newborns whose lungs are white. Those that lie on a side or upside down
are outlined nowhere: the box turns them.
"""

from dataclasses import replace
from pathlib import Path

from export.augment import Lying
from export.datasets.catalogue import LICENCES
from export.datasets.labelled import Labelled, is_clear
from export.recipe import Stage
from export.recipes import chest_anatomy
from export.simulate.newborn_chests import newborn_chests
from export.simulate.newborn_outlines import newborn_outlines
from export.tasks.outlining import Outlining
from export.workplace import MODELS

_DRAWN_NEWBORNS = 0.3
"""Of the pictures that are drawn: those that are made of children's chests and have something in their lungs."""


def gather(data: Path, folder: Path, drawn: int, seed: int) -> tuple[Labelled, ...]:
    """Every chest that the other outlines are learnt from, and newborns made of them."""
    others = chest_anatomy.gather_all(data, folder, drawn, seed)
    children = [own for own in others if own.kind == "chest_child" and is_clear(own)]
    distressed = round(_DRAWN_NEWBORNS * drawn)
    return (
        *others,
        *newborn_outlines(others, folder, seed, drawn - distressed),
        *newborn_chests(children, folder, MODELS, seed, distressed),
    )


RECIPE = replace(
    chest_anatomy.RECIPE,
    name="newborn_anatomy",
    version="0.1.0",
    title="Outlines of lungs, heart and airways on newborns' chests",
    task=Outlining(shown=("right_lung", "left_lung"), learnt_from_people_alone=("airways",), lying=Lying()),
    starts_from=chest_anatomy.RECIPE.name,
    teachers={chest_anatomy.RECIPE.name: chest_anatomy.RECIPE.task},
    gather=gather,
    drawn=1200,
    shares={"tuberculosis": 300, "covid": 250, "newborn_outlines": 350, "newborn_chests": 200, "paediatric": 100},
    emphasis={"heart": 4},
    figures_from=("tuberculosis", "covid"),
    stages=(Stage(256, 12, 1200, 16),),
    learning_rate=1e-3,
    augmentation=replace(chest_anatomy.STRONG, turn_degrees=45.0, shift=0.08, scale=0.2, whiten=0.2),
    licences=LICENCES,
    limits=(
        "Research use, not a medical device. No newborn's picture was seen: lungs were learnt from outlines that people drew on adults, "
        "shrunk, turned and re-proportioned to newborns by a program, with drawn and real tubes, lines and leads over them, and from "
        "newborns drawn on children's chests, whose outlines a network drew. A picture that lies on a side is outlined nowhere until it "
        "is turned."
    ),
)
