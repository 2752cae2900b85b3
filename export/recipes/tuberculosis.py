"""Pulmonary tuberculosis on an adult's frontal chest radiograph, for hospitals that were never seen."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from edge_app.reading.protocols.chest import CHEST_FINDINGS
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
from export.recipe import Recipe, Stage
from export.recipes import chest_findings
from export.simulate.tuberculous_chests import DRAWING, SOURCE, TUBERCULOSIS, tuberculous_chests
from export.tasks.locating import Locating
from export.workplace import MODELS

DRAWN_ON = {"adult_normal": 8, "nih": 5, "tuberculosis": 3}
"""How the drawn pictures are shared out among the sources whose clear chests they are drawn on."""
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


def gather(data: Path, folder: Path, drawn: int, seed: int) -> tuple[Labelled, ...]:
    """Adult chests of every source, and clear ones with tuberculosis drawn into half of them.

    Normals taken for adults' that are a picture of NIH's or one of Kermany's children once more are left out.
    """
    named = nih(data)
    adults = without_duplicates(adult_normal(data), [*named, *paediatric(data)])
    real: Sequence[Labelled] = [*named, *adults, *tuberculosis(data), *covid(data)]
    made: list[Labelled] = []
    for source, part in DRAWN_ON.items():
        clear = [picture for picture in real if picture.source == source and is_clear(picture)]
        made += tuberculous_chests(clear, folder, MODELS, seed, drawn * part // sum(DRAWN_ON.values()))
    return (*(told(picture) for picture in real), *made)


LIMITS = (
    "Research use, not a medical device. Adults only, frontal chests. Real tuberculosis was learnt from one hospital alone (Shenzhen, "
    "about 200 patients of the National Library of Medicine's set), beside clear and otherwise ill chests of NIH ChestX-ray14, "
    "normals of the RSNA challenge and covid-chestxray-dataset, and clear ones of these into which a program drew tuberculosis or "
    "what looks like it. What it makes of drawn disease is in no figure here. Figures, calibration and thresholds are of other "
    "patients of that same hospital, half of whom have tuberculosis: elsewhere it will be worse, and how much was not measured on "
    "real patients. No culture or sputum stands behind a negative. It cannot tell active disease from healed scars, nor tuberculosis "
    "from everything else that clouds the upper lungs; a negative reading does not rule tuberculosis out, least of all with HIV or in "
    "the first weeks. Children were not learnt from and are not read."
)

TASK = Locating(
    (TUBERCULOSIS,),
    auxiliary=(*CHEST_FINDINGS, "ap_view"),
    auxiliary_weight=0.5,
    screens=True,
    balanced=True,
    untold=frozenset(),
    drawing=DRAWING,
)

RECIPE = Recipe(
    name="tuberculosis",
    version="0.1.0",
    title="Pulmonary tuberculosis on adult frontal chest radiographs",
    task=TASK,
    gather=gather,
    drawn=3000,
    shares={"tuberculosis": 1400, "adult_normal": 900, "nih": 900, "covid": 300, SOURCE: 2500},
    figures_from=("tuberculosis",),
    stages=(Stage(192, 6, 5000, 32),),
    starts_from=chest_findings.RECIPE.name,
    learning_rate=1e-3,
    validation_fraction=0.3,
    standardised=True,
    processing=Processing(),
    augmentation=Augmentation(turn_degrees=8.0, coarse=0.25, border=0.1, erase=0.1, noise=0.15),
    licences=LICENCES,
    limits=LIMITS,
)
