"""A U-Net (Ronneberger et al. 2015) on the residual backbone: outlines at half the input's size."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.architectures.residual import backbone

SKIPS = ("stem_relu", "block_0_1", "block_1_1", "block_2_1")
"""The layers whose features the way up takes again, at a half, a quarter, an eighth and a sixteenth of the input."""
DECODER = (128, 64, 32, 16)
LEAST_SHARE = 1e-6


class Rise(nn.Module):
    """Twice the size: the deeper features and the skipped ones, each reduced by a 1×1 convolution and added, then a 3×3 convolution."""

    def __init__(self, deep: int, skipped: int, channels: int) -> None:
        super().__init__()
        self.deep = nn.Conv2d(deep, channels, 1, bias=False)
        self.skipped = nn.Conv2d(skipped, channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.mix = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.mix_norm = nn.BatchNorm2d(channels)

    def forward(self, features: Tensor, skipped: Tensor) -> Tensor:
        """(n, deep, h, w), (n, skipped, 2 h, 2 w) → (n, channels, 2 h, 2 w), ≥ 0."""
        risen = functional.interpolate(self.deep(features), scale_factor=2.0, mode="bilinear", align_corners=False)
        joined = functional.relu(self.norm(risen + self.skipped(skipped)))
        return functional.relu(self.mix_norm(self.mix(joined)))


class UNet(nn.Module):
    """Backbone and four steps up; ``channels`` is how many come out at half the size of what is ``seen`` in so many."""

    def __init__(self, width: int, seen: int = 1) -> None:
        super().__init__()
        self.backbone = backbone(width, seen)
        self.channels, rises = 8 * width, []
        for skipped, wide in zip((4 * width, 2 * width, width, width), DECODER, strict=True):
            wide = max(8, wide * width // 32)
            rises.append(Rise(self.channels, skipped, wide))
            self.channels = wide
        self.rises = nn.ModuleList(rises)

    def risen(self, picture: Tensor) -> Tensor:
        """(n, seen, h, w) float32, h and w multiples of 32 → (n, channels, h / 2, w / 2), ≥ 0."""
        features, skipped = picture, []
        for name, layer in self.backbone.named_children():
            features = layer(features)
            if name in SKIPS:
                skipped.append(features)
        features = self.deepest(features)
        for rise, skip in zip(self.rises, reversed(skipped), strict=True):
            features = rise(features, skip)
        return features

    def deepest(self, features: Tensor) -> Tensor:
        """(n, 8 × width, h / 32, w / 32): what goes the way up; the backbone's last features as they are, unless a network says else."""
        return features


class Outliner(UNet):
    """One logit a structure and pixel.

    Beside the map it gives the log odds of the share of the canvas that each structure covers: one number a structure that a card can name.
    """

    def __init__(self, width: int, structures: int, seen: int = 1) -> None:
        super().__init__(width, seen)
        self.head = nn.Conv2d(self.channels, structures, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def outlined(self, picture: Tensor) -> Tensor:
        """(n, seen, h, w) float32, h and w multiples of 32 → (n, structures, h / 2, w / 2) logits."""
        logits: Tensor = self.head(self.risen(picture))
        return logits

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, seen, h, w) → log odds of the covered share (n, structures), map (n, structures, h / 2, w / 2)."""
        outlined = self.outlined(picture)
        share = torch.clamp(torch.sigmoid(outlined).mean((2, 3)), LEAST_SHARE, 1.0 - LEAST_SHARE)
        return torch.log(share / (1.0 - share)), outlined
