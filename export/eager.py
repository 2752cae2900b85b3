"""The recipes' networks as PyTorch runs them from their own code, layer by layer: what ``./edge bench`` holds the INT8 reading against."""

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from edge_app.errors import ModelError
from edge_app.reading.card import FP32_MODEL, Card
from export.__main__ import recipes
from export.architectures.located import LevelsNetwork

Shape = tuple[int, ...]
Work = Counter[tuple[Shape, Shape]]
"""How often there is a convolution with weights of one shape whose output has the other."""


def _work_of(network: nn.Module, picture: Tensor) -> Work:
    """What a network does with a picture. Norms do not count: an export folds them into what is before them."""
    found: Work = Counter()

    def note(layer: nn.Module, _: object, output: Tensor) -> None:
        found[tuple(layer.get_parameter("weight").shape), tuple(output.shape)] += 1

    hooks = [layer.register_forward_hook(note) for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    with torch.inference_mode():
        network(picture)
    for hook in hooks:
        hook.remove()
    return found


def _work_in(file: Path) -> Work:
    """What an exported network does with one."""
    graph = onnx.shape_inference.infer_shapes(onnx.load(str(file))).graph
    weights = {kept.name: tuple(kept.dims) for kept in graph.initializer}
    known = {own.name: tuple(size.dim_value for size in own.type.tensor_type.shape.dim) for own in (*graph.value_info, *graph.output)}
    return Counter((weights.get(node.input[1], ()), known.get(node.output[0], ())) for node in graph.node if node.op_type == "Conv")


def _network(card: Card) -> nn.Module:
    """The network that a recipe makes under a model's name, with drawn weights. ModelError where none does."""
    recipe = recipes().get(card.name)
    if recipe is None:
        raise ModelError(f"{card.name}: no recipe makes it")
    network = recipe.task.shipped(recipe.task.network(recipe.width)).eval()
    if card.unlike is not None and isinstance(network, LevelsNetwork):
        # Drawn pictures are as far to measure from as real ones.
        channels = network.backbone.coarse_channels
        network.settle(torch.randn(2 * channels, channels), torch.arange(2 * channels) % 2)
    return network


class EagerRunner:
    """A recipe's network in FP32 as its code says it, nothing compiled; see ``Runner``. Its weights are drawn: it is there to be timed."""

    precision = "FP32"

    def __init__(self, folder: Path, card: Card, threads: int) -> None:
        """Build the network of the model in ``folder``; PyTorch as a whole takes ``threads`` from then on.

        Raises:
            ModelError: no recipe here makes that model, or what one makes by now does other work than the model in the folder.
        """
        network, reference = _network(card), folder / FP32_MODEL
        if not reference.is_file():
            raise ModelError(f"{card.name}: no {FP32_MODEL} to tell the recipe's network by")
        if _work_of(network, torch.zeros(1, card.input.channels, card.input.height, card.input.width)) != _work_in(reference):
            raise ModelError(f"{card.name}: the recipe by now makes another network than the one on this box")
        torch.set_num_threads(threads)
        self._network = network

    @torch.inference_mode()
    def run(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """See ``Runner.run``."""
        given = self._network(torch.from_numpy(batch))
        logits, activation = given if isinstance(given, tuple) else (given, None)
        return logits.numpy(), None if activation is None else activation.numpy()
