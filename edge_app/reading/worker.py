"""The inference process: holds the compiled networks, answers one request at a time, and may die without harm to anything else."""

import os
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from edge_app.errors import ModelError
from edge_app.reading.card import Card, card_hash, load_card
from edge_app.reading.choice import Candidate, Device, Runtime
from edge_app.reading.probe import checked_run, median_ms, prove
from edge_app.reading.runtimes import Runner, RuntimeUnfitError, start_runner
from edge_app.reading.wire import Answer, Failed, Infer, Load, Loaded, Ready, Rejected, Reply, Request

_LONGEST_DETAIL = 200
_FIRST_TO_BE_KILLED = "500"


class Worker:
    """The networks this process has loaded, and what it answers."""

    def __init__(self, models: Path, cache: Path, threads: int | None) -> None:
        self._models = models
        self._cache = cache
        self._threads = threads
        self._loaded: dict[tuple[str, Candidate], tuple[Card, Runner]] = {}

    def answer(self, request: Request) -> Reply:
        """One reply to one request, whatever the libraries throw."""
        try:
            return self._load(request) if isinstance(request, Load) else self._infer(request)
        except ModelError as error:
            return Rejected(str(error))
        except RuntimeUnfitError as error:
            return Failed(str(error))
        except Exception as error:  # noqa: BLE001 - the edge of this process: the libraries raise types of their own, and each must become an answer
            words = " ".join(str(error).split())
            return Failed(f"{type(error).__name__}: {words}"[:_LONGEST_DETAIL])

    def _load(self, request: Load) -> Loaded:
        folder = self._models / request.model
        card = load_card(folder)
        runner = start_runner(folder, card, request.candidate, cache=self._cache, threads=self._threads)
        golden_held = prove(runner, card, folder)
        if request.candidate.device is Device.CUDA:
            self._prefer_over_processor(runner, card, folder)
        self._loaded[request.model, request.candidate] = card, runner
        return Loaded(card_hash(folder), runner.precision, golden_held)

    def _prefer_over_processor(self, runner: Runner, card: Card, folder: Path) -> None:
        processor = start_runner(folder, card, Candidate(Runtime.ONNXRUNTIME, Device.CPU), cache=self._cache, threads=self._threads)
        here, there = median_ms(runner, card), median_ms(processor, card)
        if here >= there:
            raise RuntimeUnfitError(f"slower than the processor, {here:.1f} ms against {there:.1f} ms")

    def _infer(self, request: Infer) -> Reply:
        card, runner = self._loaded[request.model, request.candidate]
        wanted = (1, card.input.channels, card.input.height, card.input.width)
        if request.batch.shape != wanted:
            return Rejected(f"{card.name}: input of shape {request.batch.shape}, wants {wanted}")
        started = time.perf_counter()
        logits, activation = checked_run(runner, card, request.batch)
        return Answer(logits, activation, (time.perf_counter() - started) * 1000.0)


def _end_with_parent() -> None:
    """Wait for the end of standard input, which only the parent holds open, then exit at once, even in the middle of a run."""
    while os.read(sys.stdin.fileno(), 64):
        pass
    os._exit(0)


def _offer_as_victim() -> None:
    """Ask the kernel to take this process before any other of the box when memory runs out."""
    try:
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_BE_KILLED, encoding="ascii")
    except OSError:
        return  # not Linux, or forbidden in a container: the kernel then chooses by size, as it does anyway


def serve(connection: "Connection[Any, Any]", worker: Worker) -> None:
    """Answer requests until the other side hangs up."""
    try:
        connection.send(Ready())
        while True:
            connection.send(worker.answer(connection.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def main(arguments: list[str]) -> None:
    """``worker FD MODELS CACHE THREADS``: FD is the socket to the parent, THREADS a number or ``-`` for the libraries' own choice."""
    # Ctrl-C reaches the whole terminal group; the parent decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    descriptor, models, cache, threads = arguments
    threading.Thread(target=_end_with_parent, daemon=True, name="lifeline").start()
    _offer_as_victim()
    serve(Connection(int(descriptor)), Worker(Path(models), Path(cache), None if threads == "-" else int(threads)))


if __name__ == "__main__":
    main(sys.argv[1:])
