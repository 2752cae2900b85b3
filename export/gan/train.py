"""Learning to draw: the networks grow with the pictures; resumable after any kill, the same for the same seed."""

import csv
import hashlib
import io
import time
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from edge_app.progress import time_left
from edge_app.reading.protocols.chest import CHEST_FINDINGS
from export.atomic import replacing, write_text
from export.gan.blinding import blinded
from export.gan.networks import LATENT, Discriminator, Generator
from export.gan.pictures import CONDITION, RealChests, drawn
from export.gan.place import GanPlace, Stage
from export.gan.weights import Drawer
from export.machine import Machine
from export.train import SAVED_EVERY_S, checkpoint_of

LEARNING_RATE = 4e-3
PENALTY = 0.3
"""Weight of R1, half the squared gradient of the verdict at real pictures (Mescheder et al. 2018)."""
PENALTY_EVERY = 16
LABELS_WEIGHT = 0.5
TOLD_EVERY = 100
_STEP_COST = 5000
"""What a step costs beside its pixels, in pixels a picture; for the remaining time."""

Figures = dict[str, float]


def fingerprint_of(place: GanPlace, chests: RealChests, machine: Machine) -> str:
    """What the weights depend on: the budget, the pictures, the seed, how many share a batch."""
    facts = (place.budget, place.seed, LEARNING_RATE, PENALTY, PENALTY_EVERY, LABELS_WEIGHT, CONDITION, machine.world)
    listing = [f"{picture.source}/{picture.path.name}" for picture in chests.pictures]
    return hashlib.sha256(f"{facts}{listing}".encode()).hexdigest()


def named_loss(logits: Tensor, known: Tensor) -> Tensor:
    """Cross-entropy of (n, labels) logits with 0 and 1, NaN where unknown; what is unknown does not count."""
    counts = ~torch.isnan(known)
    entropy = functional.binary_cross_entropy_with_logits(logits, known.nan_to_num(0.0), reduction="none")
    return (entropy * counts).sum() / counts.sum().clamp(min=1)


