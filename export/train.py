"""Training: resumable after any kill, the same for the same seed, on two processor cores as on several GPUs."""

import csv
import hashlib
import io
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from edge_app.progress import time_left
from edge_app.reading.card import FP32_MODEL, sha256_of
from export.architectures.two_levels import Levels
from export.atomic import replacing, write_text
from export.batches import Batch, Epoch, drawn
from export.machine import Machine
from export.recipe import Recipe, Stage
from export.tasks.running import normalised
from export.tasks.task import Lesson
from export.workplace import METRICS, Workplace

WARM_UP_STEPS = 60
SAVED_EVERY_S = 60.0
BACKBONE = "backbone."
STEM = f"{BACKBONE}stem.weight"
"""(features, channels seen, rows, columns)."""


class CheckpointMismatchError(Exception):
    """A checkpoint was made with another recipe, seed or data; it is not continued."""


@dataclass(frozen=True)
class Progress:
    """How far training is: whole epochs done, batches of the next one done, optimiser steps done."""

    epoch: int = 0
    batch: int = 0
    step: int = 0


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """A short linear start, then half a cosine down to a hundredth."""
    start = min(1.0, (step + 1) / WARM_UP_STEPS)
    return recipe.learning_rate * start * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * step / max(steps, 1))))


def fingerprint_of(place: Workplace, machine: Machine) -> str:
    """What weights depend on: the recipe, the pictures, the seed, what they start from, how many share a batch."""
    recipe = place.recipe
    augmentation = (recipe.augmentation, sorted(recipe.augmentation_of.items(), key=str))
    budget: tuple[object, ...] = (recipe.width, recipe.stages, recipe.learning_rate, recipe.weight_decay, recipe.ema_decay)
    drawing: tuple[object, ...] = (sorted(recipe.shares.items()), sorted(recipe.emphasis.items()))
    if recipe.kept:
        budget = (*budget, recipe.kept)
    if recipe.processing or recipe.standardised:
        drawing = (*drawing, recipe.processing, recipe.standardised)
    facts = (recipe.name, recipe.task.facts, budget, drawing, augmentation, place.training_seed, place.fold, machine.world)
    listing = [f"{picture.source}/{picture.path.name}" for picture in place.split.training]
    outside = [folder / FP32_MODEL for folder in recipe.outside]
    before = [sha256_of(file) for file in (place.start, *place.teachers, *outside) if file is not None]
    return hashlib.sha256(f"{facts}{listing}{before or ''}".encode()).hexdigest()


def checkpoint_of(path: Path, fingerprint: str, machine: Machine) -> dict[str, Any]:
    """What a checkpoint holds.

    Raises:
        CheckpointMismatchError: it is another run's.
    """
    state: dict[str, Any] = torch.load(path, weights_only=True, map_location=machine.device)
    if state["fingerprint"] != fingerprint:
        raise CheckpointMismatchError(f"{path} was made with another recipe, budget, seed or data; use another --runs folder or remove it")
    return state


