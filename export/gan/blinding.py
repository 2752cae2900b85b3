"""Changes that real and drawn pictures undergo alike before they are told apart (Zhao et al. 2020, differentiable augmentation).

With few pictures the discriminator would otherwise know them by heart. What it is shown of a picture differs every time; as drawn pictures
undergo the same, the generator learns none of it. But what is hidden so is not learnt either: with stronger changes, or on pictures of a
few pixels, drawn chests came out all alike and flat.
"""

import torch
from torch import Tensor
from torch.nn import functional

LEAST_SIDE = 32
_BRIGHTNESS = 0.1
_CONTRAST = 0.1
_SHIFT = 0.0625
_HOLE = 0.25


def blinded(pictures: Tensor) -> Tensor:
    """(n, 1, side, side) → the same, brightened, of other contrast, shifted and with a hole, each by itself and at random.

    Pictures smaller than ``LEAST_SIDE`` stay as they are.
    """
    if pictures.shape[-1] < LEAST_SIDE:
        return pictures
    return _holed(_shifted(_toned(pictures)))


def _random(count: int, device: torch.device) -> Tensor:
    """(count, 1, 1, 1) in −1…1, of the processor's random numbers on every device."""
    return (torch.rand(count, 1, 1, 1) * 2.0 - 1.0).to(device)


def _toned(pictures: Tensor) -> Tensor:
    count, device = pictures.shape[0], pictures.device
    mean = pictures.mean((1, 2, 3), keepdim=True)
    return (pictures - mean) * (1.0 + _CONTRAST * _random(count, device)) + mean + _BRIGHTNESS * _random(count, device)


def _shifted(pictures: Tensor) -> Tensor:
    side = pictures.shape[-1]
    reach = round(side * _SHIFT)
    padded = functional.pad(pictures, (reach,) * 4)
    starts = torch.randint(0, 2 * reach + 1, (pictures.shape[0], 2)).tolist()
    return torch.stack([own[:, row : row + side, column : column + side] for own, (row, column) in zip(padded, starts, strict=True)])


def _holed(pictures: Tensor) -> Tensor:
    count, side = pictures.shape[0], pictures.shape[-1]
    reach = round(side * _HOLE / 2.0)
    middle = torch.randint(0, side, (count, 2, 1))
    near = (torch.arange(side)[None, None] - middle).abs() < reach
    hole = near[:, 0, :, None] & near[:, 1, None, :]
    return pictures * (~hole)[:, None].to(pictures.device, pictures.dtype)
