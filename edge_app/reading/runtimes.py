"""The two libraries that run networks, behind one face. They are loaded only where a network is really run."""

import shutil
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.reading.card import ONNX_MODEL, OPENVINO_MODEL, OPENVINO_WEIGHTS, Card, card_hash
from edge_app.reading.choice import Candidate, Device, Runtime

CUDA_PROVIDER = "CUDAExecutionProvider"
_ERRORS_ONLY = 3


class RuntimeUnfitError(Exception):
    """A runtime cannot run this model here; the message says why."""


class Runner(Protocol):
    """A network that is ready to run."""

    precision: str

    def run(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """(1, channels, height, width) float32 → logits (1, labels) and map (1, labels, rows, columns) or None."""
        ...


def _precision(file: Path, mark: bytes) -> str:
    """The number format a network file holds, by the quantisation operators it names."""
    return "INT8" if mark in file.read_bytes() else "FP32"


class OpenVinoRunner:
    """A network compiled by OpenVINO for the processor."""

    def __init__(self, file: Path, card: Card, *, cache: Path | None, threads: int | None) -> None:
        from edge_app.reading.quiet_openvino import openvino

        # The precision hint keeps processors with bfloat16 from rounding what is left in floating point: every box gives the same answer.
        settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        if threads is not None:
            settings["INFERENCE_NUM_THREADS"] = threads
        if cache is not None:
            settings["CACHE_DIR"] = str(cache)
        self.precision = _precision(file, b"FakeQuantize" if file.suffix == ".xml" else b"QuantizeLinear")
        self._request = openvino.Core().compile_model(str(file), "CPU", settings).create_infer_request()
        self._card = card

    def run(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """See ``Runner.run``."""
        self._request.infer({self._card.input.name: batch})
        return self._output(self._card.logits), None if self._card.map is None else self._output(self._card.map)

    def _output(self, name: str) -> NDArray[np.float32]:
        # A copy, because the request writes its next answer into the same memory.
        return np.array(self._request.get_tensor(name).data, dtype=np.float32)


class OnnxRunner:
    """A network run by ONNX Runtime, on the processor or a CUDA card."""

    def __init__(self, file: Path, card: Card, *, device: Device, threads: int | None) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = _ERRORS_ONLY
        options.inter_op_num_threads = 1
        if threads is not None:
            options.intra_op_num_threads = threads
        providers = ["CPUExecutionProvider"]
        if device is Device.CUDA:
            if CUDA_PROVIDER not in onnxruntime.get_available_providers():
                raise RuntimeUnfitError("no CUDA card it can use")
            providers.insert(0, CUDA_PROVIDER)
        self.precision = _precision(file, b"QuantizeLinear")
        self._session = onnxruntime.InferenceSession(str(file), options, providers=providers)
        # ONNX Runtime falls back to the processor without an error when the card cannot be used.
        if device is Device.CUDA and self._session.get_providers()[0] != CUDA_PROVIDER:
            raise RuntimeUnfitError("the CUDA card did not start")
        self._card = card

    def run(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """See ``Runner.run``."""
        names = [self._card.logits] if self._card.map is None else [self._card.logits, self._card.map]
        outputs = self._session.run(names, {self._card.input.name: batch})
        logits = np.asarray(outputs[0], dtype=np.float32)
        return logits, None if self._card.map is None else np.asarray(outputs[1], dtype=np.float32)


def start_runner(folder: Path, card: Card, candidate: Candidate, *, cache: Path, threads: int | None) -> Runner:
    """Load the model in ``folder`` the way ``candidate`` says. Whatever the libraries raise comes through.

    Raises:
        ModelError: a file it would run is not among those the card vouches for.
    """
    if candidate.runtime is Runtime.ONNXRUNTIME:
        _require_vouched(card, ONNX_MODEL)
        return OnnxRunner(folder / ONNX_MODEL, card, device=candidate.device, threads=threads)
    _require_vouched(card, OPENVINO_MODEL, OPENVINO_WEIGHTS)
    own = _own_cache(cache, folder)
    try:
        return OpenVinoRunner(folder / OPENVINO_MODEL, card, cache=own, threads=threads)
    except RuntimeError:
        if own is None:
            raise
        # A full disk must cost the cache, not the reading.
        return OpenVinoRunner(folder / OPENVINO_MODEL, card, cache=None, threads=threads)


def _require_vouched(card: Card, *names: str) -> None:
    for name in names:
        if name not in card.files:
            raise ModelError(f"{card.name}: the card gives no hash for {name}")


def _own_cache(cache: Path, folder: Path) -> Path | None:
    """The compiled-network cache of exactly this bundle, or None where none can be kept; those of its other versions are removed.

    Named by the card's hash, so a new bundle never meets the compiled network of an old one.
    """
    mine = cache / folder.name / card_hash(folder)[:16]
    try:
        mine.mkdir(parents=True, exist_ok=True)
        for other in mine.parent.iterdir():
            if other != mine:
                shutil.rmtree(other, ignore_errors=True)
    except OSError:
        return None
    return mine
