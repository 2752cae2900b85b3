"""Learning to repair a picture until the classifier sees nothing broken on it, in three stages as published for nasal bones.

First generator and discriminator learn what is natural, from pictures on which nothing is broken: a generator with skips that begins with
changing nothing would have nothing to learn from whole ones, nor the discriminator to tell, so that they are damaged in places, which the
generator is to undo. Then the generator learns against the frozen discriminator and classifier that what it changes is the fracture: first
it may change what the classifier goes by, then what it changed by then. Resumable after any kill, the same for the same seed.

What the classifier goes by is told by its saliency: its last features, by which the publication tells it, have seen all of the picture and
light up beside what they saw. Saliency takes a gradient, which no box computes, so a small network learns it, on pictures that are known to
be broken, from what the classifier saw of them, and holds the generator to it. Left to find out by itself where, that wore down a little of
everything.
"""

import copy
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from edge_app.progress import time_left
from export.architectures.repairer import Discriminator, RepairedNetwork, Repairer
from export.atomic import replacing
from export.batches import Batch, Epoch, drawn
from export.damage import damaged
from export.losses import outlined
from export.machine import Machine
from export.saliency import saliency_of, with_gradient
from export.tasks.repairing import Repairing
from export.tasks.running import normalised
from export.train import checkpoint_of, fingerprint_of, written
from export.workplace import Workplace

NATURAL, BY_SALIENCY, BY_CHANGE = range(3)
"""The stages of the recipe, in order."""
_BETAS = (0.5, 0.999)
_LOCATING = 3.0
"""So many times faster learns what says where: it begins from features that have learnt already."""
_STEEP, _SALIENT = 12.0, 0.3
"""How sharply a saliency, 0…1 over a picture, is cut, and where."""
_NOISE = 0.01
"""Of the whole range of greys: what of a change does not outlast so much noise has deceived the classifier and repaired nothing."""
_HURT, _THERE = 0.02, 50.0
"""What is damaged by more counts so many times more, while a generator learns to make whole: it is a hundredth of a picture."""
_GROWN, _SOFT = 5, 7
"""Pixels: what is around a change may change with it."""


def kept_by_saliency(saliency: Tensor) -> Tensor:
    """(n, 1, h, w) → (n, 1, h, w) in 0…1, what of the picture stays: little where the saliency is highest."""
    low, high = saliency.amin((2, 3), keepdim=True), saliency.amax((2, 3), keepdim=True)
    share = (saliency - low) / (high - low).clamp(min=1e-12)
    return 1.0 - torch.sigmoid(_STEEP * (share - _SALIENT))


def kept_by_change(grey: Tensor, repaired: Tensor, changed: float) -> Tensor:
    """(n, 1, h, w) each → (n, 1, h, w) of 0 and 1, what of the picture stays: what an earlier generator has not changed by more.

    On one that it has changed by less, what it has not changed by half of the most.
    """
    moved = (repaired - grey).abs()
    return 1.0 - _grown((moved > (0.5 * moved.amax((2, 3), keepdim=True)).clamp(max=changed)).float())


