"""A finding is told from features that stay as they are, and only the sources that are named teach it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from edge_app.reading.finding import Box
from export.architectures.located import LocatedNetwork
from export.architectures.probed import ProbedNetwork
from export.batches import Batch
from export.datasets.labelled import Labelled
from export.machine import Machine
from export.recipe import Recipe
from export.recipes.tuberculosis import RECIPE
from export.simulate.tuberculous_chests import TUBERCULOSIS
from export.tasks.probing import Probing, ProbingLesson
from export.train import Trainer
from export.workplace import Workplace


def test_a_logit_is_the_mean_of_its_map_both_ways() -> None:
    torch.manual_seed(1)
    model = ProbedNetwork(8, 2)
    torch.nn.init.normal_(model.head.weight)
    picture = torch.randn(3, 1, 64, 96)
    model.train()
    model.training_outputs(picture)
    for both_ways in (False, True):
        model.eval().both_ways = both_ways
        with torch.no_grad():
            logits, activation = model(picture)
        assert activation.shape == (3, 2, 4, 6)
        assert torch.allclose(logits, activation.mean((2, 3)), atol=1e-5)
    with torch.no_grad():
        mirrored = model(picture.flip(3))
    assert torch.allclose(mirrored[0], logits, atol=1e-4)
    assert torch.allclose(mirrored[1].flip(3), activation, atol=1e-4)


def test_what_is_learnt_from_is_what_it_answers_by() -> None:
    torch.manual_seed(1)
    model = ProbedNetwork(8, 1)
    torch.nn.init.normal_(model.head.weight)
    model.eval()
    picture = torch.randn(2, 1, 64, 64)
    with torch.no_grad():
        assert torch.allclose(model.training_outputs(picture).logits, model(picture)[0], atol=1e-4)


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> Recipe:
    monkeypatch.setattr("export.tasks.locating.lung_boxes", lambda pictures, models, folder: [Box(4.0, 4.0, 50.0, 60.0)] * len(pictures))
    return replace(RECIPE.small(), starts_from=None)


def test_training_moves_the_last_layer_and_nothing_else(recipe: Recipe, made_up_data: Path, tmp_path: Path) -> None:
    place = Workplace(recipe, tmp_path, made_up_data, 1)
    lesson = recipe.task.lesson(place)
    lesson.prepare(recipe.stages[0])
    trainer = Trainer.begin(place, Machine.here("fp32"))
    before = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    examples = [lesson.example(at, np.random.default_rng(at)) for at in range(len(lesson.pictures))]
    pictures, targets = np.stack([own for own, _ in examples]), np.stack([own for _, own in examples])
    trainer.learn(lesson, Batch(pictures, targets), 1, 10)
    moved = {name for name, value in trainer.model.state_dict().items() if not torch.equal(before[name], value)}
    assert {"head.weight", "head.bias"} < moved
    assert all(name.startswith(("head.", "scale.")) for name in moved)


def test_it_starts_from_a_located_networks_features(recipe: Recipe, made_up_data: Path, tmp_path: Path) -> None:
    started = replace(recipe, starts_from="before")
    before = LocatedNetwork(recipe.width, 14, 4)
    (tmp_path / "before").mkdir()
    torch.save(before.state_dict(), tmp_path / "before" / "weights.pt")
    model = Trainer.begin(Workplace(started, tmp_path, made_up_data, 1), Machine.here("fp32")).model
    own, other = model.state_dict(), before.state_dict()
    assert all(
        torch.equal(own[name], other[name]) for name in other if name.startswith(("backbone.", "neck", "fine", "coarse", "join_norm"))
    )


def test_only_named_sources_teach(recipe: Recipe, made_up_data: Path, tmp_path: Path) -> None:
    place = Workplace(recipe, tmp_path, made_up_data, 1)
    assert isinstance(recipe.task, Probing)
    lesson = recipe.task.lesson(place)
    assert isinstance(lesson, ProbingLesson)
    lesson.prepare(recipe.stages[0])

    def known(picture: Labelled, at: int) -> bool:
        return bool(np.isfinite(lesson.example(at, np.random.default_rng(1))[1][0])) and TUBERCULOSIS in picture.labels

    taught = {picture.source for at, picture in enumerate(lesson.pictures) if known(picture, at)}
    assert taught == {"tuberculosis"}
    assert {picture.source for picture in lesson.pictures} == set(recipe.shares)
