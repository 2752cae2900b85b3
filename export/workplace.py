"""Where the steps of one recipe keep their files, and what pictures they share."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import nn

from edge_app.reading.card import sha256_of
from edge_app.reading.protocols.chest import ANATOMY_MODEL
from edge_app.reading.protocols.nasal_bone import NOSE_MODEL
from edge_app.reading.protocols.neonatal_rds import NEWBORN_ANATOMY_MODEL
from export.atomic import write_text
from export.datasets.duplicates import seen_elsewhere
from export.datasets.labelled import Labelled
from export.datasets.split import Split, folds, split_by_patient
from export.recipe import WITHOUT, Recipe
from export.tasks.task import Task

MODELS = Path(__file__).resolve().parent.parent / "models_int8"
METRICS = "metrics.csv"
"""What a training tells of itself, epoch by epoch, beside its weights."""
LARGEST_SOURCE = 400
"""Of a source with more validation pictures only so many are judged on, drawn by seed."""


class NoPicturesError(Exception):
    """There is nothing to learn from under the data folder."""


class NotTrainedError(Exception):
    """A recipe that this one builds on has not been trained here."""


class SeenBeforeError(Exception):
    """A network that this one builds on was trained on a picture that this one is to be judged on."""


TRAINING, VALIDATION = "training", "validation"


def _entry(picture: Labelled) -> str:
    """A picture's name in manifests."""
    return f"{picture.source}/{picture.path.name}"


def with_finished(models: Path, model: str) -> Path:
    """The folder that model is in: ``models``, or that of those that ship where it is not among them."""
    return models if (models / model).is_dir() else MODELS


