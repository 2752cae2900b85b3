"""A file of the published layout, made here with drawn weights, becomes a network that answers alike."""

import sys
import types
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from monai.networks.nets import DenseNet121
from torch import Tensor, nn

from edge_app.reading.protocols.chest import CHEST_FINDINGS
from export.exported import export_fp32
from export.imported import OUTPUTS, WeightsError, imported_recipe, main, network_of, stored_weights
from export.workplace import Workplace


class _Published(nn.Module):
    """The published network as its authors lay it out: dense layers without a level of their own, and a linear ``classifier``."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.whole = DenseNet121(spatial_dims=2, in_channels=1, out_channels=len(OUTPUTS)).eval()

    def state(self) -> "OrderedDict[str, Tensor]":
        own = OrderedDict()
        for name, value in self.whole.state_dict().items():
            renamed = name.replace(".layers.", ".").replace("class_layers.out", "classifier")
            own[renamed] = value
        return own


@pytest.fixture(scope="module")
def published() -> _Published:
    return _Published()


def _module(state: "OrderedDict[str, Tensor]") -> nn.Module:
    """A module whose parts are named as in that state, of classes that are gone when it is read."""
    package, models = types.ModuleType("torchxrayvision"), types.ModuleType("torchxrayvision.models")
    made = type("DenseNet", (nn.Module,), {"__module__": "torchxrayvision.models"})
    models.DenseNet = made  # type: ignore[attr-defined]
    sys.modules |= {"torchxrayvision": package, "torchxrayvision.models": models}
    root: nn.Module = made()
    for name, value in state.items():
        *path, last = name.split(".")
        at = root
        for part in path:
            if part not in at._modules:
                at.add_module(part, made())
            at = at._modules[part]  # type: ignore[assignment]
        if value.dtype.is_floating_point and "running" not in last:
            at.register_parameter(last, nn.Parameter(value))
        else:
            at.register_buffer(last, value)
    return root


@pytest.mark.parametrize("form", ["state", "wrapped", "module"])
def test_every_published_form_gives_the_same_network(published: _Published, tmp_path: Path, form: str) -> None:
    file = tmp_path / "weights.pt"
    if form == "module":
        torch.save(_module(published.state()), file)
        for name in ("torchxrayvision", "torchxrayvision.models"):
            sys.modules.pop(name)
    else:
        torch.save(published.state() if form == "state" else {"state_dict": published.state()}, file)
    assert stored_weights(file).keys() == published.state().keys()
    picture = torch.rand(2, 1, 224, 224) * 2048 - 1024
    with torch.no_grad():
        logits, activation = network_of(file)(picture)
        expected = published.whole(picture)[:, [OUTPUTS.index(name) for name in CHEST_FINDINGS]]
    assert torch.allclose(logits, expected, atol=1e-3 * float(expected.abs().max()))
    assert activation.shape == (2, len(CHEST_FINDINGS), 7, 7)


def test_what_is_pickled_with_it_is_never_run(tmp_path: Path) -> None:
    class Harm:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return Path.touch, (tmp_path / "harm",)

    torch.save({"weights": Harm()}, tmp_path / "trap.pt")
    with pytest.raises(WeightsError):
        network_of(tmp_path / "trap.pt")
    assert not (tmp_path / "harm").exists()


def test_files_that_do_not_fit_are_refused_by_name(published: _Published, tmp_path: Path) -> None:
    (tmp_path / "text.pt").write_text("no weights")
    torch.save({"a": 1}, tmp_path / "other.pt")
    torch.save(OrderedDict((name, value) for name, value in published.state().items() if "denseblock4" not in name), tmp_path / "half.pt")
    fewer = published.state() | {"classifier.weight": torch.zeros(5, 1024), "classifier.bias": torch.zeros(5)}
    torch.save(OrderedDict(fewer), tmp_path / "fewer.pt")
    for name, word in (("text", "cannot be read"), ("other", "neither"), ("half", "no DenseNet-121"), ("fewer", "no classifier")):
        with pytest.raises(WeightsError, match=word):
            network_of(tmp_path / f"{name}.pt")
    assert main([str(tmp_path / "text.pt"), "--data", str(tmp_path), "--runs", str(tmp_path / "runs")]) == 1


def test_it_is_exported_as_the_boxs_own_findings_are(published: _Published, tmp_path: Path) -> None:
    file = tmp_path / "densenet121-res224-all.pt"
    torch.save(published.state(), file)
    recipe = imported_recipe(file)
    assert recipe.name == "chest_findings"
    assert [label.name for label in recipe.task.labels] == list(CHEST_FINDINGS)
    assert (recipe.input.height, recipe.input.sees) == (224, "picture")
    place = Workplace(recipe, tmp_path / "runs", tmp_path, 1)
    place.folder.mkdir(parents=True)
    torch.save(network_of(file).state_dict(), place.weights)
    export_fp32(place)
    assert place.fp32.stat().st_size > 2e7
