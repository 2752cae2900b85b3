"""From FP32 to INT8, once for OpenVINO and once for ONNX Runtime, both from the same training pictures.

Where INT8 moves the answers on those pictures by more than the recipe allows, the heads are kept in FP32, then the first layer too, then
the earlier half of all layers. By how much it moves them to one side on average is taken off.
"""

import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from edge_app.progress import followed
from edge_app.reading.card import Card
from edge_app.reading.choice import Device
from edge_app.reading.quiet_openvino import openvino
from edge_app.reading.runtimes import OnnxRunner, OpenVinoRunner, Runner
from export.atomic import replacing
from export.batches import drawn
from export.exported import export_fp32
from export.runners import THREADS, draft_card
from export.workplace import Workplace

INPUT, LOGITS = "picture", "logits"
_MARGIN = 0.75
"""On pictures that it was not calibrated on INT8 moves answers further: so much of what is allowed may be used up by those that it was."""
TRIED_ON = 48
"""On so many of the calibration pictures INT8 is held against FP32 before it is settled what stays in FP32."""
WEIGHED = frozenset({"Conv", "Gemm", "MatMul"})
QUANTISED = ("Conv", "Gemm", "Add", "MaxPool", "Resize", "Concat", "GlobalAveragePool", "AveragePool")
"""What ONNX Runtime turns into integers; what a head makes of its logits stays: eight bits have no number that is nearly 0 but not 0."""
KEPT = (
    *("Sigmoid", "ReduceMean", "ReduceL2", "Clamp", "Subtract", "Divide", "Log", "AvgPool", "MatMul"),
    *("GatherND", "Transpose", "Reshape", "Concat"),
)
"""The same of OpenVINO, by what stays. What is made of the means over zones stays as well: the largest are rare, and would be cut off."""

Batch = NDArray[np.float32]


