"""Learning to draw: what is learnt from, and that a run that was stopped is the run that never was."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from edge_app.reading.protocols.chest import CHEST_FINDINGS
from export.gan.pictures import CONDITION, NIH, RealChests, centred, drawn, real_chests
from export.gan.place import FULL, SMALL, GanPlace
from export.gan.train import named_loss, train
from export.machine import Machine
from export.train import CheckpointMismatchError
from export.workplace import MODELS, NoPicturesError

MACHINE = Machine.here("fp32")


@pytest.mark.parametrize("steps", [3, SMALL.stages[0].steps, SMALL.steps - 1], ids=["within a stage", "after a stage", "before the end"])
def test_learning_goes_on_as_if_never_stopped(trained: GanPlace, tmp_path: Path, steps: int) -> None:
    place = replace(trained, findings=replace(trained.findings, runs=tmp_path))
    train(place, MACHINE, stop_after_steps=steps)
    assert place.checkpoint.is_file()
    assert not place.weights.exists()
    train(place, MACHINE)
    assert place.weights.read_bytes() == trained.weights.read_bytes()
    assert (place.folder / "metrics.csv").read_text() == (trained.folder / "metrics.csv").read_text()


def test_a_checkpoint_of_another_seed_is_refused(trained: GanPlace) -> None:
    with pytest.raises(CheckpointMismatchError, match="another recipe, budget, seed or data"):
        train(replace(trained, findings=replace(trained.findings, seed=2)), MACHINE)


def test_bfloat16_learns_where_it_is_asked_for(trained: GanPlace, tmp_path: Path) -> None:
    place = replace(trained, findings=replace(trained.findings, runs=tmp_path))
    train(place, replace(MACHINE, bf16=True), stop_after_steps=SMALL.stages[0].steps + 1)
    state = torch.load(place.checkpoint, weights_only=True)
    assert all(np.isfinite(value) for figures in state["lately"] + state["history"] for value in figures.values())
    assert all(value.dtype == torch.float32 for value in state["generator"].values())


@pytest.mark.usefixtures("lungs_everywhere")
def test_no_pictures_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(NoPicturesError):
        train(GanPlace.of(tmp_path / "runs", tmp_path / "empty", 1, MODELS, small=True), MACHINE)


def test_only_real_pictures_of_training_patients_are_learnt_from(trained: GanPlace) -> None:
    chests = RealChests.taught(trained)
    patients = {picture.patient for picture in chests.pictures}
    assert patients.isdisjoint(picture.patient for picture in trained.findings.split.validation)
    assert not any(picture.simulated for picture in chests.pictures)
    assert sum(picture.kind == "chest_child" for picture in chests.pictures) <= SMALL.children
    made = [replace(picture, simulated=True) for picture in chests.pictures]
    assert real_chests(made, 10, 1) == []


def test_thumbnails_are_left_out_where_they_are_not_sharp_enough(trained: GanPlace) -> None:
    chests = RealChests.taught(trained)
    assert any(picture.source == "nih64" for picture in chests.at(32).pictures)
    assert not any(picture.source == "nih64" for picture in chests.at(128).pictures)


def test_rare_findings_are_drawn_more_often_and_the_unknown_says_nothing(trained: GanPlace) -> None:
    chests = RealChests.taught(trained)
    pneumonia = np.array([picture.labels.get("Pneumonia", 0.0) >= 0.5 for picture in chests.pictures])
    hernia = np.array([picture.labels.get("Hernia", 0.0) >= 0.5 for picture in chests.pictures])
    assert pneumonia.sum() > hernia.sum() > 0
    assert chests.odds[hernia].min() > chests.odds[pneumonia & ~hernia].min()
    told = centred(chests.known, chests.shares)
    assert np.all(told[np.isnan(chests.known)] == 0.0)
    assert told[chests.known[:, CONDITION.index(NIH)] == 1.0, CONDITION.index(NIH)].min() > 0.0


def test_a_batch_tells_which_pictures_are_mirrored(trained: GanPlace) -> None:
    chests = RealChests.taught(trained).at(16)
    batch = drawn(chests, 40, np.random.default_rng(1))
    turned = batch.known[:, CONDITION.index("mirrored")]
    assert 0 < turned.sum() < 40
    plain = {own.tobytes() for own in chests.canvases}
    bytes_of = [np.rint((own + 1.0) * 127.5).astype(np.uint8) for own in batch.pictures]
    for own, mirrored in zip(bytes_of, turned, strict=True):
        assert np.ascontiguousarray(own[:, ::-1] if mirrored else own).tobytes() in plain


def test_naming_counts_what_is_known() -> None:
    logits = torch.tensor([[2.0, -30.0], [2.0, 30.0]])
    known = torch.tensor([[1.0, torch.nan], [torch.nan, torch.nan]])
    assert float(named_loss(logits, known)) == pytest.approx(np.log1p(np.exp(-2.0)))
    assert float(named_loss(logits, torch.full((2, 2), torch.nan))) == 0.0


def test_stages_grow_and_fade_in() -> None:
    sides = [stage.side for stage in FULL.stages]
    assert sides == [4, 8, 16, 32, 64, 128]
    stage, at = FULL.at(FULL.stages[0].steps)
    assert (stage, at) == (FULL.stages[1], 0)
    assert 0.0 < stage.alpha(0) < 0.1
    assert stage.alpha(stage.steps - 1) == 1.0
    assert len(CONDITION) == len(CHEST_FINDINGS) + 3
