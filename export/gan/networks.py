"""A progressively grown, conditional pair of networks (Karras et al. 2018): one draws chests, the other tells them from real ones.

Pictures are (n, 1, side, side) float32, −1…1. A condition is (n, conditions) float32, centred on its mean among the training pictures, so
that what is not known of a picture is 0 and says nothing. Both networks hold the layers of every side from the start; only those of the
side that is asked for are run, so that a run's parameters are the same from its first step to its last.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

SMALLEST = 4
LATENT = 128
_SLOPE = 0.2
_EMBEDDED = 64
_DEEPEST = 8
"""How many times as many channels as at the largest side there are at most."""
_GROUP = 4


def sides(largest: int) -> tuple[int, ...]:
    """4, 8, … to the largest, which is a power of two."""
    return tuple(2**power for power in range(int(math.log2(SMALLEST)), int(math.log2(largest)) + 1))


def channels(width: int, side: int, largest: int) -> int:
    """``width`` at the largest side, twice as many at every halving, up to eight times."""
    return width * min(_DEEPEST, largest // side)


class EqualConv(nn.Module):
    """A convolution whose weights are scaled as it runs, so that all layers learn at one rate (equalised learning rate)."""

    def __init__(self, before: int, after: int, kernel: int, gain: float = math.sqrt(2.0)) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(after, before, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(after))
        self._scale = gain / math.sqrt(before * kernel * kernel)
        self._padding = kernel // 2

    def forward(self, features: Tensor) -> Tensor:
        """(n, before, h, w) → (n, after, h, w)."""
        return functional.conv2d(features, self.weight * self._scale, self.bias, padding=self._padding)


class EqualLinear(nn.Module):
    """``EqualConv`` for vectors."""

    def __init__(self, before: int, after: int, gain: float = math.sqrt(2.0)) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(after, before))
        self.bias = nn.Parameter(torch.zeros(after))
        self._scale = gain / math.sqrt(before)

    def forward(self, features: Tensor) -> Tensor:
        """(n, before) → (n, after)."""
        return functional.linear(features, self.weight * self._scale, self.bias)


class FromGrey(EqualLinear):
    """(n, 1, h, w) → (n, after, h, w), a 1 × 1 convolution whose result's channels lie together in memory, as the next layers want them."""

    def forward(self, features: Tensor) -> Tensor:
        """See the class."""
        return super().forward(features.movedim(1, 3)).movedim(3, 1)


def _active(features: Tensor) -> Tensor:
    return functional.leaky_relu(features, _SLOPE)


class _PixelNorm(torch.autograd.Function):
    """Written out, for what autograd makes of it costs a processor twice as much as the convolution before it."""

    @staticmethod
    def forward(context: Any, features: Tensor) -> Tensor:
        length = torch.linalg.vector_norm(features, dim=1, keepdim=True)
        factor = math.sqrt(features.shape[1]) / length.clamp(min=1e-4)
        normal: Tensor = features * factor
        context.save_for_backward(normal, factor)
        return normal

    @staticmethod
    def backward(context: Any, slope: Tensor) -> Tensor:
        normal, factor = context.saved_tensors
        # The mean over the channels, which lie together in memory.
        along = (slope * normal).movedim(1, 3) @ normal.new_full((normal.shape[1], 1), 1.0 / normal.shape[1])
        across: Tensor = torch.addcmul(slope, normal, along.movedim(3, 1), value=-1.0) * factor
        return across


def pixel_norm(features: Tensor) -> Tensor:
    """(n, c, h, w): every place's channels to a mean square of 1, lest the two networks drive one another's magnitudes up."""
    normal: Tensor = _PixelNorm.apply(features)  # type: ignore[no-untyped-call]
    return normal


def doubled(features: Tensor) -> Tensor:
    """Twice the side, every pixel four times."""
    return functional.interpolate(features, scale_factor=2.0, mode="nearest")


def halved(features: Tensor) -> Tensor:
    """Half the side, every pixel the mean of four."""
    return functional.avg_pool2d(features, 2)


