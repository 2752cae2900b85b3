"""Reading the label tables of the public sets."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path


def rows(path: Path) -> Iterator[Mapping[str, str]]:
    """The rows of a CSV file with a header, by column name; nothing where the file is missing."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def pictures_in(folder: Path) -> list[Path]:
    """The JPEG and PNG files of a folder in order of name; none where it is missing."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
