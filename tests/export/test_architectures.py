import pytest
import torch

from export.architectures.averaged import AveragedNetwork
from export.architectures.efficientnet_lite import EfficientNetLite
from export.architectures.levels import BACKBONES
from export.architectures.located import LevelsNetwork, LocatedNetwork, pooled
from export.architectures.outliner import Outliner
from export.architectures.residual import MappedResNet
from export.architectures.zoned import ZonedResNet


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


def test_a_located_label_lies_between_the_mean_and_the_peak_of_a_map_of_a_sixteenth() -> None:
    torch.manual_seed(1)
    model = LocatedNetwork(8, 5, auxiliary=2).eval()
    picture = torch.randn(2, 1, 64, 96)
    with torch.no_grad():
        logits, told = model(picture)
        said = model.training_outputs(picture)
    assert told.shape == (2, 25, 4, 6)
    together, same, activation = said.logits, said.activation, told[:, :5]
    assert said.reach is not None
    assert torch.allclose(torch.sigmoid(told[:, 5:]).unflatten(1, (5, 4)), said.reach, atol=1e-6)
    assert (logits >= activation.mean((2, 3)) - 1e-6).all()
    assert (logits <= activation.amax((2, 3)) + 1e-6).all()
    assert together.shape == (2, 7)
    assert torch.allclose(together[:, :5], logits, atol=1e-6)
    assert torch.allclose(same, activation, atol=1e-6)
    flat = torch.full((1, 1, 20, 20), -6.0)
    flat[..., 3, 3] = 6.0
    assert pooled(flat).item() > 2.5, "one sure cell among four hundred is enough"


def test_an_outliner_gives_half_the_inputs_size_and_the_share_that_each_structure_covers() -> None:
    torch.manual_seed(1)
    model = Outliner(8, 6).eval()
    with torch.no_grad():
        logits, outlined = model(torch.randn(2, 1, 64, 96))
    assert outlined.shape == (2, 6, 32, 48)
    assert torch.allclose(torch.sigmoid(logits), torch.sigmoid(outlined).mean((2, 3)), atol=1e-5)


def test_the_outliner_starts_from_any_networks_backbone() -> None:
    names = {name for name in MappedResNet(8, 5).state_dict() if name.startswith("backbone.")}
    for other in (Outliner(8, 6), ZonedResNet(8), LocatedNetwork(8, 5)):
        assert {name for name in other.state_dict() if name.startswith("backbone.")} == names


def test_the_whole_is_the_mean_of_its_zones_and_zones_lie_where_brixia_has_them() -> None:
    torch.manual_seed(1)
    model = ZonedResNet(4).eval()
    with torch.no_grad():
        share = torch.sigmoid(model(torch.randn(3, 1, 96, 96)))
        assert torch.allclose(share[:, 2], share[:, 3:].mean(1), atol=1e-4)
        # The head sees one channel, which counts rows from the top on the picture's left and from a hundred on its right.
        model.head.weight.zero_()
        model.head.weight[0, 0] = 1e-3
        model.head.bias.zero_()
        features = torch.zeros(1, 32, 6, 6)
        features[0, 0] = torch.tensor([0.0, 0.0, 10.0, 10.0, 20.0, 20.0])[:, None] + torch.tensor([0.0] * 3 + [100.0] * 3)
        zones = torch.logit(torch.sigmoid(model._grades(features))[0, 3:]) * 1000.0
    assert zones.tolist() == pytest.approx([0.0, 10.0, 20.0, 100.0, 110.0, 120.0], abs=0.5)


@pytest.mark.parametrize("name", list(BACKBONES))
def test_every_backbone_gives_a_sixteenth_and_a_thirty_second_and_is_located_with(name: str) -> None:
    torch.manual_seed(1)
    levels = BACKBONES[name](8).eval()
    with torch.no_grad():
        fine, coarse = levels(torch.randn(1, 1, 64, 96))
        logits, told = LocatedNetwork(8, 3, backbone=name).eval()(torch.randn(1, 1, 64, 96))
    assert fine.shape == (1, levels.fine_channels, 4, 6)
    assert coarse.shape == (1, levels.coarse_channels, 2, 3)
    assert (logits.shape, told.shape) == ((1, 3), (1, 15, 4, 6))


@pytest.mark.parametrize(
    ("name", "millions"),
    [("mobilenet_v3", 2.97), ("regnet_x", 4.77), ("densenet121", 6.95), ("efficientnet_b0", 5.29), ("efficientnet_lite0", 3.37)],
)
def test_a_published_backbone_has_its_published_size(name: str, millions: float) -> None:
    """Without the classifier but for EfficientNet-B0, for one channel."""
    assert sum(weight.numel() for weight in BACKBONES[name](32).parameters()) == pytest.approx(millions * 1e6, rel=0.02)


@pytest.mark.parametrize("kind", [LocatedNetwork, AveragedNetwork])
def test_a_settled_network_tells_how_far_a_picture_is_from_those_it_learnt_from(kind: type[LocatedNetwork] | type[AveragedNetwork]) -> None:
    torch.manual_seed(1)
    model: LevelsNetwork = kind(8, 3).eval()
    pictures = torch.randn(60, 1, 64, 64) * torch.linspace(0.5, 1.5, 60)[:, None, None, None]
    with torch.no_grad():
        before = model(pictures)[0]
        model.settle(model.backbone(pictures)[1].mean((2, 3)), torch.arange(60) % 2)
        after, strange = model(pictures)[0], model(torch.randn(20, 1, 64, 64) * 6.0 + 5.0)[0]
    assert after.shape == (60, 4)
    assert torch.allclose(after[:, :3], before)
    assert strange[:, 3].min() > after[:, 3].max()


