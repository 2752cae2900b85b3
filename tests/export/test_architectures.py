import pytest
import torch

from export.architectures.residual import MappedResNet


def test_half_of_resnet18_has_2_8_million_weights() -> None:
    assert sum(weight.numel() for weight in MappedResNet(32, 14).parameters()) == pytest.approx(2.8e6, rel=0.01)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (96, 160)])
def test_a_logit_is_the_mean_of_its_map(height: int, width: int) -> None:
    torch.manual_seed(1)
    model = MappedResNet(8, 5, auxiliary=2).eval()
    with torch.no_grad():
        logits, activation = model(torch.randn(2, 1, height, width))
    assert activation.shape == (2, 5, height // 32, width // 32)
    assert torch.allclose(logits, activation.mean((2, 3)), atol=1e-6)


def test_auxiliary_labels_follow_the_shipped_ones_in_training() -> None:
    torch.manual_seed(1)
    model = MappedResNet(8, 5, auxiliary=2).eval()
    picture = torch.randn(2, 1, 64, 64)
    with torch.no_grad():
        together = model.training_logits(picture)
        assert together.shape == (2, 7)
        assert torch.allclose(together[:, :5], model(picture)[0], atol=1e-6)
