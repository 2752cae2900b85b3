"""Fractures of limbs, told and boxed: a detector that people's boxes have taught, which says which part of a limb it sees as well.

Beside it, to be held against it, what does without boxes as published for noses: a classifier, and a generator that learns from it.
"""

from dataclasses import replace
from pathlib import Path

from edge_app.reading.protocols.limb_fracture import FRACTURE, PARTS
from export.architectures.levels import EFFICIENTNET_LITE
from export.augment import Augmentation
from export.datasets import graz_wrists, own_folder
from export.datasets.catalogue import LICENCES
from export.datasets.labelled import Labelled
from export.datasets.other_parts import fracture
from export.datasets.registry import find
from export.datasets.registry import gather as gathered
from export.recipe import Limits, Recipe, Stage
from export.tasks.boxing import Boxing
from export.tasks.repairing import Repairing
from export.tasks.taught import Taught

OTHERS = (graz_wrists.SOURCE, own_folder.SET)
"""Collections that say how well what FracAtlas taught holds elsewhere."""


def gather(data: Path, _folder: Path, _drawn: int, _seed: int) -> tuple[Labelled, ...]:
    """The limbs that are learnt from, and those of every other collection in the data folder, which are judged on and never learnt from."""
    learnt = fracture(data)
    others = [picture for found in find(data) if found.of.name in OTHERS for picture in gathered(found).pictures]
    return (*learnt, *(picture for picture in others if picture.kind == "limb" and FRACTURE in picture.labels))


LIMITS = (
    "Research use, not a medical device. Learnt from FracAtlas alone: hands, legs, hips and shoulders from three hospitals of one country, "
    "whose table names no patients, so that two pictures of one person may lie on both sides of the split. Hips and shoulders with a "
    "fracture are few. Children's growth plates, old fractures and casts were not told apart from fresh breaks, nor were cysts and tumours "
    "of bone: the one real picture of such that was tried, of a tibia, is called a fracture."
)

RECIPE = Recipe(
    name="limb_fracture",
    version="0.1.0",
    title="Fractures of limbs, with boxes",
    task=Boxing((FRACTURE, *PARTS), auxiliary=("hardware",), backbone=EFFICIENTNET_LITE, turned=0.25, both_ways=False),
    gather=gather,
    shares={"fracture": 1100},
    figures_from=("fracture",),
    stages=(Stage(256, 10, 1100, 32), Stage(384, 8, 1100, 24)),
    learning_rate=6e-4,
    weight_decay=0.05,
    ema_decay=0.99,
    augmentation=Augmentation(
        turn_degrees=25.0, scale=0.2, shift=0.06, gamma=1.4, aspect=0.1, coarse=0.1, border=0.1, blur=0.1, noise=0.15, jpeg=0.1, erase=0.0
    ),
    licences=LICENCES,
    limits=LIMITS,
    # Looking one way leaves time for half of it in FP32, and no other picture to even out what eight bits lose on one.
    cost=Limits(mean_delta_p=0.005),
)

_TOLD = Taught((FRACTURE,), auxiliary=("hardware", *PARTS))

CLASSIFIER = replace(
    RECIPE,
    name="limb_fracture_classifier",
    title="Fractures of limbs, without boxes",
    ships=False,
    cost=Limits(),
    task=_TOLD,
    stages=(Stage(320, 8, 1100, 24),),
)

REPAIRER = replace(
    CLASSIFIER,
    name="limb_fracture_repairer",
    title="Fractures of limbs, and the limb as it would be without",
    task=Repairing(_TOLD),
    starts_from=CLASSIFIER.name,
    stages=(Stage(320, 6, 1100, 12), Stage(320, 4, 1100, 12), Stage(320, 3, 1100, 12)),
    learning_rate=7e-4,
)