def test_a_network_that_looks_both_ways_says_of_a_mirror_image_the_mirror_image() -> None:
    torch.manual_seed(1)
    model = LocatedNetwork(8, 3).eval()
    picture = torch.randn(1, 1, 64, 96)
    with torch.no_grad():
        model.settle(model.backbone(torch.randn(30, 1, 64, 64))[1].mean((2, 3)), torch.zeros(30))
        alone = model(picture)[1]
        model.both_ways = True
        (logits, told), (mirrored_logits, mirrored) = model(picture), model(picture.flip(3))
    assert torch.allclose(logits, mirrored_logits, atol=1e-5)
    with torch.no_grad():
        model.both_ways = False
        each = [model(way)[0][:, :3] for way in (picture, picture.flip(3))]
    assert torch.allclose(logits[:, :3], (each[0] + each[1]) / 2, atol=1e-5)
    assert torch.allclose(told[:, :3], mirrored[:, :3].flip(3), atol=1e-5)
    own, other = (maps[:, 3:].reshape(3, 4, 4, 6) for maps in (told, mirrored))
    assert torch.allclose(own[:, [2, 1, 0, 3]], other.flip(3), atol=1e-5)
    assert not torch.allclose(alone, told, atol=1e-3)


def test_an_averaged_label_is_the_mean_of_its_map_and_a_mirror_images_is_the_same() -> None:
    torch.manual_seed(1)
    model = AveragedNetwork(8, 2, auxiliary=3).eval()
    model.backbone.begin()
    torch.nn.init.normal_(model.head.weight)
    picture = torch.randn(2, 1, 64, 96)
    with torch.no_grad():
        logits, activation = model(picture)
        said = model.training_outputs(picture)
        model.both_ways = True
        (both, told), (mirrored_logits, mirrored) = model(picture), model(picture.flip(3))
    assert activation.shape == (2, 2, 4, 6)
    assert torch.allclose(logits, activation.mean((2, 3)), atol=1e-6)
    assert said.logits.shape == (2, 5)
    assert torch.allclose(said.logits[:, :2], logits, atol=1e-6)
    assert torch.allclose(both, mirrored_logits, atol=1e-5)
    assert torch.allclose(told, mirrored.flip(3), atol=1e-5)
    assert not torch.allclose(both, logits, atol=1e-5)


@pytest.fixture(scope="module")
def photographed() -> EfficientNetLite:
    model = EfficientNetLite(8)
    model.begin()
    return model


def test_what_photographs_taught_first_is_kept(photographed: EfficientNetLite) -> None:
    before = {name: weight.clone() for name, weight in photographed.state_dict().items()}
    photographed.train()
    optimiser = torch.optim.AdamW(photographed.parameters(), lr=1e-2, weight_decay=0.1)
    photographed(torch.randn(2, 1, 64, 64))[1].mean().backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    changed = {name.split(".")[0] + name.split(".")[1] * (name[:6] == "stages") for name, weight in photographed.state_dict().items()
               if not torch.equal(weight, before[name])}  # fmt: skip
    photographed.load_state_dict(before)
    assert changed == {"stages2", "stages3", "stages4", "stages5", "stages6", "last"}


def test_photographs_taught_edges(photographed: EfficientNetLite) -> None:
    """A network that begins with chance answers a grating and an even picture much alike."""
    rows = torch.arange(64.0)
    grating = torch.sin(rows * 1.2).expand(64, 64)[None, None]
    photographed.eval()
    with torch.no_grad():
        seen, even = photographed.stem(grating), photographed.stem(torch.zeros(1, 1, 64, 64))
        turned = photographed.stem(grating.transpose(2, 3))
    strength = lambda of: of.mean((2, 3))[0]  # noqa: E731
    assert (strength(seen) - strength(even)).max() > 0.3
    assert (strength(seen) - strength(turned)).abs().max() > 0.3, "some channels know one direction from the other"


def test_places_are_learnt_alone_and_told_behind_what_the_number_comes_from() -> None:
    torch.manual_seed(1)
    told, placed = AveragedNetwork(8, 2, auxiliary=3), AveragedNetwork(8, 2, auxiliary=3, places=True)
    told.backbone.begin()
    torch.nn.init.normal_(told.head.weight)
    placed.load_state_dict(told.state_dict(), strict=False)
    picture = torch.randn(4, 1, 64, 96)
    placed.train()
    before = {name: value.clone() for name, value in placed.state_dict().items()}
    optimiser = torch.optim.AdamW(placed.parameters(), lr=0.1, weight_decay=0.5)
    placed.training_outputs(picture).activation.square().mean().backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    moved = {name for name, value in placed.state_dict().items() if not torch.equal(value, before[name])}
    assert moved
    assert all(name.startswith("places.") for name in moved), "not a weight, nor a statistic, of what tells"
    with torch.no_grad():
        (logits, activation), (own, both) = told.eval()(picture), placed.eval()(picture)
    assert torch.equal(own, logits)
    assert both.shape == (4, 4, 4, 6)
    assert torch.equal(both[:, :2], activation)
    with torch.no_grad():
        placed.both_ways = True
        there, mirrored = placed(picture)[1], placed(picture.flip(3))[1]
    assert torch.allclose(there[:, :2], mirrored[:, :2].flip(3), atol=1e-5)
    assert not torch.allclose(there[:, 2:], there[:, :2])
