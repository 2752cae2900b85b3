"""A new finding told from the features of a network that already knows chests; those stay as they are.

Where few pictures of one hospital show the finding, learning everything anew bends the features to that hospital, and what is gained there
is lost elsewhere (Kumar et al. 2022, Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution).

Where in the lungs something lies says much, and it is seldom everywhere: a feature counts in each third of the height by itself, and where
it is strongest once more, which a patch lifts and a faint haze does not.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from export.architectures.levels import HALF_RESNET
from export.architectures.located import Located, LocatedNetwork

THIRDS = 3

Floats = NDArray[np.float32] | NDArray[np.float64]


def thirds(rows: int) -> Tensor:
    """(3, rows): 1 where a row of a map belongs to the upper, middle or lower third, else 0; the middle has what is left over."""
    edge = rows // THIRDS
    inside = torch.zeros(THIRDS, rows)
    inside[0, :edge], inside[1, edge : rows - edge], inside[2, rows - edge :] = 1.0, 1.0, 1.0
    return inside


class ProbedNetwork(LocatedNetwork):
    """One linear layer over the neck and the coarsest level: over their means in each third, and over their peaks.

    A logit is the mean of what the thirds say of it and what the peaks say; its map has both where they lie.
    """

    usual_peak: Tensor

    def __init__(self, width: int, labels: int, *, backbone: str = HALF_RESNET) -> None:
        super().__init__(width, labels, backbone=backbone)
        self.wide = self.neck.out_channels + self.backbone.coarse_channels
        self.told_by = (THIRDS + 1) * self.wide
        self.labels = labels
        self.head = nn.Conv2d(self.wide, labels * THIRDS, 1)
        self.peak_head = nn.Conv2d(self.wide, labels, 1, bias=False)
        self.register_buffer("usual_peak", torch.zeros(labels))
        assert self.head.bias is not None  # noqa: S101  (as made above)
        for weight in (self.head.weight, self.head.bias, self.peak_head.weight):
            nn.init.zeros_(weight)

    def _levels(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) → (n, wide, h / 16, w / 16), and the coarsest level; of both ways their means, the mirror image's turned back.

        The peak of what both ways see is less often chance than the peaks of each.
        """
        fine, coarse = self.backbone(torch.cat([picture, picture.flip(3)]) if self.both_ways else picture)
        enlarged = functional.interpolate(coarse, scale_factor=2.0, mode="nearest")
        wide = torch.cat([self._neck(fine, coarse), enlarged], 1)
        if self.both_ways:
            count = picture.shape[0]
            wide, coarse = ((own[:count] + own[count:].flip(3)) / 2 for own in (wide, coarse))
        return wide, coarse

    def told(self, picture: Tensor) -> Tensor:
        """(n, 1, h, w) float32 → (n, told_by), what the last layer goes by.

        Third by third from the top the share that its cells have in a feature's mean over all cells, then every feature's peak.
        """
        wide = self._levels(picture)[0].float()
        inside = thirds(wide.shape[2]).to(wide)
        shares = torch.einsum("nch,bh->nbc", wide.mean(3), inside / wide.shape[2])
        return torch.cat([shares.flatten(1), wide.amax((2, 3))], 1)

    def take(self, mean: Floats, spread: Floats, weight: Floats, bias: Floats, rows: int) -> None:
        """(labels, told_by) weights and (labels,) biases over features brought to one scale by their (told_by,) ``mean`` and ``spread``.

        ``rows`` is how many the map had where these were taken. A third's map is about the bias where its features are as they are on
        average.
        """
        scaled = np.asarray(weight, dtype=np.float64) / spread
        by_third = (self.labels, THIRDS, self.wide)
        areas, peaks = np.split(scaled, [THIRDS * self.wide], axis=1)
        usual = (scaled * mean)[:, : THIRDS * self.wide].reshape(by_third).sum(2) / thirds(rows).mean(1).numpy()
        assert self.head.bias is not None  # noqa: S101
        self.head.weight.copy_(torch.from_numpy(areas.reshape(-1, self.wide, 1, 1)))
        self.head.bias.copy_(torch.from_numpy((np.asarray(bias)[:, None] - usual).ravel()))
        self.peak_head.weight.copy_(torch.from_numpy(peaks[:, :, None, None]))
        self.usual_peak.copy_(torch.from_numpy(peaks @ np.asarray(mean, dtype=np.float64)[THIRDS * self.wide :]))

    def _said(self, wide: Tensor) -> tuple[Tensor, Tensor]:
        """(n, wide, h, w) → logits (n, labels), map (n, labels, h, w)."""
        said: Tensor = self.head(wide)
        said = said.reshape(said.shape[0], self.labels, THIRDS, *said.shape[2:])
        activation = (said * thirds(said.shape[3]).to(said)[None, None, :, :, None]).sum(2)
        peak: Tensor = self.peak_head(wide.amax((2, 3), keepdim=True))
        return activation.mean((2, 3)) + peak.flatten(1) - self.usual_peak, activation + self.peak_head(wide)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) float32, both sides multiples of 32 → logits (n, labels), map (n, labels, h / 16, w / 16).

        Once it is settled, and where it looks both ways, as ``LocatedNetwork``.
        """
        wide, coarse = self._levels(picture)
        logits, activation = self._said(wide)
        if self.settled:
            logits = torch.cat([logits, self._distance(coarse)], 1)
        return logits, activation

    def training_outputs(self, picture: Tensor) -> Located:
        """See ``LevelsNetwork.training_outputs``, for what it teaches others: it is not learnt by steps."""
        wide, coarse = self._levels(picture)
        logits, activation = self._said(wide)
        return Located(logits, activation, None, None, (wide, coarse))
