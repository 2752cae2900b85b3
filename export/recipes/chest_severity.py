"""How bad the lungs look: geographic extent, opacity, and Brixia's six zones with their total.

Few pictures are graded, so the backbone first learns what chests look like from all other sets, none of whose patients is graded, and
then to grade opacities that are drawn on clear chests. The figures come from three models, each judged on patients that it has not seen;
the one that ships has seen all.
"""

from pathlib import Path

from edge_app.reading.protocols.chest import CHEST_FINDINGS
from edge_app.reading.severity import BRIXIA, GEOGRAPHIC_EXTENT, OPACITY, ZONES
from export.augment import Augmentation
from export.datasets.adult_normal import adult_normal
from export.datasets.catalogue import LICENCES
from export.datasets.covid import covid_graded
from export.datasets.duplicates import without_duplicates
from export.datasets.labelled import Labelled, is_clear, relabelled
from export.datasets.nih import nih, nih64
from export.datasets.paediatric import paediatric
from export.datasets.split import in_mixed_order
from export.datasets.tuberculosis import tuberculosis
from export.recipe import Limits, Recipe, Stage
from export.tasks.grading import Grading
from export.tasks.labelling import Labelling

CLEAR = {GEOGRAPHIC_EXTENT: 0.0, OPACITY: 0.0, BRIXIA: 0.0, **dict.fromkeys(ZONES, 0.0)}
"""What a chest without a finding is graded."""


def gather_ungraded(data: Path, folder: Path, drawn: int, seed: int) -> tuple[Labelled, ...]:
    """Every chest set in which nothing is graded."""
    labelled = [*nih(data), *nih64(data)]
    return (*labelled, *without_duplicates(adult_normal(data), labelled), *paediatric(data), *tuberculosis(data))


def gather(data: Path, folder: Path, drawn: int, seed: int) -> tuple[Labelled, ...]:
    """What is graded, and normal chests, whose grades are all nothing."""
    normal = in_mixed_order(adult_normal(data), seed)[:300]
    healthy = [picture for picture in nih(data) if is_clear(picture)]
    return (*covid_graded(data), *relabelled([*normal, *in_mixed_order(healthy, seed)[:200]], CLEAR))


def gather_clear(data: Path, folder: Path, drawn: int, seed: int) -> tuple[Labelled, ...]:
    """Chests without a finding, to draw opacities on; beside them those that are graded, which are never learnt from."""
    american = nih(data)
    clear = [picture for picture in (*american, *paediatric(data), *tuberculosis(data)) if is_clear(picture)]
    return (*covid_graded(data), *relabelled([*clear, *without_duplicates(adult_normal(data), american)], CLEAR))


FEATURES = Recipe(
    name="chest_features",
    version="0.1.0",
    title="What chests look like, to start from",
    task=Labelling(CHEST_FINDINGS, auxiliary=("tuberculosis", "bacterial", "ap_view")),
    ships=False,
    gather=gather_ungraded,
    shares={"nih": 1400, "nih64": 800, "adult_normal": 500, "paediatric": 900, "tuberculosis": 500},
    figures_from=("nih",),
    stages=(Stage(128, 4, 4000, 32),),
    augmentation=Augmentation(turn_degrees=10.0, coarse=0.25, border=0.1, erase=0.0, noise=0.15),
    licences=LICENCES,
    limits="Never shipped.",
)

GRADE_SPARED = Augmentation(
    turn_degrees=10.0, scale=0.12, shift=0.05, aspect=0.1, gamma=1.7, coarse=0.3, border=0.0, blur=0.2, noise=0.2, jpeg=0.1, erase=0.0,
    opacify=0.85,
)  # fmt: skip
"""Nothing that would change how bad the lungs look, but for opacities whose grades are known."""

OPACITIES = Recipe(
    name="chest_opacities",
    version="0.1.0",
    title="How bad lungs look on which a program drew opacities, to start from",
    task=Grading(),
    ships=False,
    starts_from=FEATURES.name,
    gather=gather_clear,
    shares={"adult_normal": 1600, "nih": 600, "tuberculosis": 500, "paediatric": 300},
    figures_from=("covid",),
    stages=(Stage(192, 10, 3000, 32),),
    augmentation=GRADE_SPARED,
    licences=LICENCES,
    limits="Never shipped.",
)

RECIPE = Recipe(
    name="chest_severity",
    version="0.1.0",
    title="How bad the lungs look on frontal chest radiographs",
    task=Grading(),
    starts_from=OPACITIES.name,
    figure_folds=3,
    gather=gather,
    shares={"covid": 450, "adult_normal": 30, "nih": 32},
    figures_from=("covid",),
    # Half the learning rate, after half as many drawn opacities, was worse: 2.26 points of Brixia's total instead of 2.09.
    stages=(Stage(192, 15, 480, 16),),
    learning_rate=1e-3,
    weight_decay=0.05,
    ema_decay=0.98,
    calibration_pictures=100,
    augmentation=GRADE_SPARED,
    licences=LICENCES,
    # A grade has no threshold: that it lies on the other side of one half, where most of them lie near, is no other decision.
    cost=Limits(flips=0.06),
    limits=(
        "Research use, not a medical device. Learnt first from opacities that a program drew over clear chests, whose grades follow from "
        "the drawing, then from about 170 graded pictures of covid-chestxray-dataset, mostly of COVID-19. Geographic extent and opacity "
        "are the mean of three readers, Brixia's zones of two. Of other diseases, of children and of newborns no grade was seen: there "
        "the scores say how white the lungs look and no more."
    ),
)
