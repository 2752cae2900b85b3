"""Whether a picture is a frontal chest radiograph at all, told from the picture alone."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from edge_app.reading.gate import DECEIVING
from export.augment import Augmentation
from export.datasets.adult_normal import adult_normal
from export.datasets.catalogue import LICENCES
from export.datasets.covid import covid
from export.datasets.duplicates import without_duplicates
from export.datasets.labelled import Labelled, kind_labels, with_kind_labels
from export.datasets.nih import nih, nih64
from export.datasets.other_parts import cephalogram, fracture, medical_mnist, spine_lateral
from export.datasets.paediatric import paediatric
from export.datasets.tuberculosis import tuberculosis
from export.recipe import Recipe, Stage
from export.simulate.chests import simulated_chests
from export.simulate.flawed_chests import flawed_chests
from export.simulate.kinds import SUBJECTS, simulated, simulated_newborns
from export.simulate.no_radiographs import drawn_others
from export.tasks.sorting import Sorting

FRONTAL_CHESTS = ("chest_adult", "chest_child", "chest_newborn")
KINDS = (*FRONTAL_CHESTS, "chest_lateral", "skull_lateral", "spine_lateral", "limb", "videofluoroscopy", "other")

DRAWN = {
    "simulated_chest": 1,
    "drawn_other": 2,
    "simulated_chest_lateral": 3,
    "simulated_spine_lateral": 3,
    "simulated_videofluoroscopy": 3,
    "simulated_abdomen": 3,
    "simulated_newborn": 5,
}
"""How the drawn pictures are shared out among the sources that are drawn."""

FLAWED = 1600
"""How many real chests get flaws drawn on them once and for all; in training every frontal chest gets new ones each time."""

SHARES = {
    "nih": 420,
    "nih64": 200,
    "adult_normal": 330,
    "tuberculosis": 350,
    "covid": 350,
    "simulated_chest": 80,
    "medical_mnist_CXR": 70,
    "paediatric": 600,
    "simulated_newborn": 400,
    "simulated_chest_lateral": 350,
    "cephalogram": 200,
    "simulated_spine_lateral": 300,
    "fracture": 500,
    "medical_mnist_Hand": 80,
    "simulated_videofluoroscopy": 250,
    "simulated_abdomen": 250,
    "medical_mnist_AbdomenCT": 60,
    "medical_mnist_BreastMRI": 60,
    "medical_mnist_ChestCT": 60,
    "medical_mnist_HeadCT": 60,
    "drawn_other": 230,
    "flawed_chest": 150,
}
"""Of an epoch, by source. The few real lateral spines are kept for judging what was learnt from simulated ones."""


def upright(chests: Sequence[Labelled]) -> list[Labelled]:
    """Chests of the public sets, which were sent upright and not inverted, labelled with none of the flaws that would refuse them."""
    return [replace(picture, labels={**picture.labels, **dict.fromkeys(DECEIVING, 0.0)}) for picture in chests]


def gather(data: Path, folder: Path, drawn: int, seed: int) -> tuple[Labelled, ...]:
    """Every set and every drawn source, each picture labelled by its kind."""
    children = paediatric(data)
    named = [*nih(data), *nih64(data), *children]
    chests = [*named, *without_duplicates(adult_normal(data), named), *tuberculosis(data), *covid(data)]
    others = [*fracture(data), *cephalogram(data), *spine_lateral(data), *medical_mnist(data)]
    count = {source: max(1, drawn * part // sum(DRAWN.values())) for source, part in DRAWN.items()}
    made = [
        *simulated_chests(folder, seed, count["simulated_chest"]),
        *drawn_others(folder, seed, count["drawn_other"]),
        *simulated_newborns(children, folder, seed, count["simulated_newborn"]),
        *(picture for source in SUBJECTS for picture in simulated(source, folder, seed, count[source])),
    ]
    known = [*upright(with_kind_labels(chests, KINDS)), *with_kind_labels([*others, *made], KINDS)]
    flawed = flawed_chests([*children, *nih(data), *tuberculosis(data), *covid(data)], folder, seed, FLAWED if drawn else 0)
    return (*known, *(replace(picture, labels={**kind_labels(picture, KINDS), **picture.labels}) for picture in flawed))


AFTER_FLAWS = Augmentation(
    turn_degrees=0.0,
    scale=0.04,
    shift=0.04,
    gamma=1.15,
    mirror=0.0,
    coarse=0.4,
    border=0.1,
    blur=0.2,
    noise=0.0,
    jpeg=0.2,
    erase=0.1,
    text=0.2,
    photo=0.08,
)
"""What is still done to a frontal chest once ``flawed`` has turned, mirrored, cropped and exposed it, so that its flaws stay true."""
ANY_WAY_UP = Augmentation(
    turn_degrees=180.0,
    scale=0.3,
    shift=0.1,
    aspect=0.2,
    gamma=1.8,
    mirror=0.5,
    coarse=0.4,
    border=0.3,
    blur=0.2,
    noise=0.25,
    jpeg=0.2,
    erase=0.15,
    text=0.2,
    photo=0.08,
    invert=0.1,
)
"""Of everything that is no frontal chest."""

LIMITS = (
    "Research use, not a medical device. Tells frontal chests of adults, children and newborns, lateral chests, skulls, spines, limbs, "
    "videofluoroscopy and other pictures apart, and sees seven flaws of a frontal chest. Trained on public chest sets from a few "
    "hospitals in the United States, China and elsewhere, limbs of one set (FracAtlas), lateral skulls of one university, and 64-pixel "
    "thumbnails of other modalities. Newborns, lateral chests, lateral spines, videofluoroscopy, abdomens and pelves were simulated: "
    "its figures on them say nothing of real ones. Six real lateral spines were kept for judging, too few to say anything. Flaws were "
    "drawn on real chests, none was labelled by a radiographer. Its validation pictures were looked at while the recipe was made and "
    "no hospital was kept wholly apart, so its figures are optimistic."
)

START = Recipe(
    name="radiograph_gate_start",
    version="0.1.0",
    title="Kinds of picture and flaws, learnt on small pictures first",
    task=Sorting(KINDS, upright=frozenset(FRONTAL_CHESTS)),
    ships=False,
    gather=gather,
    drawn=2400,
    shares=SHARES,
    figures_from=tuple(SHARES | {"spine_lateral": 0}),
    stages=(Stage(112, 9, 8000, 32), Stage(224, 5, 4500, 32)),
    width=16,
    learning_rate=2.5e-3,
    validation_fraction=0.25,
    augmentation=ANY_WAY_UP,
    augmentation_of=dict.fromkeys(FRONTAL_CHESTS, AFTER_FLAWS),
    licences=LICENCES,
    limits=LIMITS,
)

RECIPE = replace(
    START,
    name="radiograph_gate",
    version="0.3.0",
    title="Which part of the body a radiograph shows, and what is wrong with how it was taken",
    ships=True,
    starts_from=START.name,
    # What the start still took for a chest: limbs above all, then swallowing.
    shares={**SHARES, "fracture": 1300, "simulated_videofluoroscopy": 350, "paediatric": 500, "simulated_newborn": 300},
    stages=(Stage(224, 6, 10000, 32),),
    learning_rate=1.5e-3,
)
