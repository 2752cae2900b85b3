"""What a classifier goes by, wherever its last features light up."""

import pytest
import torch
from torch import Tensor, nn

from export.architectures.averaged import AveragedNetwork
from export.saliency import saliency_of, with_gradient

SIDE = 64


class _Far(nn.Module):
    """Goes by one corner and shows a map of another."""

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        logits = picture[:, :, 8:12, 40:44].mean((2, 3)) * 3.0
        activation = torch.zeros(len(picture), 1, 4, 4)
        activation[:, :, 3, 0] = 9.0
        return logits, activation


def test_it_peaks_at_what_decides_wherever_the_map_does() -> None:
    saliency = saliency_of(_Far(), torch.randn(2, 1, SIDE, SIDE))
    assert saliency.shape == (2, 1, SIDE, SIDE)
    assert float(saliency.min()) >= 0.0
    for own in saliency[:, 0]:
        row, column = divmod(int(own.argmax()), SIDE)
        assert 7 <= row <= 12
        assert 39 <= column <= 44
        assert float(own[40:, :20].max()) == 0.0


def test_gradients_pass_where_it_is_quite_sure_and_what_it_says_stays() -> None:
    network = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.ReLU6())
    nn.init.constant_(network[0].weight, 1.0)
    picture = torch.tensor([-1.0, 3.0, 9.0]).view(1, 1, 1, 3)
    before = network(picture)
    with_gradient(network)
    asked = picture.clone().requires_grad_()
    said = network(asked)
    assert torch.equal(said, before)
    torch.autograd.backward(said.sum())
    assert asked.grad is not None
    assert asked.grad.flatten().tolist() == [0.0, 1.0, 1.0]


def test_of_the_network_that_ships_only_its_bends_change() -> None:
    network = AveragedNetwork(8, 1).eval()
    nn.init.normal_(network.head.weight, std=0.1)
    picture = torch.randn(1, 1, SIDE, SIDE)
    before = network(picture)[0].detach()
    with_gradient(network)
    assert not any(isinstance(module, nn.ReLU6) for module in network.modules())
    assert network(picture)[0].detach().numpy() == pytest.approx(before.numpy(), abs=1e-6)
    assert saliency_of(network, picture).shape == picture.shape