@dataclass(frozen=True)
class Workplace:
    """The folder of one recipe's run (``runs/<recipe>``) and everything named in it.

    ``models`` is where finished models are. ``fold`` is the number of a model that is only trained to be judged on the patients it has not
    seen (``Recipe.figure_folds``).
    """

    recipe: Recipe
    runs: Path
    data: Path
    seed: int
    fold: int | None = None
    models: Path = MODELS

    @property
    def folds(self) -> tuple["Workplace", ...]:
        """The runs of the models that the figures come from, where they come from others than the one that ships."""
        return tuple(replace(self, fold=fold) for fold in range(self.recipe.figure_folds if self.fold is None else 0))

    @property
    def name(self) -> str:
        """What this run is called to people."""
        return self.recipe.name if self.fold is None else f"{self.recipe.name}, fold {self.fold + 1} of {self.recipe.figure_folds}"

    @property
    def folder(self) -> Path:
        """Where this run's files are."""
        whole = self.runs / self.recipe.name
        return whole if self.fold is None else whole / f"fold-{self.fold + 1}"

    @property
    def start(self) -> Path | None:
        """The weights that training starts from, of the recipe that is trained before this one."""
        return None if self.recipe.starts_from is None else self.runs / self.recipe.starts_from / self.weights.name

    @property
    def teachers(self) -> tuple[Path, ...]:
        """The weights of the networks that teach this one."""
        return tuple(self.runs / name / self.weights.name for name in self.recipe.teachers)

    def taught_by(self) -> tuple[nn.Module, ...]:
        """The networks that teach this one.

        Raises:
            NotTrainedError: one was not trained.
            SeenBeforeError: one was trained on a picture that this one is to be judged on.
        """
        networks = []
        for weights, task in zip(self.teachers, self.recipe.teachers.values(), strict=True):
            self.require(weights)
            network = self._with(weights, task)
            for weight in network.parameters():
                weight.requires_grad = False
            networks.append(network.eval())
        return tuple(networks)

    def _with(self, weights: Path, task: Task) -> nn.Module:
        network = task.network(self.recipe.width)
        network.load_state_dict(torch.load(weights, weights_only=True, map_location="cpu"))
        return network

    def trained(self) -> nn.Module:
        """The recipe's network with the weights that training left here. FileNotFoundError where it was not trained."""
        return self._with(self.weights, self.recipe.task)

    @property
    def training_seed(self) -> int:
        """What all chance in training follows from; pictures and split follow from ``seed`` alone."""
        return self.seed + 100_003 * self.recipe.chance

    def require(self, weights: Path | None) -> None:
        """Hold a network that this one builds on against this one's validation: what it has seen must not be judged on.

        Raises:
            NotTrainedError: it has not been trained here.
            SeenBeforeError: it was trained on a picture that this one is to be judged on.
        """
        if weights is None:
            return
        first = weights.parent.name
        if not weights.is_file():
            base, _, source = first.partition(WITHOUT)
            command = f"python -m export {base} train" + (f" --without {source}" if source else "")
            shipped = "" if source or not (self.models / base).is_dir() else f", or unpack for the one in {self.models.name}"
            raise NotTrainedError(f"{self.recipe.name} needs the trained {first}: {command}{shipped}")
        listed = json.loads((weights.parent / self.manifest.name).read_text(encoding="utf-8"))["pictures"]
        seen = {own["file"] for own in listed if own["split"] == TRAINING}
        for picture in self.examined:
            if picture.source in self.figures_from and _entry(picture) in seen:
                raise SeenBeforeError(f"{self.name} is judged on {_entry(picture)}, which {first} was trained on")

    @property
    def finished(self) -> Path:
        """Where the models are that this one is shown pictures through: its own finished ones, or those that ship where none is there."""
        return self._with_finished(ANATOMY_MODEL)

    @property
    def finished_newborns(self) -> Path:
        """The same of the model that outlines newborns."""
        return self._with_finished(NEWBORN_ANATOMY_MODEL)

    @property
    def finished_noses(self) -> Path:
        """The same of the model that finds noses."""
        return self._with_finished(NOSE_MODEL)

    def _with_finished(self, model: str) -> Path:
        return with_finished(self.models, model)

    @property
    def cache(self) -> Path:
        """Letterboxed pictures; may be deleted at any time."""
        return self.runs / "cache"

    @property
    def drawn(self) -> Path:
        """Pictures that recipes draw, the same for all of them; may be deleted at any time."""
        return self.runs / "drawn"

    @property
    def checkpoint(self) -> Path:
        """Training's state after its last whole epoch."""
        return self.folder / "checkpoint.pt"

    @property
    def weights(self) -> Path:
        """The averaged weights after the last epoch; there only once training is complete."""
        return self.folder / "weights.pt"

    @property
    def fp32(self) -> Path:
        """The exported network in FP32."""
        return self.folder / "reference_fp32.onnx"

    @property
    def onnx(self) -> Path:
        """The INT8 network of ONNX Runtime."""
        return self.folder / "model.onnx"

    @property
    def openvino(self) -> Path:
        """The INT8 network of OpenVINO; its weights lie beside it as model.bin."""
        return self.folder / "model.xml"

    @property
    def figures(self) -> Path:
        """What evaluation found, as JSON for packaging."""
        return self.folder / "figures.json"

    @property
    def manifest(self) -> Path:
        """Every picture used with its hash and what for."""
        return self.folder / "manifest.json"

    @cached_property
    def split(self) -> Split:
        """Training and validation pictures, the same for the same data and seed; no patient on both sides."""
        pictures = self.recipe.gather(self.data, self.drawn, self.recipe.drawn, self.seed)
        if not pictures:
            raise NoPicturesError(f"no pictures for {self.recipe.name} under {self.data}")
        if self.fold is not None:
            return folds(pictures, self.recipe.figure_folds, self.seed)[self.fold]
        if self.recipe.figure_folds:
            return Split(tuple(pictures), ())
        return split_by_patient(pictures, self.recipe.validation_fraction, self.seed)

    @cached_property
    def taught(self) -> tuple[Labelled, ...]:
        """The training pictures that the recipe gives a share of an epoch, of no patient of a source that is left out."""
        left_out = {picture.patient for picture in self.split.training if picture.source == self.recipe.left_out}
        return tuple(picture for picture in self.split.training if picture.source in self.recipe.shares and picture.patient not in left_out)

    @cached_property
    def examined(self) -> tuple[Labelled, ...]:
        """The pictures to judge the network on: those kept apart, and every picture of a source that was never trained on.

        None of them that was learnt from under another set's name.
        """
        apart = [*self.split.validation, *(own for own in self.split.training if own.source not in self.recipe.shares)]
        again = seen_elsewhere(apart, self.taught, self.cache)
        candidates = [picture for picture, known in zip(apart, again, strict=True) if not known]
        random = np.random.default_rng([self.seed, 0xE7A])
        kept: list[Labelled] = []
        for source in sorted({picture.source for picture in candidates}):
            own = [picture for picture in candidates if picture.source == source]
            if len(own) > LARGEST_SOURCE:
                own = [own[index] for index in np.sort(random.choice(len(own), LARGEST_SOURCE, replace=False))]
            kept += own
        return tuple(kept)

    @cached_property
    def figures_from(self) -> tuple[str, ...]:
        """The sources that the card's figures come from: those of the recipe, or what stands in for them while there is no picture."""
        wanted, stand_in = self.recipe.figures_from, self.recipe.stand_in
        if stand_in is None or any(picture.source in wanted for picture in self.examined):
            return wanted
        return (stand_in[0],)

    @property
    def limits(self) -> str:
        """What the card says of how far the network is to be trusted."""
        own, stand_in = self.recipe.limits, self.recipe.stand_in
        return own if stand_in is None or self.figures_from == self.recipe.figures_from else f"{stand_in[1]} {own}"

    def write_manifest(self) -> None:
        """Name every picture that is learnt from or judged on, with its SHA-256."""

        def entries(pictures: Sequence[Labelled], side: str) -> list[dict[str, str]]:
            return [{"file": _entry(picture), "sha256": sha256_of(picture.path), "split": side} for picture in pictures]

        write_text(
            self.manifest,
            json.dumps(
                {
                    "recipe": self.recipe.name,
                    "seed": self.seed,
                    "pictures": entries(self.taught, TRAINING) + entries(self.examined, VALIDATION),
                },
                indent=0,
            ),
        )
