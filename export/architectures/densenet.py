"""DenseNet-121 (Huang et al. 2017) with a map of each label, for weights that were trained elsewhere."""

from collections.abc import Sequence

import torch
from monai.networks.nets import DenseNet121
from torch import Tensor, nn
from torch.nn import functional

FEATURES = 1024


class MappedDenseNet(nn.Module):
    """The network up to its last features, and the linear layer as a 1×1 convolution, so that a logit is the mean of its map."""

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.features: nn.Module = DenseNet121(spatial_dims=2, in_channels=1, out_channels=labels).features
        self.head = nn.Conv2d(FEATURES, labels, 1)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) float32 → logits (n, labels), map (n, labels, h / 32, w / 32)."""
        activation: Tensor = self.head(functional.relu(self.features(picture)))
        return activation.mean((2, 3)), activation

    def take(self, features: dict[str, Tensor], weight: Tensor, bias: Tensor, columns: Sequence[int]) -> None:
        """Load the features' weights by name, and of a linear layer (outputs, features) the ``columns`` named, in that order.

        Raises:
            RuntimeError: a weight is missing, is not known or has another shape.
        """
        self.features.load_state_dict(features)
        chosen = torch.tensor(list(columns))
        self.head.load_state_dict({"weight": weight[chosen][:, :, None, None], "bias": bias[chosen]})