def calibration_inputs(place: Workplace) -> list[Batch]:
    """(1, channels, h, w) float32 inputs of training pictures, the sources in their shares, made just as on the box."""
    taught, recipe = place.taught, place.recipe
    random = np.random.default_rng([place.seed, 0xCA1])
    by_source = replace(recipe, shares=recipe.calibration_shares or recipe.shares)
    chosen = drawn(taught, by_source, recipe.calibration_pictures, random)
    told = followed(chosen, f"{place.name}: pictures made ready to calibrate on", len(chosen))
    shown = (place.recipe.task.shown_to(place, taught[index]) for index in told)
    return [batch for batch in shown if batch is not None]


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Hands the calibration inputs to ONNX Runtime one after the other."""

    def __init__(self, inputs: Sequence[Batch]) -> None:
        self._left: Iterator[Batch] = iter(inputs)

    def get_next(self) -> dict[str, Batch] | None:
        """The next input, or None at the end."""
        following = next(self._left, None)
        return None if following is None else {INPUT: following}


def spared(file: Path) -> tuple[tuple[str, ...], ...]:
    """What is kept in FP32, by the names of its layers, in the order of trying.

    Nothing; the heads, with what they are shown and what is made of what they say; these and the first layer; these and everything up to
    the middle of all layers, then up to three quarters: what is lost early is lost for all that follows.
    """
    nodes = list(onnx.load(str(file)).graph.node)
    weighed = [node for node in nodes if node.op_type in WEIGHED]
    # A head is a layer with weights behind which there is none.
    before: set[str] = set()
    for node in reversed(nodes):
        if any(output in before for output in node.output) or node.op_type in WEIGHED:
            before.update(node.input)
    last: set[str] = set()
    shown: set[str] = set()
    for node in reversed(nodes):
        behind = not any(output in before for output in node.output)
        if behind or (node.op_type not in WEIGHED and any(output in shown for output in node.output)):
            last.add(node.name)
            shown.update(node.input)
    names = [node.name for node in nodes]
    heads = tuple(name for name in names if name in last)
    body = [node.name for node in weighed if node.name not in last]

    def before_part(part: float) -> tuple[str, ...]:
        return tuple(name for name in names[: names.index(body[int(part * len(body))])] if name not in last)

    return (), heads, (body[0], *heads), (*before_part(0.5), *heads), (*before_part(0.75), *heads)


def quantise_openvino(place: Workplace, inputs: Sequence[Batch], left: Sequence[str] = ()) -> None:
    """Write ``model.xml`` and ``model.bin``; the layers named in ``left`` stay in FP32.

    Weights keep to half their range, so that processors whose 8-bit products saturate (before VNNI) answer like those that do not.
    """
    # After the module above has silenced OpenVINO's telemetry, which this would use as well.
    import nncf
    from nncf.quantization import range_estimator as ranges

    def whole(end: ranges.StatisticsType, of_all: ranges.AggregatorType) -> ranges.StatisticsCollectorParameters:
        return ranges.StatisticsCollectorParameters(end, of_all)

    # Every activation's whole range: a mean of ranges cuts off the rare strong ones, which are what a finding shows by.
    activations = ranges.RangeEstimatorParameters(
        whole(ranges.StatisticsType.MIN, ranges.AggregatorType.MIN), whole(ranges.StatisticsType.MAX, ranges.AggregatorType.MAX)
    )

    model = openvino.Core().read_model(str(place.fp32))
    # A layer with a bias becomes two here, each with more to its name.
    names = [own.get_friendly_name() for own in model.get_ops() if own.get_friendly_name().partition("/")[0] in left]
    quantised = nncf.quantize(
        model,
        nncf.Dataset(inputs),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(inputs),
        fast_bias_correction=False,
        ignored_scope=nncf.IgnoredScope(names=names, types=list(KEPT), validate=False),
        advanced_parameters=nncf.AdvancedQuantizationParameters(
            overflow_fix=nncf.OverflowFix.ENABLE, activations_range_estimator_params=activations
        ),
    )
    _save_openvino(place, quantised)


def _save_openvino(place: Workplace, model: Any) -> None:
    with tempfile.TemporaryDirectory(dir=place.folder) as folder:
        written = Path(folder) / place.openvino.name
        openvino.save_model(model, str(written), compress_to_fp16=False)
        # The graph last: without it the weights are no model.
        for file in (written.with_suffix(".bin"), written):
            file.replace(place.folder / file.name)


def quantise_onnx(place: Workplace, inputs: Sequence[Batch], left: Sequence[str] = ()) -> None:
    """Write ``model.onnx`` with quantise–dequantise pairs; weights per channel, in half their range as above."""
    with tempfile.TemporaryDirectory(dir=place.folder) as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(place.fp32), str(prepared), skip_symbolic_shape=True)
        with replacing(place.onnx) as temporary:
            quantize_static(
                str(prepared),
                str(temporary),
                _Reader(inputs),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=list(QUANTISED),
                per_channel=True,
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                calibrate_method=CalibrationMethod.MinMax,
                nodes_to_exclude=list(left),
            )


Answer = tuple[NDArray[np.float32], NDArray[np.float32] | None]
"""Logits and map of one batch."""


def shifted_by(int8: Runner, fp32: Sequence[Answer], inputs: Sequence[Batch]) -> NDArray[np.float32]:
    """(outputs,): by how much INT8's logits lie above the answers of FP32 to the same inputs, on average."""
    apart = [int8.run(batch)[0][0] - logits[0] for batch, (logits, _) in zip(inputs, fp32, strict=True)]
    return np.asarray(np.mean(apart, axis=0), dtype=np.float32)


def take_off_openvino(place: Workplace, shift: NDArray[np.float32]) -> None:
    """Let the model in ``model.xml`` answer with logits that much lower."""
    from openvino import opset13

    model = openvino.Core().read_model(str(place.openvino))
    result = model.output(LOGITS).get_node().input(0)
    former = result.get_source_output()
    former.get_tensor().set_names({f"{LOGITS}/before"})
    lower = opset13.subtract(former, opset13.constant(shift[None]))
    lower.output(0).get_tensor().set_names({LOGITS})
    result.replace_source_output(lower.output(0))
    _save_openvino(place, model)


def take_off_onnx(place: Workplace, shift: NDArray[np.float32]) -> None:
    """The same in ``model.onnx``."""
    proto = onnx.load(str(place.onnx))
    before = f"{LOGITS}/before"
    for node in proto.graph.node:
        for names in (node.input, node.output):
            names[:] = [before if name == LOGITS else name for name in names]
    proto.graph.initializer.append(numpy_helper.from_array(shift[None], f"{LOGITS}/shift"))
    proto.graph.node.append(helper.make_node("Sub", [before, f"{LOGITS}/shift"], [LOGITS], name=f"{LOGITS}/lower"))
    onnx.checker.check_model(proto)
    with replacing(place.onnx) as temporary:
        temporary.write_bytes(proto.SerializeToString())


