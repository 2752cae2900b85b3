"""The shipped INT8 networks beside the same networks in FP32, in both runtimes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.benchmark.rounds import Spread, interleaved, ratio, spread
from edge_app.radiograph.picture import Picture
from edge_app.reading.calibration import probabilities
from edge_app.reading.canvas import network_input
from edge_app.reading.card import FP32_MODEL, ONNX_MODEL, OPENVINO_MODEL, Card, card_hash, load_card
from edge_app.reading.choice import Device
from edge_app.reading.probe import checked_run
from edge_app.reading.runtimes import OnnxRunner, OpenVinoRunner, Runner


@dataclass(frozen=True)
class Variant:
    """One network file in one runtime. ``milliseconds`` is None where it does not run here, and ``error`` then says why.

    ``max_delta_p`` is the largest difference of a calibrated probability from FP32 in ONNX Runtime on the benchmark's picture.
    """

    runtime: str
    file: str
    precision: str | None
    milliseconds: Spread | None
    max_delta_p: float | None
    error: str | None


@dataclass(frozen=True)
class Comparison:
    """How many times longer ``slower`` took than ``faster``, round by round; below 1 where the names turn out wrong."""

    slower: str
    faster: str
    times: Spread


@dataclass(frozen=True)
class NetworkSpeed:
    """All variants of one model on one picture."""

    model: str
    hash: str
    input: str
    variants: tuple[Variant, ...]
    comparisons: tuple[Comparison, ...]


def _run_of(runner: Runner, batch: NDArray[np.float32]) -> Callable[[], object]:
    return lambda: runner.run(batch)


def _starters(folder: Path, card: Card, threads: int | None) -> Iterable[tuple[str, str, Callable[[], Runner]]]:
    def openvino(name: str) -> Callable[[], Runner]:
        return lambda: OpenVinoRunner(folder / name, card, cache=None, threads=threads)

    def onnxruntime(name: str) -> Callable[[], Runner]:
        return lambda: OnnxRunner(folder / name, card, device=Device.CPU, threads=threads)

    yield "OpenVINO", OPENVINO_MODEL, openvino(OPENVINO_MODEL)
    yield "ONNX Runtime", ONNX_MODEL, onnxruntime(ONNX_MODEL)
    yield "OpenVINO", FP32_MODEL, openvino(FP32_MODEL)
    yield "ONNX Runtime", FP32_MODEL, onnxruntime(FP32_MODEL)


def measure_network(folder: Path, picture: Picture, *, rounds: int, threads: int | None) -> NetworkSpeed:
    """Run every variant of a model on one picture, interleaved. ModelError where the bundle itself is broken."""
    card = load_card(folder)
    batch, _ = network_input(picture, card.input)
    tasks: dict[str, Callable[[], object]] = {}
    precision: dict[str, str] = {}
    given: dict[str, dict[str, float]] = {}
    errors: dict[str, str] = {}
    parts: list[tuple[str, str, str]] = []
    for runtime, file, start in _starters(folder, card, threads):
        name = f"{runtime} {file}"
        parts.append((name, runtime, file))
        if not (folder / file).is_file():
            errors[name] = "not in the bundle"
            continue
        try:
            runner = start()
            given[name] = probabilities(card, checked_run(runner, card, batch)[0])
        except Exception as error:  # noqa: BLE001 - the libraries raise types of their own; a variant that fails is reported as failed
            errors[name] = f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]
            continue
        precision[name] = runner.precision
        tasks[name] = _run_of(runner, batch)
    times = interleaved(tasks, rounds)
    exact = given.get(f"ONNX Runtime {FP32_MODEL}")
    variants = tuple(
        Variant(
            runtime=runtime,
            file=file,
            precision=precision.get(name),
            milliseconds=spread(times[name]) if name in times else None,
            max_delta_p=None if exact is None or name not in given else round(max(abs(given[name][key] - exact[key]) for key in exact), 5),
            error=errors.get(name),
        )
        for name, runtime, file in parts
    )
    shipped = [name for name, _, file in parts if name in times and file != FP32_MODEL]
    reference = [name for name, _, file in parts if name in times and file == FP32_MODEL]
    comparisons = tuple(Comparison(slow, fast, ratio(times[slow], times[fast])) for fast in shipped for slow in reference)
    size = f"{card.input.channels}×{card.input.height}×{card.input.width}"
    return NetworkSpeed(card.name, card_hash(folder), size, variants, comparisons)
