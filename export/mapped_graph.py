"""From a classifier's graph to the box's contract: ``picture`` → ``logits``, and ``map`` where the network's end allows one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from export.exported import without_origins
from export.foreign_graph import Values, answers, held, initializers
from export.hand_card import HandCard, HandInput
from export.trained_elsewhere import DoesNotFitError

PREFIX = "own/"
SURE = 1e-6
"""Probabilities nearer to 0 and 1 than this count as this near: beyond, their log odds would be infinite."""
_CLOSE = 1e-3
_SEED = 20
_NOISY_PICTURES = 3
_CARRIES = frozenset({"Identity", "Dropout", "Flatten", "Reshape", "Squeeze", "Unsqueeze"})
"""What only gives the same numbers another shape."""


@dataclass(frozen=True)
class Head:
    """The end of a network whose last features can be mapped.

    ``features`` (1, channels, h, w) are averaged; where there is a linear layer behind, ``weight`` (outputs, channels) and ``bias``
    (outputs,) are its; where there is none, the features are the outputs' maps already.
    """

    features: str
    weight: Values | None = None
    bias: Values | None = None


@dataclass(frozen=True)
class Taken:
    """A network in the box's contract, and whether it gives a map."""

    proto: onnx.ModelProto
    mapped: bool


class _Graph:
    """Who makes what in a graph, of what shape, and what is constant."""

    def __init__(self, proto: onnx.ModelProto) -> None:
        self._maker = {name: node for node in proto.graph.node for name in node.output}
        self._constant = initializers(proto)
        known = (*proto.graph.value_info, *proto.graph.input, *proto.graph.output)
        self._shape = {own.name: tuple(size.dim_value for size in own.type.tensor_type.shape.dim) for own in known}

    def maker(self, name: str) -> onnx.NodeProto | None:
        """What makes a value, looking through what only gives it another shape; None of inputs and constants."""
        node = self._maker.get(name)
        while node is not None and node.op_type in _CARRIES:
            node = self._maker.get(node.input[0])
        return node

    def constant(self, name: str) -> Values | None:
        """A constant's value."""
        kept = self._constant.get(name)
        return None if kept is None else np.asarray(numpy_helper.to_array(kept))

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a value; empty where it is not known."""
        return self._shape.get(name, ())

    def linear(self, node: onnx.NodeProto) -> tuple[str, Values, Values] | None:
        """Input, weight (outputs, channels) and bias (outputs,) of a linear layer, also of one written as a 1×1 convolution."""
        if node.op_type == "Add":
            product = next((own for own in map(self.maker, node.input) if own is not None and own.op_type == "MatMul"), None)
            bias = next((own for own in map(self.constant, node.input) if own is not None), None)
            found = None if product is None or bias is None else self.linear(product)
            return None if found is None or bias is None or bias.size not in (1, len(found[1])) else (*found[:2], np.ravel(bias) + found[2])
        if node.op_type not in ("Gemm", "MatMul", "Conv"):
            return None
        how = {own.name: helper.get_attribute_value(own) for own in node.attribute}
        weight = self.constant(node.input[1])
        bias = self.constant(node.input[2]) if len(node.input) > 2 else np.zeros(1, dtype=np.float32)
        if weight is None or bias is None:
            return None
        if node.op_type == "Conv":
            if weight.shape[2:] != (1, 1) or how.get("group", 1) != 1:
                return None
            weight = weight[:, :, 0, 0]
        elif node.op_type == "MatMul" or not how.get("transB", 0):
            weight = weight.T
        if how.get("transA", 0):
            return None
        scale, shift = how.get("alpha", 1.0), how.get("beta", 1.0)
        return node.input[0], scale * weight, np.broadcast_to(shift * np.ravel(bias), len(weight))

    def averaged(self, node: onnx.NodeProto | None) -> str | None:
        """What a node averages over the whole picture, (1, channels, h, w) with more than one cell; None where it does something else."""
        if node is None or len(self.shape(node.input[0])) != 4:
            return None
        features, cells = node.input[0], self.shape(node.input[0])[2:]
        how = {own.name: helper.get_attribute_value(own) for own in node.attribute}
        if node.op_type == "ReduceMean":
            axes = self.constant(node.input[1]) if len(node.input) > 1 else np.asarray(how.get("axes", ()))
            whole = axes is not None and sorted(int(axis) % 4 for axis in np.ravel(axes)) == [2, 3]
        elif node.op_type == "AveragePool":
            whole = tuple(how["kernel_shape"]) == cells and not any(how.get("pads", ()))
        else:
            whole = node.op_type == "GlobalAveragePool"
        return features if whole and min(cells) > 0 and max(cells) > 1 else None


def head_of(proto: onnx.ModelProto, output: str) -> Head | None:
    """The head that makes ``output``; None where it does not end in a mean over the picture with at most a linear layer behind."""
    graph = _Graph(proto)
    last = graph.maker(output)
    if last is None:
        return None
    features = graph.averaged(last)
    if features is not None:
        return Head(features)
    found = graph.linear(last)
    features = None if found is None else graph.averaged(graph.maker(found[0]))
    if found is None or features is None or graph.shape(features)[1] != found[1].shape[1]:
        return None
    return Head(features, np.asarray(found[1], dtype=np.float32), np.asarray(found[2], dtype=np.float32))


def as_wanted(picture: Values, wanted: HandInput) -> Values:
    """(1, 1, side, side) normalised as the box's card says → (1, channels, side, side) as the network wants it."""
    scale, shift = _channels(wanted)
    return np.asarray(picture * scale + shift, dtype=np.float32)


