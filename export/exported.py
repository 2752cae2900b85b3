"""The trained network as an ONNX file, one picture at a time."""

import warnings

import onnx
import torch

from export.atomic import replacing
from export.likeness import settle
from export.workplace import Workplace

OPSET = 20


def without_origins(proto: onnx.ModelProto) -> onnx.ModelProto:
    """The same network without what the exporter notes of where it came from: source lines and folders of the machine it ran on."""
    proto.graph.ClearField("doc_string")
    del proto.graph.metadata_props[:]
    del proto.metadata_props[:]
    for node in (*proto.graph.node, *(node for function in proto.functions for node in function.node)):
        node.ClearField("doc_string")
        del node.metadata_props[:]
    for value in (*proto.graph.value_info, *proto.graph.input, *proto.graph.output):
        value.ClearField("doc_string")
        del value.metadata_props[:]
    return proto


def export_fp32(place: Workplace) -> None:
    """Write ``reference_fp32.onnx``: ``picture`` (1, channels, h, w) → ``logits`` (1, outputs), ``map`` (1, outputs, rows, columns).

    Of grades there is no map.
    """
    recipe = place.recipe
    model = recipe.task.shipped(place.trained()).eval()
    if recipe.task.unlike:
        settle(place, model)
    side = recipe.input.height
    with warnings.catch_warnings():
        # The exporter warns of its own dependencies' deprecations.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            model,
            (torch.zeros(1, recipe.input.channels, side, side),),
            input_names=["picture"],
            output_names=["logits"] if recipe.map is None else ["logits", recipe.map],
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("the exporter gave no program")
    proto = without_origins(program.model_proto)
    onnx.checker.check_model(proto, full_check=True)
    with replacing(place.fp32) as temporary:
        temporary.write_bytes(proto.SerializeToString())
