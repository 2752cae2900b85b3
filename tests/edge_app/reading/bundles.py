"""Small real networks in both formats, as model bundles with cards: what the box meets, in a size that loads at once."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import openvino
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from edge_app.reading.card import (
    CARD,
    GOLDEN,
    ONNX_MODEL,
    OPENVINO_MODEL,
    OPENVINO_WEIGHTS,
    GradeFigures,
    LabelFigures,
    StructureFigures,
    sha256_of,
)
from edge_app.reading.finding import Flaw
from edge_app.reading.protocols.chest import CHEST_FINDINGS, CHEST_MODEL
from edge_app.reading.protocols.tuberculosis import TUBERCULOSIS, TUBERCULOSIS_MODEL

SIDE = 64
CELLS = 8
ADULT = "chest_adult"
GATE_KINDS = (
    *("chest_adult", "chest_child", "chest_newborn", "chest_lateral", "skull_lateral"),
    *("spine_lateral", "limb", "videofluoroscopy", "other"),
)


def network(weights: Sequence[float], biases: Sequence[float], *, root: bool = False) -> onnx.ModelProto:
    """Per label: map = weight × local mean of the picture + bias, logit = mean of its map (its square root where ``root``)."""
    labels = len(weights)
    pool = SIDE // CELLS
    nodes = [
        helper.make_node("AveragePool", ["picture"], ["pooled"], kernel_shape=[pool, pool], strides=[pool, pool]),
        helper.make_node("Conv", ["pooled", "weights", "biases"], ["map"]),
        helper.make_node("GlobalAveragePool", ["map"], ["mean"]),
        helper.make_node("Reshape", ["mean", "shape"], ["flat"]),
        helper.make_node("Sqrt" if root else "Identity", ["flat"], ["logits"]),
    ]
    constants = {
        "weights": np.array(weights, dtype=np.float32).reshape(labels, 1, 1, 1),
        "biases": np.array(biases, dtype=np.float32),
        "shape": np.array([1, labels], dtype=np.int64),
    }
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 1, SIDE, SIDE])],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, labels]),
            helper.make_tensor_value_info("map", TensorProto.FLOAT, [1, labels, CELLS, CELLS]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


FIGURES = frozenset({name for figures in (LabelFigures, StructureFigures, GradeFigures) for name in figures.model_fields})


def judged_on(output: Mapping[str, Any], *kinds: str) -> dict[str, Any]:
    """An output of a card whose figures come from pictures of those kinds, each with the same."""
    figures = {name: value for name, value in output.items() if name in FIGURES}
    return {**output, "by_kind": dict.fromkeys(kinds, figures)}


def label(name: str, **changes: Any) -> dict[str, Any]:
    """One label of a card, judged on adults."""
    fields = {
        "name": name,
        "threshold": 0.5,
        "uncertain_from": 0.4,
        "uncertain_to": 0.6,
        "positives": 50,
        "negatives": 50,
        "auroc_ci95": (0.7, 0.9),
    }
    return judged_on(fields | changes, ADULT)


def write_bundle(
    models: Path,
    name: str,
    labels: Sequence[dict[str, Any]],
    for_openvino: onnx.ModelProto,
    for_onnxruntime: onnx.ModelProto | None = None,
    *,
    structures: Sequence[dict[str, Any]] = (),
    grades: Sequence[dict[str, Any]] = (),
    side: int = SIDE,
    sees: str = "picture",
    golden: Sequence[dict[str, Any]] = (),
    pictures: Mapping[str, NDArray[np.uint8]] | None = None,
) -> Path:
    """Write a model folder as the box expects it; both networks are the same where only one is given."""
    folder = models / name
    (folder / GOLDEN).mkdir(parents=True, exist_ok=True)
    (folder / ONNX_MODEL).write_bytes(for_openvino.SerializeToString())
    openvino.save_model(openvino.Core().read_model(str(folder / ONNX_MODEL)), str(folder / OPENVINO_MODEL), compress_to_fp16=False)
    if for_onnxruntime is not None:
        (folder / ONNX_MODEL).write_bytes(for_onnxruntime.SerializeToString())
    for file, pixels in (pictures or {}).items():
        cv2.imwrite(str(folder / GOLDEN / file), pixels)
    files = [OPENVINO_MODEL, OPENVINO_WEIGHTS, ONNX_MODEL, *(f"{GOLDEN}/{file}" for file in pictures or {})]
    card = {
        "name": name,
        "version": "1",
        "title": "small",
        "input": {"height": side, "width": side, "mean": 0.5, "std": 0.25, "sees": sees},
        "labels": list(labels),
        "structures": list(structures),
        "grades": list(grades),
        "trained_on": [],
        "validated_on": [],
        "fidelity": [],
        "golden": list(golden),
        "limits": "for tests",
        "files": {file: sha256_of(folder / file) for file in files},
    }
    (folder / CARD).write_text(json.dumps(card), encoding="utf-8")
    return folder


def change_card(folder: Path, **changes: Any) -> None:
    """Change fields of a written card."""
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    (folder / CARD).write_text(json.dumps(card | changes), encoding="utf-8")


def write_gate(models: Path, kind: str = "chest_adult", logit: float = 6.0, flaws: Mapping[Flaw, float] | None = None) -> Path:
    """A gate that sees ``kind`` in whatever it is shown, and flaws by their logits; only that a picture is turned left is validated."""
    biases = [logit if each == kind else 0.0 for each in GATE_KINDS] + [(flaws or {}).get(flaw, -6.0) for flaw in Flaw]
    labels = [label(each, threshold=0.6, group="kind") for each in GATE_KINDS]
    labels += [label(flaw, positives=50 if flaw is Flaw.TURNED_LEFT else 0) for flaw in Flaw]
    return write_bundle(models, "radiograph_gate", labels, network([0.0] * len(biases), biases))


def write_chest(models: Path, logits: Mapping[str, float], **changes: Any) -> Path:
    """A chest model with the given logits on a picture of medium grey (others −4); its maps are higher where the picture is brighter."""
    biases = [logits.get(name, -4.0) for name in CHEST_FINDINGS]
    labels = [label(name, **changes) for name in CHEST_FINDINGS]
    return write_bundle(models, CHEST_MODEL, labels, network([0.5] * len(biases), biases))


def write_tuberculosis(models: Path, logit: float = 2.0, activation: NDArray[np.float32] | None = None, **changes: Any) -> Path:
    """A tuberculosis model that gives ``logit`` and (rows, columns) ``activation`` (one warm cell unless told), whatever the picture."""
    if activation is None:
        activation = np.full((CELLS, CELLS), -5.0, dtype=np.float32)
        activation[3, 2] = 5.0
    labels = [label(TUBERCULOSIS, **changes)]
    return write_bundle(models, TUBERCULOSIS_MODEL, labels, fixed_network([logit], activation[None]), sees="lungs")


def fixed_network(logits: Sequence[float], activation: NDArray[np.float32], side: int = SIDE) -> onnx.ModelProto:
    """The same ``logits`` and ``activation`` (outputs, rows, columns), whatever the picture."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["picture"], ["mean"]),
        helper.make_node("Mul", ["mean", "none"], ["nothing"]),
        helper.make_node("Add", ["drawn", "nothing"], ["map"]),
        helper.make_node("Reshape", ["nothing", "flat"], ["still_nothing"]),
        helper.make_node("Add", ["given", "still_nothing"], ["logits"]),
    ]
    constants = {
        "none": np.zeros((1, 1, 1, 1), dtype=np.float32),
        "drawn": activation[None].astype(np.float32),
        "given": np.array([logits], dtype=np.float32),
        "flat": np.array([1, 1], dtype=np.int64),
    }
    graph = helper.make_graph(
        nodes,
        "fixed",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 1, side, side])],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, len(logits)]),
            helper.make_tensor_value_info("map", TensorProto.FLOAT, [1, *activation.shape]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
