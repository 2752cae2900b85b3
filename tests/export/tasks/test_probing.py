"""A finding is told from features that stay as they are, and only the sources that are named teach it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from edge_app.reading.finding import Box
from edge_app.reading.protocols.tuberculosis import TUBERCULOSIS
from export.architectures.located import LocatedNetwork
from export.architectures.probed import ProbedNetwork, thirds
from export.datasets.labelled import Labelled
from export.evaluation.metrics import auroc_of
from export.machine import Machine
from export.probe import fitted, probe
from export.recipe import Recipe
from export.recipes.tuberculosis import PROBED
from export.tasks.probing import Probing, ProbingLesson
from export.train import Trainer
from export.workplace import Workplace


def _network() -> ProbedNetwork:
    torch.manual_seed(1)
    model = ProbedNetwork(8, 2)
    random = np.random.default_rng(1)
    with torch.no_grad():
        many = model.told_by
        model.take(random.normal(size=many), random.uniform(0.5, 2.0, many), random.normal(size=(2, many)), np.ones(2), 4)
    return model.eval()


def test_it_says_the_same_of_a_mirror_image() -> None:
    model, picture = _network(), torch.randn(3, 1, 64, 96)
    for both_ways in (False, True):
        model.both_ways = both_ways
        with torch.no_grad():
            logits, activation = model(picture)
        assert activation.shape == (3, 2, 4, 6)
    with torch.no_grad():
        mirrored = model(picture.flip(3))
    assert torch.allclose(mirrored[0], logits, atol=1e-4)
    assert torch.allclose(mirrored[1].flip(3), activation, atol=1e-4)


def test_what_was_fitted_is_what_it_answers_by() -> None:
    random = np.random.default_rng(1)
    torch.manual_seed(1)
    model, pictures = ProbedNetwork(8, 1).eval(), torch.randn(40, 1, 64, 64)
    with torch.no_grad():
        told = model.told(pictures).numpy()
    truth = (told[:, 3] + 0.1 * random.normal(size=40) * told[:, 3].std() > np.median(told[:, 3])).astype(np.float32)
    mean, spread = told.mean(0), told.std(0) + 1e-2
    weight, bias = fitted((told - mean) / spread, truth, 0.01)
    with torch.no_grad():
        model.take(mean, spread, weight[None], np.array([bias]), 4)
        logits, activation = model(pictures)
    wanted = (told - mean) / spread @ weight + bias
    assert np.allclose(logits.numpy()[:, 0], wanted, atol=1e-3)
    assert auroc_of(wanted, truth) > 0.95
    # A third that is as it usually is speaks neither for it nor against it.
    with torch.no_grad():
        by_thirds = activation - model.peak_head(model._levels(pictures)[0])
    for own in np.split(by_thirds.numpy()[:, 0], [1, 3], axis=1):
        assert own.mean() == pytest.approx(bias, abs=1e-2)


@pytest.mark.parametrize("rows", [3, 4, 7, 14])
def test_every_row_belongs_to_one_third(rows: int) -> None:
    inside = thirds(rows)
    assert torch.equal(inside.sum(0), torch.ones(rows))
    assert inside[0].sum() == inside[2].sum() == rows // 3


def test_both_classes_count_alike_and_of_one_alone_nothing_is_told() -> None:
    random = np.random.default_rng(2)
    features = random.normal(size=(300, 4)).astype(np.float32)
    truth = (features[:, 0] > 1.0).astype(np.float32)
    truth[:30] = np.nan
    weight, bias = fitted(features, truth, 0.001)
    told = features @ weight + bias
    known = np.isfinite(truth)
    assert auroc_of(told, truth) > 0.99
    assert (told[known & (truth == 1.0)] > 0).mean() > 0.9
    nothing, none = fitted(features, np.zeros(300, dtype=np.float32), 0.001)
    assert not nothing.any()
    assert none == 0.0


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> Recipe:
    monkeypatch.setattr("export.tasks.locating.lung_boxes", lambda pictures, models, folder: [Box(4.0, 4.0, 50.0, 60.0)] * len(pictures))
    return replace(PROBED.small(), starts_from=None)


def test_the_last_layer_is_learnt_and_nothing_else_the_same_again(recipe: Recipe, made_up_data: Path, tmp_path: Path) -> None:
    place = Workplace(recipe, tmp_path / "first", made_up_data, 1)
    before = Trainer.begin(place, Machine.here("fp32")).model.state_dict()
    probe(place, Machine.here("fp32"))
    after = torch.load(place.weights, weights_only=True)
    moved = {name for name, value in after.items() if not torch.equal(before[name], value)}
    assert {"head.weight", "peak_head.weight", "usual_peak"} <= moved
    assert all(name.startswith(("head.", "peak_head.", "usual_peak")) for name in moved)
    again = Workplace(recipe, tmp_path / "again", made_up_data, 1)
    probe(again, Machine.here("fp32"))
    assert all(torch.equal(after[name], value) for name, value in torch.load(again.weights, weights_only=True).items())


def test_what_epochs_gave_is_kept(recipe: Recipe, made_up_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Workplace(recipe, tmp_path, made_up_data, 1)
    probe(place, Machine.here("fp32"))
    first = torch.load(place.weights, weights_only=True)
    place.weights.unlink()
    monkeypatch.setattr("export.probe._features", lambda *_arguments: pytest.fail("they were asked for again"))
    probe(place, Machine.here("fp32"))
    assert all(torch.equal(first[name], value) for name, value in torch.load(place.weights, weights_only=True).items())


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
