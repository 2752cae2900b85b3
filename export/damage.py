"""Pictures that were damaged in places, for a network that is to learn what they looked like whole."""

import math

import torch
from torch import Tensor
from torch.nn import functional

PLACES = 3
LONG, SHORT = (0.015, 0.1), (0.005, 0.04)
"""Half a place's length and half its width, as shares of the picture's height: from a crack to what is pressed in."""
_SHIFT, _SHADE, _BLUR = 0.03, 0.15, 9
_EDGE = 6.0
"""How sharply a place ends."""
_COARSE = 8
"""Places are chosen among squares of so many pixels."""


def damaged(grey: Tensor) -> Tensor:
    """(n, 1, h, w) in 0…1 → the same, each picture damaged in ``PLACES`` by PyTorch's random numbers.

    A place is an ellipse, the likelier the more edges there are, in which the picture is shifted, blurred, or darker or brighter than it
    was: steps, gaps, lines and smears of what is there.
    """
    edges = _edges(grey)
    for _ in range(PLACES):
        grey = _once(grey, edges)
    return grey


def _edges(grey: Tensor) -> Tensor:
    """(n, squares down × across): how much of an edge lies in each square of the picture, never quite nothing."""
    down, across = grey.diff(dim=2).abs(), grey.diff(dim=3).abs()
    steep = functional.pad(down, (0, 0, 0, 1)) + functional.pad(across, (0, 1))
    squares = functional.avg_pool2d(steep, _COARSE).flatten(1).square()
    return squares + 0.03 * squares.mean(1, keepdim=True) + 1e-9


def _between(low: float, high: float, count: int) -> Tensor:
    return low + (high - low) * torch.rand(count, 1, 1, 1)


def _once(grey: Tensor, edges: Tensor) -> Tensor:
    count, _, rows, columns = grey.shape
    square = torch.multinomial(edges.cpu(), 1).view(-1, 1, 1, 1)
    middle_x = (square % (columns // _COARSE) + torch.rand(count, 1, 1, 1)) * _COARSE
    middle_y = (square // (columns // _COARSE) + torch.rand(count, 1, 1, 1)) * _COARSE
    angle = _between(0.0, math.pi, count)
    x, y = torch.arange(columns).view(1, 1, 1, -1) - middle_x, torch.arange(rows).view(1, 1, -1, 1) - middle_y
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
