"""Finding the nose on a lateral skull, whichever way it looks and however it lies."""

from pathlib import Path

from edge_app.reading.nose import NOSE
from export.augment import Augmentation
from export.datasets.catalogue import LICENCES
from export.datasets.labelled import Labelled
from export.datasets.nih import nih
from export.datasets.nose_boxes import marked
from export.datasets.nose_masks import with_noses, without_noses
from export.datasets.other_parts import cephalogram, fracture
from export.datasets.outlines import NOSE as NOSE_CHART
from export.recipe import Limits, Recipe, Stage
from export.tasks.outlining import Outlining


def gather(data: Path, folder: Path, _drawn: int, _seed: int) -> tuple[Labelled, ...]:
    """Skulls, and limbs and chests, on which there is no nose."""
    return (*with_noses(cephalogram(data), marked(data / "cephalogram"), folder), *without_noses((*fracture(data), *nih(data)), folder))


RECIPE = Recipe(
    name="nose_finder",
    version="0.1.1",
    title="The nose on a lateral skull",
    task=Outlining(shown=(NOSE,), chart=NOSE_CHART, turned=0.5, near=0.4),
    gather=gather,
    shares={"cephalogram": 1000, "fracture": 100, "nih": 60},
    figures_from=("cephalogram",),
    stages=(Stage(160, 8, 1160, 16), Stage(256, 14, 1160, 16)),
    validation_fraction=0.3,
    learning_rate=1.5e-3,
    ema_decay=0.995,
    augmentation=Augmentation(
        turn_degrees=35.0,
        scale=0.6,
        shift=0.15,
        gamma=1.5,
        aspect=0.08,
        coarse=0.3,
        border=0.2,
        erase=0.1,
        photo=0.05,
        text=0.1,
        invert=0.05,
    ),
    licences=LICENCES,
    limits=(
        "Research use, not a medical device. Learnt from cephalograms of one university, whose heads are upright and look to the right; "
        "other ways of lying were made from them. What is around a nose after an injury, swelling, dressings or a collar, was not seen."
    ),
    # A box hangs on the middles of two small discs: half a pixel of their edges is a hundredth of their Dice, and moves no middle.
    cost=Limits(dice=0.004),
)
