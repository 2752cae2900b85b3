"""Where the steps of one recipe keep their files, and what pictures they share."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from edge_app.reading.card import sha256_of
from export.atomic import write_text
from export.datasets.labelled import Labelled
from export.datasets.split import Split, split_by_patient
from export.recipe import Recipe


class NoPicturesError(Exception):
    """There is nothing to learn from under the data folder."""


@dataclass(frozen=True)
class Workplace:
    """The folder of one recipe's run (``runs/<recipe>``) and everything named in it."""

    recipe: Recipe
    runs: Path
    data: Path
    seed: int

    @property
    def folder(self) -> Path:
        """Where this run's files are."""
        return self.runs / self.recipe.name

    @property
    def cache(self) -> Path:
        """Letterboxed pictures; may be deleted at any time."""
        return self.runs / "cache"

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
        """Every picture used with its hash and its side of the split."""
        return self.folder / "manifest.json"

    @cached_property
    def split(self) -> Split:
        """Training and validation pictures, the same for the same data and seed."""
        pictures = self.recipe.gather(self.data, self.folder / "drawn", self.recipe.drawn, self.seed)
        if not pictures:
            raise NoPicturesError(f"no pictures for {self.recipe.name} under {self.data}")
        return split_by_patient(pictures, self.recipe.validation_fraction, self.seed)

    def write_manifest(self) -> None:
        """Name every picture with its SHA-256 and its side of the split."""

        def entries(pictures: Sequence[Labelled], side: str) -> list[dict[str, str]]:
            return [
                {"file": f"{picture.source}/{picture.path.name}", "sha256": sha256_of(picture.path), "split": side} for picture in pictures
            ]

        write_text(
            self.manifest,
            json.dumps(
                {
                    "recipe": self.recipe.name,
                    "seed": self.seed,
                    "pictures": entries(self.split.training, "training") + entries(self.split.validation, "validation"),
                },
                indent=0,
            ),
        )
