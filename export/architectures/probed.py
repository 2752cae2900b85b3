"""A new finding told from the features of a network that already knows chests; those stay as they are.

Where few pictures of one hospital show the finding, learning everything anew bends the features to that hospital, and what is gained there
is lost elsewhere (Kumar et al. 2022, Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution).

What is told says where in the lungs it lies, and is seldom everywhere: a feature counts in each third of the height by itself, and its
square beside it, which a strong patch lifts and a faint haze does not.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from export.architectures.levels import HALF_RESNET
from export.architectures.located import LocatedNetwork

THIRDS = 3

Floats = NDArray[np.float32] | NDArray[np.float64]


def thirds(rows: int) -> Tensor:
    """(3, rows): 1 where a row of a map belongs to the upper, middle or lower third, else 0; the middle has what is left over."""
    edge = rows // THIRDS
    inside = torch.zeros(THIRDS, rows)
    inside[0, :edge], inside[1, edge : rows - edge], inside[2, rows - edge :] = 1.0, 1.0, 1.0
    return inside


class ProbedNetwork(LocatedNetwork):
    """One linear layer over the neck and the coarsest level and their squares, another in each third. A logit is the mean of its map."""

    def __init__(self, width: int, labels: int, *, backbone: str = HALF_RESNET) -> None:
        super().__init__(width, labels, backbone=backbone)
        self.wide = self.neck.out_channels + self.backbone.coarse_channels
        self.told_by = THIRDS * 2 * self.wide
        self.labels = labels
        self.head = nn.Conv2d(self.wide, labels * THIRDS, 1)
        # By itself: eight bits for both would have to reach as far as the squares do.
        self.square_head = nn.Conv2d(self.wide, labels * THIRDS, 1, bias=False)
        for own in (self.head, self.square_head):
            nn.init.zeros_(own.weight)
        assert self.head.bias is not None  # noqa: S101  (as made above)
        nn.init.zeros_(self.head.bias)

    def _levels(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) → (n, wide, h / 16, w / 16), and the coarsest level."""
        fine, coarse = self.backbone(picture)
        enlarged = functional.interpolate(coarse, scale_factor=2.0, mode="nearest")
        return torch.cat([self._neck(fine, coarse), enlarged], 1), coarse

    def means(self, picture: Tensor) -> Tensor:
        """(n, 1, h, w) float32 → (n, told_by), what the last layer goes by.

        Third by third from the top the share that its cells have in the mean over all cells, of each feature, then of each square.
        """
        wide = self._levels(picture)[0].float()
        inside = thirds(wide.shape[2]).to(wide)
        both = torch.cat([wide, wide.square()], 1).mean(3)
        return torch.einsum("nch,bh->nbc", both, inside / wide.shape[2]).flatten(1)

    def take(self, mean: Floats, spread: Floats, weight: Floats, bias: Floats, rows: int) -> None:
        """(labels, told_by) weights and (labels,) biases over features brought to one scale by their (told_by,) ``mean`` and ``spread``.

        ``rows`` is how many the map had where these were taken. A third's map is about 0 where its features are as they are on average.
        """
        scaled = np.asarray(weight, dtype=np.float64) / spread
        shares = thirds(rows).mean(1).numpy()
        usual = (scaled * mean).reshape(self.labels, THIRDS, -1).sum(2) / shares
        both = torch.from_numpy(scaled.reshape(self.labels * THIRDS, 2, self.wide, 1, 1)).float()
        assert self.head.bias is not None  # noqa: S101
        self.head.weight.copy_(both[:, 0])
        self.square_head.weight.copy_(both[:, 1])
        self.head.bias.copy_(torch.from_numpy(np.asarray(bias)[:, None] - usual).float().flatten())

    def _activation(self, wide: Tensor) -> Tensor:
        """(n, wide, h, w) → (n, labels, h, w): in every row what its third's layer says."""
        said: Tensor = self.head(wide) + self.square_head(wide * wide)
        said = said.reshape(said.shape[0], self.labels, THIRDS, *said.shape[2:])
        return (said * thirds(said.shape[3]).to(said)[None, None, :, :, None]).sum(2)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) float32, both sides multiples of 32 → logits (n, labels), map (n, labels, h / 16, w / 16).

        Once it is settled, and where it looks both ways, as ``LocatedNetwork``.
        """
        wide, coarse = self._levels(torch.cat([picture, picture.flip(3)]) if self.both_ways else picture)
        activation = self._activation(wide)
        if self.both_ways:
            count = picture.shape[0]
            activation = (activation[:count] + activation[count:].flip(3)) / 2
            coarse = (coarse[:count] + coarse[count:].flip(3)) / 2
        logits = activation.mean((2, 3))
        if self.settled:
            logits = torch.cat([logits, self._distance(coarse)], 1)
        return logits, activation
