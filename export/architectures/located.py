"""A network that says of each label where it lies and how far it reaches, on a map of one sixteenth of the input.

The map is fine enough for a small thing. Its neck joins the two coarsest levels of a backbone as a feature pyramid does (Lin et al. 2017).
A logit is the log-mean-exp of its map (Pinheiro and Collobert 2015): between mean and maximum, so that a small finding is not drowned by
the lung around it. Every cell also says how far the finding in it reaches to all four sides, without anchors (Tian et al. 2019).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from edge_app.reading.card import SIDES
from export.architectures.levels import BACKBONES, HALF_RESNET
from export.architectures.residual import started

SHARPNESS = 2.0
MAP_STRIDE = 16
_SURELY_NOT = -2.0
_LEAST_SPREAD = 0.1
_MIRRORED = [2, 1, 0, 3]
_REACH = -1.5
"""A finding reaches a fifth of the picture to each side until more is known."""


def pooled(activation: Tensor) -> Tensor:
    """(n, labels, h, w) → (n, labels): log-mean-exp with ``SHARPNESS``."""
    flat = activation.flatten(2) * SHARPNESS
    return (torch.logsumexp(flat, 2) - math.log(flat.shape[2])) / SHARPNESS


@dataclass(frozen=True)
class Located:
    """What the network says in training.

    Attributes:
        logits: (n, labels + auxiliary).
        activation: (n, labels, h / 16, w / 16), the map that the first logits are pooled from.
        reach: (n, labels, 4, h / 16, w / 16) in 0…1, how far the finding reaches from the middle of a cell to the left, top, right and
            bottom, as shares of the picture's sides; None of a network that does not tell it.
        outlines: (n, structures, h / 16, w / 16) logits of the anatomy, where it is learnt beside.
        features: of the neck and of the coarsest level, (n, channels, …).
    """

    logits: Tensor
    activation: Tensor
    reach: Tensor | None
    outlines: Tensor | None
    features: tuple[Tensor, Tensor]


class LevelsNetwork(nn.Module):
    """Two levels of a backbone, and how far a picture's features are from those it learnt from.

    ``auxiliary`` labels are learnt beside the labels to shape the features, and are dropped at export.
    """

    whitening: Tensor
    centres: Tensor

    def __init__(self, width: int, auxiliary: int, backbone: str) -> None:
        super().__init__()
        self.backbone = BACKBONES[backbone](width)
        self.auxiliary_head = nn.Linear(self.backbone.coarse_channels, auxiliary) if auxiliary else None
        self.outline_head: nn.Conv2d | None = None
        self.settled = self.both_ways = False

    def training_outputs(self, picture: Tensor) -> Located:
        """(n, 1, h, w) float32, as ``forward`` → everything that is learnt."""
        raise NotImplementedError

    def settle(self, features: Tensor, sources: Tensor) -> None:
        """From now on ``forward`` gives one logit more: how far a picture is from those whose features these are.

        ``features`` (n, channels) are the means over the coarsest level, ``sources`` (n,) which pictures belong together.
        """
        groups = [features[sources == source].double() for source in torch.unique(sources).tolist()]
        centres = torch.stack([own.mean(0) for own in groups])
        within = torch.cat([own - own.mean(0) for own in groups])
        values, vectors = torch.linalg.eigh(within.T @ within / len(within))
        # The floor keeps what hardly varies, and what eight bits make of it, from deciding everything.
        scale = torch.rsqrt(values.clamp(min=0.0) + _LEAST_SPREAD * values.mean())
        whitening = vectors * scale
        self.register_buffer("whitening", whitening.float())
        self.register_buffer("centres", (centres @ whitening).float())
        self.settled = True

    def _distance(self, coarse: Tensor) -> Tensor:
        """(n, channels, h, w) → (n, 1): the logarithm of the distance to the nearest centre."""
        whitened = coarse.mean((2, 3)) @ self.whitening
        apart = torch.linalg.vector_norm(whitened[:, None] - self.centres[None], dim=2)
        return torch.log(apart.amin(1, keepdim=True) + 1e-6)


class LocatedNetwork(LevelsNetwork):
    """``outlines`` are learnt beside the labels as well, and dropped too."""

    def __init__(self, width: int, labels: int, auxiliary: int = 0, *, outlines: int = 0, backbone: str = HALF_RESNET) -> None:
        super().__init__(width, auxiliary, backbone)
        levels, neck = self.backbone, 4 * width
        self.fine = nn.Conv2d(levels.fine_channels, neck, 1, bias=False)
        self.coarse = nn.Conv2d(levels.coarse_channels, neck, 1, bias=False)
        self.join_norm = nn.BatchNorm2d(neck)
        self.neck = nn.Conv2d(neck, neck, 3, padding=1, bias=False)
        self.neck_norm = nn.BatchNorm2d(neck)
        self.drop = nn.Dropout2d(0.1)
        self.head = nn.Conv2d(neck, labels, 1)
        self.reach_head = nn.Conv2d(neck, SIDES * labels, 1)
        self.outline_head = nn.Conv2d(neck, outlines, 1) if outlines else None
        started(self)
        for head, bias in ((self.head, _SURELY_NOT), (self.reach_head, _REACH)):
            nn.init.normal_(head.weight, std=0.02)
            assert head.bias is not None  # noqa: S101  (as made above)
            nn.init.constant_(head.bias, bias)

    def _neck(self, fine: Tensor, coarse: Tensor) -> Tensor:
        enlarged = functional.interpolate(self.coarse(coarse), scale_factor=2.0, mode="nearest")
        joined = functional.relu(self.join_norm(self.fine(fine) + enlarged))
        return functional.relu(self.neck_norm(self.neck(joined)))

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) float32, both sides multiples of 32 → logits (n, labels), map (n, 5 × labels, h / 16, w / 16).

        Of the map first every label's own, then of every label the logits of its reach to the left, top, right and bottom. Once it is
        settled, a last logit is the logarithm of how far the picture is from those it learnt from. Where it looks ``both_ways``, all are
        means of the picture's and of its mirror image's, turned back; each way is pooled by itself, lest a peak that one way alone sees
        drown in the mean.
        """
        fine, coarse = self.backbone(torch.cat([picture, picture.flip(3)]) if self.both_ways else picture)
        neck = self.drop(self._neck(fine, coarse))
        activation, reach = self.head(neck), self.reach_head(neck)
        logits = pooled(activation)
        if self.both_ways:
            count = picture.shape[0]
            logits = (logits[:count] + logits[count:]) / 2
            turned = reach[count:].flip(3)
            # What reaches to the left in a mirror image reaches to the right.
            swapped = turned.reshape(count, -1, SIDES, *turned.shape[2:])[:, :, _MIRRORED].reshape(turned.shape)
            activation, reach = (activation[:count] + activation[count:].flip(3)) / 2, (reach[:count] + swapped) / 2
            coarse = (coarse[:count] + coarse[count:].flip(3)) / 2
        if self.settled:
            logits = torch.cat([logits, self._distance(coarse)], 1)
        return logits, torch.cat([activation, reach], 1)

    def training_outputs(self, picture: Tensor) -> Located:
        """(n, 1, h, w) float32, as ``forward`` → everything that is learnt."""
        fine, coarse = self.backbone(picture)
        neck = self._neck(fine, coarse)
        shown = self.drop(neck)
        activation = self.head(shown)
        logits = pooled(activation)
        if self.auxiliary_head is not None:
            logits = torch.cat([logits, self.auxiliary_head(self.drop(coarse).mean((2, 3)))], 1)
        reach = torch.sigmoid(self.reach_head(shown))
        reach = reach.reshape(reach.shape[0], -1, SIDES, *reach.shape[2:])
        outlines = None if self.outline_head is None else self.outline_head(shown)
        return Located(logits, activation, reach, outlines, (neck, coarse))
