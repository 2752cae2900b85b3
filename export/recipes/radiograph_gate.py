"""Whether a picture is a frontal chest radiograph at all, told from the picture alone."""

from pathlib import Path

from export.augment import Augmentation
from export.datasets.adult_normal import adult_normal
from export.datasets.catalogue import LICENCES
from export.datasets.covid import covid
from export.datasets.labelled import Labelled, with_kind_labels
from export.datasets.nih import nih, nih64
from export.datasets.other_parts import cephalogram, fracture, medical_mnist, spine_lateral
from export.datasets.paediatric import paediatric
from export.datasets.tuberculosis import tuberculosis
from export.recipe import Recipe, Stage
from export.simulate.chests import simulated_chests
from export.simulate.no_radiographs import drawn_others

KINDS = ("chest", "skull_lateral", "limb", "spine", "other")


def gather(data: Path, folder: Path, drawn: int, seed: int) -> tuple[Labelled, ...]:
    """Every set, each picture labelled by its kind. A quarter of the drawn pictures are simulated chests, the others no radiographs."""
    chests = [*nih(data), *nih64(data), *adult_normal(data), *paediatric(data), *tuberculosis(data), *covid(data)]
    others = [*fracture(data), *cephalogram(data), *spine_lateral(data), *medical_mnist(data)]
    made = [*simulated_chests(folder, seed, drawn // 4), *drawn_others(folder, seed, drawn - drawn // 4)]
    return with_kind_labels([*chests, *others, *made], KINDS)


HARD = Augmentation(
    turn_degrees=15.0, scale=0.25, shift=0.1, gamma=1.8, mirror=0.5, coarse=0.4, border=0.3, blur=0.2, noise=0.25, jpeg=0.2, erase=0.15
)
ANY_WAY_UP = Augmentation(
    turn_degrees=180.0, scale=0.35, shift=0.1, gamma=1.8, mirror=0.5, coarse=0.4, border=0.3, blur=0.2, noise=0.25, jpeg=0.2, erase=0.15
)

RECIPE = Recipe(
    name="radiograph_gate",
    version="0.1.0",
    title="Which part of the body a radiograph shows: chest or not",
    activation="softmax",
    labels=KINDS,
    gather=gather,
    drawn=1200,
    shares={
        "nih": 600,
        "nih64": 350,
        "adult_normal": 450,
        "paediatric": 500,
        "tuberculosis": 350,
        "covid": 350,
        "simulated_chest": 200,
        "medical_mnist_CXR": 100,
        "fracture": 1300,
        "medical_mnist_Hand": 200,
        "cephalogram": 350,
        "spine_lateral": 150,
        "medical_mnist_AbdomenCT": 150,
        "medical_mnist_BreastMRI": 150,
        "medical_mnist_ChestCT": 150,
        "medical_mnist_HeadCT": 150,
        "drawn_other": 500,
    },
    figures_from=(
        *("nih", "nih64", "adult_normal", "paediatric", "tuberculosis", "covid", "medical_mnist_CXR"),
        *("fracture", "medical_mnist_Hand", "cephalogram", "spine_lateral"),
        *("medical_mnist_AbdomenCT", "medical_mnist_BreastMRI", "medical_mnist_ChestCT", "medical_mnist_HeadCT", "drawn_other"),
    ),
    stages=(Stage(112, 5, 4800, 16), Stage(224, 7, 3600, 16)),
    width=16,
    validation_fraction=0.25,
    augmentation=HARD,
    augmentation_of=dict.fromkeys(("limb", "spine", "other"), ANY_WAY_UP),
    licences=LICENCES,
    limits=(
        "Research use, not a medical device. Tells frontal chest radiographs from lateral skulls, limbs, lateral spines and other "
        "pictures. Trained on public chest sets from a few hospitals in the United States, China and elsewhere, limbs of one set "
        "(FracAtlas), lateral skulls of one university, six lateral spines, 64-pixel thumbnails of other modalities, and drawn "
        "pictures. Spines are too few to be validated. Lateral chests, abdomens, pelves and babygrams were not in the training data: it"
        " may take one for a chest. Its validation pictures were looked at while the recipe was made and no hospital was kept wholly "
        "apart, so its figures are optimistic. Newborns were not seen. Chests turned by more than about 15 degrees or upside down may "
        "be refused."
    ),
)
