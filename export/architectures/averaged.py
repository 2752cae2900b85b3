"""A network that tells its labels by means over all of what a backbone sees, as backbones that begin from photographs have learnt to.

Asked for a peak instead it learns some hundred pictures by heart and forgets what it knew. A logit is the mean of its map (Zhou et al.
2016), which joins both levels: the coarser one knows more, the finer one where.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.architectures.levels import EFFICIENTNET_LITE
from export.architectures.located import LevelsNetwork, Located

_DROPPED = 0.2


class AveragedNetwork(LevelsNetwork):
    """One linear layer over the means of both levels' features."""

    def __init__(self, width: int, labels: int, auxiliary: int = 0, *, backbone: str = EFFICIENTNET_LITE) -> None:
        super().__init__(width, auxiliary, backbone)
        self.drop = nn.Dropout2d(_DROPPED)
        self.head = nn.Conv2d(self.backbone.fine_channels + self.backbone.coarse_channels, labels, 1)
        assert self.head.bias is not None  # noqa: S101  (as made above)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def _activation(self, fine: Tensor, coarse: Tensor) -> Tensor:
        enlarged = functional.interpolate(coarse, scale_factor=2.0, mode="nearest")
        said: Tensor = self.head(self.drop(torch.cat([fine, enlarged], 1)))
        return said

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) float32, both sides multiples of 32 → logits (n, labels), map (n, labels, h / 16, w / 16).

        Once it is settled, and where it looks both ways, as ``LocatedNetwork``.
        """
        fine, coarse = self.backbone(torch.cat([picture, picture.flip(3)]) if self.both_ways else picture)
        if self.both_ways:
            count = picture.shape[0]
            fine, coarse = ((own[:count] + own[count:].flip(3)) / 2 for own in (fine, coarse))
        activation = self._activation(fine, coarse)
        logits = activation.mean((2, 3))
        if self.settled:
            logits = torch.cat([logits, self._distance(coarse)], 1)
        return logits, activation

    def training_outputs(self, picture: Tensor) -> Located:
        """See ``LevelsNetwork.training_outputs``; no reach is learnt, nor an outline."""
        fine, coarse = self.backbone(picture)
        activation = self._activation(fine, coarse)
        logits = activation.mean((2, 3))
        if self.auxiliary_head is not None:
            logits = torch.cat([logits, self.auxiliary_head(self.drop(coarse).mean((2, 3)))], 1)
        return Located(logits, activation, None, None, (fine, coarse))
