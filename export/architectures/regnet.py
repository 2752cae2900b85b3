"""RegNetX of 400 million multiplications at 224² (Radosavovic et al. 2020) for one grey channel: plain ReLU, grouped convolutions."""

from torch import Tensor, nn
from torch.nn import functional

from export.architectures.two_levels import Levels

_GROUP = 16
_STAGES = ((1, 32), (2, 64), (7, 160), (12, 384))
"""Blocks and channels of each stage, every one halving the picture."""


class _Block(nn.Module):
    """1×1, grouped 3×3 and 1×1 convolutions of one width, and a short cut."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels_in, channels_out, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(channels_out)
        self.second = nn.Conv2d(channels_out, channels_out, 3, stride, 1, groups=channels_out // _GROUP, bias=False)
        self.second_norm = nn.BatchNorm2d(channels_out)
        self.third = nn.Conv2d(channels_out, channels_out, 1, bias=False)
        self.third_norm = nn.BatchNorm2d(channels_out)
        self.short_cut: nn.Module = nn.Identity()
        if stride != 1 or channels_in != channels_out:
            self.short_cut = nn.Sequential(nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), nn.BatchNorm2d(channels_out))

    def forward(self, features: Tensor) -> Tensor:
        """(n, channels_in, h, w) → (n, channels_out, h / stride, w / stride), ≥ 0."""
        hidden = functional.relu(self.first_norm(self.first(features)))
        hidden = functional.relu(self.second_norm(self.second(hidden)))
        return functional.relu(self.third_norm(self.third(hidden)) + self.short_cut(features))


class RegNetX(Levels):
    """See ``Levels``; the width is the network's own."""

    def __init__(self, _width: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU())
        channels, stages = 32, []
        for blocks, wide in _STAGES:
            layers = [_Block(channels if turn == 0 else wide, wide, 2 if turn == 0 else 1) for turn in range(blocks)]
            stages.append(nn.Sequential(*layers))
            channels = wide
        self.fine = nn.Sequential(*stages[:3])
        self.coarse = stages[3]
        self.fine_channels, self.coarse_channels = _STAGES[2][1], _STAGES[3][1]

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Levels.forward``."""
        fine = self.fine(self.stem(picture))
        return fine, self.coarse(fine)
