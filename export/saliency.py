"""What of a picture a classifier goes by: how steeply its word depends on each pixel (Simonyan et al. 2013)."""

import torch
from monai.networks.layers import GaussianFilter
from torch import Tensor, nn
from torch.nn import functional

_AROUND = 0.02
"""How far a pixel's saliency reaches, as a share of the picture's height."""


class _Bent(nn.Module):
    """ReLU6 whose gradient does not end at 6: whoever is quite sure that something is broken could tell nobody where."""

    def forward(self, features: Tensor) -> Tensor:
        """As ReLU6."""
        passed = functional.relu(features)
        return passed.clamp(max=6.0).detach() + (passed - passed.detach())


def with_gradient(network: nn.Module) -> None:
    """Let gradients through every ReLU6 of a network; what it says stays as it was."""
    for name, module in network.named_children():
        if isinstance(module, nn.ReLU6):
            setattr(network, name, _Bent())
        else:
            with_gradient(module)


def saliency_of(classifier: nn.Module, picture: Tensor) -> Tensor:
    """(n, 1, h, w) normalised → (n, 1, h, w) ≥ 0: how steeply the first logit depends on the picture around each pixel."""
    with torch.enable_grad():
        asked = picture.detach().clone().requires_grad_()
        said, _ = classifier(asked)
        (slope,) = torch.autograd.grad(said[:, 0].sum(), asked)
    around = GaussianFilter(2, _AROUND * picture.shape[2], truncated=3.0, approx="sampled").to(picture.device)
    smoothed: Tensor = around(slope.abs())
    return smoothed