def moved_by(int8: Runner, fp32: Sequence[Answer], inputs: Sequence[Batch], telling: int | None = None) -> tuple[float, float, float]:
    """How far INT8 is from the answers of FP32 on average: in the outputs as sigmoids, in the Dice of the outlines, and in a pixel.

    That is one of the map's last channel, where a repaired picture is. The last two are 0 where there is no map. ``telling``: only so many
    of the outputs count.
    """

    def share(logits: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(0.5 + 0.5 * np.tanh(0.5 * logits), dtype=np.float32)

    apart, lost, pixel = [], [], []
    for batch, (other, other_map) in zip(inputs, fp32, strict=True):
        one, one_map = int8.run(batch)
        apart.append(float(np.abs(share(one) - share(other))[:, :telling].mean()))
        if one_map is not None and other_map is not None:
            pixel.append(float(np.abs(one_map[:, -1] - other_map[:, -1]).mean()))
            first, second = one_map >= 0, other_map >= 0
            drawn_pixels = first.sum((2, 3)) + second.sum((2, 3))
            if drawn_pixels.any():
                lost.append(float(1.0 - (2.0 * (first & second).sum((2, 3)) / np.maximum(drawn_pixels, 1))[drawn_pixels > 0].mean()))
    return float(np.mean(apart)), float(np.mean(lost)) if lost else 0.0, float(np.mean(pixel)) if pixel else 0.0


def _openvino_runner(place: Workplace, card: Card) -> Runner:
    return OpenVinoRunner(place.openvino, card, cache=None, threads=THREADS)


def _onnx_runner(place: Workplace, card: Card) -> Runner:
    return OnnxRunner(place.onnx, card, device=Device.CPU, threads=THREADS)


@dataclass(frozen=True)
class _Form:
    """One of the two INT8 forms: how it is written and how it is run."""

    name: str
    write: Callable[[Workplace, Sequence[Batch], Sequence[str]], None]
    start: Callable[[Workplace, Card], Runner]
    take_off: Callable[[Workplace, NDArray[np.float32]], None]


_FORMS = (
    _Form("OpenVINO", quantise_openvino, _openvino_runner, take_off_openvino),
    _Form("ONNX Runtime", quantise_onnx, _onnx_runner, take_off_onnx),
)


def _settle(place: Workplace, form: _Form, inputs: Sequence[Batch], fp32: Sequence[Answer]) -> None:
    """Write one INT8 form with as little left in FP32 as the recipe's limits allow; ``fp32`` are the answers to the inputs."""
    cost, card, outlines = place.recipe.cost, draft_card(place.recipe), bool(place.recipe.task.structures)
    for left in spared(place.fp32):
        form.write(place, inputs, left)
        form.take_off(place, shifted_by(form.start(place, card), fp32, inputs))
        # How unlike the others a picture is comes last, and is no probability.
        apart, lost, pixel = moved_by(form.start(place, card), fp32[:TRIED_ON], inputs[:TRIED_ON], None if card.unlike is None else -1)
        print(
            f"{place.name}: {form.name} INT8 written, {len(left)} layers left in FP32; moves outputs by {apart:.4f}"
            + (f", outlines by {lost:.4f} Dice" if outlines else "")
            + (f", repaired pictures by {pixel:.4f}" if card.repairs else ""),
            flush=True,
        )
        # A Dice between two outlines is no Dice lost against the truth: as much is gained as lost where both are near it.
        repaired = not card.repairs or pixel <= _MARGIN * cost.repaired
        if repaired and ((lost <= 4.0 * cost.dice) if outlines else (apart <= _MARGIN * cost.mean_delta_p)):
            return


def quantise(place: Workplace) -> None:
    """Export the trained network and write both INT8 models."""
    export_fp32(place)
    quantise_exported(place)


def quantise_exported(place: Workplace) -> None:
    """Write both INT8 models of the network that lies in FP32 in its place."""
    logging.getLogger("nncf").setLevel(logging.WARNING)
    inputs = calibration_inputs(place)
    runner = OnnxRunner(place.fp32, draft_card(place.recipe), device=Device.CPU, threads=THREADS)
    answers = [runner.run(batch) for batch in inputs]
    for form in _FORMS:
        _settle(place, form, inputs, answers)
