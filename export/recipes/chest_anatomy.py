"""The outlines of lungs, heart with mediastinum, and airways on a frontal chest radiograph.

A teacher learns from the outlines that people drew. It outlines chests of other hospitals and of children that nobody outlined, and
what it is sure of is taught to a second one, beside what people drew (self-training, Lee 2013; Xie et al. 2020). That one teaches the
network that ships in the same way, but for the airways, of which no network is yet so right that it should teach them.
"""

from dataclasses import replace
from pathlib import Path

from export.augment import Augmentation
from export.datasets.adult_normal import adult_normal
from export.datasets.catalogue import LICENCES
from export.datasets.covid import covid
from export.datasets.duplicates import without_duplicates
from export.datasets.labelled import Labelled
from export.datasets.nih import nih
from export.datasets.paediatric import paediatric
from export.datasets.split import in_mixed_order
from export.datasets.tuberculosis import tuberculosis
from export.recipe import Recipe, Stage
from export.tasks.outlining import Outlining


def gather(data: Path, folder: Path, drawn: int, seed: int) -> tuple[Labelled, ...]:
    """Every chest that somebody outlined; nothing is drawn."""
    return tuple(picture for picture in (*tuberculosis(data), *covid(data)) if picture.masks)


def gather_all(data: Path, folder: Path, drawn: int, seed: int) -> tuple[Labelled, ...]:
    """The same, and chests that nobody outlined: of American adults, of children, and RSNA's normals that are no NIH picture once more."""
    adults = nih(data)
    normal = without_duplicates(adult_normal(data), adults)
    unlabelled = (*in_mixed_order(adults, seed)[:400], *in_mixed_order(normal, seed)[:150], *in_mixed_order(paediatric(data), seed)[:500])
    return (*gather(data, folder, drawn, seed), *unlabelled)


STRONG = Augmentation(
    turn_degrees=25.0, scale=0.35, shift=0.12, aspect=0.2, bend=0.02, gamma=2.0, mirror=0.4, coarse=0.4, border=0.15, blur=0.2,
    noise=0.25, jpeg=0.15, erase=0.15, whiten=0.3,
)  # fmt: skip
TASK = Outlining(shown=("right_lung", "left_lung", "heart", "airways"))
LIMITS = (
    "Research use, not a medical device. Lung fields were learnt from one hospital in China (Shenzhen) alone; whole lungs, heart with "
    "mediastinum and airways from covid-chestxray-dataset, whose outlines were drawn partly by a program and corrected by people. Heart "
    "and airways stand on the outlines of 85 pictures in all. Of children and of American adults no person's outline was seen: what is "
    "learnt of them is what a first network was sure of. Newborns and lateral views were not seen. White lungs were partly made by drawing "
    "clouds over real ones."
)

TEACHER = Recipe(
    name="chest_anatomy_teacher",
    version="0.1.0",
    title="Outlines of lungs, heart and airways, learnt from people's outlines alone",
    task=TASK,
    ships=False,
    gather=gather,
    shares={"tuberculosis": 560, "covid": 440},
    figures_from=("tuberculosis", "covid"),
    stages=(Stage(192, 11, 1200, 16),),
    learning_rate=2e-3,
    weight_decay=0.01,
    ema_decay=0.995,
    validation_fraction=0.2,
    augmentation=STRONG,
    licences=LICENCES,
    limits=LIMITS,
)

SECOND = Recipe(
    name="chest_anatomy_second",
    version="0.1.0",
    title="Outlines of lungs, heart and airways, learnt from people and from the first teacher",
    task=TASK,
    ships=False,
    starts_from=TEACHER.name,
    teachers={TEACHER.name: TEACHER.task},
    gather=gather_all,
    shares={"tuberculosis": 330, "covid": 500, "nih": 150, "adult_normal": 60, "paediatric": 160},
    emphasis={"heart": 5},
    figures_from=("tuberculosis", "covid"),
    stages=(Stage(256, 11, 1200, 16),),
    learning_rate=1.5e-3,
    weight_decay=0.01,
    ema_decay=0.997,
    validation_fraction=0.2,
    calibration_pictures=150,
    augmentation=STRONG,
    licences=LICENCES,
    limits=LIMITS,
)

RECIPE = replace(
    SECOND,
    name="chest_anatomy",
    version="0.2.0",
    title="Outlines of lungs, heart and airways on frontal chest radiographs",
    task=Outlining(shown=TASK.shown, learnt_from_people_alone=("airways",)),
    ships=True,
    starts_from=SECOND.name,
    teachers={SECOND.name: SECOND.task},
    shares={"tuberculosis": 330, "covid": 540, "nih": 130, "adult_normal": 50, "paediatric": 150},
    emphasis={"heart": 6},
    stages=(Stage(256, 30, 1200, 16),),
)
