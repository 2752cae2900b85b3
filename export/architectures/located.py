"""A ResNet with a neck that gives each label a map of one sixteenth of the input, fine enough to say where a small thing lies.

The neck joins the two coarsest levels as a feature pyramid does (Lin et al. 2017). A logit is the log-mean-exp of its map (Pinheiro and
Collobert 2015): between mean and maximum, so that a small finding is not drowned by the lung around it.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.architectures.residual import backbone, started

SHARPNESS = 2.0
MAP_STRIDE = 16
_NEEDED = "block_2_1"
_SURELY_NOT = -2.0


def pooled(activation: Tensor) -> Tensor:
    """(n, labels, h, w) → (n, labels): log-mean-exp with ``SHARPNESS``."""
    flat = activation.flatten(2) * SHARPNESS
    return (torch.logsumexp(flat, 2) - math.log(flat.shape[2])) / SHARPNESS


class LocatedResNet(nn.Module):
    """``auxiliary`` labels are learnt beside the others to shape the features, and are dropped at export."""

    def __init__(self, width: int, labels: int, auxiliary: int = 0) -> None:
        super().__init__()
        self.backbone = backbone(width)
        self.fine = nn.Conv2d(4 * width, 4 * width, 1, bias=False)
        self.coarse = nn.Conv2d(8 * width, 4 * width, 1, bias=False)
        self.join_norm = nn.BatchNorm2d(4 * width)
        self.neck = nn.Conv2d(4 * width, 4 * width, 3, padding=1, bias=False)
        self.neck_norm = nn.BatchNorm2d(4 * width)
        self.drop = nn.Dropout2d(0.1)
        self.head = nn.Conv2d(4 * width, labels, 1)
        self.auxiliary_head = nn.Linear(8 * width, auxiliary) if auxiliary else None
        started(self)
        nn.init.normal_(self.head.weight, std=0.02)
        assert self.head.bias is not None  # noqa: S101  (as made above)
        nn.init.constant_(self.head.bias, _SURELY_NOT)

    def _levels(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) → features at a sixteenth and at a thirty-second."""
        features, fine = picture, None
        for name, layer in self.backbone.named_children():
            features = layer(features)
            if name == _NEEDED:
                fine = features
        assert fine is not None  # noqa: S101  (its own backbone)
        return fine, features

    def _map(self, fine: Tensor, coarse: Tensor) -> Tensor:
        enlarged = functional.interpolate(self.coarse(coarse), scale_factor=2.0, mode="nearest")
        joined = functional.relu(self.join_norm(self.fine(fine) + enlarged))
        activation: Tensor = self.head(self.drop(functional.relu(self.neck_norm(self.neck(joined)))))
        return activation

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) float32, both sides multiples of 32 → logits (n, labels), map (n, labels, h / 16, w / 16)."""
        activation = self._map(*self._levels(picture))
        return pooled(activation), activation

    def training_outputs(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) float32 → logits (n, labels + auxiliary), map (n, labels, h / 16, w / 16)."""
        fine, coarse = self._levels(picture)
        activation = self._map(fine, coarse)
        logits = pooled(activation)
        if self.auxiliary_head is not None:
            logits = torch.cat([logits, self.auxiliary_head(self.drop(coarse).mean((2, 3)))], 1)
        return logits, activation