@dataclass
class Trainer:
    """The state that a checkpoint holds: network, averaged network, optimiser, progress and the figures so far."""

    recipe: Recipe
    machine: Machine
    model: nn.Module
    average: nn.Module
    optimiser: torch.optim.Optimizer
    progress: Progress = field(default_factory=Progress)
    losses: list[float] = field(default_factory=list)
    history: list[dict[str, float]] = field(default_factory=list)

    @classmethod
    def begin(cls, place: Workplace, machine: Machine) -> "Trainer":
        """A fresh state; what has the same name and shape in the network that it starts from comes from there, the backbone always."""
        recipe = place.recipe
        torch.manual_seed(place.training_seed)
        model, average = recipe.task.network(recipe.width), recipe.task.network(recipe.width)
        if place.start is not None:
            before = torch.load(place.start, weights_only=True, map_location="cpu")
            own = model.state_dict()
            same = _fitting(before, own)
            if any(name.startswith(BACKBONE) and name not in same for name in own):
                raise CheckpointMismatchError(f"{place.start} holds another backbone than {recipe.name} has")
            model.load_state_dict(same, strict=False)
        else:
            for module in model.modules():
                if isinstance(module, Levels):
                    module.begin()
        average.load_state_dict(model.state_dict())
        model, average = machine.placed(model), machine.placed(average)
        optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        return cls(recipe, machine, model, average, optimiser)

    def save(self, path: Path, fingerprint: str) -> None:
        """Write the state, whole or not at all. Random numbers need none: they follow from seed, epoch and place in it."""
        with replacing(path) as temporary:
            torch.save(
                {
                    "fingerprint": fingerprint,
                    "model": self.model.state_dict(),
                    "average": self.average.state_dict(),
                    "optimiser": self.optimiser.state_dict(),
                    "progress": (self.progress.epoch, self.progress.batch, self.progress.step),
                    "losses": self.losses,
                    "history": self.history,
                },
                temporary,
            )

    def load(self, path: Path, fingerprint: str) -> None:
        """Take up a state written by ``save``. CheckpointMismatchError where the checkpoint is another run's."""
        state = checkpoint_of(path, fingerprint, self.machine)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.progress, self.losses, self.history = Progress(*state["progress"]), state["losses"], state["history"]

    def learn(self, lesson: Lesson, batch: Batch, seed: int, steps: int) -> None:
        """One step on one batch."""
        # Whatever the network draws follows from the step alone, so that a run that goes on is the run that was never stopped.
        torch.manual_seed(seed * 1_000_003 + self.progress.step)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.recipe, self.progress.step, steps)
        self.model.train()
        pictures = self.machine.sent(normalised(batch.pictures, self.recipe))
        targets = torch.from_numpy(batch.targets).to(self.machine.device)
        with self.machine.autocast():
            loss = lesson.loss(self.model, pictures, targets)
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.machine.mean_gradients(self.model)
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimiser.step()
        self._average()
        self.losses.append(float(loss.detach()))
        self.progress = Progress(self.progress.epoch, self.progress.batch + 1, self.progress.step + 1)

    def close_epoch(self, side: int, scores: Mapping[str, float]) -> None:
        """Note an epoch's figures and go on to the next one."""
        self.history.append({"epoch": self.progress.epoch + 1, "side": side, "loss": float(np.mean(self.losses)), **scores})
        self.progress, self.losses = Progress(self.progress.epoch + 1, 0, self.progress.step), []

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.recipe.ema_decay, (1 + self.progress.step) / (10 + self.progress.step))
        fresh = self.model.state_dict()
        for name, kept in self.average.state_dict().items():
            if kept.dtype.is_floating_point:
                kept.lerp_(fresh[name], 1.0 - decay)
            else:
                kept.copy_(fresh[name])


def _epochs(stages: tuple[Stage, ...]) -> list[Stage]:
    return [stage for stage in stages for _ in range(stage.epochs)]


