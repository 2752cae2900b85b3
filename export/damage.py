"""Pictures that were damaged in places, for a network that is to learn what they looked like whole."""

import math

import torch
from torch import Tensor
from torch.nn import functional

PLACES = 4
LONG, SHORT = (0.04, 0.16), (0.012, 0.06)
"""Half a place's length and half its width, as shares of the picture's height."""
_SHIFT, _SHADE, _BLUR = 0.04, 0.3, 13
_EDGE = 6.0
"""How sharply a place ends."""


def damaged(grey: Tensor) -> Tensor:
    """(n, 1, h, w) in 0…1 → the same, each picture damaged in ``PLACES`` by PyTorch's random numbers.

    A place is an ellipse in which the picture is shifted, blurred, or darker or brighter than it was: steps, gaps, lines and smears.
    """
    for _ in range(PLACES):
        grey = _once(grey)
    return grey


def _between(low: float, high: float, count: int) -> Tensor:
    return low + (high - low) * torch.rand(count, 1, 1, 1)


def _once(grey: Tensor) -> Tensor:
    count, _, rows, columns = grey.shape
    angle = _between(0.0, math.pi, count)
    x = torch.arange(columns).view(1, 1, 1, -1) - columns * _between(0.15, 0.85, count)
    y = torch.arange(rows).view(1, 1, -1, 1) - rows * _between(0.15, 0.85, count)
    along = (x * torch.cos(angle) + y * torch.sin(angle)) / (rows * _between(*LONG, count))
    across = (y * torch.cos(angle) - x * torch.sin(angle)) / (rows * _between(*SHORT, count))
    place = torch.sigmoid(_EDGE * (1.0 - along.square() - across.square())).to(grey.device)
    most = max(1, round(_SHIFT * rows))
    by = torch.randint(-most, most + 1, (count, 2)).tolist()
    shifted = torch.stack([torch.roll(one, (down, right), (1, 2)) for one, (down, right) in zip(grey, by, strict=True)])
    blurred = functional.avg_pool2d(grey, _BLUR, stride=1, padding=_BLUR // 2, count_include_pad=False)
    shaded = (grey + _between(-_SHADE, _SHADE, count).to(grey.device)).clamp(0.0, 1.0)
    which = torch.randint(0, 3, (count, 1, 1, 1)).to(grey.device)
    other = torch.where(which == 0, shifted, torch.where(which == 1, blurred, shaded))
    return grey + place * (other - grey)
