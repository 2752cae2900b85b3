"""The whole chest reading as this box does it in INT8, beside the same reading with the same networks in eager PyTorch in FP32.

Both sides cut out, place, measure and judge by the same code; only what runs the networks differs. PyTorch and the networks' own code are
on no box, only where the training requirements are installed.
"""

import dataclasses
import importlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.benchmark.rounds import Spread, interleaved, ratio, spread
from edge_app.errors import ModelError
from edge_app.reading.card import Card
from edge_app.reading.engine import Engine, Outputs
from edge_app.reading.finding import Protocol
from edge_app.reading.reader import Reader
from edge_app.reading.runtimes import Runner

NETWORKS = "networks alone"
WHOLE = "whole reading"

Start = Callable[[Path, Card, int], Runner]
"""(model folder, its card, threads) → the same network in eager PyTorch; ModelError where there is none."""


class LeftOutError(Exception):
    """There is nothing to hold the reading against here; the message says why."""


@dataclass(frozen=True)
class Beside:
    """Milliseconds of one part of the reading on both sides, and how many times as long eager took, round by round."""

    part: str
    int8: Spread
    eager: Spread
    times: Spread


@dataclass(frozen=True)
class EagerComparison:
    """Each network, all of them, and the whole reading of a picture that is decoded already. ``missing`` parts were read by neither."""

    pytorch: str
    threads: int
    parts: tuple[Beside, ...]
    missing: tuple[str, ...]


class _Timed(Engine):
    """The box's engine, which notes what each network last answered and how long that took."""

    def __init__(self, models: Path, cache: Path, threads: int) -> None:
        super().__init__(models, cache, threads=threads)
        self.last: dict[str, Outputs] = {}

    def infer(self, model: str, batch: NDArray[np.float32]) -> Outputs:
        """See ``Engine.infer``."""
        self.last[model] = super().infer(model, batch)
        return self.last[model]


class _Eager(Engine):
    """An engine without a process of its own, which takes the time of eager networks and gives the answers of the INT8 ones.

    Eager networks have drawn weights. So that both sides go the same way through a reading, what these answer is thrown away.
    """

    def __init__(self, models: Path, cache: Path, runners: Mapping[str, Runner], answers: Mapping[str, Outputs]) -> None:
        super().__init__(models, cache)
        self.last: dict[str, Outputs] = {}
        self._runners, self._answers = runners, answers

    def infer(self, model: str, batch: NDArray[np.float32]) -> Outputs:
        """See ``Engine.infer``."""
        started = time.perf_counter()
        self._runners[model].run(batch)
        milliseconds = (time.perf_counter() - started) * 1000.0
        self.last[model] = dataclasses.replace(self._answers[model], milliseconds=milliseconds)
        return self.last[model]


@dataclass
class _Side:
    """One side's readings so far, in milliseconds: each without decoding, and its networks by name."""

    engine: _Timed | _Eager
    file: Path
    whole: list[float] = field(default_factory=list)
    networks: list[dict[str, float]] = field(default_factory=list)
    missing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._reader = Reader(self.engine)

    def read(self) -> None:
        """Read the picture once more. LeftOutError where it is refused."""
        reading = self._reader.read(self.file, Protocol.CHEST)
        if reading.refusal is not None:
            raise LeftOutError(f"the picture was not read: {reading.refusal.reason}: {reading.refusal.detail}")
        self.missing = tuple(f"{part.part}: {part.detail}" for part in reading.missing)
        self.whole.append(reading.timing.total_ms - reading.timing.decode_ms)
        self.networks.append({model: outputs.milliseconds for model, outputs in self.engine.last.items()})

    def measured(self, part: str) -> tuple[float, ...]:
        """Milliseconds of one part in every round; the first reading is the warming up."""
        if part == WHOLE:
            return tuple(self.whole[1:])
        return tuple(sum(own.values()) if part == NETWORKS else own[part] for own in self.networks[1:])


def _pytorch() -> tuple[str, Start]:
    """PyTorch's version, and what starts the networks in it. LeftOutError where they are not on this machine."""
    try:
        # Before the training's own code, which has PyTorch's threads sleep while they wait: that takes it longer on a quiet machine.
        torch: Any = importlib.import_module("torch")
        eager: Any = importlib.import_module("export.eager")
    except ModuleNotFoundError as error:
        raise LeftOutError(f"{error.name} is not installed; export/requirements.txt brings it") from None
    except ImportError as error:
        raise LeftOutError(str(error)) from None
    start: Start = eager.EagerRunner
    return str(torch.__version__), start


def _same_shape(model: str, runner: Runner, card: Card, answer: Outputs) -> None:
    """Let an eager network answer once. LeftOutError where what it gives has another shape than what the INT8 one gave."""
    shape = (1, card.input.channels, card.input.height, card.input.width)
    logits, activation = runner.run(np.zeros(shape, dtype=np.float32))
    for ours, theirs in ((logits, answer.logits), (activation, answer.map)):
        if (None if ours is None else ours.shape) != (None if theirs is None else theirs.shape):
            raise LeftOutError(f"{model}: the recipe's network does not answer as the one on this box does")


def measure_eager(models: Path, cache: Path, file: Path, *, rounds: int, threads: int) -> EagerComparison:
    """Read a picture by the chest protocol with both, interleaved, each with as many ``threads``.

    Raises:
        LeftOutError: PyTorch or the networks' code is not here, the picture is refused, or the networks are not those on this box.
    """
    version, start = _pytorch()
    with _Timed(models, cache, threads) as int8:
        ours = _Side(int8, file)
        ours.read()
        try:
            runners = {model: start(models / model, int8.card(model), threads) for model in int8.last}
        except ModelError as error:
            raise LeftOutError(str(error)) from None
        for model, runner in runners.items():
            _same_shape(model, runner, int8.card(model), int8.last[model])
        theirs = _Side(_Eager(models, cache, runners, dict(int8.last)), file)
        ours.whole.clear()
        ours.networks.clear()
        interleaved({"int8": ours.read, "eager": theirs.read}, rounds)

    def beside(part: str) -> Beside:
        fast, slow = ours.measured(part), theirs.measured(part)
        return Beside(part, spread(fast), spread(slow), ratio(slow, fast))

    return EagerComparison(version, threads, tuple(beside(part) for part in (*runners, NETWORKS, WHOLE)), ours.missing)
