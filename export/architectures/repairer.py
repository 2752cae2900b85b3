"""A network that repairs a picture until nothing is broken on it, one that tells whether it looks natural, and what ships of both.

The generator is a U-Net with skips (Akçay et al. 2019, Skip-GANomaly) that says where something is to change and by how much, so that it
begins with changing nothing and eight bits blur nothing that it leaves alone.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.architectures.averaged import AveragedNetwork
from export.architectures.located import MAP_STRIDE
from export.architectures.outliner import Rise, UNet
from export.architectures.residual import started

_SLOPE = 0.2
_SMOOTHED = 5
_MOST_CHANGED = 0.6
"""Of the whole range of greys: by no more is a pixel ever changed."""


class Generator(UNet):
    """(n, 1, h, w) grey in 0…1, h and w multiples of 32 → (n, 1, h, w), the picture repaired, in 0…1."""

    def __init__(self, width: int, mean: float, std: float) -> None:
        super().__init__(width)
        self.mean, self.std = mean, std
        wide = max(8, self.channels // 2)
        # What is broken is a pixel or two wide, so the last step up sees the picture itself.
        self.last = Rise(self.channels, 1, wide)
        self.head = nn.Conv2d(wide, 2, 3, padding=1)
        started(self)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None  # noqa: S101  (as made above)
        nn.init.zeros_(self.head.bias)

    def forward(self, grey: Tensor) -> Tensor:
        """See the class."""
        return self.both(grey)[0]

    def both(self, grey: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) grey → the picture repaired, and (n, 1, h, w) logits of where something is to change."""
        picture = (grey - self.mean) / self.std
        change, where = self.head(self.last(self.risen(picture), picture)).split(1, dim=1)
        repaired = torch.clamp(grey + torch.sigmoid(where) * torch.clamp(change, -_MOST_CHANGED, _MOST_CHANGED), 0.0, 1.0)
        return repaired, where


class Discriminator(nn.Module):
    """(n, 1, h, w) grey in 0…1 → (n, 1) logit of looking natural, and the features it goes by, (n, channels, h / 32, w / 32)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 1
        for level in range(5):
            wide = width * min(8, 2**level)
            layers += [nn.Conv2d(channels, wide, 4, 2, 1, bias=not level), *([nn.BatchNorm2d(wide)] if level else []), nn.LeakyReLU(_SLOPE)]
            channels = wide
        self.features = nn.Sequential(*layers)
        # What is unnatural lies in one place: a mean over the picture would bury it.
        self.head = nn.Linear(2 * channels, 1)

    def forward(self, grey: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        features = self.features(2.0 * grey - 1.0)
        return self.head(torch.cat([features.mean((2, 3)), features.amax((2, 3))], 1)), features


class RepairedNetwork(nn.Module):
    """A classifier that has been trained, and a generator that has learnt from it; the classifier's share never changes."""

    def __init__(self, classifier: AveragedNetwork, width: int, mean: float, std: float) -> None:
        super().__init__()
        self.classifier = classifier
        self.generator = Generator(width, mean, std)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) float32 as a recipe shows it → logits (n, labels), map (n, labels + 2, h, w).

        Of the map first every label's own, as fine as the picture, then by how much each pixel changes, a little smoothed, and the picture
        repaired, both in 0…1.
        """
        logits, activation = self.classifier(picture)
        fine = functional.interpolate(activation, scale_factor=float(MAP_STRIDE), mode="bilinear", align_corners=False)
        grey = torch.clamp(picture * self.generator.std + self.generator.mean, 0.0, 1.0)
        repaired = self.generator(grey)
        changed = functional.avg_pool2d((repaired - grey).abs(), _SMOOTHED, stride=1, padding=_SMOOTHED // 2)
        return logits, torch.cat([fine, changed, repaired], 1)