def _grown(where: Tensor) -> Tensor:
    return functional.max_pool2d(where, _GROWN, stride=1, padding=_GROWN // 2)


@dataclass
class Repair:
    """The state that a checkpoint holds."""

    place: Workplace
    task: Repairing
    machine: Machine
    network: RepairedNetwork
    average: Repairer
    before: Repairer
    discriminator: Discriminator
    drawing: torch.optim.Optimizer
    locating: torch.optim.Optimizer
    telling: torch.optim.Optimizer
    epoch: int = 0
    step: int = 0
    losses: list[Mapping[str, float]] = field(default_factory=list)
    history: list[dict[str, float]] = field(default_factory=list)

    @classmethod
    def begin(cls, place: Workplace, task: Repairing, machine: Machine) -> "Repair":
        """A fresh state around the trained classifier."""
        assert place.start is not None  # noqa: S101  (a repairing recipe starts from its classifier's)
        torch.manual_seed(place.training_seed)
        network = place.recipe.task.network(place.recipe.width)
        assert isinstance(network, RepairedNetwork)  # noqa: S101  (its task's own)
        network.classifier.load_state_dict(torch.load(place.start, weights_only=True, map_location="cpu"))
        network.classifier.requires_grad_(requires_grad=False)
        with_gradient(network.classifier)
        average, before = copy.deepcopy(network.repairer), copy.deepcopy(network.repairer)
        discriminator = Discriminator(task.discriminator)
        for own in (network, average, before, discriminator):
            machine.placed(own)
        for own in (average, before):
            own.requires_grad_(requires_grad=False)
        rate = place.recipe.learning_rate
        drawing, telling = (
            torch.optim.Adam(own.parameters(), lr=rate, betas=_BETAS) for own in (network.repairer.generator, discriminator)
        )
        locating = torch.optim.Adam(network.repairer.where.parameters(), lr=_LOCATING * rate)
        return cls(place, task, machine, network, average, before, discriminator, drawing, locating, telling)

    def save(self, fingerprint: str) -> None:
        """Write the state, whole or not at all. Random numbers need none: they follow from seed and step."""
        with replacing(self.place.checkpoint) as temporary:
            parts = {name: getattr(self, name).state_dict() for name in _PARTS}
            repairer = self.network.repairer.state_dict()
            progress = {"epoch": self.epoch, "step": self.step, "history": self.history}
            torch.save({"fingerprint": fingerprint, "repairer": repairer, **parts, **progress}, temporary)

    def load(self, fingerprint: str) -> None:
        """Take up a state written by ``save``.

        Raises:
            CheckpointMismatchError: the checkpoint is another run's.
        """
        state = checkpoint_of(self.place.checkpoint, fingerprint, self.machine)
        self.network.repairer.load_state_dict(state["repairer"])
        for name in _PARTS:
            getattr(self, name).load_state_dict(state[name])
        self.epoch, self.step, self.history = state["epoch"], state["step"], state["history"]

    def learn(self, batch: Batch, stage: int) -> None:
        """One step on one batch."""
        torch.manual_seed(self.place.training_seed * 1_000_003 + self.step)
        picture = self.machine.sent(normalised(batch.pictures, self.place.recipe))
        broken = torch.from_numpy(batch.targets[:, 0]).to(self.machine.device)
        self.network.repairer.train()
        grey = self.network.grey(picture)
        told = self._natural(grey[broken < 0.5]) if stage == NATURAL else self._repaired(picture, grey, broken, stage)
        self.losses.append(told)
        self._average()
        self.step += 1

    def _natural(self, grey: Tensor) -> Mapping[str, float]:
        """Generator and discriminator learn from pictures on which nothing is broken."""
        if len(grey) < 2:
            return {}
        generator = self.network.repairer.generator
        made, apart = self._made_whole(grey)
        telling = self._tell(grey, made.detach())
        self.discriminator.requires_grad_(requires_grad=False).eval()
        with self.machine.autocast():
            score, seen = self.discriminator(made)
            _, wanted = self.discriminator(grey)
        change = (made - grey).abs().mean()
        drawing = functional.softplus(-score.float()).mean()
        latent = (seen - wanted).float().square().mean()
        self._stepped(self.drawing, generator, drawing + self.task.natural * apart + self.task.latent * latent)
        return {"telling": telling, "drawing": float(drawing.detach()), "change": float(change.detach())}

    def _made_whole(self, grey: Tensor) -> tuple[Tensor, Tensor]:
        """What the generator makes of pictures once they are damaged, and how far that is from what they were."""
        hurt = damaged(grey)
        # As soft as what is told of a fracture, lest it be told apart by that.
        there = functional.avg_pool2d(_grown(((hurt - grey).abs() > _HURT).float()), _SOFT, stride=1, padding=_SOFT // 2)
        with self.machine.autocast():
            made: Tensor = self.network.repairer.generator(hurt, there)
        # Of absolute differences the least is had by changing nothing, as long as it is not sure what was there.
        return made, ((made - grey).square() * (1.0 + _THERE * there)).mean()

    def _tell(self, real: Tensor, made: Tensor) -> float:
        self.discriminator.requires_grad_(requires_grad=True).train()
        with self.machine.autocast():
            real_score, _ = self.discriminator(real)
            made_score, _ = self.discriminator(made)
        loss = functional.softplus(-real_score.float()).mean() + functional.softplus(made_score.float()).mean()
        self._stepped(self.telling, self.discriminator, loss)
        return float(loss.detach())

    def _repaired(self, picture: Tensor, grey: Tensor, broken: Tensor, stage: int) -> Mapping[str, float]:
        """The generator learns from all pictures, against the two networks that stay as they are; at first it is learnt where, too."""
        repairer, classifier = self.network.repairer, self.network.classifier.eval()
        mean, std = repairer.generator.mean, repairer.generator.std
        self.discriminator.requires_grad_(requires_grad=False).eval()
        with torch.no_grad():
            levels = classifier.backbone.pyramid(picture)
            if stage == BY_SALIENCY:
                kept = kept_by_saliency(saliency_of(classifier, picture + torch.randn_like(picture) * (_NOISE / std)))
            else:
                kept = kept_by_change(grey, self.before.eval()(grey, levels)[0], self.task.changed)
        with self.machine.autocast():
            made, where = repairer(grey, levels)
            adjusted = grey * kept + (1.0 - kept) * made
            score, _ = self.discriminator(adjusted)
            said, _ = classifier((adjusted + _NOISE * torch.randn_like(adjusted) - mean) / std)
        change = (made - grey).abs().mean()
        drawing = functional.softplus(-score.float()).mean()
        # That nothing is broken is what it is to say of every picture.
        still = functional.softplus(said[:, 0].float()).mean()
        loss = self.task.kept * change + drawing + self.task.telling * still
        whole = grey[broken < 0.5]
        if len(whole) > 1:
            # The discriminator that stays as it is lets a black hole pass where a bone was: it is still to make whole what was damaged.
            loss = loss + self.task.natural * self._made_whole(whole)[1]
        self._stepped(self.drawing, repairer.generator, loss)
        told = {"drawing": drawing, "change": change, "still": still}
        if stage == BY_SALIENCY:
            told["missed"] = outlined(where.float(), (1.0 - kept) * (broken >= 0.5).float().view(-1, 1, 1, 1))
            self._stepped(self.locating, repairer.where, told["missed"])
        return {name: float(value.detach()) for name, value in told.items()}

    def _stepped(self, optimiser: torch.optim.Optimizer, network: nn.Module, loss: Tensor) -> None:
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.machine.mean_gradients(network)
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.place.recipe.ema_decay, (1 + self.step) / (10 + self.step))
        fresh = self.network.repairer.state_dict()
        for name, own in self.average.state_dict().items():
            if own.dtype.is_floating_point:
                own.lerp_(fresh[name], 1.0 - decay)
            else:
                own.copy_(fresh[name])

    def close_epoch(self, side: int) -> None:
        """Note an epoch's mean figures."""
        names = sorted({name for own in self.losses for name in own})
        means = {name: float(np.mean([own[name] for own in self.losses if name in own])) for name in names}
        self.epoch, self.losses = self.epoch + 1, []
        every = dict.fromkeys(("telling", "drawing", "change", "still", "missed"), float("nan"))
        self.history.append({"epoch": self.epoch, "side": side, **every, **means})


_PARTS = ("average", "before", "discriminator", "drawing", "locating", "telling")


def repair(place: Workplace, machine: Machine, stop_after_epochs: int | None = None) -> None:
    """Learn to the end of the recipe's three stages, from the last checkpoint where there is one; as ``train`` does, write the network.

    ``stop_after_epochs`` ends early, where a kill could have; the run can be gone on with.

    Raises:
        NotTrainedError: the classifier was not trained.
        CheckpointMismatchError: the checkpoint is another run's.
    """
    recipe, task = place.recipe, place.recipe.task
    assert isinstance(task, Repairing)  # noqa: S101  (asked for by its task)
    place.require(place.start)
    place.folder.mkdir(parents=True, exist_ok=True)
    place.write_manifest()
    lesson = task.lesson(place)
    fingerprint = fingerprint_of(place, machine)
    state = Repair.begin(place, task, machine)
    if place.checkpoint.is_file():
        state.load(fingerprint)
    epochs = [(number, stage) for number, stage in enumerate(recipe.stages) for _ in range(stage.epochs)]
    began_at, first, shown = time.monotonic(), state.epoch, None
    while state.epoch < len(epochs):
        number, stage = epochs[state.epoch]
        if shown != stage.side:
            lesson.prepare(stage)
            shown = stage.side
        if number == BY_CHANGE and epochs[state.epoch - 1][0] != BY_CHANGE:
            state.before.load_state_dict(state.average.state_dict())
        order = drawn(lesson.pictures, recipe, stage.pictures, np.random.default_rng([place.training_seed, state.epoch]))
        epoch = Epoch(order, stage.batch, (place.training_seed, state.epoch))
        for batch in epoch.ahead(lesson, 0, machine.rank, machine.world):
            state.learn(batch, number)
        state.close_epoch(stage.side)
        if machine.rank == 0:
            state.save(fingerprint)
            written(place, state.history)
            left_s = (time.monotonic() - began_at) / (state.epoch - first) * (len(epochs) - state.epoch)
            own = ", ".join(f"{name} {value:.3f}" for name, value in state.history[-1].items() if name not in ("epoch", "side"))
            print(f"{place.name}: epoch {state.epoch}/{len(epochs)}, {own}, {time_left(left_s)}", flush=True)
        if state.epoch == stop_after_epochs:
            return
    if machine.rank == 0:
        state.network.repairer.load_state_dict(state.average.state_dict())
        with replacing(place.weights) as temporary:
            torch.save(state.network.state_dict(), temporary)
    machine.wait()
