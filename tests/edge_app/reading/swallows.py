"""Swallows for tests: moments made by hand, drawn sequences as a faultless network would outline them, and painted ones that a small
network in a model bundle outlines by their grey levels."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from edge_app.reading.protocols.swallow import MEASURED, SWALLOW_MODEL
from edge_app.reading.swallow import (
    AIRWAY,
    ASPIRATION,
    BOLUS,
    HYOID,
    MANDIBLE,
    ORAL_CAVITY,
    OUTLINED,
    PENETRATION,
    PHARYNX,
    PYRIFORM_SINUSES,
    REGIONS,
    SPINE,
    STRUCTURES,
    SUBGLOTTIS,
    UES,
    VALLECULAE,
    VESTIBULE,
)
from edge_app.reading.swallowing import Moment, moment_of
from export.simulate.swallow_phantom import SwallowPhantom
from tests.edge_app.reading.bundles import change_card, label, write_bundle

Frame = NDArray[np.uint8]
AT_REST = Moment(
    barium=dict.fromkeys(REGIONS, 0.0),
    room=dict.fromkeys(REGIONS, 50.0),
    certain=dict.fromkeys(REGIONS, 0.0),
    short=None,
    hyoid=(5.0, 20.0),
    lumen=100.0,
    outlined=0.0,
)
COUNT, RATE = 60, 30.0
HEAD, OPENED, PASSED = 20, 28, 40
SHUT, SHUT_TO = 26, 38


def times(count: int = COUNT) -> NDArray[np.float64]:
    """Seconds at ``RATE``."""
    return np.arange(count) / RATE


def with_barium(moment: Moment, **barium: float) -> Moment:
    """The same with so many pixels of barium in some regions."""
    return replace(moment, barium={**moment.barium, **barium}, outlined=moment.outlined + sum(barium.values()))


def swallowing(number: int) -> Moment:
    """A frame of one swallow: the bolus in the mouth, on its way from frame 10, in the pharynx from ``HEAD``, through the sphincter."""
    moment = AT_REST
    if number <= HEAD:
        moment = with_barium(replace(moment, short=20.0 * min(1.0, (HEAD - number) / (HEAD - 10))), **{ORAL_CAVITY: 200.0})
    if HEAD <= number <= PASSED:
        moment = with_barium(moment, **{PHARYNX: 120.0})
    if OPENED <= number <= PASSED:
        moment = with_barium(moment, **{UES: 40.0})
    raised = float(np.clip((number - 22) / 8, 0.0, 1.0) - np.clip((number - 42) / 8, 0.0, 1.0))
    moment = replace(moment, hyoid=(5.0 + 8.0 * raised, 20.0 + 4.0 * raised))
    return replace(moment, lumen=4.0) if SHUT <= number <= SHUT_TO else moment


def one_swallow() -> list[Moment]:
    """``COUNT`` frames of it."""
    return [swallowing(number) for number in range(COUNT)]


def maps_of(made: SwallowPhantom, number: int, side: int = 128) -> dict[str, NDArray[np.float32]]:
    """What a network would say of a frame if it erred nowhere, on its coarser map."""
    every: Mapping[str, NDArray[np.uint8]] = {**made.masks, **made.regions}
    return {
        name: cv2.resize(own[number], (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)
        for name, own in every.items()
    }


def moments_of(made: SwallowPhantom) -> Sequence[Moment]:
    """Every frame of a drawn sequence."""
    return [moment_of(maps_of(made, number), REGIONS) for number in range(len(made.frames))]


BARIUM = 8
"""How much brighter a place is with barium in it."""
STRIPES: Mapping[str, tuple[int, tuple[str, ...], slice, slice]] = {
    SPINE: (40, (SPINE,), slice(4, 44), slice(52, 58)),
    MANDIBLE: (60, (MANDIBLE,), slice(4, 12), slice(8, 28)),
    HYOID: (80, (HYOID,), slice(22, 25), slice(18, 22)),
    ORAL_CAVITY: (100, (ORAL_CAVITY,), slice(14, 20), slice(4, 40)),
    PHARYNX: (120, (PHARYNX,), slice(10, 30), slice(42, 50)),
    UES: (140, (UES,), slice(30, 36), slice(42, 50)),
    VALLECULAE: (160, (VALLECULAE,), slice(20, 25), slice(36, 40)),
    PYRIFORM_SINUSES: (180, (PYRIFORM_SINUSES,), slice(28, 33), slice(36, 40)),
    VESTIBULE: (200, (VESTIBULE, AIRWAY), slice(26, 34), slice(26, 34)),
    SUBGLOTTIS: (220, (SUBGLOTTIS, AIRWAY), slice(34, 46), slice(26, 34)),
}
"""Each place of a painted neck: the grey by which a network knows it, what of it that network outlines, rows and columns of its map."""
ROWS, COLUMNS, FINER = 48, 64, 4
"""Of the map where a frame lies on it, and how many pixels of the frame each of its pixels is, each way."""


def _paint(cells: NDArray[np.uint8], name: str, *, up: int = 0, least: int = 0) -> None:
    grey, _, rows, columns = STRIPES[name]
    cells[rows.start - up : rows.stop - up - least, columns.start + up : columns.stop + up] = grey


def painted(
    number: int, *, enters: str | None = None, left: bool = True, dry: bool = False, without: frozenset[str] = frozenset()
) -> Frame:
    """(rows, columns) uint8 of a frame of the swallow that ``swallowing`` tells of.

    Barium ``enters`` a region from the moment that the larynx opens again, where one is named, and half of the valleculae stays full where
    it is ``left``; ``dry``: there is none at all. Places ``without`` which it is are not painted.
    """
    cells = np.zeros((ROWS, COLUMNS), dtype=np.uint8)
    raised = round(4 * float(np.clip((number - 22) / 8, 0.0, 1.0) - np.clip((number - 42) / 8, 0.0, 1.0)))
    for name in STRIPES:
        if name not in without:
            shut = 7 if name == VESTIBULE and SHUT <= number <= SHUT_TO else 0
            _paint(cells, name, up=raised if name == HYOID else 0, least=shut)
    if not dry:
        for rows, columns in _barium(number, enters, left=left):
            cells[rows, columns] += np.where(cells[rows, columns] > 0, np.uint8(BARIUM), np.uint8(0))
    return np.kron(cells, np.ones((FINER, FINER), dtype=np.uint8))


def _barium(number: int, enters: str | None, *, left: bool) -> list[tuple[slice, slice]]:
    """Where there is barium on a frame, rows and columns of the map."""
    found = []
    if number < HEAD:
        gone = 20 * max(0, number - 10) // 10
        found.append((slice(14, 20), slice(6 + gone, 18 + gone)))
    if HEAD <= number <= PASSED:
        found.append(STRIPES[PHARYNX][2:])
    if OPENED <= number <= PASSED:
        found.append(STRIPES[UES][2:])
    if enters is not None and number > SHUT_TO:
        rows, columns = STRIPES[enters][2:]
        found.append((slice(rows.start + 1, rows.stop - 1), slice(columns.start + 1, columns.start + 5)))
    if left and number > HEAD:
        rows, columns = STRIPES[VALLECULAE][2:]
        found.append((rows, slice(columns.start, columns.start + 2)))
    return found


def painted_swallow(count: int = COUNT, **how: Any) -> NDArray[np.uint8]:
    """(count, rows, columns) uint8; ``how`` as ``painted`` takes it."""
    return np.stack([painted(number, **how) for number in range(count)])


def _reads_grey(channels: int) -> onnx.ModelProto:
    """Outlines by the grey of the picture alone, the first channel, on a map half as fine."""
    codes = [(grey + more, (*outlined, *([BOLUS] if more else []))) for grey, outlined, _, _ in STRIPES.values() for more in (0, BARIUM)]
    # From the normalised input back to grey, less each code; within half of BARIUM of it a place is known.
    weights = np.zeros((len(codes), channels, 1, 1), dtype=np.float32)
    weights[:, 0] = 0.25
    biases = np.array([0.5 - grey / 255.0 for grey, _ in codes], dtype=np.float32)
    told = np.array([[16.0 * (name in outlined) for _, outlined in codes] for name in OUTLINED], dtype=np.float32)
    constants = {
        "weights": weights,
        "biases": biases,
        "narrow": np.array(-255.0 / BARIUM, dtype=np.float32),
        "one": np.array(1.0, dtype=np.float32),
        "told": told[:, :, None, None],
        "not_told": np.full(len(OUTLINED), -8.0, dtype=np.float32),
        "flat": np.array([1, len(OUTLINED)], dtype=np.int64),
    }
    nodes = [
        helper.make_node("AveragePool", ["picture"], ["pooled"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["pooled", "weights", "biases"], ["off"]),
        helper.make_node("Abs", ["off"], ["apart"]),
        helper.make_node("Mul", ["apart", "narrow"], ["less"]),
        helper.make_node("Add", ["less", "one"], ["near"]),
        helper.make_node("Relu", ["near"], ["known"]),
        helper.make_node("Conv", ["known", "told", "not_told"], ["map"]),
        helper.make_node("GlobalAveragePool", ["map"], ["mean"]),
        helper.make_node("Reshape", ["mean", "flat"], ["logits"]),
    ]
    side = 2 * COLUMNS
    graph = helper.make_graph(
        nodes,
        "reads_grey",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, channels, side, side])],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, len(OUTLINED)]),
            helper.make_tensor_value_info("map", TensorProto.FLOAT, [1, len(OUTLINED), COLUMNS, COLUMNS]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def write_swallow(models: Path, *, rendered: bool = False, **changes: Any) -> Path:
    """A model that knows a painted neck's places by their grey; its card tells findings and times, validated, unless changed."""
    structures = [{"name": name, "pictures": 0, "shown": name in STRUCTURES} for name in OUTLINED]
    folder = write_bundle(models, SWALLOW_MODEL, [], _reads_grey(5 if rendered else 1), structures=structures, side=2 * COLUMNS)
    watched = [label(name) for name in (ASPIRATION, PENETRATION)]
    timed = [{"name": name, "videos": 40, "mae": 0.05, "margin": 0.1} for name in MEASURED]
    changes = {"watched": watched, "timed": timed, **changes}
    if rendered:
        changes["input"] = {"height": 2 * COLUMNS, "width": 2 * COLUMNS, "channels": 5, "mean": 0.5, "std": 0.25, "sees": "renderings"}
    change_card(folder, **changes)
    return folder
