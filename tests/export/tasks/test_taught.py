"""A published classifier that learns something beside its labels, and the small network that it teaches."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from export.architectures.pyramid import EFFICIENTNET_B0
from export.datasets.labelled import Labelled
from export.machine import Machine
from export.recipe import Recipe, Stage
from export.recipes.limb_fracture import CLASSIFIER
from export.tasks.taught import Taught
from export.train import train
from export.workplace import METRICS, Workplace

SIDE = 64


@pytest.fixture
def teacher(tmp_path: Path) -> Workplace:
    """A pyramid that is to tell a bright corner, and beside it a bright edge."""
    pictures = []
    for at in range(16):
        pixels = np.random.default_rng(at).integers(40, 60, (SIDE, SIDE)).astype(np.uint8)
        pixels[: SIDE // 4, : SIDE // 4] += np.uint8(150 * (at % 2))
        pixels[-SIDE // 4 :] += np.uint8(150 * (at // 2 % 2))
        path = tmp_path / f"{at}.png"
        assert cv2.imwrite(str(path), pixels)
        pictures.append(Labelled(path, f"p:{at}", "corners", "limb", {"Corner": float(at % 2), "Edge": float(at // 2 % 2)}))
    recipe: Recipe = replace(
        CLASSIFIER,
        name="corners_b0",
        task=Taught(("Corner",), auxiliary=("Edge",), backbone=EFFICIENTNET_B0),
        teachers={},
        gather=lambda *_: tuple(pictures),
        shares={"corners": 1},
        figures_from=("corners",),
        validation_fraction=0.5,
        stages=(Stage(SIDE, 1, 8, 4),),
    )
    return Workplace(recipe, tmp_path / "runs", tmp_path, 1)


def test_what_a_pyramid_learns_beside_its_labels_is_not_judged_as_one_of_them(teacher: Workplace) -> None:
    train(teacher, Machine.here("fp32"))
    (header, row) = (teacher.folder / METRICS).read_text().splitlines()
    assert header.split(",")[-2:] == ["mean_auroc", "Corner"]
    assert 0.0 <= float(row.split(",")[-1]) <= 1.0
    own = replace(
        teacher.recipe,
        name="corners",
        task=Taught(("Corner",), auxiliary=("Edge",), response=0.5),
        teachers={"corners_b0": teacher.recipe.task},
    )
    pupil = replace(teacher, recipe=own)
    train(pupil, Machine.here("fp32"))
    assert pupil.weights.is_file()
