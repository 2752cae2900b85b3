"""Lateral lumbar spines: implants taken out, then vertebrae, sacrum and femoral heads outlined; a transformer teaches what ships.

No lateral spine with landmarks is open to use, so all are phantoms; a hospital's own, where the data folder has some, are learnt beside
them, and from then on they alone are what is judged on. The few real pictures that nobody outlined are looked at and never learnt from.
What outlines begins from what outlines lungs, so that it has seen real pictures before any phantom.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.spine import STRUCTURES
from export.augment import Augmentation
from export.datasets import own_spines
from export.datasets.catalogue import LICENCES
from export.datasets.labelled import Labelled
from export.datasets.outlines import SPINE
from export.datasets.registry import find
from export.datasets.registry import gather as gathered
from export.recipe import Limits, Recipe, Stage
from export.recipes import chest_anatomy
from export.simulate.lumbar_phantom import phantom
from export.simulate.lumbar_spines import FRONTAL, IMPLANT, OPERATED, SOURCE, frontal_spines, lumbar_spines
from export.simulate.plate import eight_bit
from export.tasks.outlining import Outlining
from export.tasks.restoring import Restoring

_FRONTAL_SHARE = 0.06


def gather(data: Path, folder: Path, drawn: int, seed: int) -> tuple[Labelled, ...]:
    """Phantoms with and without implants, spines from the front, and a hospital's own."""
    own = [found for found in find(data) if found.of.name == own_spines.SOURCE]
    real = [picture for found in own for picture in gathered(found).pictures]
    frontal = max(1, round(_FRONTAL_SHARE * drawn))
    return (*lumbar_spines(folder, seed, drawn - frontal), *frontal_spines(folder, seed, frontal), *real)


def golden() -> dict[str, NDArray[np.uint8]]:
    """Three phantoms, one of them with implants."""
    pictures = {}
    for seed in (71, 72, 73):
        made = phantom(np.random.default_rng(seed), implants=seed == 72, rows=384)
        pictures[f"simulated_spine_{seed}.png"] = eight_bit(made.picture if made.with_implants is None else made.with_implants)
    return pictures


AUGMENTATION = Augmentation(
    turn_degrees=10.0, scale=0.25, shift=0.1, gamma=1.8, aspect=0.06, mirror=0.5, coarse=0.3, border=0.15, blur=0.2, noise=0.25, jpeg=0.2,
    erase=0.1, text=0.15, invert=0.02,
)  # fmt: skip
STAND_IN = (SOURCE, "Trained on simulated spines, not validated on patients.")
LIMITS = (
    "Research use, not a medical device. Adults from the side, upright, with sacrum and hips in view; scoliosis, six lumbar vertebrae, "
    "vertebrae that are fused or missing, and tumours were not learnt."
)

TEACHER = Recipe(
    name="spine_anatomy_teacher",
    version="0.1.0",
    title="Lumbar vertebrae, sacrum and femoral heads from the side, by a network that attends",
    task=Outlining(shown=STRUCTURES, chart=SPINE, attention=4),
    ships=False,
    starts_from=chest_anatomy.RECIPE.name,
    gather=gather,
    drawn=2000,
    shares={SOURCE: 550, OPERATED: 550, FRONTAL: 60, own_spines.SOURCE: 500},
    figures_from=(own_spines.SOURCE,),
    stand_in=STAND_IN,
    stages=(Stage(256, 10, 1160, 16),),
    learning_rate=1e-3,
    weight_decay=0.02,
    ema_decay=0.995,
    validation_fraction=0.2,
    augmentation=AUGMENTATION,
    golden=golden,
    licences=LICENCES,
    limits=LIMITS,
)

PLAIN = replace(
    TEACHER,
    name="spine_anatomy_plain",
    title="Lumbar vertebrae, sacrum and femoral heads, by a network that has seen no implants",
    task=Outlining(shown=STRUCTURES, chart=SPINE),
    shares={SOURCE: 1100, FRONTAL: 60},
    stages=(Stage(256, 8, 1160, 16),),
)
"""As published: to see what taking implants out is worth to such a one."""

RECIPE = replace(
    TEACHER,
    name="spine_anatomy",
    title="Lumbar vertebrae, sacrum and femoral heads from the side",
    ships=True,
    task=Outlining(shown=STRUCTURES, chart=SPINE, response=0.4),
    # All of the teacher but for what attends is the same network: begun anew, it would learn for hours what that has learnt.
    starts_from=TEACHER.name,
    teachers={TEACHER.name: TEACHER.task},
    shares={**TEACHER.shares, own_spines.MARKED: 150},
    stages=(Stage(256, 4, 1160, 16), Stage(384, 5, 1160, 12)),
    learning_rate=1.5e-3,
    calibration_pictures=200,
)

IMPLANTS_START = replace(
    TEACHER,
    name="spine_implants_start",
    title="Lateral lumbar spines made anew and painted over, as they are without implants",
    starts_from=None,
    task=Restoring(IMPLANT),
    shares={SOURCE: 1100, own_spines.SOURCE: 300},
    figures_from=(SOURCE, OPERATED),
    stand_in=None,
    stages=(Stage(128, 6, 1100, 32), Stage(256, 10, 1100, 16)),
    width=16,
    learning_rate=1e-3,
    augmentation=replace(AUGMENTATION, text=0.0, erase=0.0, coarse=0.1, invert=0.0),
    calibration_pictures=200,
)

IMPLANTS = replace(
    IMPLANTS_START,
    name="spine_implants",
    title="Implants on lateral lumbar spines, and the spine as it would be without",
    ships=True,
    task=Restoring(IMPLANT, judging=True),
    starts_from=IMPLANTS_START.name,
    shares={SOURCE: 600, OPERATED: 900},
    stages=(Stage(256, 8, 1500, 16),),
    learning_rate=3e-3,
    ema_decay=0.98,
    calibration_pictures=200,
    # What is called hangs on eight cells, and one in forty flipped by less.
    cost=Limits(mean_delta_p=0.006),
    limits=(
        "Research use, not a medical device. Learnt from simulated spines, with implants that a program laid on them; what else is bright "
        "and was on none of them, a button or a drain, may be taken for one too. What it paints is never to be read as anatomy."
    ),
)
