"""Which files exactly a set consists of, by their hashes."""

import json
from collections.abc import Iterable
from pathlib import Path

from edge_app.reading.card import sha256_of
from export.atomic import write_text
from export.datasets.registry import Gathered

TABLE_SUFFIXES = frozenset({".csv", ".json", ".txt", ".xlsx"})


def tables_of(folder: Path) -> list[Path]:
    """The files of a set that hold its labels and lists."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in TABLE_SUFFIXES and path.is_file())


def _entries(folder: Path, paths: Iterable[Path]) -> list[dict[str, str]]:
    return [{"file": path.relative_to(folder).as_posix(), "sha256": sha256_of(path)} for path in paths]


def write_manifest(path: Path, gathered: Gathered) -> None:
    """Name every picture, mask and table of a set with its SHA-256, and every file that is missing."""
    folder = gathered.found.folder
    masks = sorted({mask for picture in gathered.pictures for mask in picture.masks.values()})
    content = {
        "set": gathered.found.of.name,
        "title": gathered.found.of.title,
        "licence": gathered.found.of.licence,
        "folder": folder.name,
        "tables": _entries(folder, tables_of(folder)),
        "pictures": _entries(folder, sorted({picture.path for picture in gathered.pictures})),
        "masks": _entries(folder, masks),
        "missing": [missing.relative_to(folder).as_posix() for missing in gathered.missing],
    }
    write_text(path, json.dumps(content, indent=0, ensure_ascii=False) + "\n")
