import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from export.__main__ import ROOT
from export.batches import drawn
from export.datasets.labelled import Labelled
from export.recipes.chest_findings import RECIPE
from export.train import CheckpointMismatchError, learning_rate, loss_of, train
from export.workplace import NoPicturesError, Workplace


def _place(runs: Path, data: Path, seed: int = 1) -> Workplace:
    return Workplace(RECIPE.small(), runs, data, seed)


def _weights(place: Workplace) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = torch.load(place.weights, weights_only=True)
    return state


@pytest.fixture(scope="module")
def uninterrupted(made_up_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    place = _place(tmp_path_factory.mktemp("whole"), made_up_data)
    train(place)
    return place


def _same(first: Workplace, second: Workplace) -> bool:
    one, other = _weights(first), _weights(second)
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_training_goes_on_from_its_checkpoint_as_if_never_stopped(uninterrupted: Workplace, made_up_data: Path, tmp_path: Path) -> None:
    place = _place(tmp_path, made_up_data)
    train(place, stop_after=2)
    assert place.checkpoint.is_file()
    assert not place.weights.exists()
    train(_place(tmp_path, made_up_data))
    assert _same(uninterrupted, place)


def test_a_killed_training_ends_at_the_same_weights(uninterrupted: Workplace, made_up_data: Path, tmp_path: Path) -> None:
    place = _place(tmp_path, made_up_data)
    command = [
        sys.executable,
        "-m",
        "export",
        "chest_findings",
        "train",
        "--budget",
        "small",
        "--runs",
        str(tmp_path),
        "--data",
        str(made_up_data),
    ]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.DEVNULL)
    try:
        while process.poll() is None and not place.checkpoint.is_file():
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert place.checkpoint.is_file()
    train(place)
    assert _same(uninterrupted, place)


def test_another_seed_learns_other_weights(uninterrupted: Workplace, made_up_data: Path, tmp_path: Path) -> None:
    place = _place(tmp_path, made_up_data, seed=2)
    train(place)
    assert not _same(uninterrupted, place)


def test_a_checkpoint_of_another_recipe_is_refused(uninterrupted: Workplace, made_up_data: Path) -> None:
    other = Workplace(RECIPE.small(), uninterrupted.runs, made_up_data, seed=9)
    with pytest.raises(CheckpointMismatchError, match="another recipe, seed or data"):
        train(other)


def test_metrics_and_manifest_tell_of_every_epoch_and_picture(uninterrupted: Workplace) -> None:
    epochs = (uninterrupted.folder / "metrics.csv").read_text().splitlines()
    assert len(epochs) == 1 + sum(stage.epochs for stage in uninterrupted.recipe.stages)
    manifest = uninterrupted.manifest.read_text()
    split = uninterrupted.split
    assert manifest.count('"split": "training"') == len(split.training)
    assert manifest.count('"split": "validation"') == len(split.validation)


def test_no_pictures_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(NoPicturesError, match="no pictures for chest_findings"):
        train(_place(tmp_path / "runs", tmp_path / "empty"))


def test_what_is_unknown_teaches_nothing() -> None:
    recipe = RECIPE.small()
    columns = len(recipe.targets)
    targets = torch.full((1, columns), float("nan"))
    targets[0, 3] = 1.0
    logits = torch.zeros(1, columns, requires_grad=True)
    torch.autograd.backward(loss_of(recipe, logits, targets, torch.ones(columns)))
    assert logits.grad is not None
    assert torch.nonzero(logits.grad[0]).tolist() == [[3]]


def test_the_learning_rate_rises_then_falls() -> None:
    rates = [learning_rate(RECIPE, step, 1000) for step in range(1000)]
    peak = int(np.argmax(rates))
    assert 30 < peak < 200
    assert rates[0] < rates[peak] / 10
    assert rates[-1] < rates[peak] / 50


def test_an_epoch_draws_each_source_by_its_share() -> None:
    pictures = [Labelled(Path(f"{index}.png"), f"x:{index}", "many" if index < 90 else "few", "chest") for index in range(100)]
    chosen = drawn(pictures, {"many": 1.0, "few": 1.0, "absent": 5.0}, 60, np.random.default_rng(1))
    assert (chosen >= 90).sum() == 30
    assert sorted(chosen[chosen >= 90]) == sorted(list(range(90, 100)) * 3)
    assert len(set(chosen[chosen < 90])) == 30
