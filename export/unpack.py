"""``python -m export RECIPE unpack``: the trained network from the model that ships, so that what builds on it need not train it anew.

What was learnt beside the outputs and dropped at export stays as a new network has it.
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from edge_app.reading.canvas import network_input
from edge_app.reading.card import FP32_MODEL, GOLDEN, Card, Input, load_card
from edge_app.reading.choice import Device
from edge_app.reading.probe import golden_picture
from edge_app.reading.runtimes import OnnxRunner
from export.atomic import replacing
from export.runners import THREADS
from export.workplace import Workplace

_FOLDED = "_bias"
"""What the exporter adds to a convolution's name for what it makes of the normalisation behind it."""
_AGREEMENT = 1e-3
_MAP_AGREEMENT = 2e-2
"""Cells are larger numbers than their means."""

Values = NDArray[np.float32]


class OtherNetworkError(Exception):
    """What ships under the recipe's name is another network than the recipe's, or was trained on other pictures than there are here."""


def _normalised_by(network: nn.Module, wanted: Input) -> dict[str, nn.BatchNorm2d]:
    """The normalisation that takes what a convolution gives, by the convolution's name."""
    given: dict[int, tuple[str, Tensor]] = {}
    found: dict[str, nn.BatchNorm2d] = {}

    def note(name: str) -> object:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            # Kept, so that no other tensor gets its number.
            given[id(output)] = (name, output)

        return hook

    def look(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if id(inputs[0]) in given and isinstance(module, nn.BatchNorm2d):
            found[given[id(inputs[0])][0]] = module

    hooks = []
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            hooks.append(module.register_forward_hook(note(name)))  # type: ignore[arg-type]
        elif isinstance(module, nn.BatchNorm2d):
            hooks.append(module.register_forward_pre_hook(look))
    with torch.no_grad():
        network.eval()(torch.zeros(1, wanted.channels, wanted.height, wanted.width))
    for hook in hooks:
        hook.remove()
    return found


def constants_of(proto: onnx.ModelProto) -> dict[str, Values]:
    """Every constant of an exported network by name, with the weights of linear layers, which lost theirs, under the names they had."""
    constants = {kept.name: numpy_helper.to_array(kept) for kept in proto.graph.initializer}
    products = {node.output[0]: node.input[1] for node in proto.graph.node if node.op_type == "MatMul"}
    for node in proto.graph.node:
        for bias in node.input if node.op_type == "Add" else ():
            factor = next((products[name] for name in node.input if name in products), None)
            if bias.endswith(".bias") and factor in constants:
                constants[f"{bias.removesuffix('.bias')}.weight"] = constants[factor].T
    return constants


def take_weights(network: nn.Module, constants: Mapping[str, Values], wanted: Input) -> None:
    """Give a network the weights that one of its own kind was exported with; a normalisation that went into a convolution only adds.

    Raises:
        OtherNetworkError: no weight of its backbone is among them, or one has another shape.
    """
    normalised_by = _normalised_by(network, wanted)
    taken = 0
    with torch.no_grad():
        for name, own in network.state_dict().items():
            if name not in constants:
                continue
            if constants[name].shape != tuple(own.shape):
                raise OtherNetworkError(f"{name} is {constants[name].shape}, the recipe's is {tuple(own.shape)}")
            own.copy_(torch.from_numpy(constants[name].copy()))
            taken += 1
            convolution = name.removesuffix(".weight")
            norm = normalised_by.get(convolution)
            if norm is None or f"{name}{_FOLDED}" not in constants:
                continue
            assert norm.running_mean is not None  # noqa: S101  (it has them)
            assert norm.running_var is not None  # noqa: S101
            norm.running_mean.zero_()
            norm.running_var.fill_(1.0)
            norm.weight.fill_((1.0 + norm.eps) ** 0.5)
            norm.bias.copy_(torch.from_numpy(constants[f"{name}{_FOLDED}"].copy()))
    if not taken:
        raise OtherNetworkError("none of the recipe's weights is in it")


def _hold(place: Workplace, network: nn.Module, card: Card) -> None:
    """OtherNetworkError where the network does not answer the model's golden pictures as the model does."""
    folder = place.models / place.recipe.name
    runner = OnnxRunner(folder / FP32_MODEL, card, device=Device.CPU, threads=THREADS)
    shipped = place.recipe.task.shipped(network).eval()
    for golden in card.golden:
        batch, _ = network_input(golden_picture(folder / GOLDEN / golden.picture), card.input)
        with torch.no_grad():
            given = shipped(torch.from_numpy(batch))
        wanted = runner.run(batch)
        logits = (given if isinstance(given, Tensor) else given[0]).numpy()
        apart = float(np.abs(logits - wanted[0][:, : logits.shape[1]]).max())
        if apart > _AGREEMENT:
            raise OtherNetworkError(f"{golden.picture}: a logit is {apart:.3g} off")
        drawn = None if isinstance(given, Tensor) else given[1].numpy()
        if drawn is not None and wanted[1] is not None and float(np.abs(drawn - wanted[1]).max()) > _MAP_AGREEMENT:
            raise OtherNetworkError(f"{golden.picture}: the map is another")


def unpack(place: Workplace) -> None:
    """Write the weights and the manifest that training would have left.

    Raises:
        OtherNetworkError: the model that ships is not the recipe's, or was trained on other pictures than there are here.
    """
    folder = place.models / place.recipe.name
    card = load_card(folder)
    told = {source.name: source.pictures for source in card.trained_on}
    here = dict(Counter(place.recipe.licences[picture.source][0] for picture in place.taught))
    if told != here:
        raise OtherNetworkError(f"{card.name} {card.version} was trained on {told}; here there are {here}")
    proto = onnx.load(str(folder / FP32_MODEL))
    constants = constants_of(proto)
    network = place.recipe.task.network(place.recipe.width)
    take_weights(network, constants, place.recipe.input)
    state = dict(network.state_dict())
    _hold(place, network, card)
    place.folder.mkdir(parents=True, exist_ok=True)
    place.write_manifest()
    with replacing(place.weights) as temporary:
        torch.save(state, temporary)
    print(f"{place.name}: the weights of {card.name} {card.version}, as it ships", flush=True)
