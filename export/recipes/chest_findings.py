"""The 14 findings of NIH ChestX-ray14 on a frontal chest radiograph."""

from dataclasses import replace
from pathlib import Path

from edge_app.reading.protocols.chest import CHEST_FINDINGS
from export.augment import Augmentation
from export.datasets.adult_normal import adult_normal
from export.datasets.catalogue import LICENCES
from export.datasets.covid import covid
from export.datasets.duplicates import without_duplicates
from export.datasets.labelled import Labelled, is_clear
from export.datasets.nih import nih, nih64
from export.datasets.paediatric import paediatric
from export.datasets.tuberculosis import tuberculosis
from export.recipe import Recipe, Stage
from export.simulate.lesion_chests import SOURCE as LESION_CHESTS
from export.simulate.lesion_chests import lesion_chests
from export.tasks.locating import Locating
from export.workplace import MODELS

DRAWN_ON = {"nih": 5, "adult_normal": 8, "tuberculosis": 3, "paediatric": 4}
"""How the drawn pictures are shared out among the sources whose clear chests they are drawn on."""


def gather(data: Path, folder: Path, drawn: int, seed: int) -> tuple[Labelled, ...]:
    """Every chest set, and clear chests with drawn findings.

    Normals taken for adults' that are a picture of NIH's or one of Kermany's children once more are left out, lest they cross the split.
    """
    named = [*nih(data), *nih64(data), *paediatric(data)]
    real = [*named, *without_duplicates(adult_normal(data), named), *tuberculosis(data), *covid(data)]
    made: list[Labelled] = []
    for source, part in DRAWN_ON.items():
        clear = [picture for picture in real if picture.source == source and is_clear(picture)]
        made += lesion_chests(clear, folder, MODELS, seed, drawn * part // sum(DRAWN_ON.values()))
    return (*real, *made)


LIMITS = (
    "Research use, not a medical device. Trained from scratch on about 1,100 pictures of NIH ChestX-ray14 beside normals of the RSNA "
    "challenge, the Shenzhen tuberculosis set, covid-chestxray-dataset and children's chests (Kermany), and on clear ones of these on "
    "which a program drew findings, tubes and lines, others each time; then from three networks of its own kind, one of which saw nothing "
    "drawn. What it makes of drawn findings is in no figure here. NIH's labels were mined from report texts and are noisy; agreement "
    "with them is not agreement with a radiologist. On its full-size pictures here nearly everyone with a finding has pneumonia too. "
    "Figures and thresholds are on other patients of NIH ChestX-ray14, more than half of them 64-pixel "
    "thumbnails, and for pneumonia of children (Kermany) as well; calibration and thresholds were set on those same pictures. "
    "Probabilities are calibrated to how common each finding is among them, which for pneumonia is far above a hospital's average. "
    "Findings not shown to be better than chance, or with fewer than 20 positives, are called only at 95 % specificity. Of children "
    "nothing but pneumonia was judged; newborns and lateral views were not seen. The normals taken for adults' carry no patient "
    "numbers, so a patient may lie on both sides as a normal; no picture does."
)

TASK = Locating(CHEST_FINDINGS, auxiliary=("tuberculosis", "bacterial", "severity", "ap_view"))

START = Recipe(
    name="chest_findings_start",
    version="0.4.0",
    title="Fourteen findings on frontal chest radiographs, to start from",
    ships=False,
    task=TASK,
    gather=gather,
    drawn=6000,
    # A source is never learnt as a stand-in for its labels: no source of one label only gets more than a seventh of an epoch.
    shares={"nih": 1500, "nih64": 900, "adult_normal": 300, "paediatric": 700, "tuberculosis": 350, "covid": 350, LESION_CHESTS: 2400},
    figures_from=("nih", "nih64", "paediatric"),
    stages=(Stage(128, 8, 6500, 32), Stage(192, 7, 6500, 32)),
    learning_rate=1.5e-3,
    validation_fraction=0.3,
    augmentation=Augmentation(turn_degrees=8.0, coarse=0.25, border=0.1, erase=0.0, noise=0.15),
    licences=LICENCES,
    limits=LIMITS,
)

REAL = replace(
    START,
    name="chest_findings_real",
    title="Fourteen findings on frontal chest radiographs, from real pictures alone",
    drawn=0,
    shares={source: share for source, share in START.shares.items() if source != LESION_CHESTS},
    stages=(Stage(128, 6, 6500, 32), Stage(192, 5, 6500, 32)),
)

SECOND = replace(
    START,
    name="chest_findings_second",
    title="Fourteen findings on frontal chest radiographs, taught by two",
    starts_from=START.name,
    # One that knows what is drawn and one that does not err with it: together they are right more often than either.
    teachers={START.name: TASK, REAL.name: TASK},
    task=replace(TASK, balanced=True, response=0.5),
    # No larger: at 256² what the start has learnt tells less, on real pictures and on drawn ones.
    stages=(Stage(192, 6, 6500, 32),),
)

RECIPE = replace(
    SECOND,
    name="chest_findings",
    version="0.5.0",
    title="Fourteen findings on frontal chest radiographs",
    ships=True,
    starts_from=SECOND.name,
    teachers={START.name: TASK, REAL.name: TASK, SECOND.name: TASK},
    # Where they look teaches as much again as what they say (``python -m export ablation``).
    task=replace(TASK, balanced=True, response=0.5, attention=1.0),
)