def minibatch_deviation(features: Tensor) -> Tensor:
    """(n, c, h, w) → (n, c + 1, h, w): how much groups of four pictures differ, so that drawing one picture for ever is found out."""
    count, _, height, width = features.shape
    group = math.gcd(_GROUP, count)
    split = features.float().reshape(group, count // group, *features.shape[1:])
    deviation = (split.var(0, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))
    plane = deviation.repeat(group).reshape(count, 1, 1, 1).expand(count, 1, height, width)
    return torch.cat([features, plane.to(features.dtype)], 1)


class GeneratorBlock(nn.Module):
    """Two convolutions at one side."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first = EqualConv(before, after, 3)
        self.second = EqualConv(after, after, 3)

    def forward(self, features: Tensor) -> Tensor:
        """(n, before, h, w) → (n, after, h, w)."""
        return pixel_norm(_active(self.second(pixel_norm(_active(self.first(features))))))


class Generator(nn.Module):
    """Draws a picture from noise and a condition."""

    def __init__(self, width: int, largest: int, conditions: int) -> None:
        super().__init__()
        deepest = channels(width, SMALLEST, largest)
        self.embedding = EqualLinear(conditions, _EMBEDDED)
        self.start = EqualLinear(LATENT + _EMBEDDED, deepest * SMALLEST**2, gain=math.sqrt(2.0) / 4.0)
        self.start_conv = EqualConv(deepest, deepest, 3)
        self.blocks, self.to_grey = nn.ModuleDict(), nn.ModuleDict()
        before = deepest
        for side in sides(largest):
            after = channels(width, side, largest)
            if side > SMALLEST:
                self.blocks[str(side)] = GeneratorBlock(before, after)
            self.to_grey[str(side)] = EqualConv(after, 1, 1, gain=1.0)
            before = after

    def forward(self, latent: Tensor, condition: Tensor, side: int, alpha: float = 1.0) -> Tensor:
        """(n, ``LATENT``) of normal noise, condition → (n, 1, side, side).

        ``alpha`` 0 is the picture of half that side enlarged, 1 the side's own; between them it fades.
        """
        embedded = _active(self.embedding(condition))
        joined = torch.cat([functional.normalize(latent) * math.sqrt(LATENT), embedded], 1)
        features = self.start(joined).reshape(latent.shape[0], -1, SMALLEST, SMALLEST)
        features = pixel_norm(_active(self.start_conv(pixel_norm(_active(features)))))
        previous = features
        for own in sides(side)[1:]:
            previous, features = features, self.blocks[str(own)](doubled(features))
        picture: Tensor = self.to_grey[str(side)](features).float()
        if alpha < 1.0 and side > SMALLEST:
            coarse = doubled(self.to_grey[str(side // 2)](previous).float())
            picture = torch.lerp(coarse, picture, alpha)
        return picture


class DiscriminatorBlock(nn.Module):
    """Two convolutions at one side, then half of it."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first = EqualConv(before, before, 3)
        self.second = EqualConv(before, after, 3)

    def forward(self, features: Tensor) -> Tensor:
        """(n, before, h, w) → (n, after, h / 2, w / 2)."""
        return halved(_active(self.second(_active(self.first(features)))))


class Discriminator(nn.Module):
    """Tells real pictures from drawn ones in the light of their condition, by projection (Miyato and Koyama 2018); and names labels."""

    def __init__(self, width: int, largest: int, conditions: int, labels: int) -> None:
        super().__init__()
        deepest = channels(width, SMALLEST, largest)
        self.blocks, self.from_grey = nn.ModuleDict(), nn.ModuleDict()
        for side in sides(largest):
            own = channels(width, side, largest)
            self.from_grey[str(side)] = FromGrey(1, own)
            if side > SMALLEST:
                self.blocks[str(side)] = DiscriminatorBlock(own, channels(width, side // 2, largest))
        self.last_conv = EqualConv(deepest + 1, deepest, 3)
        self.last = EqualLinear(deepest * SMALLEST**2, deepest)
        self.verdict = EqualLinear(deepest, 1, gain=1.0)
        self.projection = EqualLinear(conditions, deepest, gain=1.0)
        self.labels = EqualLinear(deepest, labels, gain=1.0)

    def forward(self, picture: Tensor, condition: Tensor, alpha: float = 1.0) -> tuple[Tensor, Tensor]:
        """(n, 1, side, side), condition → (n,) above 0 where it looks real, (n, labels) logits of what it shows.

        ``alpha`` as in ``Generator``.
        """
        side = picture.shape[-1]
        features = _active(self.from_grey[str(side)](picture))
        for own in reversed(sides(side)[1:]):
            features = self.blocks[str(own)](features)
            if own == side and alpha < 1.0:
                features = torch.lerp(_active(self.from_grey[str(side // 2)](halved(picture))).to(features.dtype), features, alpha)
        features = _active(self.last_conv(minibatch_deviation(features)))
        vector = _active(self.last(features.flatten(1))).float()
        asked = self.projection(condition).float() / math.sqrt(vector.shape[1])
        score = self.verdict(vector).float()[:, 0] + (asked * vector).sum(1)
        return score, self.labels(vector).float()
