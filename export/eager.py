"""The recipes' networks as PyTorch runs them from their own code, layer by layer: what ``./edge bench`` holds the INT8 reading against."""

import math
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import nn

from edge_app.errors import ModelError
from edge_app.reading.card import FP32_MODEL, Card
from export.__main__ import recipes
from export.quantise import WEIGHED


def _weights_of(network: nn.Module) -> int:
    """How many weights its convolutions and linear layers have; norms, which an export folds into them, do not count."""
    return sum(layer.weight.numel() for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear))


def _weights_in(file: Path) -> int:
    """The same of an exported network."""
    graph = onnx.load(str(file)).graph
    size = {kept.name: math.prod(kept.dims) for kept in graph.initializer}
    return sum(size.get(node.input[1], 0) for node in graph.node if node.op_type in WEIGHED)


class EagerRunner:
    """A recipe's network in FP32 as its code says it, nothing compiled; see ``Runner``. Its weights are drawn: it is there to be timed."""

    precision = "FP32"

    def __init__(self, folder: Path, card: Card, threads: int) -> None:
        """Build the network of the model in ``folder``; PyTorch as a whole takes ``threads`` from then on.

        Raises:
            ModelError: no recipe here makes that model, or what one makes by now has not the weights of the model in the folder.
        """
        recipe = recipes().get(card.name)
        if recipe is None:
            raise ModelError(f"{card.name}: no recipe makes it")
        network = recipe.task.shipped(recipe.task.network(recipe.width)).eval()
        reference = folder / FP32_MODEL
        if not reference.is_file():
            raise ModelError(f"{card.name}: no {FP32_MODEL} to tell the recipe's network by")
        if _weights_of(network) != _weights_in(reference):
            raise ModelError(f"{card.name}: the recipe by now makes another network than the one on this box")
        torch.set_num_threads(threads)
        self._network = network

    @torch.inference_mode()
    def run(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """See ``Runner.run``."""
        given = self._network(torch.from_numpy(batch))
        logits, activation = given if isinstance(given, tuple) else (given, None)
        return logits.numpy(), None if activation is None else activation.numpy()
