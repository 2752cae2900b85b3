"""What can be wrong with a set of pictures as it lies on the disk. Every message names the file, and the place in it."""

from pathlib import Path


class DataSetError(Exception):
    """A set cannot be used as it lies there; a person must put it right."""


class MissingTableError(DataSetError):
    """A table that the set's layout has is not there."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: this table is missing")


class WrongColumnError(DataSetError):
    """A table does not have a column that it should have."""

    def __init__(self, path: Path, column: str, columns: list[str]) -> None:
        super().__init__(f"{path}: no column {column!r}; it has {', '.join(map(repr, columns))}")


class WrongValueError(DataSetError):
    """A value in a table means nothing that is known."""

    def __init__(self, path: Path, line: int, column: str, value: str, wanted: str) -> None:
        super().__init__(f"{path}, line {line}, column {column!r}: {value!r} is not {wanted}")


class WrongContentError(DataSetError):
    """A file that is not a table of rows does not hold what the set's layout says."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(f"{path}: {fault}")


class NoPicturesOfSetError(DataSetError):
    """The tables are there, but not one of the pictures they name."""

    def __init__(self, folder: Path, named: int) -> None:
        super().__init__(f"{folder}: not one of the {named} pictures named by the set is there")
