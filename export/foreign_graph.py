"""Reading a classifier that came as ONNX: whether it is a network of the kind that can be brought in, and its numbers on a picture."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.inliner
from numpy.typing import NDArray
from onnx import TensorProto, version_converter

from export.exported import OPSET, without_origins
from export.hand_card import HandCard
from export.quantise import WEIGHED
from export.trained_elsewhere import DoesNotFitError

_STANDARD = ("", "ai.onnx")
_WORDS = 200

Values = NDArray[np.float32]


def in_one_line(error: Exception) -> str:
    """What a library says, in one line."""
    return " ".join(str(error).split())[:_WORDS]


def _opset(proto: onnx.ModelProto) -> int:
    return max((entry.version for entry in proto.opset_import if entry.domain in _STANDARD), default=0)


def initializers(proto: onnx.ModelProto) -> dict[str, onnx.TensorProto]:
    """Every constant of the graph by name, however it is written."""
    found = {kept.name: kept for kept in proto.graph.initializer}
    for node in proto.graph.node:
        if node.op_type == "Constant" and node.attribute and node.attribute[0].name == "value":
            found[node.output[0]] = node.attribute[0].t
    return found


def _fixed(proto: onnx.ModelProto, card: HandCard) -> None:
    """Hold the input against the card, and make it one picture of the card's size.

    Raises:
        DoesNotFitError: there is not one input and one output, or the input is of another size or kind.
    """
    known = {kept.name for kept in proto.graph.initializer}
    inputs, outputs = [own for own in proto.graph.input if own.name not in known], list(proto.graph.output)
    if (len(inputs), len(outputs)) != (1, 1):
        raise DoesNotFitError(f"the network has {len(inputs)} inputs and {len(outputs)} outputs; one of each is taken")
    own = inputs[0].type.tensor_type
    if own.elem_type != TensorProto.FLOAT:
        raise DoesNotFitError(f"the network takes {TensorProto.DataType.Name(own.elem_type)}; FLOAT is taken")
    wanted = (1, card.input.channels, card.input.side, card.input.side)
    stated = tuple(size.dim_value if size.HasField("dim_value") else None for size in own.shape.dim)
    if len(stated) != len(wanted) or any(size not in (None, 0, want) for size, want in zip(stated, wanted, strict=True)):
        has = "×".join("any" if not size else str(size) for size in stated)
        raise DoesNotFitError(f"the network takes {has}, the card says {'×'.join(str(size) for size in wanted)}")
    for size, want in zip(own.shape.dim, wanted, strict=True):
        size.Clear()
        size.dim_value = want
    # What was said of a batch of any size is found anew.
    outputs[0].type.tensor_type.ClearField("shape")
    del proto.graph.value_info[:]


def read_network(file: Path, card: HandCard) -> onnx.ModelProto:
    """The network in a file for one picture at a time, in a version of ONNX's operators that the quantisers know, with all shapes said.

    Raises:
        DoesNotFitError: it is no ONNX, or a network that cannot be brought in; in one line.
    """
    try:
        proto = onnx.load(str(file))
        onnx.checker.check_model(proto)
    except OSError as error:
        raise DoesNotFitError(f"{file.name} cannot be read: {error.strerror or in_one_line(error)}") from None
    except Exception as error:  # whatever a file that is none of ours makes the parser stumble over
        raise DoesNotFitError(f"{file.name} is no ONNX network: {in_one_line(error)}") from error
    proto = onnx.inliner.inline_local_functions(proto)
    foreign = sorted({f"{node.domain}.{node.op_type}" for node in proto.graph.node if node.domain not in _STANDARD})
    if foreign:
        raise DoesNotFitError(f"the network has layers that are not ONNX's own: {', '.join(foreign)}")
    _fixed(proto, card)
    if not any(node.op_type in WEIGHED for node in proto.graph.node):
        raise DoesNotFitError("the network has no convolution and no linear layer")
    try:
        if _opset(proto) < OPSET:
            proto = version_converter.convert_version(proto, OPSET)
        proto = _folded(proto)
        return without_origins(onnx.shape_inference.infer_shapes(proto, strict_mode=True, data_prop=True))
    except (RuntimeError, onnx.shape_inference.InferenceError) as error:
        raise DoesNotFitError(f"the network cannot be brought from opset {_opset(proto)} to {OPSET}: {in_one_line(error)}") from None


def _session(proto: onnx.ModelProto, options: Any) -> Any:
    """DoesNotFitError where the network does not load."""
    import onnxruntime

    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library's own kinds, which have no common root
        raise DoesNotFitError(f"the network does not run: {in_one_line(error)}") from error


def _folded(proto: onnx.ModelProto) -> onnx.ModelProto:
    """The same network with everything worked out that no picture changes, so that the shape of each value is known.

    Raises:
        DoesNotFitError: it does not load.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder) / "folded.onnx")
        _session(proto, options)
        folded = onnx.load(options.optimized_model_filepath)
    opsets = [entry for entry in folded.opset_import if entry.domain in _STANDARD]
    del folded.opset_import[:]
    folded.opset_import.extend(opsets)
    return folded


def answers(proto: onnx.ModelProto, pictures: Iterable[Values]) -> list[list[Values]]:
    """What a network gives on each input, every output.

    Raises:
        DoesNotFitError: it does not run.
    """
    import onnxruntime

    session = _session(proto, onnxruntime.SessionOptions())
    name = session.get_inputs()[0].name
    try:
        return [session.run(None, {name: picture}) for picture in pictures]
    except Exception as error:  # the library's own kinds, which have no common root
        raise DoesNotFitError(f"the network does not run: {in_one_line(error)}") from error


def held(rows: Sequence[Values], card: HandCard) -> None:
    """Hold what the network gives against the card.

    Raises:
        DoesNotFitError: it gives another count of numbers, or numbers that are none or no probabilities.
    """
    for row in rows:
        if row.shape != (1, len(card.outputs)):
            raise DoesNotFitError(f"the network gives {'×'.join(map(str, row.shape))} numbers, the card names {len(card.outputs)} outputs")
        if not np.isfinite(row).all():
            raise DoesNotFitError("the network gives a number that is not finite")
        if card.gives == "probabilities" and not ((row >= 0.0) & (row <= 1.0)).all():
            raise DoesNotFitError(f"the card says probabilities, and the network gives {float(row.min()):.2f} to {float(row.max()):.2f}")
