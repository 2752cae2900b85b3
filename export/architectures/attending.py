"""A U-Net whose deepest features attend to one another (TransUNet, Chen et al. 2021): too slow to ship, good to learn from."""

import math

import torch
from torch import Tensor, nn

from export.architectures.outliner import Outliner

_HEADS = 8
_WIDER = 2
_PERIOD = 10_000.0


def positions(rows: int, columns: int, channels: int) -> Tensor:
    """(rows × columns, channels) sines and cosines of where a cell lies, half of the channels for each direction (Vaswani et al. 2017)."""
    each = channels // 4
    rates = torch.exp(torch.arange(each) * (-math.log(_PERIOD) / max(each - 1, 1)))
    down = torch.arange(rows)[:, None] * rates
    across = torch.arange(columns)[:, None] * rates
    row = torch.cat([down.sin(), down.cos()], 1)[:, None].expand(rows, columns, 2 * each)
    column = torch.cat([across.sin(), across.cos()], 1)[None].expand(rows, columns, 2 * each)
    told = torch.cat([row, column], 2).reshape(rows * columns, 4 * each)
    return nn.functional.pad(told, (0, channels - 4 * each))


class AttendingOutliner(Outliner):
    """``Outliner`` with ``layers`` of a transformer on the backbone's last features, (h / 32) × (w / 32) tokens."""

    def __init__(self, width: int, structures: int, layers: int) -> None:
        super().__init__(width, structures)
        channels = 8 * width
        layer = nn.TransformerEncoderLayer(
            channels, _HEADS, _WIDER * channels, dropout=0.1, activation="gelu", batch_first=True, norm_first=True
        )
        self.attention = nn.TransformerEncoder(layer, layers, norm=nn.LayerNorm(channels), enable_nested_tensor=False)

    def deepest(self, features: Tensor) -> Tensor:
        """See ``UNet.deepest``: what attention says is added."""
        count, channels, rows, columns = features.shape
        tokens = features.flatten(2).transpose(1, 2)
        attended: Tensor = self.attention(tokens + positions(rows, columns, channels).to(tokens))
        return features + attended.transpose(1, 2).reshape(count, channels, rows, columns)
