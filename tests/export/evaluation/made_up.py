"""Recipes, pictures and answers of which everything is known."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from export.datasets.labelled import Labelled
from export.evaluation.answers import FORMS, Answers, Form
from export.recipe import Recipe, Stage
from export.tasks.task import Task
from export.workplace import Workplace


def picture(number: int, labels: Mapping[str, float] | None = None, **known: object) -> Labelled:
    """A picture that is nowhere on the disk, of a patient of its own unless said otherwise."""
    facts: dict[str, object] = {"path": Path(f"p{number}.png"), "patient": f"patient {number}", "source": "here", "kind": "chest_adult"}
    return Labelled(**{**facts, "labels": dict(labels or {}), **known})  # type: ignore[arg-type]


def workplace(runs: Path, task: Task, pictures: tuple[Labelled, ...] = (), side: int = 64, folds: int = 0) -> Workplace:
    """The run of a recipe whose figures are on the source ``here``."""
    recipe = Recipe(
        name="made_up",
        version="0.0.1",
        title="Made up",
        task=task,
        gather=lambda data, folder, drawn, seed: pictures or (picture(0),),
        shares={"here": 1.0},
        figures_from=("here",),
        licences={"here": ("Here", "none")},
        limits="Of no use.",
        stages=(Stage(side, 1, 8, 4),),
        figure_folds=folds,
    )
    return Workplace(recipe, runs, runs, 1)


def answers(pictures: tuple[Labelled, ...], logits: NDArray[np.float64], **others: NDArray[np.float64]) -> Answers:
    """FP32's logits for every form, but for those in ``others``."""
    own: dict[Form, NDArray[np.float64]] = {form: others.get(form, logits) for form in FORMS}
    return Answers(pictures, own, {})
