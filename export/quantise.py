"""From FP32 to INT8, once for OpenVINO and once for ONNX Runtime, both from the same training pictures."""

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from edge_app.reading.canvas import network_input
from edge_app.reading.quiet_openvino import openvino
from export.atomic import replacing
from export.batches import drawn
from export.datasets.canvases import opened
from export.exported import export_fp32
from export.workplace import Workplace

INPUT = "picture"


def calibration_inputs(place: Workplace) -> list[NDArray[np.float32]]:
    """(1, 1, h, w) float32 inputs of training pictures, the sources in their shares, made just as on the box."""
    training = place.split.training
    random = np.random.default_rng([place.seed, 0xCA1])
    chosen = drawn(training, place.recipe.shares, place.recipe.calibration_pictures, random)
    return [network_input(opened(training[index].path), place.recipe.input)[0] for index in chosen]


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Hands the calibration inputs to ONNX Runtime one after the other."""

    def __init__(self, inputs: list[NDArray[np.float32]]) -> None:
        self._left: Iterator[NDArray[np.float32]] = iter(inputs)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next input, or None at the end."""
        following = next(self._left, None)
        return None if following is None else {INPUT: following}


def quantise_openvino(place: Workplace, inputs: list[NDArray[np.float32]]) -> None:
    """Write ``model.xml`` and ``model.bin``.

    Weights keep to half their range, so that processors whose 8-bit products saturate (before VNNI) answer like those that do not.
    """
    # After the module above has silenced OpenVINO's telemetry, which this would use as well.
    import nncf

    model = openvino.Core().read_model(str(place.fp32))
    quantised = nncf.quantize(
        model,
        nncf.Dataset(inputs),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(inputs),
        fast_bias_correction=False,
        advanced_parameters=nncf.AdvancedQuantizationParameters(overflow_fix=nncf.OverflowFix.ENABLE),
    )
    with tempfile.TemporaryDirectory(dir=place.folder) as folder:
        written = Path(folder) / place.openvino.name
        openvino.save_model(quantised, str(written), compress_to_fp16=False)
        # The graph last: without it the weights are no model.
        for file in (written.with_suffix(".bin"), written):
            file.replace(place.folder / file.name)


def quantise_onnx(place: Workplace, inputs: list[NDArray[np.float32]]) -> None:
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
                per_channel=True,
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                calibrate_method=CalibrationMethod.MinMax,
            )


def quantise(place: Workplace) -> None:
    """Export the trained network and write both INT8 models."""
    logging.getLogger("nncf").setLevel(logging.WARNING)
    export_fp32(place)
    inputs = calibration_inputs(place)
    quantise_openvino(place, inputs)
    print(f"{place.recipe.name}: OpenVINO INT8 written", flush=True)
    quantise_onnx(place, inputs)
    print(f"{place.recipe.name}: ONNX Runtime INT8 written", flush=True)
