"""The order in which the ways to run a model are tried."""

import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.reading import worker as worker_module
from edge_app.reading.card import Card
from edge_app.reading.choice import CANDIDATES, Candidate, Device, Ladder, Runtime
from edge_app.reading.wire import Failed, Load, Loaded, Reply
from edge_app.reading.worker import Worker

OPENVINO, CUDA, ONNX = CANDIDATES


def test_a_death_is_forgiven_once_and_forgotten_after_an_answer() -> None:
    ladder = Ladder()
    ladder.died(OPENVINO, "it ended")
    assert ladder.candidate() == OPENVINO
    ladder.worked(OPENVINO)
    ladder.died(OPENVINO, "it ended")
    assert ladder.candidate() == OPENVINO
    ladder.died(OPENVINO, "it ended")
    assert ladder.candidate() == CUDA
    assert "not OpenVINO on the processor (it ended, 2 times in a row)" in ladder.why(0)


def test_the_graphics_card_comes_before_the_processor_and_both_after_openvino() -> None:
    ladder = Ladder()
    order = []
    while (candidate := ladder.candidate()) is not None:
        order.append(candidate)
        ladder.failed(candidate, "no")
    assert order == [OPENVINO, CUDA, ONNX]
    assert (CUDA.runtime, CUDA.device) == (Runtime.ONNXRUNTIME, Device.CUDA)
    assert (ONNX.runtime, ONNX.device) == (Runtime.ONNXRUNTIME, Device.CPU)


class Paced:
    """A network of two labels that takes the given time."""

    precision = "FP32"

    def __init__(self, seconds: float, logit: float = 0.0) -> None:
        self.seconds = seconds
        self.logit = logit

    def run(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        time.sleep(self.seconds)
        return np.full((1, 2), self.logit, dtype=np.float32), None


def load_cuda(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, card_runner: Paced, processor_runner: Paced) -> Reply:
    def start(folder: Path, card: Card, candidate: Candidate, *, cache: Path, threads: int | None) -> Paced:
        return card_runner if candidate.device is Device.CUDA else processor_runner

    monkeypatch.setattr(worker_module, "start_runner", start)
    return Worker(models, tmp_path / "cache", None).answer(Load("pair", CUDA))


def test_a_faster_graphics_card_is_taken(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(load_cuda(models, tmp_path, monkeypatch, Paced(0.0), Paced(0.02)), Loaded)


def test_a_slower_graphics_card_is_not(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reply = load_cuda(models, tmp_path, monkeypatch, Paced(0.02), Paced(0.0))
    assert isinstance(reply, Failed)
    assert "slower than the processor" in reply.detail


def test_a_graphics_card_that_calculates_wrongly_is_not(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reply = load_cuda(models, tmp_path, monkeypatch, Paced(0.0, float("inf")), Paced(0.02))
    assert reply == Failed("a logit is not a finite number")


def test_without_a_graphics_card_there_is_none_to_take(models: Path, tmp_path: Path) -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this machine has the CUDA provider")
    assert Worker(models, tmp_path / "cache", None).answer(Load("pair", CUDA)) == Failed("no CUDA card it can use")
