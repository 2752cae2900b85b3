"""The three forms of a network, run by the very code the box runs them with."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.canvas import network_input
from edge_app.reading.card import Card, Label
from edge_app.reading.choice import Device
from edge_app.reading.runtimes import OnnxRunner, OpenVinoRunner, Runner
from export.datasets.canvases import opened
from export.recipe import Recipe

THREADS = 1
"""One, because both runtimes spin while they wait, which costs more than it gains on a busy machine."""


@dataclass(frozen=True)
class Runners:
    """FP32 by ONNX Runtime, INT8 by OpenVINO and by ONNX Runtime."""

    fp32: Runner
    openvino: Runner
    onnxruntime: Runner


def draft_card(recipe: Recipe) -> Card:
    """A card that says how to run the network and nothing of how good it is."""
    return Card(
        name=recipe.name,
        version=recipe.version,
        title=recipe.title,
        input=recipe.input,
        labels=tuple(
            Label(name=name, threshold=0.5, uncertain_from=0.5, uncertain_to=0.5, positives=0, negatives=0, group=recipe.group) for name in recipe.labels
        ),
        trained_on=(),
        validated_on=(),
        fidelity=(),
        golden=(),
        limits=recipe.limits,
        files={},
    )


def start_runners(card: Card, fp32: Path, openvino: Path, onnx: Path) -> Runners:
    """Load all three."""
    return Runners(
        OnnxRunner(fp32, card, device=Device.CPU, threads=THREADS),
        OpenVinoRunner(openvino, card, cache=None, threads=THREADS),
        OnnxRunner(onnx, card, device=Device.CPU, threads=THREADS),
    )


def logits_of(runner: Runner, card: Card, files: list[Path]) -> NDArray[np.float64]:
    """(files, labels) logits, each picture opened and letterboxed as on the box."""
    rows = [runner.run(network_input(opened(file), card.input)[0])[0].reshape(-1) for file in files]
    return np.array(rows, dtype=np.float64).reshape(len(files), len(card.outputs))
