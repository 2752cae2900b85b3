"""A network that takes out of a picture what none of its training pictures showed: made anew, held against it, and painted over.

One part makes the picture anew through a bottleneck too narrow for what it has never seen (Schlegl et al. 2017 had a generator do so, for
anomalies). Where that differs, the picture is taken to be covered, and a second part, with skips, paints what lies beneath from what is
around. Both learn from pictures on which nothing is covered. Bones' edges and letters are not made anew either: which differences are
what is looked for, a third part can say, which learns it from pictures on which that is known.
"""

from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.architectures.outliner import Rise, UNet
from export.architectures.residual import backbone, started

_SMOOTHED = 5
_GROWN = 9
"""Pixels: what is around a difference is painted over with it, for metal blurs."""
_STEEP = 60.0
_JUDGED, _SPREADS = 32, (1, 2, 4)
_SELDOM = -3.0
_SUREST = 8
"""Cells of four pixels' side: as surely as on those something is covered at all. A share of the picture would take an edge for a screw."""
_LEAST = 1e-4


class Remade(nn.Module):
    """(n, 1, h, w) grey in 0…1, h and w multiples of 32 → (n, 1, h, w), as ``narrow`` channels at a sixteenth of the size let it by."""

    def __init__(self, width: int, narrow: int, mean: float, std: float) -> None:
        super().__init__()
        self.mean, self.std = mean, std
        own = backbone(width)
        # Up to the third of four levels: the last would leave a vertebra no more than a cell.
        self.down = nn.Sequential(*[layer for name, layer in own.named_children() if not name.startswith("block_3")])
        self.narrow = nn.Conv2d(4 * width, narrow, 1)
        steps, channels = list[nn.Module](), narrow
        for wide in (4 * width, 2 * width, width, width // 2):
            steps += [nn.Conv2d(channels, wide, 3, padding=1, bias=False), nn.BatchNorm2d(wide), nn.ReLU(), nn.Upsample(scale_factor=2.0)]
            steps += [nn.Conv2d(wide, wide, 3, padding=1, bias=False), nn.BatchNorm2d(wide), nn.ReLU()]
            channels = wide
        self.up = nn.Sequential(*steps)
        self.head = nn.Conv2d(channels, 1, 3, padding=1)
        started(self)

    def forward(self, grey: Tensor) -> Tensor:
        """See the class."""
        made: Tensor = torch.sigmoid(self.head(self.up(self.narrow(self.down((grey - self.mean) / self.std)))))
        return made


class Painter(nn.Module):
    """(n, 1, h, w) grey in 0…1 and (n, 1, h, w) in 0…1 of what of it is covered → (n, 1, h, w), the picture with that painted."""

    def __init__(self, width: int, mean: float, std: float) -> None:
        super().__init__()
        self.mean, self.std = mean, std
        self.seen = nn.Conv2d(2, 1, 5, padding=2)
        self.net = UNet(width)
        wide = max(8, self.net.channels // 2)
        self.last = Rise(self.net.channels, 2, wide)
        self.head = nn.Conv2d(wide, 1, 3, padding=1)
        started(self)

    def forward(self, grey: Tensor, covered: Tensor) -> Tensor:
        """See the class."""
        left = torch.cat([(grey - self.mean) / self.std * (1.0 - covered), covered], 1)
        painted = torch.sigmoid(self.head(self.last(self.net.risen(self.seen(left)), left)))
        return grey * (1.0 - covered) + painted * covered


class Judge(nn.Module):
    """(n, 2, h, w), a picture and how much brighter it is than made anew → (n, 1, h, w) logits of what is covered; sides multiples of 4."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 2
        for wide, kernel in ((_JUDGED // 2, 5), (_JUDGED, 3)):
            layers += [nn.Conv2d(channels, wide, kernel, 2, kernel // 2, bias=False), nn.BatchNorm2d(wide), nn.ReLU()]
            channels = wide
        for spread in _SPREADS:
            layers += [nn.Conv2d(channels, channels, 3, padding=spread, dilation=spread, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
        self.seen = nn.Sequential(*layers)
        self.head = nn.Conv2d(channels, 1, 3, padding=1)
        started(self)
        assert self.head.bias is not None  # noqa: S101  (as made above)
        nn.init.constant_(self.head.bias, _SELDOM)

    def forward(self, seen: Tensor) -> Tensor:
        """See the class."""
        return self.fine(self.cells(seen))

    def cells(self, seen: Tensor) -> Tensor:
        """The same at a quarter of the size, (n, 1, h / 4, w / 4)."""
        cells: Tensor = self.head(self.seen(seen))
        return cells

    @staticmethod
    def fine(cells: Tensor) -> Tensor:
        """(n, 1, h / 4, w / 4) → (n, 1, h, w)."""
        return functional.interpolate(cells, scale_factor=4.0, mode="bilinear", align_corners=False)

    @staticmethod
    def sure(cells: Tensor) -> Tensor:
        """(n, 1, h / 4, w / 4) → (n, 1): the mean of the surest cells."""
        return torch.topk(cells.flatten(1), _SUREST, dim=1).values.mean(1, keepdim=True)


class Restorer(nn.Module):
    """Both parts, and what ships of them; ``apart`` is the difference, of 0…1, from which on something is taken to be covered.

    With ``judged`` a ``Judge`` says instead what is covered; it alone learns then.
    """

    def __init__(self, width: int, narrow: int, mean: float, std: float, apart: float, *, judged: bool = False) -> None:
        super().__init__()
        self.mean, self.std, self.apart = mean, std, apart
        self.remade, self.painter = Remade(width, narrow, mean, std), Painter(width, mean, std)
        self.judge = Judge() if judged else None

    def train(self, mode: bool = True) -> Self:
        """See ``nn.Module.train``; where it is judged nothing else is learnt."""
        super().train(mode)
        if self.judge is not None:
            for own in (self.remade, self.painter):
                own.eval().requires_grad_(requires_grad=False)
        return self

    def grey(self, picture: Tensor) -> Tensor:
        """(n, 1, h, w) as a recipe shows it → the same in 0…1."""
        return torch.clamp(picture * self.std + self.mean, 0.0, 1.0)

    def covered(self, grey: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) in 0…1 → logits (n, 1) of anything being covered, and (n, 1, h, w) in 0…1, nearly 1 where it is and around that."""
        if self.judge is None:
            apart = functional.avg_pool2d(grey - self.remade(grey), _SMOOTHED, stride=1, padding=_SMOOTHED // 2)
            where = _grown(torch.sigmoid(_STEEP * (apart - self.apart)))
            share = torch.clamp(where.mean((2, 3)), _LEAST, 1.0 - _LEAST)
            return torch.log(share / (1.0 - share)), where
        cells = self.judge.cells(self.compared(grey))
        return self.judge.sure(cells), _grown(torch.sigmoid(self.judge.fine(cells)))

    def compared(self, grey: Tensor) -> Tensor:
        """(n, 1, h, w) in 0…1 → (n, 2, h, w): the picture, and by how much it is brighter than it is made anew."""
        return torch.cat([grey, grey - self.remade(grey)], 1)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) → logits (n, 1), map (n, 3, h, w).

        The number is the log odds of the share that is covered, or how sure the judge is where it is surest. Of the map first how surely a
        pixel is covered, as a logit, then by how much each changes, and the picture restored, both in 0…1.
        """
        grey = self.grey(picture)
        logits, covered = self.covered(grey)
        restored = self.painter(grey, covered)
        sure = torch.clamp(covered, _LEAST, 1.0 - _LEAST)
        return logits, torch.cat([torch.log(sure / (1.0 - sure)), (restored - grey).abs(), restored], 1)


def _grown(where: Tensor) -> Tensor:
    return functional.max_pool2d(where, _GROWN, stride=1, padding=_GROWN // 2)