def _channels(wanted: HandInput) -> tuple[Values, Values]:
    """(1, channels, 1, 1) factor and summand from the box's one channel to the network's."""
    mean, std = np.array(wanted.mean), np.array(wanted.std)
    span = wanted.white - wanted.black
    scale = span * wanted.card_std / std
    shift = (wanted.black + wanted.card_mean * span - mean) / std
    shape = (1, wanted.channels, 1, 1)
    return scale.astype(np.float32).reshape(shape), shift.astype(np.float32).reshape(shape)


class _Builder:
    """Layers before and behind a graph."""

    def __init__(self, proto: onnx.ModelProto) -> None:
        self._graph = proto.graph

    def constant(self, name: str, value: NDArray[np.float32] | NDArray[np.int64]) -> str:
        """Keep a constant; its name."""
        self._graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, operation: str, inputs: Sequence[str], output: str, **how: object) -> str:
        """Add a layer behind all others; its output."""
        self._graph.node.append(helper.make_node(operation, list(inputs), [output], **how))
        return output

    def first(self, operation: str, inputs: Sequence[str], output: str) -> None:
        """Add a layer before all others."""
        self._graph.node.insert(0, helper.make_node(operation, list(inputs), [output]))


def _shown(build: _Builder, wanted: HandInput, entry: str) -> None:
    """From ``picture`` to the network's own input."""
    scale, shift = _channels(wanted)
    # Written from its end, for each layer is put before all others.
    if np.allclose(shift, 0.0, atol=1e-6):
        build.first("Mul", ["picture", build.constant("channel_scale", scale)], entry)
        return
    build.first("Add", ["scaled", build.constant("channel_shift", shift)], entry)
    build.first("Mul", ["picture", build.constant("channel_scale", scale)], "scaled")


def _told(build: _Builder, card: HandCard, numbers: str, *, probabilities: bool) -> None:
    """From the network's numbers to ``logits``."""
    chosen = build.node("Gather", [numbers, build.constant("positions", np.array(card.positions, dtype=np.int64))], "chosen", axis=1)
    if not probabilities:
        build.node("Identity", [chosen], "logits")
        return
    ends = [build.constant("least", np.array(SURE, dtype=np.float32)), build.constant("most", np.array(1.0 - SURE, dtype=np.float32))]
    sure = build.node("Clip", [chosen, *ends], "clipped")
    other = build.node("Sub", [build.constant("one", np.array(1.0, dtype=np.float32)), sure], "complement")
    logs = [build.node("Log", [own], f"log_{own}") for own in (sure, other)]
    build.node("Sub", logs, "logits")


