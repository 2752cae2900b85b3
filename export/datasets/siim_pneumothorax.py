"""The SIIM-ACR pneumothorax segmentation challenge (2019) as downloaded: pictures of NIH ChestX-ray14 as DICOM, masks as runs."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from export.datasets.boxes import Box, decode_runs
from export.datasets.errors import MissingTableError, WrongContentError
from export.datasets.labelled import Labelled
from export.datasets.people import facts_of, sex_of
from export.datasets.table import header, pictures_below, table

SOURCE = "siim_pneumothorax"
LABEL = "Pneumothorax"
TABLES = ("stage_2_train.csv", "train-rle.csv")
SIDE = 1024
"""Rows and columns of every picture of the challenge, to which the runs refer."""


def recognises(folder: Path) -> bool:
    """Whether the set lies in this folder."""
    return any("EncodedPixels" in header(folder / name) for name in TABLES)


def _runs(folder: Path) -> dict[str, list[str]]:
    path = next((folder / name for name in TABLES if (folder / name).is_file()), None)
    if path is None:
        raise MissingTableError(folder / TABLES[-1])
    found: dict[str, list[str]] = defaultdict(list)
    for row in table(path, ("ImageId", "EncodedPixels")):
        found[row["ImageId"].strip()].append(row["EncodedPixels"].strip())
    return found


def _files(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in pictures_below(folder)}


def pictures(folder: Path) -> list[Labelled]:
    """Every picture of the table; only the pneumothorax is known. The set does not name NIH's patients: each is taken as its own."""
    files = _files(folder)
    found: list[Labelled] = []
    for image, runs in _runs(folder).items():
        file = files.get(image, folder / "dicom-images-train" / f"{image}.dcm")
        facts = facts_of(file)
        labels = {LABEL: float(any(own != "-1" for own in runs))}
        found.append(
            Labelled(
                file,
                f"siim:{image}",
                SOURCE,
                "chest_adult",
                labels,
                view=facts.view,
                sex=sex_of(facts.sex or ""),
                age_years=facts.age_years,
            )
        )
    return found


def _mask(folder: Path, image: str, runs: list[str]) -> NDArray[np.bool_]:
    try:
        mask = np.zeros((SIDE, SIDE), dtype=np.bool_)
        for own in runs:
            mask |= decode_runs(own, SIDE, SIDE)
    except ValueError as error:
        raise WrongContentError(folder, f"{image}: {error}") from error
    return mask


def pneumothorax_masks(folder: Path) -> Iterator[tuple[Path, NDArray[np.bool_]]]:
    """Every picture that has a pneumothorax with its mask, (1024, 1024), all its runs taken together."""
    files = _files(folder)
    for image, runs in _runs(folder).items():
        if any(own != "-1" for own in runs):
            yield files.get(image, folder / f"{image}.dcm"), _mask(folder, image, runs)


def boxes(folder: Path) -> list[Box]:
    """The box around every separate part of a pneumothorax, in pixels of the DICOM picture."""
    found: list[Box] = []
    for file, mask in pneumothorax_masks(folder):
        count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
        for part in range(1, count):
            x, y, w, h = (float(number) for number in stats[part, :4])
            found.append(Box(file, LABEL, x, y, w, h))
    return found
