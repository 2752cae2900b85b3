"""The three forms of a network, run by the very code the box runs them with."""

from dataclasses import dataclass
from pathlib import Path

from edge_app.reading.card import UNLIKE, Card, Output
from edge_app.reading.choice import Device
from edge_app.reading.runtimes import OnnxRunner, OpenVinoRunner, Runner
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
        map=recipe.map,
        reach=recipe.task.reach,
        places=recipe.task.places,
        repairs=recipe.task.repairs,
        labels=recipe.task.labels,
        structures=recipe.task.structures,
        grades=recipe.task.grades,
        unlike=Output(name=UNLIKE) if recipe.task.unlike else None,
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
