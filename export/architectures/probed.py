"""A new finding told from the features of a network that already knows chests; those stay as they are.

Where few pictures of one hospital show the finding, learning everything anew bends the features to that hospital, and what is gained there
is lost elsewhere (Kumar et al. 2022, Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution).
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from export.architectures.levels import HALF_RESNET
from export.architectures.located import LocatedNetwork

Floats = NDArray[np.float32] | NDArray[np.float64]


class ProbedNetwork(LocatedNetwork):
    """One linear layer over the means of the neck and of the coarsest level, each brought to one scale. A logit is the mean of its map."""

    def __init__(self, width: int, labels: int, *, backbone: str = HALF_RESNET) -> None:
        super().__init__(width, labels, backbone=backbone)
        self.wide = self.neck.out_channels + self.backbone.coarse_channels
        self.head = nn.Conv2d(self.wide, labels, 1)
        self.scale = nn.BatchNorm2d(self.wide, affine=False)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None  # noqa: S101  (as made above)
        nn.init.zeros_(self.head.bias)

    def _levels(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) → (n, wide, h / 16, w / 16), and the coarsest level."""
        fine, coarse = self.backbone(picture)
        enlarged = functional.interpolate(coarse, scale_factor=2.0, mode="nearest")
        return torch.cat([self._neck(fine, coarse), enlarged], 1), coarse

    def means(self, picture: Tensor) -> Tensor:
        """(n, 1, h, w) float32 → (n, wide), what the last layer sees before it is brought to one scale."""
        return self._levels(picture)[0].float().mean((2, 3))

    def take(self, mean: Floats, spread: Floats, weight: Floats, bias: Floats) -> None:
        """The scale's (wide,) mean and standard deviation, and the last layer's (labels, wide) weights and (labels,) biases."""
        running, variance = self.scale.running_mean, self.scale.running_var
        assert running is not None  # noqa: S101  (it has them)
        assert variance is not None  # noqa: S101
        assert self.head.bias is not None  # noqa: S101
        running.copy_(torch.from_numpy(np.asarray(mean, dtype=np.float32)))
        variance.copy_(torch.from_numpy(np.asarray(spread, dtype=np.float32) ** 2 - self.scale.eps))
        self.head.weight.copy_(torch.from_numpy(np.asarray(weight, dtype=np.float32))[:, :, None, None])
        self.head.bias.copy_(torch.from_numpy(np.asarray(bias, dtype=np.float32)))

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) float32, both sides multiples of 32 → logits (n, labels), map (n, labels, h / 16, w / 16).

        Once it is settled, and where it looks both ways, as ``LocatedNetwork``.
        """
        wide, coarse = self._levels(torch.cat([picture, picture.flip(3)]) if self.both_ways else picture)
        activation = self.head(self.scale(wide))
        if self.both_ways:
            count = picture.shape[0]
            activation = (activation[:count] + activation[count:].flip(3)) / 2
            coarse = (coarse[:count] + coarse[count:].flip(3)) / 2
        logits = activation.mean((2, 3))
        if self.settled:
            logits = torch.cat([logits, self._distance(coarse)], 1)
        return logits, activation
