"""Reading the label tables of the public sets."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from export.datasets.errors import MissingTableError, WrongColumnError, WrongValueError

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".dcm", ".dicom"})


class Row(dict[str, str]):
    """One row by column name. A column that the table does not have is an error that names file and column; so is a wrong number."""

    def __init__(self, values: dict[str, str], path: Path, line: int) -> None:
        super().__init__(values)
        self.path = path
        self.line = line

    def __missing__(self, column: str) -> str:
        raise WrongColumnError(self.path, column, list(self))

    def wrong(self, column: str, wanted: str) -> WrongValueError:
        """The error that says where this row has a value that is not what was wanted."""
        return WrongValueError(self.path, self.line, column, self.get(column, ""), wanted)

    def number(self, column: str) -> float:
        """The value as a number."""
        try:
            return float(self[column])
        except ValueError as error:
            raise self.wrong(column, "a number") from error

    def optional_number(self, column: str) -> float | None:
        """The value as a number; None where it is empty or the table has no such column."""
        return self.number(column) if self.get(column, "").strip() else None

    def share(self, column: str) -> float:
        """The value as a number in 0…1."""
        value = self.number(column)
        if not 0.0 <= value <= 1.0:
            raise self.wrong(column, "between 0 and 1")
        return value


def header(path: Path) -> list[str]:
    """The column names of a CSV file, without blanks around them; none where the file is missing, empty or no text."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [name.strip() for name in next(csv.reader(file), [])]
    except (FileNotFoundError, IsADirectoryError, UnicodeDecodeError, csv.Error):
        return []


def rows(path: Path) -> Iterator[Row]:
    """The rows of a CSV file with a header, by column name; nothing where the file is missing."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, restval="")
        for values in reader:
            yield Row({name.strip(): value for name, value in values.items() if isinstance(name, str)}, path, reader.line_num)


def table(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of a table that must be there with at least these columns.

    Raises:
        MissingTableError, WrongColumnError: where it is not so; before any row is given.
    """
    if not path.is_file():
        raise MissingTableError(path)
    present = header(path)
    for column in columns:
        if column not in present:
            raise WrongColumnError(path, column, present)
    return rows(path)


def pictures_in(folder: Path) -> list[Path]:
    """The JPEG and PNG files of a folder in order of name; none where it is missing."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in {".jpg", ".jpeg", ".png"})


def pictures_below(folder: Path) -> list[Path]:
    """Every picture file in a folder and the folders below it, in order of path; hidden files are none."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith("."))
