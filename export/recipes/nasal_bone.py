"""Fractures of the nasal bone, told on the square around the nose by a small network; the published one is trained to be held against it.

No open pictures of broken noses exist, so a program breaks the bone on real skulls; a hospital's own, where the data folder has them, are
learnt beside them, and from then on they alone are what is judged on.
"""

from dataclasses import replace
from pathlib import Path

from edge_app.reading.protocols.nasal_bone import NASAL_FRACTURE
from export.architectures.pyramid import EFFICIENTNET_B3
from export.augment import Augmentation
from export.datasets import nasal_fractures
from export.datasets.catalogue import LICENCES
from export.datasets.labelled import Labelled
from export.datasets.nose_boxes import marked
from export.datasets.other_parts import cephalogram
from export.datasets.registry import find
from export.datasets.registry import gather as gathered
from export.recipe import Recipe, Stage
from export.simulate.broken_noses import SOURCE, broken_noses
from export.tasks.nasal import Nasal
from export.tasks.repairing import Repairing


def gather(data: Path, folder: Path, drawn: int, seed: int) -> tuple[Labelled, ...]:
    """Skulls whose nasal bone was broken by a program or not, and a hospital's own of which it is known."""
    own = [found for found in find(data) if found.of.name == nasal_fractures.SOURCE]
    real = [picture for found in own for picture in gathered(found).pictures]
    return (*broken_noses(cephalogram(data), marked(data / "cephalogram"), folder, seed, drawn), *real)


PUBLISHED = Recipe(
    name="nasal_bone_b3",
    version="0.1.0",
    title="Fractures of the nasal bone, by the published classifier",
    task=Nasal((NASAL_FRACTURE,), backbone=EFFICIENTNET_B3),
    ships=False,
    gather=gather,
    drawn=2400,
    shares={SOURCE: 1400, nasal_fractures.SOURCE: 500},
    figures_from=(nasal_fractures.SOURCE,),
    stand_in=(SOURCE, "Trained on simulated fractures, not validated on real ones."),
    stages=(Stage(128, 6, 1400, 32), Stage(256, 2, 1400, 16)),
    learning_rate=1e-3,
    weight_decay=0.05,
    ema_decay=0.99,
    validation_fraction=0.3,
    augmentation=Augmentation(
        turn_degrees=25.0, scale=0.12, shift=0.05, gamma=1.4, coarse=0.0, border=0.05, blur=0.1, noise=0.15, jpeg=0.1, erase=0.0
    ),
    licences=LICENCES,
    limits=(
        "Research use, not a medical device. A program broke the nasal bones of healthy people, whose heads were upright; a hospital's own "
        "noses are learnt beside them where they are among the sources. Swelling, dressings and old breaks were not learnt."
    ),
)

_TOLD = Nasal((NASAL_FRACTURE,))

CLASSIFIER = replace(
    PUBLISHED,
    name="nasal_bone_classifier",
    title="Fractures of the nasal bone, by a small network",
    task=_TOLD,
    stages=(Stage(256, 6, 1400, 32),),
    learning_rate=6e-4,
)

RECIPE = replace(
    CLASSIFIER,
    name="nasal_bone",
    title="Fractures of the nasal bone, and the nose as it would be without",
    ships=True,
    task=Repairing(_TOLD),
    starts_from=CLASSIFIER.name,
    stages=(Stage(256, 3, 1400, 16), Stage(256, 3, 1400, 16), Stage(256, 1, 1400, 16)),
    learning_rate=7e-4,
)
