"""Training on two processor cores: resumable after any kill, the same for the same seed."""

import csv
import hashlib
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from export.architectures.residual import MappedResNet
from export.atomic import replacing
from export.batches import Batch, ahead, epoch_of
from export.datasets.canvases import canvases
from export.datasets.labelled import label_matrix
from export.metrics import auroc
from export.recipe import Recipe, Stage
from export.workplace import Workplace

THREADS = 2
WARM_UP_STEPS = 60
LARGEST_POSITIVE_WEIGHT = 6.0
QUESTIONS = 4.0


def _channels_last(model: MappedResNet) -> MappedResNet:
    """The layout that convolutions on processors are fastest in."""
    for parameter in model.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return model


class CheckpointMismatchError(Exception):
    """A checkpoint was made with another recipe, seed or data; it is not continued."""


@dataclass(frozen=True)
class Progress:
    """How far training is: whole epochs done, optimiser steps done."""

    epoch: int
    step: int


def network(recipe: Recipe) -> MappedResNet:
    """A fresh network of the recipe's size."""
    return MappedResNet(recipe.width, len(recipe.labels), len(recipe.auxiliary))


def positive_weights(targets: NDArray[np.float32], columns: int) -> Tensor:
    """(columns,) weight of a positive: the root of negatives per positive, at most ``LARGEST_POSITIVE_WEIGHT``."""
    positives = np.nansum(targets, axis=0)
    negatives = np.nansum(1.0 - targets, axis=0)
    weight = np.sqrt(np.maximum(negatives, 1.0) / np.maximum(positives, 1.0))
    return torch.tensor(np.clip(weight, 1.0, LARGEST_POSITIVE_WEIGHT)[:columns], dtype=torch.float32)


