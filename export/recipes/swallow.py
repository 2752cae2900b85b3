"""Lateral videofluoroscopies of a swallow: cervical spine and mandible outlined first, then, given those, the bolus and where it may lie.

No videofluoroscopy with outlines is open to use, so all are phantoms; a hospital's own, where the data folder has some, are learnt beside
them, and from then on they alone are what is judged on. All begin from what outlines lungs, so that they have seen real pictures before any
phantom. Beside the network that ships are three that learn for a quarter as long, to say what each of the published steps is worth.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.swallow import CLEAR, STRUCTURES
from export.augment import Augmentation
from export.datasets import own_swallows
from export.datasets.catalogue import LICENCES
from export.datasets.labelled import Labelled
from export.datasets.outlines import SWALLOW
from export.recipe import Recipe, Stage
from export.recipes import chest_anatomy
from export.simulate.swallow_phantom import SwallowStudy
from export.simulate.swallow_videos import DRY, SOURCE, swallow_videos
from export.tasks.outlining import Outlining


def gather(data: Path, folder: Path, drawn: int, seed: int) -> tuple[Labelled, ...]:
    """Frames of phantoms with barium and without, and those of a hospital's own videos that somebody outlined."""
    return (*swallow_videos(folder, seed, drawn), *own_swallows.frames(data, folder))


def golden() -> dict[str, NDArray[np.uint8]]:
    """One frame each of three phantoms."""
    pictures = {}
    for seed in (81, 82, 83):
        study = SwallowStudy(np.random.default_rng(seed), swallows=1, rows=256)
        pictures[f"simulated_swallow_{seed}.png"] = study.frames([study.count // 2])[0].picture
    return pictures


RECIPE = Recipe(
    name="swallow_bolus",
    version="0.1.0",
    title="Bolus, cervical spine and mandible on a lateral videofluoroscopy",
    task=Outlining(shown=STRUCTURES, chart=SWALLOW, clear=CLEAR, rendered=True),
    starts_from=chest_anatomy.RECIPE.name,
    gather=gather,
    drawn=500,
    shares={SOURCE: 1100, DRY: 180, own_swallows.SOURCE: 600},
    figures_from=(own_swallows.SOURCE,),
    stand_in=(SOURCE, "Trained on simulated videos, not validated on patients."),
    stages=(Stage(192, 8, 1280, 16), Stage(256, 8, 1280, 16)),
    learning_rate=1.5e-3,
    ema_decay=0.995,
    validation_fraction=0.2,
    augmentation=Augmentation(
        turn_degrees=12.0, scale=0.25, shift=0.1, gamma=1.8, aspect=0.05, mirror=0.5, coarse=0.3, border=0.15, blur=0.3, noise=0.3,
        jpeg=0.25, erase=0.0, text=0.15, invert=0.2,
    ),
    calibration_pictures=200,
    golden=golden,
    licences=LICENCES,
    limits=(
        "Research use, not a medical device. Adults from the side, upright, head and neck in view, barium by mouth. Children, tubes in the "
        "throat, operated necks, views from the front and clearing swallows of residue alone were not learnt."
    ),
)  # fmt: skip

CASCADED = replace(
    RECIPE,
    name="swallow_cascaded",
    title="Bolus on a lateral videofluoroscopy, after cervical spine and mandible, by a network that is shown its renderings",
    ships=False,
    stages=(Stage(192, 5, 1280, 16),),
)

RENDERED = replace(
    CASCADED,
    name="swallow_rendered",
    title="Bolus on a lateral videofluoroscopy, by a network that is shown its renderings and outlines all at once",
    task=Outlining(shown=STRUCTURES, chart=SWALLOW, rendered=True),
)

PLAIN = replace(
    CASCADED,
    name="swallow_plain",
    title="Bolus on a lateral videofluoroscopy, by a network that is shown it as it came",
    task=Outlining(shown=STRUCTURES, chart=SWALLOW),
)
