"""A grader of the lungs: the same few weights look at each of six zones, so that every graded picture teaches six times."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.architectures.residual import backbone

ROWS, COLUMNS = 3, 2
ASPECTS = 3
"""What is graded of a zone: consolidation by Brixia's scale, how much of it is affected, how dense it is."""
LEAST_SHARE = 1e-4


class ZonedResNet(nn.Module):
    """Backbone, the mean of its features over each zone of a picture that the lungs fill, and one logit a zone and aspect.

    ``auxiliary`` labels are learnt from the whole picture's features beside the grades to shape them, and are dropped at export.
    """

    def __init__(self, width: int, auxiliary: int = 0) -> None:
        super().__init__()
        self.backbone = backbone(width)
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(8 * width, ASPECTS)
        self.auxiliary_head = nn.Linear(8 * width, auxiliary) if auxiliary else None
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        nn.init.normal_(self.head.weight, std=0.02)

    def _zones(self, features: Tensor) -> Tensor:
        """(n, channels, h, w) → (n, 6, channels), zones A to F: the picture's left column downwards, then its right."""
        pooled = functional.adaptive_avg_pool2d(features, (ROWS, COLUMNS))
        return pooled.flatten(2).transpose(1, 2)[:, [0, 2, 4, 1, 3, 5]]

    def _grades(self, features: Tensor) -> Tensor:
        share = torch.sigmoid(self.head(self.drop(self._zones(features))))
        zones, extent, opacity = share.unbind(2)
        # Scores of the whole are sums over the zones, so as shares of their maxima they are means.
        whole = torch.stack([extent.mean(1), opacity.mean(1), zones.mean(1)], 1)
        grades = torch.cat([whole, zones], 1).clamp(LEAST_SHARE, 1.0 - LEAST_SHARE)
        return torch.log(grades / (1.0 - grades))

    def forward(self, picture: Tensor) -> Tensor:
        """(n, 1, h, w) → (n, 9) log odds of the share of the maximum: geographic extent, opacity, Brixia's total, zones A to F."""
        return self._grades(self.backbone(picture))

    def training_logits(self, picture: Tensor) -> tuple[Tensor, Tensor | None]:
        """(n, 1, h, w) → (n, 9) and the auxiliary logits (n, auxiliary) or None."""
        features = self.backbone(picture)
        if self.auxiliary_head is None:
            return self._grades(features), None
        return self._grades(features), self.auxiliary_head(self.drop(features.mean((2, 3))))
