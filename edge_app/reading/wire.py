"""What the box and its inference process say to each other, over a private socket pair; both ends are this program."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.choice import Candidate


@dataclass(frozen=True)
class Ready:
    """The process has started and listens."""


@dataclass(frozen=True)
class Load:
    """Load a model with one candidate and prove it."""

    model: str
    candidate: Candidate


@dataclass(frozen=True)
class Loaded:
    """It runs: the hash of its card, its number format, and how many golden pictures it answered rightly."""

    card_hash: str
    precision: str
    golden_held: int


@dataclass(frozen=True, eq=False)
class Infer:
    """Run a loaded model on ``batch``, (1, channels, height, width) float32."""

    model: str
    candidate: Candidate
    batch: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Answer:
    """``logits`` (1, labels) and ``map`` (1, labels, rows, columns), float32, all finite."""

    logits: NDArray[np.float32]
    map: NDArray[np.float32] | None
    milliseconds: float


@dataclass(frozen=True)
class Failed:
    """This candidate cannot do it; another may."""

    detail: str


@dataclass(frozen=True)
class Rejected:
    """The bundle or the request itself is wrong; no candidate may try."""

    detail: str


Request = Load | Infer
Reply = Ready | Loaded | Answer | Failed | Rejected
