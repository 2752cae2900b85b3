"""A generator that learns against a classifier what to change, by the three published stages, and goes on where it was stopped."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from export.architectures.averaged import AveragedNetwork
from export.architectures.levels import BACKBONES, HALF_RESNET
from export.architectures.repairer import Discriminator, RepairedNetwork
from export.batches import Batch
from export.damage import damaged
from export.datasets.labelled import Labelled
from export.evaluation.asking import answers_on
from export.machine import Machine
from export.quantise import quantise
from export.recipe import Recipe, Stage
from export.recipes.nasal_bone import RECIPE
from export.repair import NATURAL, Repair, kept_by_change, kept_by_saliency, repair
from export.runners import draft_card, start_runners
from export.saliency import saliency_of
from export.tasks.repairing import Repairing
from export.tasks.taught import Taught
from export.train import CheckpointMismatchError, train
from export.workplace import NotTrainedError, Workplace

NAME = "Gap"
SIDE = 64
TOLD = Taught((NAME,), backbone=HALF_RESNET)


def _bars(folder: Path, count: int = 24) -> tuple[Labelled, ...]:
    """A bright bar across the picture; every other one has a gap in it."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for at in range(count):
        random = np.random.default_rng(at)
        pixels = random.integers(40, 60, (SIDE, SIDE)).astype(np.uint8)
        pixels[28:36] = 200
        if at % 2:
            start = int(random.integers(12, 44))
            pixels[26:38, start : start + 8] = 50
        path = folder / f"{at}.png"
        assert cv2.imwrite(str(path), pixels)
        found.append(Labelled(path, f"p:{at}", "bars", "skull_lateral", {NAME: float(at % 2)}))
    return tuple(found)


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    """A repairing recipe whose classifier is trained, as far as that goes in seconds."""
    pictures = _bars(tmp_path / "data")
    shared = {"gather": lambda *_: pictures, "shares": {"bars": 1}, "figures_from": ("bars",), "validation_fraction": 0.25, "width": 8}
    first: Recipe = replace(
        RECIPE, name="classifier", task=TOLD, starts_from=None, stages=(Stage(SIDE, 2, 16, 8),), stand_in=None, **shared
    )
    train(Workplace(first, tmp_path / "runs", tmp_path, 1), Machine.here("fp32"))
    task = Repairing(TOLD, width=8, discriminator=8)
    stages = tuple(Stage(SIDE, 1, 16, 8) for _ in range(3))
    own = replace(first, name="repairer", task=task, starts_from="classifier", stages=stages, learning_rate=1e-3)
    return Workplace(own, tmp_path / "runs", tmp_path, 1)


def test_the_classifier_stays_as_it_was_and_a_stopped_run_ends_as_one_that_was_not(place: Workplace, tmp_path: Path) -> None:
    machine = Machine.here("fp32")
    repair(place, machine)
    whole = torch.load(place.weights, weights_only=True)
    before = torch.load(place.runs / "classifier/weights.pt", weights_only=True)
    assert all(torch.equal(whole[f"classifier.{name}"], value) for name, value in before.items())
    assert any((value != 0).any() for name, value in whole.items() if name.startswith("repairer.generator.head"))
    place.weights.unlink()
    place.checkpoint.unlink()
    for stop in (1, 2, None):
        repair(place, machine, stop_after_epochs=stop)
    again = torch.load(place.weights, weights_only=True)
    assert all(torch.equal(value, again[name]) for name, value in whole.items())
    assert len((place.folder / "metrics.csv").read_text().splitlines()) == 4
    assert json.loads(place.manifest.read_text())["recipe"] == "repairer"


def test_what_was_damaged_is_made_whole_before_anything_is_repaired(place: Workplace) -> None:
    task, pictures = place.recipe.task, _bars(place.data / "whole", 8)
    assert isinstance(task, Repairing)
    state = Repair.begin(replace(place, recipe=replace(place.recipe, ema_decay=0.0, learning_rate=5e-3)), task, Machine.here("fp32"))
    grey = np.stack([cv2.imread(str(own.path), cv2.IMREAD_GRAYSCALE) for own in pictures[::2]]).astype(np.float32) / 255
    for _ in range(60):
        state.learn(Batch(grey, np.zeros((len(grey), 1), dtype=np.float32)), NATURAL)
    torch.manual_seed(7)
    hurt, whole = damaged(torch.from_numpy(grey[:, None])), torch.from_numpy(grey[:, None])
    where = ((hurt - whole).abs() > 0.02).float()
    generator = state.network.repairer.generator.eval()
    with torch.no_grad():
        made = generator(hurt, where)
    before, after = (float(((own - whole).square() * where).mean()) for own in (hurt, made))
    assert after < 0.8 * before


def test_what_int8_does_to_the_repaired_picture_is_judged_picture_by_picture(place: Workplace) -> None:
    repair(place, Machine.here("fp32"))
    quantise(place)
    answers = answers_on(place)
    assert set(answers.repaired) == {"openvino", "onnxruntime"}
    assert not answers.maps, "of no picture more is held than that"
    card = draft_card(place.recipe)
    runners = start_runners(card, place.fp32, place.openvino, place.onnx)
    for at, picture in enumerate(answers.pictures):
        batch = place.recipe.task.shown_to(place, picture)
        assert batch is not None
        (_, exact), (_, rounded) = runners.fp32.run(batch), runners.openvino.run(batch)
        assert exact is not None
        assert rounded is not None
        assert answers.repaired["openvino"][at] == pytest.approx(np.abs(exact[0, -1] - rounded[0, -1]).mean(), abs=1e-3)
    figures = place.recipe.task.judged(place, answers)
    for own in figures.fidelity:
        assert own.repaired_apart is not None
        assert own.repaired_apart == pytest.approx((answers.repaired[own.runtime].mean(), answers.repaired[own.runtime].max()))
        assert own.repaired_apart[0] < 0.05


