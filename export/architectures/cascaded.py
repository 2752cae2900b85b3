"""Two steps to an outline: a picture's renderings fused into one, and what is clear outlined first, to say where the rest may lie.

Both as published for videofluoroscopy, and each can be left out. What to take of which rendering a small network says of every pixel; it is
learnt with all else. Cervical spine and mandible are outlined first, and the bolus given them.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from edge_app.reading.renderings import RENDERINGS
from export.architectures.outliner import Outliner

_FUSED_BY = 8
_LEAST_WIDTH = 8


class Fusion(nn.Module):
    """(n, renderings, h, w) → (n, 1, h, w): the picture as it is, and what its renderings add."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = nn.Conv2d(len(RENDERINGS), _FUSED_BY, 3, 1, 1)
        self.weighed = nn.Conv2d(_FUSED_BY, 1, 3, 1, 1)

    def forward(self, renderings: Tensor) -> Tensor:
        """See above."""
        added: Tensor = self.weighed(functional.relu(self.seen(renderings)))
        return renderings[:, :1] + added


class CascadedOutliner(Outliner):
    """``clear`` of the ``structures`` are outlined first, by a U-Net of half the width; the others by one that is shown those as well.

    How the first outlines is learnt from its own structures alone. ``rendered``: the picture comes in its renderings.
    """

    def __init__(self, width: int, structures: int, *, clear: int, rendered: bool) -> None:
        super().__init__(width, structures - clear, 1 + clear)
        self.fusion = Fusion() if rendered else None
        self.first = Outliner(max(_LEAST_WIDTH, width // 2), clear) if clear else None

    def outlined(self, picture: Tensor) -> Tensor:
        """(n, 1 or renderings, h, w) float32, h and w multiples of 32 → (n, structures, h / 2, w / 2) logits, what is clear first."""
        grey = picture if self.fusion is None else self.fusion(picture)
        if self.first is None:
            return super().outlined(grey)
        clear = self.first.outlined(grey)
        where = functional.interpolate(torch.sigmoid(clear.detach()), scale_factor=2.0, mode="bilinear", align_corners=False)
        return torch.cat([clear, super().outlined(torch.cat([grey, where], 1))], 1)
