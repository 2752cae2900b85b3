"""What no training picture showed is found, and painted over with what lies beneath."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from export.architectures.restorer import Restorer
from export.datasets.labelled import Labelled
from export.machine import Machine
from export.recipe import Recipe, Stage
from export.recipes.spine import IMPLANTS, IMPLANTS_START
from export.simulate.lumbar_spines import IMPLANT, OPERATED, SOURCE
from export.tasks.restoring import Restoring, RestoringLesson, drawn_cover
from export.train import train
from export.workplace import Workplace

SIDE = 64


def _stripes(folder: Path, count: int = 24) -> tuple[Labelled, ...]:
    """Soft stripes; every other picture also with a bright bar on it, and the same without beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for at in range(count):
        random = np.random.default_rng(at)
        down = np.arange(SIDE)[:, None] + random.uniform(0, 16)
        plain = np.repeat(90 + 12 * np.sin(2 * np.pi * down / 16), SIDE, axis=1)
        covered = plain.copy()
        start = int(random.integers(8, 40))
        covered[start : start + 6, 10:54] = 250
        operated = at % 2 == 1
        paths = folder / f"{at}.png", folder / f"{at}.plain.png"
        for path, pixels in zip(paths, (covered if operated else plain, plain), strict=True):
            assert cv2.imwrite(str(path), np.rint(pixels).astype(np.uint8))
        source = OPERATED if operated else SOURCE
        drawn_on, masks = (paths[1] if operated else None), {}
        if operated:
            masks[IMPLANT] = folder / f"{at}.{IMPLANT}.png"
            assert cv2.imwrite(str(masks[IMPLANT]), (covered == 250).astype(np.uint8) * 255)
        labels = {IMPLANT: float(operated)}
        found.append(Labelled(paths[0], f"p:{at}", source, "spine_lateral", labels, simulated=True, drawn_on=drawn_on, masks=masks))
    return tuple(found)


def _place(folder: Path, stages: tuple[Stage, ...]) -> Workplace:
    pictures = _stripes(folder / "data")
    recipe: Recipe = replace(
        IMPLANTS_START, gather=lambda *_: pictures, stages=stages, width=8, learning_rate=4e-3, ema_decay=0.9, validation_fraction=0.25
    )
    return Workplace(recipe, folder / "runs", folder, 1)


def test_what_ships_gives_share_cover_change_and_restored_picture() -> None:
    network = Restorer(8, 8, 0.5, 0.25, 0.1).eval()
    picture = torch.rand(2, 1, SIDE, SIDE) * 2 - 1
    with torch.no_grad():
        logits, told = network(picture)
    assert (logits.shape, told.shape) == ((2, 1), (2, 3, SIDE, SIDE))
    grey = network.grey(picture)
    covered = torch.sigmoid(told[:, :1])
    assert torch.sigmoid(logits)[:, 0].numpy() == pytest.approx(covered.mean((1, 2, 3)).numpy(), abs=1e-3)
    assert torch.allclose(told[:, 1:2], (told[:, 2:] - grey).abs(), atol=1e-6)
    assert float(told[:, 1:].min()) >= 0.0
    assert float(told[:, 1:].max()) <= 1.0


def test_where_nothing_is_covered_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Restorer(8, 8, 0.5, 0.25, 0.1).eval()

    def same(grey: Tensor) -> Tensor:
        return grey

    monkeypatch.setattr(network.remade, "forward", same)
    with torch.no_grad():
        logits, told = network(torch.rand(1, 1, SIDE, SIDE) * 2 - 1)
    assert float(torch.sigmoid(logits)) < 0.01
    assert float(told[:, 1].max()) < 0.01


def test_covers_are_bars_and_patches_that_leave_most_of_a_picture() -> None:
    shares = [drawn_cover(128, np.random.default_rng(seed)).mean() for seed in range(40)]
    assert 0.005 < float(np.mean(shares)) < 0.25
    assert max(shares) < 0.6
    assert np.array_equal(drawn_cover(64, np.random.default_rng(3)), drawn_cover(64, np.random.default_rng(3)))


def test_only_pictures_without_are_learnt_from_and_all_with_are_judged(tmp_path: Path) -> None:
    place = _place(tmp_path, (Stage(SIDE, 1, 8, 4),))
    assert {picture.source for picture in place.taught} == {SOURCE}
    examined = place.examined
    assert sum(picture.source == OPERATED for picture in examined) == 12
    assert {picture.patient for picture in place.taught}.isdisjoint(picture.patient for picture in examined)
    lesson = place.recipe.task.lesson(place)
    assert isinstance(lesson, RestoringLesson)
    lesson.prepare(Stage(SIDE, 1, 8, 4))
    grey, cover = lesson.example(0, np.random.default_rng(1))
    assert grey.shape == cover.shape == (SIDE, SIDE)


def test_it_learns_to_find_a_bar_that_it_never_saw_and_to_paint_over_it(tmp_path: Path) -> None:
    place = _place(tmp_path, (Stage(SIDE, 8, 96, 8),))
    still = replace(place, recipe=replace(place.recipe, augmentation=replace(place.recipe.augmentation, noise=0.0, blur=0.0, border=0.0)))
    train(still, Machine.here("fp32"))
    lesson = still.recipe.task.lesson(still)
    lesson.prepare(still.recipe.stages[0])
    network = still.recipe.task.network(still.recipe.width)
    network.load_state_dict(torch.load(still.weights, weights_only=True))
    scores = lesson.scores(network.eval())
    assert scores["auroc"] > 0.95
    assert scores["left"] < 0.5, "pixels under the bar are nearer to what lies beneath than the bar was"


def test_a_judge_learns_which_differences_count_and_nothing_else_moves(tmp_path: Path) -> None:
    start = _place(tmp_path, (Stage(SIDE, 2, 96, 8),))
    train(start, Machine.here("fp32"))
    task = Restoring(IMPLANT, judging=True)
    recipe = replace(
        start.recipe, name="judged", task=task, starts_from=start.recipe.name, stages=(Stage(SIDE, 5, 96, 8),), shares=IMPLANTS.shares
    )
    place = replace(start, recipe=recipe)
    assert {picture.source for picture in place.taught} == {SOURCE, OPERATED}
    train(place, Machine.here("fp32"))
    before, after = (torch.load(own.weights, weights_only=True) for own in (start, place))
    assert all(torch.equal(after[name], value) for name, value in before.items())
    lesson = task.lesson(place)
    assert isinstance(lesson, RestoringLesson)
    lesson.prepare(recipe.stages[0])
    operated = next(at for at, picture in enumerate(lesson.pictures) if picture.source == OPERATED)
    still = replace(recipe.augmentation, noise=0.0, blur=0.0, border=0.0, coarse=0.0, gamma=1.0, jpeg=0.0)
    plain = RestoringLesson(task, replace(place, recipe=replace(recipe, augmentation=still)))
    plain.prepare(recipe.stages[0])
    grey, there = plain.example(operated, np.random.default_rng(3))
    assert grey[there > 0.9].mean() > 0.8
    assert grey[there < 0.1].mean() < 0.6
    network = task.network(recipe.width)
    network.load_state_dict(after)
    assert lesson.scores(network.eval())["auroc"] > 0.95


def test_the_task_is_told_apart_by_what_decides_its_weights() -> None:
    assert Restoring(IMPLANT).facts != Restoring(IMPLANT, narrow=8).facts
    assert Restoring(IMPLANT).facts != Restoring(IMPLANT, judging=True).facts
    assert Restoring(IMPLANT).labels[0].name == IMPLANT