def test_another_runs_checkpoint_is_not_gone_on_with(place: Workplace) -> None:
    machine = Machine.here("fp32")
    repair(place, machine, stop_after_epochs=1)
    other = replace(place, recipe=replace(place.recipe, task=Repairing(TOLD, width=8, discriminator=8, kept=10.0)))
    with pytest.raises(CheckpointMismatchError):
        repair(other, machine)


def test_without_its_classifier_it_says_so(place: Workplace) -> None:
    (place.runs / "classifier/weights.pt").unlink()
    with pytest.raises(NotTrainedError, match="needs the trained classifier"):
        repair(place, Machine.here("fp32"))


class _GapSeer(nn.Module):
    """Sees a gap wherever the bar is dark, exactly: a classifier that has learnt all there is, on features that were never trained."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.backbone = BACKBONES[HALF_RESNET](8)

    def said(self, fine: torch.Tensor, coarse: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return coarse.mean((2, 3))[:, :1], fine[:, :1]

    def forward(self, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        bar = picture[:, :, 28:36].mean(2, keepdim=True) * 0.25 + 0.5
        dark = nn.functional.avg_pool2d(torch.relu(0.6 - bar), (1, 8))
        activation = nn.functional.interpolate(40.0 * dark, size=(4, 4)) * torch.eye(4)[1][None, None, :, None]
        return 30.0 * dark.amax((2, 3)) - 3.0, activation


def test_a_perfect_classifier_teaches_it_to_close_the_gap_and_to_leave_the_rest(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    seer = _GapSeer()

    def made(self: Repairing, width: int) -> RepairedNetwork:
        network = RepairedNetwork(AveragedNetwork(8, 1, backbone=HALF_RESNET), 8, 0.5, 0.25)
        network.classifier = seer  # type: ignore[assignment]
        return network

    monkeypatch.setattr(Repairing, "network", made)
    monkeypatch.setattr(_GapSeer, "load_state_dict", lambda self, state: None)
    stages = (Stage(SIDE, 2, 18, 9), Stage(SIDE, 14, 18, 9), Stage(SIDE, 8, 18, 9))
    task = Repairing(TOLD, width=8, discriminator=8, kept=4.0, telling=4.0)
    still = replace(place.recipe.augmentation, turn_degrees=0, scale=0, shift=0, mirror=0, gamma=1.0, border=0, blur=0, noise=0, jpeg=0)
    own = replace(
        place, recipe=replace(place.recipe, name="gaps", task=task, stages=stages, augmentation=still, ema_decay=0.9, learning_rate=3e-3)
    )
    repair(own, Machine.here("fp32"))
    network = task.network(8)
    state = {name: value for name, value in torch.load(own.weights, weights_only=True).items() if name.startswith("repairer.")}
    network.load_state_dict(state, strict=False)
    network.eval()
    inside, outside = [], []
    for picture in own.split.validation:
        grey = np.asarray(cv2.imread(str(picture.path), cv2.IMREAD_GRAYSCALE), dtype=np.float32) / 255
        with torch.no_grad():
            _, told = network(torch.from_numpy((grey - 0.5) / 0.25)[None, None])
        changed = np.abs(told[0, -1].numpy() - grey)
        gap = np.zeros((SIDE, SIDE), dtype=bool)
        gap[28:36] = grey[28:36].mean(0) < 0.5
        if picture.labels[NAME]:
            inside.append(changed[gap].mean())
        outside.append(changed[~gap].mean())
    assert np.mean(inside) > 5 * np.mean(outside)
    assert np.mean(inside) > 0.06


def test_what_stays_is_what_the_classifier_does_not_go_by_or_what_was_not_changed() -> None:
    picture = torch.zeros(1, 1, SIDE, SIDE)
    picture[0, 0, 28:36] = 1.5
    picture[0, 0, 28:36, 40:48] = 0.0
    kept = kept_by_saliency(saliency_of(_GapSeer(), picture))
    assert kept.shape == (1, 1, SIDE, SIDE)
    assert kept[0, 0, 32, 43] < 0.1
    assert kept[0, 0, 56, 43] > 0.9
    assert kept[0, 0, 32, 8] > 0.9
    grey = torch.full((1, 1, SIDE, SIDE), 0.5)
    repaired = grey.clone()
    repaired[0, 0, 20, 20], repaired[0, 0, 40, 40] = 0.6, 0.55
    stays = kept_by_change(grey, repaired, 0.06)
    assert stays[0, 0, 18:23, 18:23].sum() == 0
    assert stays.sum() == SIDE**2 - 25


def test_the_network_that_ships_shows_map_change_and_repaired_picture() -> None:
    network = RepairedNetwork(AveragedNetwork(8, 1, backbone=HALF_RESNET), 8, 0.5, 0.25).eval()
    picture = torch.rand(2, 1, SIDE, SIDE) * 2 - 1
    with torch.no_grad():
        logits, told = network(picture)
    assert (logits.shape, told.shape) == ((2, 1), (2, 3, SIDE, SIDE))
    assert told[:, 2].numpy() == pytest.approx((picture[:, 0] * 0.25 + 0.5).numpy(), abs=1e-6), "it begins with changing nothing"
    assert float(told[:, 1].abs().max()) < 1e-6
    score, seen = Discriminator(8)(told[:, 2:])
    assert (score.shape, seen.shape[:2]) == ((2, 1), (2, 64))
