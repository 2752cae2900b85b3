"""Trained networks run on letterboxed pictures, many at a time."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from edge_app.reading.renderings import renderings
from edge_app.reading.standardising import standardised
from export.recipe import Recipe

BATCH = 32


def normalised(grey: NDArray[np.float32], recipe: Recipe) -> Tensor:
    """(n, side, side) in 0…1 → (n, channels, side, side) as the recipe's network wants it."""
    if recipe.standardised:
        grey = np.stack([standardised(picture) for picture in grey])
    channels = np.stack([renderings(picture) for picture in grey]) if recipe.task.sees == "renderings" else grey[:, None]
    return torch.from_numpy((channels - np.float32(recipe.mean)) / np.float32(recipe.std))


@torch.no_grad()
def outputs_on(model: nn.Module, recipe: Recipe, pictures: NDArray[np.uint8]) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """For each batch of (n, side, side) uint8 the logits (n, outputs) and the map (n, outputs, rows, columns)."""
    model.eval()
    device = next(model.parameters()).device
    for start in range(0, len(pictures), BATCH):
        grey = np.asarray(pictures[start : start + BATCH], dtype=np.float32) / np.float32(255.0)
        logits, maps = model(normalised(grey, recipe).contiguous(memory_format=torch.channels_last).to(device))
        yield logits.float().cpu().numpy(), maps.float().cpu().numpy()


def logits_on(model: nn.Module, recipe: Recipe, pictures: NDArray[np.uint8], outputs: int) -> NDArray[np.float32]:
    """(pictures, outputs) float32 logits of the first outputs; a pyramid tells what it learnt beside them after those."""
    rows = [np.empty((0, outputs), dtype=np.float32)]
    rows += [logits[:, :outputs] for logits, _ in outputs_on(model, recipe, pictures)]
    return np.concatenate(rows)