def loss_of(recipe: Recipe, logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy for a softmax; for sigmoids the binary cross-entropies of what is known of a picture, summed; the mean over pictures.

    Summed, not averaged: a picture with all labels known teaches that much more, and is not drowned by those that answer one question.
    Auxiliary labels weigh ``auxiliary_weight``. The constant keeps the size of a gradient near that of a single question.
    """
    if recipe.activation == "softmax":
        return functional.cross_entropy(logits, targets, label_smoothing=recipe.smoothing)
    known = (~torch.isnan(targets)).float()
    known[:, len(recipe.labels) :] *= recipe.auxiliary_weight
    entropy = functional.binary_cross_entropy_with_logits(logits, targets.nan_to_num(0.0), pos_weight=weights, reduction="none")
    return (entropy * known).sum(1).mean() / QUESTIONS


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """A short linear start, then half a cosine down to a hundredth."""
    start = min(1.0, (step + 1) / WARM_UP_STEPS)
    return recipe.learning_rate * start * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * step / max(steps, 1))))


def _fingerprint(place: Workplace) -> str:
    recipe = place.recipe
    facts = (recipe.name, recipe.labels, recipe.auxiliary, recipe.width, recipe.stages, place.seed, sorted(recipe.shares.items()))
    listing = [f"{picture.source}/{picture.path.name}" for picture in place.split.training]
    return hashlib.sha256(f"{facts}{listing}".encode()).hexdigest()


@dataclass
class Trainer:
    """The state that a checkpoint holds: network, averaged network, optimiser and progress."""

    recipe: Recipe
    model: MappedResNet
    average: MappedResNet
    optimiser: torch.optim.Optimizer
    progress: Progress

    @classmethod
    def start(cls, recipe: Recipe, seed: int) -> "Trainer":
        """A fresh state."""
        torch.manual_seed(seed)
        model = _channels_last(network(recipe))
        average = _channels_last(network(recipe))
        average.load_state_dict(model.state_dict())
        optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        return cls(recipe, model, average, optimiser, Progress(0, 0))

    def save(self, path: Path, fingerprint: str) -> None:
        """Write the state, whole or not at all. Random numbers need none: each epoch's follow from seed and epoch."""
        with replacing(path) as temporary:
            torch.save(
                {
                    "fingerprint": fingerprint,
                    "model": self.model.state_dict(),
                    "average": self.average.state_dict(),
                    "optimiser": self.optimiser.state_dict(),
                    "epoch": self.progress.epoch,
                    "step": self.progress.step,
                },
                temporary,
            )

    def load(self, path: Path, fingerprint: str) -> None:
        """Take up a state written by ``save``."""
        state = torch.load(path, weights_only=True)
        if state["fingerprint"] != fingerprint:
            raise CheckpointMismatchError(f"{path} was made with another recipe, seed or data; use another --runs folder or remove it")
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.progress = Progress(state["epoch"], state["step"])

    def learn(self, batch: Batch, weights: Tensor, steps: int) -> float:
        """One step on one batch; the loss."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.recipe, self.progress.step, steps)
        self.model.train()
        pictures = torch.from_numpy(batch.pictures).contiguous(memory_format=torch.channels_last)
        loss = loss_of(self.recipe, self.model.training_logits(pictures), torch.from_numpy(batch.targets), weights)
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimiser.step()
        self._average()
        self.progress = Progress(self.progress.epoch, self.progress.step + 1)
        return float(loss.detach())

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.recipe.ema_decay, (1 + self.progress.step) / (10 + self.progress.step))
        fresh = self.model.state_dict()
        for name, kept in self.average.state_dict().items():
            if kept.dtype.is_floating_point:
                kept.lerp_(fresh[name], 1.0 - decay)
            else:
                kept.copy_(fresh[name])


@torch.no_grad()
def logits_on(model: MappedResNet, recipe: Recipe, pictures: NDArray[np.uint8], batch: int = 32) -> NDArray[np.float32]:
    """(pictures, labels) float32 logits on letterboxed pictures."""
    model.eval()
    out: list[NDArray[np.float32]] = [np.empty((0, len(recipe.labels)), dtype=np.float32)]
    for start in range(0, len(pictures), batch):
        grey = np.asarray(pictures[start : start + batch], dtype=np.float32) / 255.0
        normal = torch.from_numpy(((grey - recipe.mean) / recipe.std)[:, None]).contiguous(memory_format=torch.channels_last)
        out.append(model(normal)[0].numpy())
    return np.concatenate(out)


def _note(path: Path, row: Mapping[str, object]) -> None:
    fresh = not path.is_file()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(row))
        if fresh:
            writer.writeheader()
        writer.writerow(row)


def _epochs(stages: tuple[Stage, ...]) -> list[Stage]:
    return [stage for stage in stages for _ in range(stage.epochs)]


def train(place: Workplace, stop_after: int | None = None) -> None:
    """Train to the end of the recipe's stages, from the last checkpoint where there is one; ``stop_after`` ends early, resumable."""
    torch.set_num_threads(THREADS)
    recipe = place.recipe
    place.folder.mkdir(parents=True, exist_ok=True)
    place.write_manifest()
    fingerprint = _fingerprint(place)
    trainer = Trainer.start(recipe, place.seed)
    if place.checkpoint.is_file():
        trainer.load(place.checkpoint, fingerprint)
    training = [picture for picture in place.split.training if picture.source in recipe.shares]
    validation = [picture for picture in place.split.validation if picture.source in recipe.figures_from]
    targets, truth = label_matrix(training, recipe.targets), label_matrix(validation, recipe.labels)
    weights = positive_weights(targets, len(recipe.targets))
    epochs = _epochs(recipe.stages)
    steps = sum(max(stage.pictures // stage.batch, 1) for stage in epochs)
    work_done, began_at = 0, time.monotonic()
    for number in range(trainer.progress.epoch, len(epochs)):
        if stop_after is not None and number >= stop_after:
            return
        stage = epochs[number]
        random = np.random.default_rng([place.seed, number])
        torch.manual_seed(place.seed * 1000 + number)
        pictures = canvases(training, stage.side, place.cache)
        losses = [trainer.learn(batch, weights, steps) for batch in ahead(epoch_of(recipe, stage, training, pictures, targets, random))]
        trainer.progress = Progress(number + 1, trainer.progress.step)
        scores = auroc(logits_on(trainer.average, recipe, canvases(validation, stage.side, place.cache)), truth)
        trainer.save(place.checkpoint, fingerprint)
        work_done += stage.pictures * stage.side**2
        spent_s = time.monotonic() - began_at
        left = sum(later.pictures * later.side**2 for later in epochs[number + 1 :])
        mean = float(np.nanmean(scores)) if np.isfinite(scores).any() else float("nan")
        row = {"epoch": number + 1, "side": stage.side, "loss": f"{np.mean(losses):.4f}", "mean_auroc": f"{mean:.4f}"}
        _note(place.folder / "metrics.csv", {**row, **{name: f"{score:.4f}" for name, score in zip(recipe.labels, scores, strict=True)}})
        print(
            f"{recipe.name}: epoch {number + 1}/{len(epochs)} at {stage.side}², loss {np.mean(losses):.4f}, mean AUROC {mean:.3f}, "
            f"about {spent_s * left / work_done / 60:.1f} min left",
            flush=True,
        )
    with replacing(place.weights) as temporary:
        torch.save(trainer.average.state_dict(), temporary)
