"""What is left in FP32, and how far INT8 is from it."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from export.quantise import moved_by, spared


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A first layer, a middle one, and two heads behind it."""
    weight = {name: helper.make_tensor(name, TensorProto.FLOAT, [1, 1, 1, 1], [1.0]) for name in ("a", "b", "c", "d")}
    nodes = [
        helper.make_node("Conv", ["picture", "a"], ["stem"], name="first"),
        helper.make_node("Relu", ["stem"], ["warm"], name="relu"),
        helper.make_node("Conv", ["warm", "b"], ["middle"], name="second"),
        helper.make_node("Conv", ["middle", "c"], ["raw"], name="head"),
        helper.make_node("ReduceMean", ["raw"], ["logits"], name="mean"),
        helper.make_node("Conv", ["middle", "d"], ["map"], name="other_head"),
    ]
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 1, 4, 4])
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("logits", "map")]
    path = tmp_path / "network.onnx"
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", [picture], outputs, list(weight.values()))), str(path))
    return path


def test_the_heads_are_spared_first_then_the_first_layer_then_the_earlier_half(network: Path) -> None:
    heads = ("head", "mean", "other_head")
    assert spared(network) == ((), heads, ("first", *heads), ("first", "relu", *heads))


class _Fixed:
    precision = "FP32"

    def __init__(self, logit: float, inside: NDArray[np.bool_] | None = None) -> None:
        self._logit, self._inside = logit, inside

    def run(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        map_ = None if self._inside is None else np.where(self._inside, 4.0, -4.0).astype(np.float32)[None, None]
        return np.array([[self._logit]], dtype=np.float32), map_


def test_how_far_int8_is_from_fp32() -> None:
    inside = np.zeros((4, 4), dtype=np.bool_)
    inside[:2] = True
    other = inside.copy()
    other[0] = False
    batch = [np.zeros((1, 1, 4, 4), dtype=np.float32)]
    assert moved_by(_Fixed(0.0), _Fixed(0.0), batch) == (0.0, 0.0)
    apart, lost = moved_by(_Fixed(0.0, inside), _Fixed(50.0, other), batch)
    assert apart == pytest.approx(0.5)
    assert lost == pytest.approx(1.0 - 2.0 * 4 / (8 + 4))
