import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from export.command_line import RUNS
from export.machine import Machine
from export.recipe import Recipe
from export.recipes import chest_anatomy, radiograph_gate, swallow
from export.recipes.chest_findings import START as RECIPE
from export.train import STEM, CheckpointMismatchError, Trainer, learning_rate, train
from export.workplace import NoPicturesError, NotTrainedError, SeenBeforeError, Workplace

SMALL = RECIPE.small()
STEPS = sum(stage.epochs * (stage.pictures // stage.batch) for stage in SMALL.stages)


def _place(runs: Path, data: Path, seed: int = 1, recipe: Recipe = SMALL) -> Workplace:
    return Workplace(recipe, runs, data, seed)


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


@pytest.mark.parametrize("steps", [3, STEPS // 3, STEPS - 1], ids=["within an epoch", "after an epoch", "before the last step"])
def test_training_goes_on_from_its_checkpoint_as_if_never_stopped(
    uninterrupted: Workplace, made_up_data: Path, tmp_path: Path, steps: int
) -> None:
    place = _place(tmp_path, made_up_data)
    train(place, stop_after_steps=steps)
    assert place.checkpoint.is_file()
    assert not place.weights.exists()
    train(_place(tmp_path, made_up_data))
    assert _same(uninterrupted, place)
    assert (place.folder / "metrics.csv").read_text() == (uninterrupted.folder / "metrics.csv").read_text()


def _command(runs: Path, data: Path, *start: str) -> list[str]:
    folders = ["--runs", str(runs), "--data", str(data)]
    return [*(start or (sys.executable,)), "-m", "export", RECIPE.name, "train", "--budget", "small", *folders]


def test_a_killed_training_ends_at_the_same_weights(uninterrupted: Workplace, made_up_data: Path, tmp_path: Path) -> None:
    place = _place(tmp_path, made_up_data)
    process = subprocess.Popen(_command(tmp_path, made_up_data), cwd=RUNS.parent, stdout=subprocess.DEVNULL)
    try:
        while process.poll() is None and not place.checkpoint.is_file():
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert place.checkpoint.is_file()
    train(place)
    assert _same(uninterrupted, place)


def test_two_processes_share_a_run(made_up_data: Path, tmp_path: Path) -> None:
    launcher = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    done = subprocess.run(
        _command(tmp_path, made_up_data, *launcher), cwd=RUNS.parent, env={**os.environ, "CUDA_VISIBLE_DEVICES": ""}, capture_output=True,
        text=True, timeout=150, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    place = _place(tmp_path, made_up_data)
    assert all(bool(torch.isfinite(value).all()) for value in _weights(place).values())
    # One of them writes: each epoch is noted and told once.
    epochs = sum(stage.epochs for stage in SMALL.stages)
    assert len((place.folder / "metrics.csv").read_text().splitlines()) == 1 + epochs
    assert done.stdout.count(f"{RECIPE.name}: epoch") == epochs


def test_bfloat16_trains_where_it_is_asked_for(made_up_data: Path, tmp_path: Path) -> None:
    place = _place(tmp_path, made_up_data)
    train(place, replace(Machine.here("fp32"), bf16=True), stop_after_steps=2)
    state = torch.load(place.checkpoint, weights_only=True)
    assert all(np.isfinite(state["losses"]))
    assert all(value.dtype != torch.bfloat16 for value in state["model"].values())


def test_another_seed_learns_other_weights(uninterrupted: Workplace, made_up_data: Path, tmp_path: Path) -> None:
    place = _place(tmp_path, made_up_data, seed=2)
    train(place)
    assert not _same(uninterrupted, place)


@pytest.mark.parametrize(
    "other",
    [
        lambda place: replace(place, seed=9),
        lambda place: replace(place, recipe=replace(place.recipe, learning_rate=1e-4)),
        lambda place: replace(place, recipe=replace(place.recipe, augmentation=replace(place.recipe.augmentation, gamma=1.1))),
        lambda place: replace(place, recipe=replace(place.recipe, shares={**place.recipe.shares, "nih": 1})),
    ],
    ids=["seed", "learning rate", "augmentation", "shares"],
)
def test_a_checkpoint_of_another_run_is_refused(uninterrupted: Workplace, other: Callable[[Workplace], Workplace]) -> None:
    with pytest.raises(CheckpointMismatchError, match="another recipe, budget, seed or data"):
        train(other(uninterrupted))


def test_metrics_manifest_and_tensorboard_tell_of_every_epoch_and_picture(uninterrupted: Workplace) -> None:
    epochs = (uninterrupted.folder / "metrics.csv").read_text().splitlines()
    assert len(epochs) == 1 + sum(stage.epochs for stage in uninterrupted.recipe.stages)
    manifest = uninterrupted.manifest.read_text()
    assert manifest.count('"split": "training"') == len(uninterrupted.taught) > 0
    assert manifest.count('"split": "validation"') == len(uninterrupted.examined) > 0
    assert list((uninterrupted.folder / "tensorboard").glob("events.*"))


def test_no_pictures_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(NoPicturesError, match="no pictures for chest_findings"):
        train(_place(tmp_path / "runs", tmp_path / "empty"))


def test_what_has_to_be_trained_first_is_named(made_up_data: Path, tmp_path: Path) -> None:
    with pytest.raises(NotTrainedError, match="python -m export chest_anatomy_teacher train"):
        train(_place(tmp_path, made_up_data, recipe=chest_anatomy.SECOND.small()))


def test_what_has_to_be_trained_first_without_a_source_is_named(made_up_data: Path, tmp_path: Path) -> None:
    place = _place(tmp_path, made_up_data, recipe=chest_anatomy.SECOND.small().without("covid"))
    with pytest.raises(NotTrainedError, match="python -m export chest_anatomy_teacher train --without covid"):
        train(place)


def test_a_source_that_is_left_out_is_only_judged_on(made_up_data: Path, tmp_path: Path) -> None:
    place = _place(tmp_path, made_up_data, recipe=radiograph_gate.START.small().without("covid"))
    patients = {picture.patient for picture in place.split.training if picture.source == "covid"}
    assert patients
    # Flaws were drawn on its pictures too.
    assert any(picture.patient in patients for picture in place.split.training if picture.source == "flawed_chest")
    assert not any(picture.patient in patients for picture in place.taught)
    judged = {picture.path for picture in place.examined}
    assert all(picture.path in judged for picture in place.split.training if picture.source == "covid")


def test_a_start_that_has_seen_what_is_judged_on_is_refused(uninterrupted: Workplace) -> None:
    # Another seed splits the patients otherwise.
    later = replace(uninterrupted, seed=5, recipe=replace(SMALL, name="later", starts_from=SMALL.name))
    with pytest.raises(SeenBeforeError, match="which chest_findings_start was trained on"):
        train(later)


def test_a_start_gives_its_backbone(uninterrupted: Workplace) -> None:
    later = replace(uninterrupted, recipe=replace(SMALL, name="later", starts_from=SMALL.name, learning_rate=0.0, ema_decay=0.0))
    train(later, stop_after_steps=1)
    state = torch.load(later.checkpoint, weights_only=True)["model"]
    assert torch.equal(state["backbone.stem.weight"], _weights(uninterrupted)["backbone.stem.weight"])


def test_a_start_of_another_width_is_refused(uninterrupted: Workplace) -> None:
    later = replace(uninterrupted, recipe=replace(SMALL, name="wider", starts_from=SMALL.name, width=2 * SMALL.width))
    with pytest.raises(CheckpointMismatchError, match="another backbone"):
        train(later)


def test_the_gate_learns_kinds_and_flaws(made_up_data: Path, tmp_path: Path) -> None:
    place = _place(tmp_path, made_up_data, recipe=radiograph_gate.START.small())
    train(place, stop_after_steps=2)
    assert place.checkpoint.is_file()


def test_the_learning_rate_rises_then_falls() -> None:
    rates = [learning_rate(RECIPE, step, 1000) for step in range(1000)]
    peak = int(np.argmax(rates))
    assert 30 < peak < 200
    assert rates[0] < rates[peak] / 10
    assert rates[-1] < rates[peak] / 50


def test_part_of_the_start_is_kept(uninterrupted: Workplace) -> None:
    places = [
        replace(uninterrupted, recipe=replace(SMALL, name=f"kept-{kept:g}", starts_from=SMALL.name, kept=kept)) for kept in (0.0, 0.25)
    ]
    for place in places:
        train(place)
    learnt, joined = (_weights(place) for place in places)
    before = _weights(uninterrupted)
    for name, own in learnt.items():
        wanted = 0.25 * before[name] + 0.75 * own if own.is_floating_point() else own
        assert torch.allclose(joined[name], wanted, atol=1e-6), name
    assert not torch.equal(joined["backbone.stem.weight"], learnt["backbone.stem.weight"])


def test_a_start_that_saw_the_picture_alone_is_taken_by_what_sees_more_beside_it(made_up_data: Path, tmp_path: Path) -> None:
    first = _place(tmp_path, made_up_data, recipe=swallow.PLAIN.small())
    begun = Trainer.begin(replace(first, recipe=replace(first.recipe, starts_from=None)), Machine.here("fp32")).model
    place = replace(first, recipe=replace(swallow.RECIPE.small(), starts_from=first.recipe.name))
    first.folder.mkdir(parents=True)
    torch.save(begun.state_dict(), first.weights)
    stem = Trainer.begin(place, Machine.here("fp32")).model.state_dict()[STEM]
    assert stem.shape[1] == 1 + len(swallow.CLEAR)
    assert torch.equal(stem[:, :1], begun.state_dict()[STEM])
    assert not stem[:, 1:].any(), "what is seen besides begins with no say"
