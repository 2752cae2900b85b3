from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from edge_app.reading.finding import Box
from edge_app.reading.severity import BRIXIA, GEOGRAPHIC_EXTENT
from export.recipe import Stage
from export.recipes.chest_severity import RECIPE
from export.tasks.grading import MAXIMA, NAMES, GradingLesson
from export.workplace import Workplace

SMALL = replace(RECIPE.small(), figure_folds=0, starts_from=None)
ZONE_A, ZONE_D = NAMES.index("zone_a"), NAMES.index("zone_d")


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every second picture's lungs are found."""

    def boxes(pictures: list[object], models: Path, folder: Path) -> list[Box | None]:
        return [Box(2.0, 3.0, 50.0, 60.0) if number % 2 == 0 else None for number in range(len(pictures))]

    monkeypatch.setattr("export.tasks.grading.lung_boxes", boxes)


def _lesson(data: Path, runs: Path, mirror: float) -> GradingLesson:
    recipe = replace(SMALL, augmentation=replace(SMALL.augmentation, mirror=mirror))
    lesson = recipe.task.lesson(Workplace(recipe, runs, data, 1))
    assert isinstance(lesson, GradingLesson)
    lesson.prepare(Stage(64, 1, 8, 4))
    return lesson


def test_a_picture_without_lungs_is_not_learnt_from(found: None, made_up_data: Path, tmp_path: Path) -> None:
    place = Workplace(SMALL, tmp_path, made_up_data, 1)
    lesson = _lesson(made_up_data, tmp_path, 0.0)
    assert 0 < len(lesson.pictures) < len(place.taught)


def test_a_mirror_changes_the_zones_sides(found: None, made_up_data: Path, tmp_path: Path) -> None:
    still, mirrored = (_lesson(made_up_data, tmp_path, mirror) for mirror in (0.0, 1.0))
    index = next(index for index, picture in enumerate(still.pictures) if picture.labels.get("zone_a", 0.0) > 0.0)
    own, other = (lesson.example(index, np.random.default_rng(1))[1] for lesson in (still, mirrored))
    assert own[ZONE_A : ZONE_A + 3].tolist() == other[ZONE_D : ZONE_D + 3].tolist()
    assert own[ZONE_D : ZONE_D + 3].tolist() == other[ZONE_A : ZONE_A + 3].tolist()
    assert own[NAMES.index(BRIXIA)] == other[NAMES.index(BRIXIA)]


def test_an_unknown_score_teaches_nothing(found: None, made_up_data: Path, tmp_path: Path) -> None:
    lesson = _lesson(made_up_data, tmp_path, 0.0)
    torch.manual_seed(1)
    model = SMALL.task.network(4)
    targets = torch.full((2, len(NAMES)), float("nan"))
    assert float(lesson.loss(model, torch.zeros(2, 1, 64, 64), targets).detach()) == 0.0
    targets[:, NAMES.index(GEOGRAPHIC_EXTENT)] = 0.9
    torch.autograd.backward(lesson.loss(model, torch.zeros(2, 1, 64, 64), targets))
    head = model.get_submodule("head")
    assert head.bias.grad is not None
    assert [bool(value) for value in head.bias.grad.abs() > 0] == [False, True, False], "only the extent was asked for"


def test_errors_are_told_in_points(found: None, made_up_data: Path, tmp_path: Path) -> None:
    lesson = _lesson(made_up_data, tmp_path, 0.0)
    scores = lesson.scores(SMALL.task.network(4))
    assert next(iter(scores)) == "brixia_0_18_mae"
    known = [value for value in scores.values() if np.isfinite(value)]
    assert all(0.0 <= value <= max(MAXIMA.values()) for value in known)