@dataclass
class Pair:
    """The state that a checkpoint holds: both networks, the averaged generator, both optimisers, steps done and the figures so far."""

    place: GanPlace
    machine: Machine
    shares: Tensor
    generator: Generator
    average: Generator
    discriminator: Discriminator
    drawing: torch.optim.Optimizer
    telling: torch.optim.Optimizer
    step: int = 0
    lately: list[Figures] = field(default_factory=list)
    history: list[Figures] = field(default_factory=list)

    @classmethod
    def begin(cls, place: GanPlace, machine: Machine, chests: RealChests) -> "Pair":
        """A fresh state."""
        torch.manual_seed(place.seed)
        width, largest = place.budget.width, place.budget.largest
        generator, average = (Generator(width, largest, len(CONDITION)) for _ in range(2))
        discriminator = Discriminator(width, largest, len(CONDITION), len(CHEST_FINDINGS))
        average.load_state_dict(generator.state_dict())
        for network in (generator, average, discriminator):
            machine.placed(network)
        average.requires_grad_(requires_grad=False)
        drawing, telling = (
            torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, betas=(0.0, 0.99)) for network in (generator, discriminator)
        )
        shares = torch.from_numpy(chests.shares).to(machine.device)
        return cls(place, machine, shares, generator, average, discriminator, drawing, telling)

    def save(self, fingerprint: str) -> None:
        """Write the state, whole or not at all. Random numbers need none: they follow from seed and step."""
        with replacing(self.place.checkpoint) as temporary:
            torch.save(
                {
                    "fingerprint": fingerprint,
                    "generator": self.generator.state_dict(),
                    "average": self.average.state_dict(),
                    "discriminator": self.discriminator.state_dict(),
                    "drawing": self.drawing.state_dict(),
                    "telling": self.telling.state_dict(),
                    "step": self.step,
                    "lately": self.lately,
                    "history": self.history,
                },
                temporary,
            )

    def load(self, fingerprint: str) -> None:
        """Take up a state written by ``save``.

        Raises:
            CheckpointMismatchError: the checkpoint is another run's.
        """
        state = checkpoint_of(self.place.checkpoint, fingerprint, self.machine)
        self.generator.load_state_dict(state["generator"])
        self.average.load_state_dict(state["average"])
        self.discriminator.load_state_dict(state["discriminator"])
        self.drawing.load_state_dict(state["drawing"])
        self.telling.load_state_dict(state["telling"])
        self.step, self.lately, self.history = state["step"], state["lately"], state["history"]

    def learn(self, chests: RealChests, stage: Stage, alpha: float) -> None:
        """One step of both networks on one batch of the ``chests``, which are of the stage's side."""
        machine, seed = self.machine, self.place.seed
        # Every process has pictures and noise of its own; all of it follows from the step alone.
        number = self.step * machine.world + machine.rank
        torch.manual_seed(seed * 1_000_003 + number)
        batch = drawn(chests, max(1, stage.batch // machine.world), np.random.default_rng([seed, number]))
        real = machine.sent(torch.from_numpy(batch.pictures)[:, None])
        known = torch.from_numpy(batch.known).to(machine.device)
        condition = torch.where(torch.isnan(known), 0.0, known - self.shares)
        labels = known[:, : len(CHEST_FINDINGS)]
        latent = torch.randn(len(real), LATENT).to(machine.device)
        with machine.autocast():
            made = self.generator(latent, condition, stage.side, alpha)
        figures = self._tell(real, made.detach(), condition, labels, alpha)
        figures |= self._draw(made, condition, labels, alpha)
        self._average(stage.batch)
        self.lately.append(figures)
        self.step += 1

    def _tell(self, real: Tensor, made: Tensor, condition: Tensor, labels: Tensor, alpha: float) -> Figures:
        """The discriminator's half of a step."""
        network = self.discriminator.requires_grad_(requires_grad=True)
        shown = blinded(real)
        penalised = self.step % PENALTY_EVERY == 0
        if penalised:
            shown.requires_grad_()
        with self.machine.autocast():
            real_score, named = network(shown, condition, alpha)
            made_score, _ = network(blinded(made), condition, alpha)
        telling = functional.softplus(-real_score).mean() + functional.softplus(made_score).mean()
        naming = named_loss(named, labels)
        loss = telling + LABELS_WEIGHT * naming
        figures = {
            "telling": float(telling.detach()),
            "naming": float(naming.detach()),
            "real_sign": float(real_score.detach().sign().mean()),
        }
        if penalised:
            (slope,) = torch.autograd.grad(real_score.sum(), shown, create_graph=True)
            squared = slope.square().sum((1, 2, 3)).mean()
            loss = loss + 0.5 * PENALTY * PENALTY_EVERY * squared
            figures["slope"] = float(squared.detach())
        self._stepped(self.telling, network, loss)
        return figures

    def _draw(self, made: Tensor, condition: Tensor, labels: Tensor, alpha: float) -> Figures:
        """The generator's half of a step."""
        network = self.discriminator.requires_grad_(requires_grad=False)
        with self.machine.autocast():
            score, named = network(blinded(made), condition, alpha)
        drawing = functional.softplus(-score).mean()
        self._stepped(self.drawing, self.generator, drawing + LABELS_WEIGHT * named_loss(named, labels))
        return {"drawing": float(drawing.detach())}

    def _stepped(self, optimiser: torch.optim.Optimizer, network: nn.Module, loss: Tensor) -> None:
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.machine.mean_gradients(network)
        optimiser.step()

    @torch.no_grad()
    def _average(self, pictures: int) -> None:
        # At first the average is of what there is: the whole of it is soon forgotten.
        half = min(self.place.budget.average_pictures, 0.1 * (self.step + 1) * pictures)
        share = 1.0 - 0.5 ** (pictures / half)
        for kept, fresh in zip(self.average.parameters(), self.generator.parameters(), strict=True):
            kept.lerp_(fresh, share)

    def close(self, side: int, alpha: float) -> None:
        """Note the mean figures of the steps since the last time."""
        names = ("telling", "drawing", "naming", "real_sign", "slope")
        rows = {name: [own[name] for own in self.lately if name in own] for name in names}
        means = {name: float(np.mean(values)) if values else float("nan") for name, values in rows.items()}
        self.history.append({"step": self.step, "side": side, "alpha": alpha, **means})
        self.lately = []


def _written(place: GanPlace, history: list[Figures]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(history[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: f"{value:.5g}" for name, value in row.items()} for row in history)
    write_text(place.folder / "metrics.csv", text.getvalue())


def _work(place: GanPlace, first: int, last: int) -> float:
    """What the steps from ``first`` to before ``last`` cost, in pixels."""
    work, start = 0.0, 0
    for stage in place.budget.stages:
        own = max(0, min(last, start + stage.steps) - max(first, start))
        work += own * stage.batch * (stage.side**2 + _STEP_COST)
        start += stage.steps
    return work


def train(place: GanPlace, machine: Machine | None = None, stop_after_steps: int | None = None) -> None:
    """Learn to the end of the budget's stages, from the last checkpoint where there is one.

    ``stop_after_steps`` ends early, where a kill could have; the run can be gone on with.

    Raises:
        NoPicturesError: there is nothing to learn from.
        CheckpointMismatchError: the checkpoint is another run's.
    """
    machine = machine or Machine.here()
    budget = place.budget
    chests = RealChests.taught(place)
    fingerprint = fingerprint_of(place, chests, machine)
    pair = Pair.begin(place, machine, chests)
    if place.checkpoint.is_file():
        pair.load(fingerprint)
    first, began_at = pair.step, time.monotonic()
    saved_at, shown = began_at, None
    while pair.step < budget.steps:
        stage, at = budget.at(pair.step)
        if shown is None or shown.canvases.shape[1] != stage.side:
            shown = chests.at(stage.side)
        pair.learn(shown, stage, stage.alpha(at))
        ended = at + 1 == stage.steps
        if pair.step % TOLD_EVERY == 0 or ended:
            pair.close(stage.side, stage.alpha(at))
            if machine.rank == 0:
                _written(place, pair.history)
                spent_s, done = time.monotonic() - began_at, _work(place, first, pair.step)
                left_s = spent_s * _work(place, pair.step, budget.steps) / done
                own = pair.history[-1]
                print(
                    f"chest_gan: step {pair.step}/{budget.steps} at {stage.side}², telling {own['telling']:.3f}, "
                    f"drawing {own['drawing']:.3f}, {time_left(left_s)}",
                    flush=True,
                )
        stopping = pair.step == stop_after_steps
        if machine.rank == 0 and (stopping or ended or time.monotonic() - saved_at > SAVED_EVERY_S):
            pair.save(fingerprint)
            saved_at = time.monotonic()
        if stopping:
            return
    if machine.rank == 0:
        Drawer(pair.average, budget.width, budget.largest, pair.shares.cpu(), torch.from_numpy(chests.together)).save(place.weights)
    machine.wait()
