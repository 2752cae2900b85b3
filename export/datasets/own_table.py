"""What every table of a hospital's own pictures has in common: who is on a picture, and the masks beside it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from export.datasets.people import age_years_of, sex_of
from export.datasets.table import Row

MASK = "mask_"


@dataclass(frozen=True)
class Person:
    """Sex and age as the table says them; None where it does not."""

    sex: str | None
    age_years: float | None


def needed(row: Row, column: str) -> str:
    """A value that must be there. WrongValueError where it is empty."""
    value = row[column].strip()
    if not value:
        raise row.wrong(column, "given, and it cannot be guessed")
    return value


def person_of(row: Row) -> Person:
    """From the columns ``sex`` and ``age``, either of which may be missing or empty. WrongValueError where one is neither."""
    sex, age = row.get("sex", "").strip(), row.get("age", "").strip()
    if sex and sex_of(sex) is None:
        raise row.wrong("sex", "M, F or empty")
    if age and age_years_of(age) is None:
        raise row.wrong("age", "an age or empty")
    return Person(sex_of(sex), age_years_of(age) if age else None)


def masks_of(row: Row, folder: Path, names: Iterable[str] | None = None) -> dict[str, Path]:
    """The masks that the row names in its columns ``mask_<name>``, of all or of the ``names``. WrongValueError where one is not there."""
    columns = [name for name in row if name.startswith(MASK)] if names is None else [f"{MASK}{name}" for name in names]
    found = {}
    for column in columns:
        mask = row.get(column, "").strip()
        if mask and not (folder / mask).is_file():
            raise row.wrong(column, "a file below the folder")
        if mask:
            found[column.removeprefix(MASK)] = folder / mask
    return found
