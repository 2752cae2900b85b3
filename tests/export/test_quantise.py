"""What is left in FP32, and how far INT8 is from it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from edge_app.reading.quiet_openvino import openvino
from edge_app.reading.runtimes import Runner
from export.quantise import Answer, Batch, moved_by, quantise_onnx, quantise_openvino, shifted_by, spared, take_off_onnx, take_off_openvino
from export.recipes import radiograph_gate
from export.runners import draft_card, start_runners
from export.workplace import Workplace


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


def test_the_heads_are_spared_first_then_the_first_layer_then_the_earlier_half_then_more(network: Path) -> None:
    heads, earlier = ("head", "mean", "other_head"), ("first", "relu")
    assert spared(network) == ((), heads, ("first", *heads), (*earlier, *heads), (*earlier, *heads))


def test_three_quarters_are_more_than_half(tmp_path: Path) -> None:
    names = [f"layer{number}" for number in range(9)]
    weights = [helper.make_tensor(f"w{name}", TensorProto.FLOAT, [1, 1, 1, 1], [1.0]) for name in names]
    ends = ["picture", *names[:-1], "logits"]
    nodes = [
        helper.make_node("Conv", [before, f"w{name}"], [after], name=name)
        for name, before, after in zip(names, ["picture", *names[:-1]], ends[1:], strict=True)
    ]
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 1, 4, 4])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", [picture], [logits], weights)), str(tmp_path / "network.onnx"))
    *_, half, most = spared(tmp_path / "network.onnx")
    assert half == ("layer0", "layer1", "layer2", "layer3", "layer8")
    assert most == ("layer0", "layer1", "layer2", "layer3", "layer4", "layer5", "layer8")


class _Fixed:
    precision = "FP32"

    def __init__(self, logit: float, inside: NDArray[np.bool_] | None = None) -> None:
        self._logit, self._inside = logit, inside

    def run(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        map_ = None if self._inside is None else np.where(self._inside, 4.0, -4.0).astype(np.float32)[None, None]
        return np.array([[self._logit, 0.0]], dtype=np.float32), map_


def answers(runner: Runner, batches: Sequence[Batch]) -> list[Answer]:
    return [runner.run(batch) for batch in batches]


def test_how_far_int8_is_from_fp32() -> None:
    inside = np.zeros((4, 4), dtype=np.bool_)
    inside[:2] = True
    other = inside.copy()
    other[0] = False
    batch = [np.zeros((1, 1, 4, 4), dtype=np.float32)]
    assert moved_by(_Fixed(0.0), answers(_Fixed(0.0), batch), batch) == (0.0, 0.0, 0.0)
    apart, lost, pixel = moved_by(_Fixed(0.0, inside), answers(_Fixed(50.0, other), batch), batch)
    assert apart == pytest.approx(0.25)
    assert moved_by(_Fixed(0.0), answers(_Fixed(50.0), batch), batch, -1)[0] == pytest.approx(0.5)
    assert lost == pytest.approx(1.0 - 2.0 * 4 / (8 + 4))
    assert pixel == pytest.approx(8.0 * 4 / 16), "one row of four lies on the other side"


SIDE = 8


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    """Two layers with biases in FP32, as a network that was exported."""
    random = np.random.default_rng(1)
    shapes = {"a": (4, 1, 3, 3), "b": (2, 4, 1, 1), "ab": (4,), "bb": (2,)}
    kept = [numpy_helper.from_array(random.normal(size=shape).astype(np.float32), name) for name, shape in shapes.items()]
    nodes = [
        helper.make_node("Conv", ["picture", "a", "ab"], ["stem"], name="first", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["stem"], ["warm"], name="relu"),
        helper.make_node("Conv", ["warm", "b", "bb"], ["map"], name="second"),
        helper.make_node("ReduceMean", ["map"], ["logits"], name="mean", axes=[2, 3], keepdims=0),
    ]
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 1, SIDE, SIDE])
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 2])]
    outputs += [helper.make_tensor_value_info("map", TensorProto.FLOAT, [1, 2, SIDE, SIDE])]
    made = Workplace(radiograph_gate.RECIPE, tmp_path, tmp_path, 1)
    made.folder.mkdir(parents=True)
    proto = helper.make_model(
        helper.make_graph(nodes, "g", [picture], outputs, kept), opset_imports=[helper.make_opsetid("", 17)], ir_version=10
    )
    onnx.save(proto, str(made.fp32))
    return made


@pytest.fixture
def inputs() -> list[NDArray[np.float32]]:
    random = np.random.default_rng(2)
    return [random.normal(size=(1, 1, SIDE, SIDE)).astype(np.float32) for _ in range(8)]


def _quantised_inputs(place: Workplace) -> dict[str, bool]:
    """Of every convolution whether it is given integers, by the name of its layer."""
    layers = [own for own in openvino.Core().read_model(str(place.openvino)).get_ops() if own.get_type_name() == "Convolution"]
    return {own.get_friendly_name().split("/")[0]: own.input_value(0).get_node().get_type_name() == "FakeQuantize" for own in layers}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_a_layer_with_a_bias_stays_in_fp32_where_it_is_named(place: Workplace, inputs: list[NDArray[np.float32]]) -> None:
    quantise_openvino(place, inputs)
    assert _quantised_inputs(place) == {"first": True, "second": True}
    quantise_openvino(place, inputs, ("second",))
    assert _quantised_inputs(place) == {"first": True, "second": False}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_what_moves_all_answers_to_one_side_is_taken_off(place: Workplace, inputs: list[NDArray[np.float32]]) -> None:
    quantise_openvino(place, inputs)
    quantise_onnx(place, inputs)
    card = draft_card(place.recipe)
    more = np.array([0.5, -0.25], dtype=np.float32)
    for form, take_off in (("openvino", take_off_openvino), ("onnxruntime", take_off_onnx)):
        before = start_runners(card, place.fp32, place.openvino, place.onnx)
        take_off(place, more)
        after = start_runners(card, place.fp32, place.openvino, place.onnx)
        assert shifted_by(getattr(after, form), answers(getattr(before, form), inputs), inputs) == pytest.approx(-more, abs=1e-5)
        assert np.array_equal(getattr(after, form).run(inputs[0])[1], getattr(before, form).run(inputs[0])[1])
        assert getattr(after, form).precision == "INT8"
