"""Inference for the box: a process of its own that may crash, hang or be killed, and is started anew without anybody noticing."""

import logging
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import EngineDiedError, ModelError
from edge_app.reading.card import CARD, Card, card_hash, load_card
from edge_app.reading.child import Child, ChildLostError
from edge_app.reading.choice import Candidate, Choice, Ladder, Runtime
from edge_app.reading.wire import Answer, Failed, Infer, Load, Loaded, Rejected, Reply

LOAD_DEADLINE_S = 30.0
INFER_DEADLINE_S = 10.0
_Good = TypeVar("_Good", Loaded, Answer)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Outputs:
    """``logits`` (1, labels) and ``map`` (1, labels, rows, columns) or None, float32, all finite.

    ``milliseconds`` is the time of the run itself, ``choice`` what ran it.
    """

    logits: NDArray[np.float32]
    map: NDArray[np.float32] | None
    milliseconds: float
    choice: Choice


class _CandidateFailedError(Exception):
    """One candidate cannot run the model; the message says why."""


def _expect(reply: Reply, wanted: type[_Good]) -> _Good:
    """The reply that was hoped for, or the error the other kinds mean."""
    if isinstance(reply, wanted):
        return reply
    if isinstance(reply, Rejected):
        raise ModelError(reply.detail)
    raise _CandidateFailedError(reply.detail if isinstance(reply, Failed) else f"unexpected reply {type(reply).__name__}")


class Engine:
    """Runs the models of a folder. May be used from many threads; requests are answered one after the other."""

    def __init__(
        self,
        models: Path,
        cache: Path,
        *,
        threads: int | None = None,
        load_deadline_s: float = LOAD_DEADLINE_S,
        infer_deadline_s: float = INFER_DEADLINE_S,
    ) -> None:
        self._models = models.resolve()
        self._cache = cache.resolve()
        self._threads = threads
        self._load_deadline_s = load_deadline_s
        self._infer_deadline_s = infer_deadline_s
        self._lock = threading.RLock()
        self._child: Child | None = None
        self._ladders: dict[str, Ladder] = {}
        self._cards: dict[str, tuple[Card, str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The process id of the inference process, or None while there is none."""
        child = self._child
        return None if child is None else child.process.pid

    def has(self, model: str) -> bool:
        """Whether there is a bundle of that name on the box; it may still turn out broken."""
        return (self._models / model / CARD).is_file()

    def card(self, model: str) -> Card:
        """A model's card. ModelError where there is none or it is malformed."""
        return self._card_and_hash(model)[0]

    def card_hash(self, model: str) -> str:
        """The hash a reading quotes for a model."""
        return self._card_and_hash(model)[1]

    def choice(self, model: str) -> Choice:
        """What runs a model here; loads and proves it where that has not been done.

        Raises:
            ModelError: nothing on this box can run it.
            EngineDiedError: nothing can, and at least one attempt cost the inference process its life.
        """
        with self._lock:
            return self._climb(model, None)[0]

    def infer(self, model: str, batch: NDArray[np.float32]) -> Outputs:
        """Run a model on ``batch``, (1, channels, height, width) float32, normalised as its card says.

        A process that dies or exceeds its deadline is started anew and asked once more; then the next runtime is tried.

        Raises:
            ModelError: the bundle is altered, nothing on this box can run it, or it gave numbers that are not finite.
            EngineDiedError: nothing could run it, and at least one attempt cost the inference process its life.
        """
        if not np.isfinite(batch).all():
            raise ModelError(f"{model}: the input holds a number that is not finite")
        with self._lock:
            choice, answer = self._climb(model, np.ascontiguousarray(batch, dtype=np.float32))
        if answer is None:
            raise ModelError(f"{model}: no answer")
        return Outputs(answer.logits, answer.map, answer.milliseconds, choice)

    def close(self) -> None:
        """End the inference process. A later request starts a new one."""
        with self._lock:
            if self._child is not None:
                self._child.end()
                self._child = None

    def _card_and_hash(self, model: str) -> tuple[Card, str]:
        with self._lock:
            if model not in self._cards:
                folder = self._models / model
                self._cards[model] = load_card(folder, verify=False), card_hash(folder)
            return self._cards[model]

    def _climb(self, model: str, batch: NDArray[np.float32] | None) -> tuple[Choice, Answer | None]:
        """Try the candidates from the best down until one has loaded the model and, given a batch, answered."""
        self._card_and_hash(model)
        ladder = self._ladders.setdefault(model, Ladder())
        while (candidate := ladder.candidate()) is not None:
            try:
                loaded = self._load(model, candidate)
                answer = None if batch is None else self._infer(Infer(model, candidate, batch))
            except ChildLostError as error:
                _log.warning("%s with %s: %s; started anew", model, candidate, error)
                ladder.died(candidate, str(error))
                continue
            except _CandidateFailedError as error:
                _log.warning("%s: not %s: %s", model, candidate, error)
                ladder.failed(candidate, str(error))
                continue
            ladder.worked(candidate)
            return Choice(candidate.runtime, candidate.device, loaded.precision, ladder.why(loaded.golden_held)), answer
        # Forgotten, so that the next picture finds a box that tries everything again: memory may be back, a file repaired.
        self._forget(model)
        message = f"{model}: nothing here can run it: {ladder.faults_in_words()}"
        raise EngineDiedError(message) if ladder.any_died else ModelError(message)

    def _forget(self, model: str) -> None:
        self._ladders.pop(model, None)
        self._cards.pop(model, None)

    def _load(self, model: str, candidate: Candidate) -> Loaded:
        cache = self._cache / model
        with self._asking() as child:
            if (model, candidate) in child.loaded:
                return child.loaded[model, candidate]
            cached = candidate.runtime is Runtime.OPENVINO and cache.is_dir()
            try:
                reply = child.ask(Load(model, candidate), self._load_deadline_s)
                if cached and isinstance(reply, Failed):
                    # A cache cut short by a power failure is no fault of the runtime: without it the network is compiled again.
                    shutil.rmtree(cache, ignore_errors=True)
                    reply = child.ask(Load(model, candidate), self._load_deadline_s)
            except ChildLostError:
                if cached:
                    shutil.rmtree(cache, ignore_errors=True)
                raise
        loaded = _expect(reply, Loaded)
        if loaded.card_hash != self.card_hash(model):
            self._forget(model)
            raise ModelError(f"{model}: the bundle was changed while in use")
        child.loaded[model, candidate] = loaded
        return loaded

    def _infer(self, request: Infer) -> Answer:
        with self._asking() as child:
            reply = child.ask(request, self._infer_deadline_s)
        return _expect(reply, Answer)

    @contextmanager
    def _asking(self) -> Iterator[Child]:
        """The living inference process, started where there is none; ended when it is lost, or when its reply will not be waited for."""
        if self._child is not None and self._child.process.poll() is not None:
            self.close()
        try:
            if self._child is None:
                self._child = Child(self._models, self._cache, self._threads)
                self._child.ask(None, self._load_deadline_s)
            yield self._child
        except BaseException:
            self.close()
            raise
