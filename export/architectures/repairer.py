"""A network that repairs a picture until nothing is broken on it, one that tells whether it looks natural, and what ships of both.

Where something is to change is told from what the classifier saw, in all its levels: its last features have seen all of the picture and
say nothing of where. The generator is a U-Net with skips (Akçay et al. 2019, Skip-GANomaly) that says by how much each pixel there is to
change, so that it begins with changing nothing and eight bits blur nothing that it leaves alone.
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
_MOST_CHANGED = 0.2
"""Of the whole range of greys: by no more is a pixel ever changed."""
_WHERE = (64, 48, 32)
_NOWHERE = -3.0


class Where(nn.Module):
    """From a classifier's levels to where on the picture that lies by which it goes: a way up as a U-Net has it, ending at a quarter."""

    def __init__(self, quarter: int, eighth: int, fine: int, coarse: int) -> None:
        super().__init__()
        self.to_fine = Rise(coarse, fine, _WHERE[0])
        self.to_eighth = Rise(_WHERE[0], eighth, _WHERE[1])
        self.to_quarter = Rise(_WHERE[1], quarter, _WHERE[2])
        self.head = nn.Conv2d(_WHERE[2], 1, 3, padding=1)
        started(self)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None  # noqa: S101  (as made above)
        nn.init.constant_(self.head.bias, _NOWHERE)

    def forward(self, levels: tuple[Tensor, Tensor, Tensor, Tensor]) -> Tensor:
        """What ``Levels.pyramid`` gives → (n, 1, h, w) logits."""
        quarter, eighth, fine, coarse = levels
        risen = self.to_quarter(self.to_eighth(self.to_fine(coarse, fine), eighth), quarter)
        return functional.interpolate(self.head(risen), scale_factor=4.0, mode="bilinear", align_corners=False)


class Generator(UNet):
    """(n, 1, h, w) grey in 0…1 and (n, 1, h, w) in 0…1 of where it may change → (n, 1, h, w), the picture repaired, in 0…1.

    h and w are multiples of 32.
    """

    def __init__(self, width: int, mean: float, std: float) -> None:
        super().__init__(width, 2)
        self.mean, self.std = mean, std
        wide = max(8, self.channels // 2)
        # What is broken is a pixel or two wide, so the last step up sees the picture itself.
        self.last = Rise(self.channels, 2, wide)
        self.head = nn.Conv2d(wide, 1, 3, padding=1)
        started(self)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None  # noqa: S101  (as made above)
        nn.init.zeros_(self.head.bias)

    def forward(self, grey: Tensor, where: Tensor) -> Tensor:
        """See the class."""
        seen = torch.cat([(grey - self.mean) / self.std, where], 1)
        change = self.head(self.last(self.risen(seen), seen))
        repaired: Tensor = torch.clamp(grey + where * torch.clamp(change, -_MOST_CHANGED, _MOST_CHANGED), 0.0, 1.0)
        return repaired


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


class Repairer(nn.Module):
    """Where something is to change, and the generator that changes it there."""

    def __init__(self, where: Where, generator: Generator) -> None:
        super().__init__()
        self.where, self.generator = where, generator

    def forward(self, grey: Tensor, levels: tuple[Tensor, Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) grey in 0…1 and what the classifier saw of it → the picture repaired, (n, 1, h, w) logits of where.

        What is learnt from the repaired picture does not reach back to where.
        """
        where = self.where(levels)
        return self.generator(grey, torch.sigmoid(where).detach()), where


class RepairedNetwork(nn.Module):
    """A classifier that has been trained, and what has learnt from it; the classifier's share never changes."""

    def __init__(self, classifier: AveragedNetwork, width: int, mean: float, std: float) -> None:
        super().__init__()
        self.classifier = classifier
        backbone = classifier.backbone
        assert backbone.finer_channels is not None  # noqa: S101  (of the backbones that ship)
        where = Where(*backbone.finer_channels, backbone.fine_channels, backbone.coarse_channels)
        self.repairer = Repairer(where, Generator(width, mean, std))

    def grey(self, picture: Tensor) -> Tensor:
        """(n, 1, h, w) as a recipe shows it → the same in 0…1."""
        generator = self.repairer.generator
        return torch.clamp(picture * generator.std + generator.mean, 0.0, 1.0)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) float32 as a recipe shows it → logits (n, labels), map (n, labels + 2, h, w).

        Of the map first where the first label lies, as logits, then the other labels' own, as fine as the picture, then by how much each
        pixel changes, a little smoothed, and the picture repaired, both in 0…1.
        """
        levels = self.classifier.backbone.pyramid(picture)
        logits, activation = self.classifier.said(levels[2], levels[3])
        grey = self.grey(picture)
        repaired, where = self.repairer(grey, levels)
        changed = functional.avg_pool2d((repaired - grey).abs(), _SMOOTHED, stride=1, padding=_SMOOTHED // 2)
        parts = [where, changed, repaired]
        if logits.shape[1] > 1:
            others = functional.interpolate(activation[:, 1:], scale_factor=float(MAP_STRIDE), mode="bilinear", align_corners=False)
            parts.insert(1, others)
        return logits, torch.cat(parts, 1)
