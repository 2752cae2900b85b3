"""Which sets of the catalogue lie in the data folder, each recognised by its own files."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from export.datasets.boxes import Box
from export.datasets.catalogue import LICENCES, SETS, PublicSet
from export.datasets.errors import NoPicturesOfSetError
from export.datasets.labelled import Labelled

__all__ = ["LICENCES", "SETS", "Found", "Gathered", "PublicSet", "boxes_below", "data_folder", "find", "gather", "unrecognised"]

DEPTH = 4
"""How far below the data folder a set is looked for: archives often unpack into folders within folders."""


def data_folder() -> Path:
    """Where the radiographs are: ``RADIOGRAPH_DATA``, else ``shared/data`` beside the project."""
    named = os.environ.get("RADIOGRAPH_DATA")
    return Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "data"


@dataclass(frozen=True)
class Found:
    """A set and the folder it lies in."""

    of: PublicSet
    folder: Path


@dataclass(frozen=True)
class Gathered:
    """The pictures of a set that are there, and the files that its tables name but that are not."""

    found: Found
    pictures: tuple[Labelled, ...]
    missing: tuple[Path, ...]


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__")))


def _look(folder: Path, depth: int) -> list[Found]:
    here = [Found(own, folder) for own in SETS.values() if own.recognises(folder)]
    if here or depth == 0:
        return here
    return [found for below in _folders(folder) for found in _look(below, depth - 1)]


def find(data: Path) -> list[Found]:
    """Every set that lies in the data folder or below it, each recognised by its own files; in a set no other is looked for."""
    return _look(data, DEPTH) if data.is_dir() else []


def boxes_below(data: Path, labels: Collection[str]) -> dict[Path, list[Box]]:
    """The boxes of these labels that people drew on pictures of any set in the data folder, by picture."""
    known: dict[Path, list[Box]] = {}
    for found in find(data):
        for box in found.of.boxes(found.folder):
            if box.label in labels:
                known.setdefault(box.picture, []).append(box)
    return known


def unrecognised(data: Path) -> list[Path]:
    """The folders directly below the data folder in which no set was found."""
    if not data.is_dir() or _look(data, 0):
        return []
    return [folder for folder in _folders(data) if not _look(folder, DEPTH - 1)]


def gather(found: Found) -> Gathered:
    """The set's pictures that are there. A download may be a part: what its tables name and is not there is left out, and named.

    Raises:
        DataSetError: a table is missing or wrong, or not one picture is there.
    """
    named = found.of.pictures(found.folder)
    there = tuple(picture for picture in named if picture.path.is_file())
    if not there:
        raise NoPicturesOfSetError(found.folder, len(named))
    return Gathered(found, there, tuple(picture.path for picture in named if not picture.path.is_file()))
