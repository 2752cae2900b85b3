from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

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


@pytest.fixture(autouse=True)
def fields(monkeypatch: pytest.MonkeyPatch) -> None:
    """The right lung fills the left half of every picture, the left lung a narrow strip."""

    def halves(pictures: Sequence[object], boxes: object, names: object, side: int, models: Path, folder: Path) -> NDArray[np.uint8]:
        lungs = np.zeros((len(pictures), 2, side, side), dtype=np.uint8)
        lungs[:, 0, :, : side // 2] = 1
        lungs[:, 1, :, -4:] = 1
        return lungs

    monkeypatch.setattr("export.tasks.grading.outlined", halves)


def _lesson(data: Path, runs: Path, mirror: float, opacify: float = 0.0) -> GradingLesson:
    recipe = replace(SMALL, augmentation=replace(SMALL.augmentation, mirror=mirror, opacify=opacify))
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


def test_opacities_on_clear_chests_bring_their_grades(found: None, made_up_data: Path, tmp_path: Path) -> None:
    clear, drawn = (_lesson(made_up_data, tmp_path, 0.0, opacify) for opacify in (0.0, 1.0))
    is_clear = [not any(picture.labels.values()) for picture in drawn.pictures]
    assert any(is_clear)
    assert not all(is_clear)
    for index, expected in enumerate(is_clear):
        own, other = ([lesson.example(index, np.random.default_rng(seed))[1] for seed in range(8)] for lesson in (clear, drawn))
        assert (not np.array_equal(own, other, equal_nan=True)) == expected
        for target in other if expected else ():
            assert target[NAMES.index(BRIXIA)] == pytest.approx(target[ZONE_A:].mean(), abs=1e-5)


@pytest.mark.parametrize("mirror", [0.0, 1.0])
def test_an_opacity_lies_on_the_lung_that_is_graded(
    found: None, made_up_data: Path, tmp_path: Path, mirror: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("export.tasks.grading.degraded", lambda grey, how, random: grey)
    clear, drawn = (_lesson(made_up_data, tmp_path, mirror, opacify) for opacify in (0.0, 1.0))
    index = next(index for index, picture in enumerate(drawn.pictures) if not any(picture.labels.values()))
    one_sided = 0
    for seed in range(80):
        grey, target = drawn.example(index, np.random.default_rng(seed))
        change = np.abs(grey - clear.example(index, np.random.default_rng(seed))[0])
        right, left = target[ZONE_A:ZONE_D].mean(), target[ZONE_D:].mean()
        if left == 0.0 and right > 0.3:
            one_sided += 1
            half = grey.shape[1] // 2
            # In a mirror the zones change their names with the lungs, so that A to C always lie on the left of the picture.
            assert change[:, :half].mean() > change[:, half:].mean()
    assert one_sided > 2


def test_an_unknown_score_teaches_nothing(found: None, made_up_data: Path, tmp_path: Path) -> None:
    lesson = _lesson(made_up_data, tmp_path, 0.0)
    torch.manual_seed(1)
    model = SMALL.task.network(8)
    targets = torch.full((2, len(NAMES)), float("nan"))
    assert float(lesson.loss(model, torch.zeros(2, 1, 64, 64), targets).detach()) == 0.0
    targets[:, NAMES.index(GEOGRAPHIC_EXTENT)] = 0.9
    torch.autograd.backward(lesson.loss(model, torch.zeros(2, 1, 64, 64), targets))
    head = model.get_submodule("head")
    assert head.bias.grad is not None
    assert [bool(value) for value in head.bias.grad.abs() > 0] == [False, True, False], "only the extent was asked for"


def test_errors_are_told_in_points(found: None, made_up_data: Path, tmp_path: Path) -> None:
    lesson = _lesson(made_up_data, tmp_path, 0.0)
    scores = lesson.scores(SMALL.task.network(8))
    assert next(iter(scores)) == "brixia_0_18_mae"
    known = [value for value in scores.values() if np.isfinite(value)]
    assert all(0.0 <= value <= max(MAXIMA.values()) for value in known)
