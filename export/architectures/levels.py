"""Backbones that give features at a sixteenth and at a thirty-second of a picture: small ones to ship, larger ones to teach them.

Those with plain ReLU or ReLU6 are cheap in INT8; EfficientNet-B0 (Tan and Le 2019) and MobileNetV3 (Howard et al. 2019) scale channels by
what they see and use smooth activations, which eight bits render badly: they are here to be held against, and to teach.
"""

from collections.abc import Callable, Mapping

from monai.networks.nets import DenseNet121, EfficientNetBNFeatures
from torch import Tensor
from torch.nn import functional

from export.architectures.efficientnet_lite import EfficientNetLite
from export.architectures.mobilenet import MobileNetV3
from export.architectures.regnet import RegNetX
from export.architectures.residual import backbone
from export.architectures.two_levels import Levels

HALF_RESNET = "half_resnet18"
EFFICIENTNET_LITE = "efficientnet_lite0"


class ResNetLevels(Levels):
    """``residual.backbone``, under the same names of weights."""

    def __init__(self, width: int) -> None:
        super().__init__()
        for name, layer in backbone(width).named_children():
            self.add_module(name, layer)
        self.fine_channels, self.coarse_channels, self.finer_channels = 4 * width, 8 * width, (width, 2 * width)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Levels.forward``."""
        _, _, fine, coarse = self.pyramid(picture)
        return fine, coarse

    def pyramid(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """See ``Levels.pyramid``."""
        features, found = picture, []
        for name, layer in self.named_children():
            features = layer(features)
            if name in ("block_0_1", "block_1_1", "block_2_1"):
                found.append(features)
        quarter, eighth, fine = found
        return quarter, eighth, fine, features


class EfficientNetLevels(Levels):
    """EfficientNet-B0 for one grey channel; the width is the network's own."""

    def __init__(self, _width: int) -> None:
        super().__init__()
        self.network = EfficientNetBNFeatures("efficientnet-b0", pretrained=False, spatial_dims=2, in_channels=1)
        self.fine_channels, self.coarse_channels = 112, 320

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Levels.forward``."""
        *_, fine, coarse = self.network(picture)
        return fine, coarse


class DenseNetLevels(Levels):
    """DenseNet-121 (Huang et al. 2017) for one grey channel; the width is the network's own."""

    def __init__(self, _width: int) -> None:
        super().__init__()
        self.features = DenseNet121(spatial_dims=2, in_channels=1, out_channels=1).features
        self.fine_channels, self.coarse_channels = 1024, 1024

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Levels.forward``."""
        features, fine = picture, picture
        for name, layer in self.features.named_children():
            features = layer(features)
            if name == "denseblock3":
                fine = features
        return fine, functional.relu(features)


BACKBONES: Mapping[str, Callable[[int], Levels]] = {
    HALF_RESNET: ResNetLevels,
    EFFICIENTNET_LITE: EfficientNetLite,
    "efficientnet_b0": EfficientNetLevels,
    "mobilenet_v3": MobileNetV3,
    "densenet121": DenseNetLevels,
    "regnet_x": RegNetX,
}
"""By name; each takes a width, which only the half ResNet-18 heeds (32 is half of it)."""
