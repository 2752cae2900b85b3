"""Pulmonary tuberculosis on an adult's frontal chest radiograph, for hospitals that were never seen."""

from dataclasses import replace
from pathlib import Path

from edge_app.reading.protocols.chest import CHEST_FINDINGS
from edge_app.reading.protocols.tuberculosis import TUBERCULOSIS
from export.architectures.levels import EFFICIENTNET_LITE
from export.augment import Augmentation
from export.datasets.adult_normal import adult_normal
from export.datasets.catalogue import LICENCES
from export.datasets.covid import covid
from export.datasets.duplicates import without_duplicates
from export.datasets.labelled import Labelled, is_clear
from export.datasets.nih import nih
from export.datasets.paediatric import paediatric
from export.datasets.tuberculosis import tuberculosis
from export.processing import Processing
from export.recipe import Limits, Recipe, Stage
from export.recipes import chest_findings
from export.simulate.tuberculous_chests import DRAWING, SOURCE, tuberculous_chests
from export.tasks.locating import Locating
from export.tasks.probing import Probing
from export.workplace import MODELS

LIKE_IT = frozenset({"Infiltration", "Consolidation", "Nodule", "Mass", "Fibrosis", "Pleural_Thickening", "Effusion"})
"""Who has one of these, as text was mined, may have tuberculosis too: no label says."""


def told(picture: Labelled) -> Labelled:
    """The picture with what is known of tuberculosis on it under the finding's name."""
    labels = dict(picture.labels)
    own = labels.pop("tuberculosis", None)
    if own is not None:
        labels[TUBERCULOSIS] = own
    elif not any(labels.get(name, 0.0) for name in LIKE_IT):
        labels[TUBERCULOSIS] = 0.0
    return replace(picture, labels=labels)


def gather(data: Path, _folder: Path, _drawn: int, _seed: int) -> tuple[Labelled, ...]:
    """Adult chests of every source.

    Normals taken for adults' that are a picture of NIH's or one of Kermany's children once more are left out.
    """
    named = nih(data)
    adults = without_duplicates(adult_normal(data), [*named, *paediatric(data)])
    return tuple(told(picture) for picture in (*named, *adults, *tuberculosis(data), *covid(data)))


def gather_drawn(data: Path, folder: Path, drawn: int, seed: int) -> tuple[Labelled, ...]:
    """The same, and tuberculosis drawn on the clear ones among them, each with its patient."""
    adults = gather(data, folder, drawn, seed)
    clear = [picture for picture in adults if is_clear(picture)]
    return (*adults, *tuberculous_chests(clear, folder, MODELS, seed, drawn))


LIMITS = (
    "Research use, not a medical device. Adults only, frontal chests. Tuberculosis was learnt from one hospital alone (Shenzhen, "
    "about 200 patients with it and as many without, of the National Library of Medicine's set), by a network that began from "
    "photographs (ImageNet; EfficientNet-Lite0, Apache-2.0) and learnt the 14 findings of other sources' chests, and that clear ones of "
    "them are clear, beside it; what a second network, one layer on the features of the one that ships for those findings, made of all "
    "these pictures taught it as well. Figures, calibration "
    "and thresholds are of other patients of that hospital, half of whom have tuberculosis: elsewhere it will be worse, and how much "
    "was not measured on real patients. Where it lies was learnt from disease that a program drew, and never held against real disease: "
    "map and box may lie beside it or in the other lung, and the probability does not rest on them. "
    "No culture or sputum stands behind a negative. It cannot tell active disease from healed "
    "scars, nor tuberculosis from everything else that clouds the upper lungs; a negative reading does not rule tuberculosis out, "
    "least of all with HIV or in the first weeks. Children were not learnt from and are not read."
)

# For one layer, other sources' clear chests teach what a hospital looks like, and drawn disease is not enough like the real one
# (``python -m export hospital-change`` judges by both).
LEARNT_FROM = frozenset({"tuberculosis"})

PROBED = Recipe(
    name="tuberculosis_probed",
    version="0.1.0",
    title="Pulmonary tuberculosis by one layer on the findings' features, to teach",
    ships=False,
    task=Probing((TUBERCULOSIS,), screens=True, learnt_from=LEARNT_FROM),
    gather=gather,
    # Of the others no label teaches; that they are seen tells what is like a training picture.
    shares={"tuberculosis": 1900, "adult_normal": 40, "nih": 40, "covid": 20},
    figures_from=("tuberculosis",),
    stages=(Stage(224, 3, 2000, 32),),
    starts_from=chest_findings.RECIPE.name,
    validation_fraction=0.3,
    standardised=True,
    processing=Processing(gain=0.18, tilt=0.25, tone=0.09, equalise=0.1),
    augmentation=Augmentation(
        turn_degrees=5.0, scale=0.08, shift=0.04, gamma=1.25, coarse=0.1, border=0.05, blur=0.1, noise=0.1, jpeg=0.1, erase=0.0
    ),
    licences=LICENCES,
    limits=LIMITS,
)

_TASK = Locating(
    (TUBERCULOSIS,),
    auxiliary=(*CHEST_FINDINGS, "severity", "ap_view"),
    auxiliary_weight=0.3,
    screens=True,
    reach=False,
    anew=False,
    backbone=EFFICIENTNET_LITE,
    averaged=True,
    learnt_from=LEARNT_FROM,
    response=0.5,
)

SECOND = replace(
    PROBED,
    name="tuberculosis_second",
    title="Pulmonary tuberculosis and the 14 findings from photographs' features",
    task=_TASK,
    starts_from=None,
    teachers={PROBED.name: PROBED.task},
    shares={"tuberculosis": 900, "nih": 500, "adult_normal": 300, "covid": 150},
    stages=(Stage(224, 6, 1850, 32),),
    learning_rate=4e-4,
    weight_decay=0.05,
    ema_decay=0.99,
)

THIRD = replace(
    SECOND,
    name="tuberculosis_third",
    title="Pulmonary tuberculosis, with what clear chests of other sources say",
    # That chests of other sources are clear is told last, and half of that is taken back: told from the start or in full, it is the
    # hospital that is learnt, and what was drawn elsewhere is no longer called.
    task=replace(_TASK, learnt_from=None),
    starts_from=SECOND.name,
    kept=0.5,
    stages=(Stage(224, 2, 1850, 32),),
    learning_rate=1.5e-4,
)

RECIPE = replace(
    THIRD,
    name="tuberculosis",
    version="0.3.0",
    title="Pulmonary tuberculosis on adult frontal chest radiographs",
    ships=True,
    # What it tells is told already. Where the number comes from lies in the middle of every chest; drawn disease teaches where it lies.
    task=replace(_TASK, learnt_from=None, response=0.0, drawing=DRAWING, places=True),
    starts_from=THIRD.name,
    teachers={},
    kept=0.0,
    gather=gather_drawn,
    drawn=900,
    calibration_shares=THIRD.shares,
    shares={SOURCE: 880, "tuberculosis": 30, "nih": 30, "adult_normal": 30, "covid": 30},
    stages=(Stage(224, 8, 1000, 32),),
    learning_rate=2e-3,
    cost=Limits(mean_delta_p=0.01),
)
