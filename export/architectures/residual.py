"""A ResNet-18 of any width for one grey channel (He et al. 2015), with class-activation maps as its head (Zhou et al. 2016)."""

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional


class Block(nn.Module):
    """Two 3×3 convolutions and a short cut."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(channels_out)
        self.second = nn.Conv2d(channels_out, channels_out, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(channels_out)
        self.short_cut: nn.Module = nn.Identity()
        if stride != 1 or channels_in != channels_out:
            self.short_cut = nn.Sequential(nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), nn.BatchNorm2d(channels_out))

    def forward(self, features: Tensor) -> Tensor:
        """(n, channels_in, h, w) → (n, channels_out, h / stride, w / stride), ≥ 0."""
        hidden = functional.relu(self.first_norm(self.first(features)))
        return functional.relu(self.second_norm(self.second(hidden)) + self.short_cut(features))


def backbone(width: int, channels: int = 1) -> nn.Sequential:
    """(n, channels, h, w) → (n, 8 × width, h / 32, w / 32). A width of 64 is ResNet-18, 32 is half of it with about 2.8 million weights."""
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        stem=nn.Conv2d(channels, width, 7, 2, 3, bias=False),
        stem_norm=nn.BatchNorm2d(width),
        stem_relu=nn.ReLU(),
        stem_pool=nn.MaxPool2d(3, 2, 1),
    )
    before = width
    for level, wide in enumerate((width, 2 * width, 4 * width, 8 * width)):
        for turn in range(2):
            layers[f"block_{level}_{turn}"] = Block(before, wide, 2 if turn == 0 and level > 0 else 1)
            before = wide
    return nn.Sequential(layers)


def started(network: nn.Module) -> None:
    """Draw the weights of a network that is to be trained from nothing."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    for module in network.modules():
        if isinstance(module, Block):
            # Every block starts as its short cut (Goyal et al. 2017).
            nn.init.zeros_(module.second_norm.weight)


class MappedResNet(nn.Module):
    """Backbone and a 1×1 convolution giving one activation map a label; a logit is the mean of its map.

    ``auxiliary`` labels are learnt beside the others to shape the features, and are dropped at export.
    """

    def __init__(self, width: int, labels: int, auxiliary: int = 0) -> None:
        super().__init__()
        self.backbone = backbone(width)
        self.drop = nn.Dropout2d(0.1)
        self.head = nn.Conv2d(8 * width, labels, 1)
        self.auxiliary_head = nn.Conv2d(8 * width, auxiliary, 1) if auxiliary else None
        started(self)
        nn.init.normal_(self.head.weight, std=0.02)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) float32 → logits (n, labels), map (n, labels, h / 32, w / 32)."""
        activation: Tensor = self.head(self.drop(self.backbone(picture)))
        return activation.mean((2, 3)), activation

    def training_logits(self, picture: Tensor) -> Tensor:
        """(n, 1, h, w) float32 → (n, labels + auxiliary)."""
        features = self.drop(self.backbone(picture))
        logits: Tensor = self.head(features).mean((2, 3))
        if self.auxiliary_head is None:
            return logits
        return torch.cat([logits, self.auxiliary_head(features).mean((2, 3))], 1)
