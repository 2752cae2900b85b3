from pathlib import Path

import numpy as np
import pytest
import torch

from export.recipe import Stage
from export.recipes.radiograph_gate import FRONTAL_CHESTS, KINDS, RECIPE
from export.tasks.sorting import FLAWS, SortingLesson
from export.workplace import Workplace

SMALL = RECIPE.small()


@pytest.fixture(scope="module")
def lesson(made_up_data: Path, tmp_path_factory: pytest.TempPathFactory) -> SortingLesson:
    lesson = SMALL.task.lesson(Workplace(SMALL, tmp_path_factory.mktemp("runs"), made_up_data, 1))
    assert isinstance(lesson, SortingLesson)
    lesson.prepare(Stage(64, 1, 8, 4))
    return lesson


def _flaws(lesson: SortingLesson, index: int, draws: int = 40) -> np.ndarray:
    return np.array([lesson.example(index, np.random.default_rng(seed))[1][len(KINDS) :] for seed in range(draws)])


def _place(lesson: SortingLesson, source: str) -> int:
    return next(index for index, picture in enumerate(lesson.pictures) if picture.source == source)


def test_every_picture_is_of_one_kind(lesson: SortingLesson) -> None:
    for index in range(len(lesson.pictures)):
        kinds = lesson.example(index, np.random.default_rng(1))[1][: len(KINDS)]
        assert kinds.sum() == 1.0
        assert KINDS[int(kinds.argmax())] == lesson.pictures[index].kind


def test_frontal_chests_get_new_flaws_each_time_and_nothing_else_does(lesson: SortingLesson) -> None:
    chest = _flaws(lesson, _place(lesson, "nih"))
    assert 0 < np.nansum(chest) < 40
    assert np.isnan(_flaws(lesson, _place(lesson, "fracture"))).all()
    assert all(picture.kind in FRONTAL_CHESTS for picture in lesson.pictures if picture.source == "flawed_chest")


def test_whether_a_chest_is_cut_off_is_known_only_where_its_lungs_are_outlined(lesson: SortingLesson) -> None:
    cut = FLAWS.index("cut_off")
    assert np.isnan(_flaws(lesson, _place(lesson, "nih"))[:, cut]).all()
    assert np.isfinite(_flaws(lesson, _place(lesson, "tuberculosis"))[:, cut]).any()


def test_a_flaw_that_was_drawn_once_and_for_all_stays_the_one_it_is(lesson: SortingLesson) -> None:
    flaws = _flaws(lesson, _place(lesson, "flawed_chest"), draws=6)
    assert all(np.array_equal(flaws[0], other, equal_nan=True) for other in flaws)


def test_an_unknown_flaw_teaches_nothing(lesson: SortingLesson) -> None:
    torch.manual_seed(1)
    model = SMALL.task.network(8)
    targets = torch.cat([torch.eye(len(KINDS))[:1], torch.full((1, len(FLAWS)), float("nan"))], 1)
    torch.autograd.backward(lesson.loss(model, torch.zeros(1, 1, 64, 64), targets))
    head = model.get_submodule("head")
    assert head.bias.grad is not None
    assert (head.bias.grad[len(KINDS) :] == 0).all()
    assert (head.bias.grad[: len(KINDS)] != 0).all()
