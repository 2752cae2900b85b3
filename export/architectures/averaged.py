"""A network that tells its labels by means over all of what a backbone sees, as backbones that begin from photographs have learnt to.

Asked for a peak instead it learns some hundred pictures by heart and forgets what it knew. A logit is the mean of its map (Zhou et al.
2016), which joins both levels: the coarser one knows more, the finer one where.
"""

from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.architectures.levels import EFFICIENTNET_LITE
from export.architectures.located import LevelsNetwork, Located

_DROPPED = 0.2
_HIDDEN = 64


class AveragedNetwork(LevelsNetwork):
    """One linear layer over the means of both levels' features.

    With ``places`` a small network of its own beside it tells from the same features where each label lies; it alone learns then, so that
    what is told, and how surely, stays what it was.
    """

    def __init__(self, width: int, labels: int, auxiliary: int = 0, *, backbone: str = EFFICIENTNET_LITE, places: bool = False) -> None:
        super().__init__(width, auxiliary, backbone)
        self.drop = nn.Dropout2d(_DROPPED)
        self.head = nn.Conv2d(self.backbone.fine_channels + self.backbone.coarse_channels, labels, 1)
        assert self.head.bias is not None  # noqa: S101  (as made above)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.places = _places(self.head.in_channels, labels) if places else None

    def train(self, mode: bool = True) -> Self:
        """See ``nn.Module.train``; where places are learnt nothing else is."""
        super().train(mode)
        if self.places is not None:
            for own in self.children():
                if own is not self.places:
                    own.eval().requires_grad_(requires_grad=False)
        return self

    def _joined(self, fine: Tensor, coarse: Tensor) -> Tensor:
        return torch.cat([fine, functional.interpolate(coarse, scale_factor=2.0, mode="nearest")], 1)

    def _activation(self, fine: Tensor, coarse: Tensor) -> Tensor:
        said: Tensor = self.head(self.drop(self._joined(fine, coarse)))
        return said

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) float32, both sides multiples of 32 → logits (n, labels), map (n, labels, h / 16, w / 16).

        Behind the labels' own maps come those of where they lie, where that is told. Once it is settled, and where it looks both ways, as
        ``LocatedNetwork``.
        """
        fine, coarse = self.backbone(torch.cat([picture, picture.flip(3)]) if self.both_ways else picture)
        if self.both_ways:
            count = picture.shape[0]
            fine, coarse = ((own[:count] + own[count:].flip(3)) / 2 for own in (fine, coarse))
        return self.said(fine, coarse)

    def said(self, fine: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor]:
        """What ``forward`` says once it has seen both levels."""
        activation = self._activation(fine, coarse)
        logits = activation.mean((2, 3))
        if self.settled:
            logits = torch.cat([logits, self._distance(coarse)], 1)
        if self.places is not None:
            activation = torch.cat([activation, self.places(self._joined(fine, coarse))], 1)
        return logits, activation

    def training_outputs(self, picture: Tensor) -> Located:
        """See ``LevelsNetwork.training_outputs``; no reach is learnt, nor an outline. Where places are, the map is theirs."""
        fine, coarse = self.backbone(picture)
        activation = self._activation(fine, coarse)
        logits = activation.mean((2, 3))
        if self.auxiliary_head is not None:
            logits = torch.cat([logits, self.auxiliary_head(self.drop(coarse).mean((2, 3)))], 1)
        if self.places is not None:
            activation = self.places(self.drop(self._joined(fine, coarse)))
        return Located(logits, activation, None, None, (fine, coarse))


def _places(channels: int, labels: int) -> nn.Sequential:
    return nn.Sequential(nn.BatchNorm2d(channels), nn.Conv2d(channels, _HIDDEN, 1), nn.ReLU(), nn.Conv2d(_HIDDEN, labels, 3, padding=1))
