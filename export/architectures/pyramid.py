"""Published classifiers: ResNet-50 (He et al. 2015) or an EfficientNet (Tan and Le 2019) with a feature-pyramid neck."""

from collections.abc import Callable, Mapping

import torch
from monai.networks.blocks.feature_pyramid_network import FeaturePyramidNetwork
from monai.networks.nets import EfficientNetBNFeatures
from monai.networks.nets.resnet import ResNetFeatures
from torch import Tensor, nn

NECK = 256
_NORM = ("batch", {"eps": 1e-3, "momentum": 0.1})
"""Statistics that follow ten times as fast as published: in some hundred steps the published ones do not come to what they are of."""
RESNET_50 = "resnet50"
EFFICIENTNET_B0, EFFICIENTNET_B3, EFFICIENTNET_B5 = "efficientnet_b0", "efficientnet_b3", "efficientnet_b5"


def _resnet() -> nn.Module:
    network: nn.Module = ResNetFeatures("resnet50", pretrained=False, spatial_dims=2, in_channels=1)
    return network


def _efficientnet(name: str) -> Callable[[], nn.Module]:
    def made() -> nn.Module:
        network: nn.Module = EfficientNetBNFeatures(name, pretrained=False, spatial_dims=2, in_channels=1, norm=_NORM)
        return network

    return made


PYRAMIDS: Mapping[str, tuple[Callable[[], nn.Module], tuple[int, int, int]]] = {
    RESNET_50: (_resnet, (512, 1024, 2048)),
    EFFICIENTNET_B0: (_efficientnet("efficientnet-b0"), (40, 112, 320)),
    EFFICIENTNET_B3: (_efficientnet("efficientnet-b3"), (48, 136, 384)),
    EFFICIENTNET_B5: (_efficientnet("efficientnet-b5"), (64, 176, 512)),
}
"""By name, with the channels at an eighth, a sixteenth and a thirty-second of the picture."""


class PyramidNetwork(nn.Module):
    """Every level of the pyramid is averaged over the picture, and one linear layer tells the labels from all of them."""

    def __init__(self, name: str, labels: int) -> None:
        super().__init__()
        make, channels = PYRAMIDS[name]
        self.backbone = make()
        self.neck = FeaturePyramidNetwork(2, list(channels), NECK)
        self.head = nn.Linear(len(channels) * NECK, labels)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w) float32, both sides multiples of 32 → logits (n, labels), map (n, labels, h / 32, w / 32).

        The map is what the coarsest level alone gives in each place (Zhou et al. 2016).
        """
        levels = self._levels(picture)
        weight = self.head.weight[:, -NECK:, None, None]
        return self._logits(levels), torch.nn.functional.conv2d(levels[-1], weight)

    def training_logits(self, picture: Tensor) -> Tensor:
        """(n, 1, h, w) float32 → (n, labels)."""
        return self._logits(self._levels(picture))

    def _levels(self, picture: Tensor) -> list[Tensor]:
        features = self.backbone(picture)[-3:]
        found: dict[str, Tensor] = self.neck({str(at): own for at, own in enumerate(features)})
        return list(found.values())

    def _logits(self, levels: list[Tensor]) -> Tensor:
        logits: Tensor = self.head(torch.cat([level.mean((2, 3)) for level in levels], 1))
        return logits
