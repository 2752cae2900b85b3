"""What every protocol has in common: which kinds it reads, with which model, and what it makes of the model's outputs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.radiograph.picture import Picture
from edge_app.reading.canvas import Placement
from edge_app.reading.card import Card, Label
from edge_app.reading.finding import Decision, Finding, Measurement


@dataclass(frozen=True, eq=False)
class Seen:
    """A model's outputs on one picture: ``logits`` (1, labels), ``map`` (1, labels, rows, columns) or None, and where the picture lay."""

    card: Card
    logits: NDArray[np.float32]
    map: NDArray[np.float32] | None
    placement: Placement


@dataclass(frozen=True)
class Assessment:
    """What a protocol says of one picture; ``maps`` and ``masks`` name the files it wrote."""

    findings: tuple[Finding, ...]
    top3: tuple[str, ...]
    measurements: Mapping[str, Measurement] = field(default_factory=dict)
    maps: Mapping[str, Path] = field(default_factory=dict)
    masks: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Method:
    """A protocol: the gate's kinds it reads, its model, and the step from outputs to an assessment (the path is the folder for maps)."""

    kinds: frozenset[str]
    model: str
    assess: Callable[[Seen, Picture, Path | None], Assessment]


def decide(label: Label, probability: float) -> Decision:
    """Present from the upper edge of the label's uncertain band, absent below its lower edge, uncertain between.

    A finding whose model was validated on too few positive pictures is uncertain at most: nothing stands behind a stronger word.

    Raises:
        ModelError: the card's band does not hold its threshold, so that no decision can be trusted.
    """
    if not label.uncertain_from <= label.threshold <= label.uncertain_to:
        raise ModelError(f"{label.name}: the uncertain band does not hold the threshold")
    if probability >= label.uncertain_to:
        return Decision.PRESENT if label.validated else Decision.UNCERTAIN
    return Decision.ABSENT if probability < label.uncertain_from else Decision.UNCERTAIN
