"""A new finding told from the features of a network that already knows chests; those stay as they are.

Where few pictures of one hospital show the finding, learning everything anew bends the features to that hospital, and what is gained there
is lost elsewhere (Kumar et al. 2022, Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.architectures.levels import HALF_RESNET
from export.architectures.located import Located, LocatedNetwork


class ProbedNetwork(LocatedNetwork):
    """One linear layer over the means of the neck and of the coarsest level, each brought to one scale. A logit is the mean of its map."""

    def __init__(self, width: int, labels: int, *, backbone: str = HALF_RESNET) -> None:
        super().__init__(width, labels, backbone=backbone)
        wide = self.neck.out_channels + self.backbone.coarse_channels
        self.head = nn.Conv2d(wide, labels, 1)
        self.scale = nn.BatchNorm1d(wide, affine=False)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None  # noqa: S101  (as made above)
        nn.init.zeros_(self.head.bias)
        for name, weight in self.named_parameters():
            weight.requires_grad = name.startswith("head.")

    def train(self, mode: bool = True) -> "ProbedNetwork":
        """Only what is learnt changes its ways in training: the means that the features were learnt with stay, too."""
        super().train(mode)
        for name, part in self.named_children():
            if name != "scale":
                part.eval()
        return self

    def _wide(self, neck: Tensor, coarse: Tensor) -> Tensor:
        return torch.cat([neck, functional.interpolate(coarse, scale_factor=2.0, mode="nearest")], 1)

    def _activation(self, wide: Tensor) -> Tensor:
        """(n, wide, h, w) → (n, labels, h, w), whose means are the logits."""
        mean, variance = self.scale.running_mean, self.scale.running_var
        assert mean is not None  # noqa: S101  (as made above)
        assert variance is not None  # noqa: S101
        weight = self.head.weight * torch.rsqrt(variance + self.scale.eps)[None, :, None, None]
        return functional.conv2d(wide, weight, self.head.bias) - (weight[:, :, 0, 0] @ mean)[None, :, None, None]

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) float32, both sides multiples of 32 → logits (n, labels), map (n, labels, h / 16, w / 16); as ``LocatedNetwork``."""
        fine, coarse = self.backbone(torch.cat([picture, picture.flip(3)]) if self.both_ways else picture)
        activation = self._activation(self._wide(self._neck(fine, coarse), coarse))
        if self.both_ways:
            count = picture.shape[0]
            activation = (activation[:count] + activation[count:].flip(3)) / 2
            coarse = (coarse[:count] + coarse[count:].flip(3)) / 2
        logits = activation.mean((2, 3))
        if self.settled:
            logits = torch.cat([logits, self._distance(coarse)], 1)
        return logits, activation

    def training_outputs(self, picture: Tensor) -> Located:
        """(n, 1, h, w) float32 → what is learnt, which is the logits."""
        with torch.no_grad():
            fine, coarse = self.backbone(picture)
            neck = self._neck(fine, coarse)
            wide = self._wide(neck, coarse)
        means = self.scale(wide.float().mean((2, 3)))
        logits = functional.linear(means, self.head.weight[:, :, 0, 0], self.head.bias)
        nothing = wide.new_zeros(wide.shape[0], logits.shape[1], 4, *wide.shape[2:])
        return Located(logits, self._activation(wide), nothing, None, (neck, coarse))
