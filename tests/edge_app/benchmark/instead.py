"""What the tests of the benchmark take for PyTorch, which is on no box."""

from pathlib import Path

import pytest

from edge_app.benchmark import eager
from edge_app.reading.card import ONNX_MODEL, Card
from edge_app.reading.choice import Device
from edge_app.reading.runtimes import OnnxRunner, Runner


def onnx_instead(folder: Path, card: Card, threads: int) -> Runner:
    """The model itself, in the place of the same network in PyTorch."""
    return OnnxRunner(folder / ONNX_MODEL, card, device=Device.CPU, threads=threads)


def take_for_pytorch(monkeypatch: pytest.MonkeyPatch, start: eager.Start) -> None:
    """Let the benchmark start its eager networks so."""
    monkeypatch.setattr(eager, "_pytorch", lambda: ("9.9", start))
