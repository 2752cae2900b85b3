"""``python -m export import-torchxrayvision WEIGHTS``: a well-known network trained elsewhere becomes a model that the box can take.

The file is what TorchXRayVision publishes (Cohen et al. 2022): a DenseNet-121 of one channel, 224², with 18 outputs, stored as a state dict
or as a whole pickled module. Nothing in it is ever executed: of a pickled module the weights are taken and all else is left.
"""

import pickle
import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from edge_app.reading.protocols.chest import CHEST_FINDINGS
from export.architectures.densenet import MappedDenseNet
from export.atomic import replacing
from export.exported import export_fp32
from export.recipe import Recipe
from export.trained_elsewhere import DoesNotFitError, TrainedElsewhere, finish, parser_for, place_of, recipe_of, refused

SIDE = 224
OUTPUTS = (
    "Atelectasis",
    "Consolidation",
    "Infiltration",
    "Pneumothorax",
    "Edema",
    "Emphysema",
    "Fibrosis",
    "Effusion",
    "Pneumonia",
    "Pleural_Thickening",
    "Cardiomegaly",
    "Nodule",
    "Mass",
    "Hernia",
    "Lung Lesion",
    "Fracture",
    "Lung Opacity",
    "Enlarged Cardiomediastinum",
)
"""In the order of the published network's numbers."""
LIMITS = (
    "Research use, not a medical device. Trained elsewhere (TorchXRayVision); which pictures it has seen is not known here, and NIH's were "
    "among those it was published for: figures on them may be of pictures that it has seen. Thresholds and calibration were set here."
)
_CLASSIFIER = ("classifier.weight", "classifier.bias")
_BUILDERS = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): torch._utils._rebuild_tensor_v2,
    ("torch._utils", "_rebuild_parameter"): torch._utils._rebuild_parameter,
    **{("torch", name): getattr(torch, name) for name in ("FloatStorage", "LongStorage", "HalfStorage")},
}
"""All that a pickled module needs to give its weights."""


class WeightsError(DoesNotFitError):
    """The file is no DenseNet-121 of the published layout; the message says what does not fit."""


class _Husk:
    """Stands in for every class of a pickled module: holds what was stored in it and does nothing."""

    def __init__(self, *_: object) -> None:
        """Take whatever it is made with."""

    def parts(self) -> Iterator[tuple[str, Tensor]]:
        """Name and value of every weight in it, as a state dict has them."""
        own = self.__dict__
        for name, value in {**own.get("_parameters", {}), **own.get("_buffers", {})}.items():
            if isinstance(value, Tensor):
                yield name, value.detach()
        for name, child in own.get("_modules", {}).items():
            if isinstance(child, _Husk):
                yield from ((f"{name}.{deeper}", value) for deeper, value in child.parts())


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        return _BUILDERS.get((module, name), _Husk)


class _HuskPickle:
    """What ``torch.load`` takes for a pickle module."""

    Unpickler = _Unpickler
    load = staticmethod(lambda file, **_: _Unpickler(file).load())


def stored_weights(file: Path) -> dict[str, Tensor]:
    """Every weight in a file by its published name, of a state dict or of a whole module.

    Raises:
        WeightsError: it holds neither.
    """
    try:
        found = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError):
        try:
            found = torch.load(file, map_location="cpu", weights_only=False, pickle_module=_HuskPickle)
        except Exception as error:  # whatever a file that is none of ours makes the unpickler stumble over
            raise WeightsError(f"{file.name} cannot be read: {error}") from error
    if isinstance(found, _Husk):
        return dict(found.parts())
    if isinstance(found, dict):
        inner = found.get("state_dict", found)
        if isinstance(inner, dict) and all(isinstance(value, Tensor) for value in inner.values()):
            return {str(name).removeprefix("module."): value for name, value in inner.items()}
    raise WeightsError(f"{file.name} holds neither a state dict nor a module")


def network_of(file: Path) -> MappedDenseNet:
    """The published network with the box's 14 findings in the box's order.

    Raises:
        WeightsError: the file is not of the published layout.
    """
    stored = stored_weights(file)
    if any(name not in stored for name in _CLASSIFIER) or stored[_CLASSIFIER[0]].shape[0] != len(OUTPUTS):
        raise WeightsError(f"{file.name} has no classifier of {len(OUTPUTS)} outputs")
    # The same layers; here those of a dense layer lie one deeper.
    features = {
        re.sub(r"(denselayer\d+)\.", r"\1.layers.", name.removeprefix("features.")): value
        for name, value in stored.items()
        if name.startswith("features.")
    }
    network = MappedDenseNet(len(CHEST_FINDINGS))
    weight, bias = (stored[name] for name in _CLASSIFIER)
    try:
        network.take(features, weight, bias, [OUTPUTS.index(name) for name in CHEST_FINDINGS])
    except RuntimeError as error:
        raise WeightsError(f"{file.name} is no DenseNet-121 of one channel: {error}") from error
    return network.eval()


@dataclass(frozen=True)
class Imported(TrainedElsewhere):
    """Labels told by the imported network, whose code is here."""

    def network(self, width: int) -> nn.Module:
        """See ``Task.network``."""
        return MappedDenseNet(len(self.names))


def imported_recipe(file: Path) -> Recipe:
    """How the network is quantised and judged."""
    return recipe_of(
        Imported(CHEST_FINDINGS),
        name="chest_findings",
        version=f"torchxrayvision {file.stem}",
        title="Fourteen findings on frontal chest radiographs, trained elsewhere",
        side=SIDE,
        # The published network takes −1024…1024.
        mean=0.5,
        std=1.0 / 2048.0,
        limits=LIMITS,
    )


def main(arguments: list[str]) -> int:
    """Parse the command line; import, quantise, judge and package. 1 where the file does not fit."""
    parser = parser_for("import-torchxrayvision", __doc__)
    parser.add_argument("weights", type=Path, help="the published .pt file")
    given = parser.parse_args(arguments)
    try:
        network = network_of(given.weights)
    except WeightsError as error:
        return refused(error)
    place = place_of(imported_recipe(given.weights), given)
    with replacing(place.weights) as temporary:
        torch.save(network.state_dict(), temporary)
    export_fp32(place)
    return finish(place)