def _mapped(build: _Builder, card: HandCard, head: Head) -> None:
    """From the last features to ``map`` and its mean, which are the ``logits``: a mean of a linear layer is the linear layer of a mean."""
    positions = np.array(card.positions, dtype=np.int64)
    if head.weight is None or head.bias is None:
        build.node("Gather", [head.features, build.constant("positions", positions)], "map", axis=1)
    else:
        weight = build.constant("map_weight", head.weight[positions][:, :, None, None])
        build.node("Conv", [head.features, weight, build.constant("map_bias", head.bias[positions])], "map")
    build.node("ReduceMean", ["map", build.constant("over", np.array([2, 3], dtype=np.int64))], "logits", keepdims=0)


def _needed_only(proto: onnx.ModelProto) -> None:
    """Leave out what no output needs any more, and give every layer a name of its own."""
    needed = {own.name for own in proto.graph.output}
    kept: list[onnx.NodeProto] = []
    for node in reversed(proto.graph.node):
        if needed.intersection(node.output):
            kept.insert(0, node)
            needed.update(node.input)
    for number, node in enumerate(kept):
        node.name = f"{node.op_type}_{number}"
    constants = [own for own in proto.graph.initializer if own.name in needed]
    del proto.graph.node[:], proto.graph.initializer[:], proto.graph.value_info[:]
    proto.graph.node.extend(kept)
    proto.graph.initializer.extend(constants)


def in_contract(own: onnx.ModelProto, card: HandCard) -> Taken:
    """The network with this project's input and outputs, held against itself on pictures of noise.

    A sigmoid at its very end is taken away where the card says probabilities; probabilities of any other making are turned into log odds.

    Raises:
        DoesNotFitError: it does not run, does not give what the card says, or cannot be turned into the contract.
    """
    random = np.random.default_rng(_SEED)
    shape = (1, 1, card.input.side, card.input.side)
    pictures = [np.zeros(shape, dtype=np.float32)] + [random.normal(0.0, 1.0, shape).astype(np.float32) for _ in range(_NOISY_PICTURES)]
    theirs = [given[0] for given in answers(own, [as_wanted(picture, card.input) for picture in pictures])]
    held(theirs, card)
    proto = onnx.compose.add_prefix(own, PREFIX)
    graph, known = proto.graph, {kept.name for kept in proto.graph.initializer}
    entry, output = next(given.name for given in graph.input if given.name not in known), graph.output[0].name
    last = _Graph(proto).maker(output)
    ending = "" if last is None else last.op_type
    if card.gives == "logits" and ending in ("Sigmoid", "Softmax"):
        raise DoesNotFitError(f"the card says logits, and the network ends in a {ending}")
    if last is not None and ending == "Sigmoid":
        last.op_type = "Identity"
    head = head_of(proto, output)
    build = _Builder(proto)
    _shown(build, card.input, entry)
    if head is None:
        _told(build, card, output, probabilities=card.gives == "probabilities" and ending != "Sigmoid")
    else:
        _mapped(build, card, head)
    del graph.input[:], graph.output[:]
    graph.input.append(helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape))
    graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in (["logits"] if head is None else ["logits", "map"])
    )
    _needed_only(proto)
    proto = without_origins(onnx.shape_inference.infer_shapes(proto, strict_mode=True))
    onnx.checker.check_model(proto, full_check=True)
    _hold_alike(theirs, [given[0] for given in answers(proto, pictures)], card)
    return Taken(proto, head is not None)


def _hold_alike(theirs: Sequence[Values], ours: Sequence[Values], card: HandCard) -> None:
    """DoesNotFitError where the network in the contract does not answer as it did before."""
    for one, other in zip(theirs, ours, strict=True):
        wanted = one[:, list(card.positions)]
        given = 0.5 + 0.5 * np.tanh(0.5 * other) if card.gives == "probabilities" else other
        if given.shape != wanted.shape or not np.abs(given - wanted).max() <= _CLOSE * max(1.0, float(np.abs(wanted).max())):
            raise DoesNotFitError("the network answers otherwise once it is turned into the box's form")