def _fitting(before: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of an earlier network that another has the same of; what that one sees beside the picture moves nothing at first."""
    fitting = {name: value for name, value in before.items() if name in own and own[name].shape == value.shape}
    seen, sees = before.get(STEM), own.get(STEM)
    if seen is not None and sees is not None and seen.shape[1] < sees.shape[1] and seen[:, :1].shape == sees[:, :1].shape:
        fitting[STEM] = torch.cat([seen, torch.zeros_like(sees[:, seen.shape[1] :])], 1)
    return fitting


def written(place: Workplace, history: list[dict[str, float]]) -> None:
    """The figures of every epoch so far, for people and for TensorBoard."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(history[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: f"{value:.5g}" for name, value in row.items()} for row in history)
    write_text(place.folder / METRICS, text.getvalue())
    with SummaryWriter(str(place.folder / "tensorboard"), purge_step=int(history[-1]["epoch"])) as board:
        for name, value in history[-1].items():
            board.add_scalar(name, value, int(history[-1]["epoch"]))


def _remaining_s(epochs: list[Stage], done: int, work: float, spent_s: float) -> float:
    left = sum(later.pictures * later.side**2 for later in epochs[done:])
    return spent_s * left / max(work, 1.0)


def train(place: Workplace, machine: Machine | None = None, stop_after_steps: int | None = None) -> None:
    """Train to the end of the recipe's stages, from the last checkpoint where there is one.

    ``stop_after_steps`` ends early, where a kill could have; the run can be gone on with.

    Raises:
        NotTrainedError: a recipe that this one builds on was not trained.
        CheckpointMismatchError: the checkpoint is another run's.
    """
    machine = machine or Machine.here()
    recipe = place.recipe
    place.require(place.start)
    for teacher in place.teachers:
        place.require(teacher)
    place.folder.mkdir(parents=True, exist_ok=True)
    fingerprint = fingerprint_of(place, machine)
    if machine.rank == 0:
        place.write_manifest()
    trainer = Trainer.begin(place, machine)
    if place.checkpoint.is_file():
        trainer.load(place.checkpoint, fingerprint)
    lesson = recipe.task.lesson(place)
    epochs = _epochs(recipe.stages)
    steps = sum(max(stage.pictures // stage.batch, 1) for stage in epochs)
    work, began_at = 0.0, time.monotonic()
    for number in range(trainer.progress.epoch, len(epochs)):
        stage = epochs[number]
        lesson.prepare(stage)
        order = drawn(lesson.pictures, recipe, stage.pictures, np.random.default_rng([place.training_seed, number]))
        epoch = Epoch(order, stage.batch, (place.training_seed, number))
        saved_at, first = time.monotonic(), trainer.progress.batch
        for batch in epoch.ahead(lesson, first, machine.rank, machine.world):
            trainer.learn(lesson, batch, place.training_seed, steps)
            stopping = trainer.progress.step == stop_after_steps
            if machine.rank == 0 and (stopping or time.monotonic() - saved_at > SAVED_EVERY_S):
                trainer.save(place.checkpoint, fingerprint)
                saved_at = time.monotonic()
            if stopping:
                return
        machine.agree(trainer.average)
        work += stage.pictures * stage.side**2 * (epoch.batches - first) / epoch.batches
        scores = lesson.scores(trainer.average)
        trainer.close_epoch(stage.side, scores)
        if machine.rank == 0:
            trainer.save(place.checkpoint, fingerprint)
            written(place, trainer.history)
            left_s = _remaining_s(epochs, number + 1, work, time.monotonic() - began_at)
            watched = ", ".join(f"{name} {value:.3f}" for name, value in list(scores.items())[:1])
            print(
                f"{place.name}: epoch {number + 1}/{len(epochs)} at {stage.side}², loss {trainer.history[-1]['loss']:.4f}, {watched}, "
                f"{time_left(left_s)}",
                flush=True,
            )
    if machine.rank == 0:
        with replacing(place.weights) as temporary:
            torch.save(_with_what_is_kept(place, trainer.average.state_dict()), temporary)
    machine.wait()


def _with_what_is_kept(place: Workplace, learnt: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``Recipe.kept`` of the start's weights and the rest of what was learnt; what only one of both has stays as it was learnt."""
    kept = place.recipe.kept
    before: dict[str, Tensor] = {}
    if place.start is not None and kept > 0.0:
        before = torch.load(place.start, weights_only=True, map_location="cpu")

    def joined(name: str, own: Tensor) -> Tensor:
        start = before.get(name)
        if start is None or start.shape != own.shape or not own.is_floating_point():
            return own
        return kept * start.to(own) + (1.0 - kept) * own

    return {name: joined(name, own) for name, own in learnt.items()}
