"""MobileNetV3-Large for one grey channel (Howard et al. 2019), to a sixteenth and a thirty-second of a picture."""

import torch
from torch import Tensor, nn

from export.architectures.two_levels import Levels

_EPS, _MOMENTUM = 1e-3, 0.01


class _Squeeze(nn.Module):
    """Scales every channel by what the mean of all of them says (Hu et al. 2018)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(8, (channels // 4 + 4) // 8 * 8)
        self.down, self.up = nn.Conv2d(channels, inner, 1), nn.Conv2d(inner, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """(n, channels, h, w) → the same shape."""
        means = features.mean((2, 3), keepdim=True)
        scale: Tensor = nn.functional.hardsigmoid(self.up(nn.functional.relu(self.down(means))))
        return features * scale


def _convolution(channels_in: int, channels_out: int, kernel: int, stride: int, groups: int, activation: nn.Module) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(channels_out, eps=_EPS, momentum=_MOMENTUM),
        activation,
    )


class _Inverted(nn.Module):
    """Widen, look around each channel by itself, narrow; with a short cut where the shape stays."""

    def __init__(self, channels: int, kernel: int, wide: int, out: int, *, squeeze: bool, smooth: bool, stride: int) -> None:
        super().__init__()
        kind = nn.Hardswish if smooth else nn.ReLU
        layers: list[nn.Module] = [] if wide == channels else [_convolution(channels, wide, 1, 1, 1, kind())]
        layers.append(_convolution(wide, wide, kernel, stride, wide, kind()))
        if squeeze:
            layers.append(_Squeeze(wide))
        layers.append(_convolution(wide, out, 1, 1, 1, nn.Identity()))
        self.layers = nn.Sequential(*layers)
        self.short = stride == 1 and channels == out

    def forward(self, features: Tensor) -> Tensor:
        """(n, channels, h, w) → (n, out, h / stride, w / stride)."""
        made: Tensor = self.layers(features)
        return torch.add(features, made) if self.short else made


# Kernel, widened channels, channels, squeeze, smooth activation, stride: table 1 of the paper.
_FINE = (
    (3, 16, 16, False, False, 1), (3, 64, 24, False, False, 2), (3, 72, 24, False, False, 1), (5, 72, 40, True, False, 2),
    (5, 120, 40, True, False, 1), (5, 120, 40, True, False, 1), (3, 240, 80, False, True, 2), (3, 200, 80, False, True, 1),
    (3, 184, 80, False, True, 1), (3, 184, 80, False, True, 1), (3, 480, 112, True, True, 1), (3, 672, 112, True, True, 1),
)  # fmt: skip
_COARSE = ((5, 672, 160, True, True, 2), (5, 960, 160, True, True, 1), (5, 960, 160, True, True, 1))
_LAST = 960


class MobileNetV3(Levels):
    """See ``Levels``; the width is the network's own."""

    def __init__(self, _width: int) -> None:
        super().__init__()
        self.fine_channels, self.coarse_channels = 112, _LAST
        channels = 16
        self.stem = _convolution(1, channels, 3, 2, 1, nn.Hardswish())
        parts = []
        for table in (_FINE, _COARSE):
            layers: list[nn.Module] = []
            for kernel, wide, out, squeeze, smooth, stride in table:
                layers.append(_Inverted(channels, kernel, wide, out, squeeze=squeeze, smooth=smooth, stride=stride))
                channels = out
            parts.append(nn.Sequential(*layers))
        self.fine, self.coarse = parts
        self.last = _convolution(channels, _LAST, 1, 1, 1, nn.Hardswish())

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Levels.forward``."""
        fine = self.fine(self.stem(picture))
        return fine, self.last(self.coarse(fine))
