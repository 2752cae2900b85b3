"""Rectangles that people drew around findings, and masks written as runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from export.datasets.table import Row, rows

_LEAST_CORNERS = 3


@dataclass(frozen=True)
class Box:
    """A rectangle around a finding.

    Attributes:
        picture: the picture's file.
        label: the finding, by the name it has in ``Labelled.labels``.
        x, y, w, h: in the picture's own pixels, origin top left.
        reader: who drew it where the set says so.
        outline: the corners of what is in it, x and y in the picture's own pixels, where somebody outlined that; else nothing.
    """

    picture: Path
    label: str
    x: float
    y: float
    w: float
    h: float
    reader: str | None = None
    outline: tuple[tuple[float, float], ...] = ()


def boxes_table(path: Path, pictures: Path, label: str | None = None) -> list[Box]:
    """The boxes of a CSV file with the columns image, finding, x, y, w, h; none where the file is missing.

    With ``label`` all are of this finding, and the file needs no such column. A column polygon, where there is one, has the outlines.
    """
    return [
        Box(
            pictures / row["image"],
            label or row["finding"],
            row.number("x"),
            row.number("y"),
            row.number("w"),
            row.number("h"),
            outline=_corners(row) if row.get("polygon", "").strip() else (),
        )
        for row in rows(path)
    ]


def _corners(row: Row) -> tuple[tuple[float, float], ...]:
    try:
        return corners_of([float(word) for word in row["polygon"].split()])
    except ValueError as error:
        raise row.wrong("polygon", "x and y of at least three corners") from error


def corners_of(numbers: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """x y x y … as pairs.

    Raises:
        ValueError: they are no pairs, or too few for an area.
    """
    if len(numbers) % 2 or len(numbers) < 2 * _LEAST_CORNERS:
        raise ValueError("an outline has pairs of numbers, three or more")
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def decode_runs(runs: str, rows: int, columns: int) -> NDArray[np.bool_]:
    """A mask of (rows, columns) from pairs of gap and length, each gap counted from the end of the run before, down the columns.

    This is how the SIIM-ACR pneumothorax challenge writes them; "-1" is the empty mask.

    Raises:
        ValueError: the runs are no pairs of numbers or leave the picture.
    """
    numbers = [int(word) for word in runs.split()]
    flat = np.zeros(rows * columns, dtype=np.bool_)
    if numbers == [-1]:
        return flat.reshape(columns, rows).T
    if len(numbers) % 2 or any(number < 0 for number in numbers):
        raise ValueError("runs must be pairs of gap and length")
    position = 0
    for gap, length in zip(numbers[::2], numbers[1::2], strict=True):
        position += gap
        if position + length > flat.size:
            raise ValueError(f"runs go past the {rows} × {columns} pixels of the picture")
        flat[position : position + length] = True
        position += length
    return flat.reshape(columns, rows).T


def encode_runs(mask: NDArray[np.bool_]) -> str:
    """The runs of a mask, as ``decode_runs`` reads them."""
    flat = np.concatenate([[False], mask.T.ravel(), [False]])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    if not edges.size:
        return "-1"
    starts, ends = edges[::2], edges[1::2]
    gaps = starts - np.concatenate([[0], ends[:-1]])
    return " ".join(f"{gap} {end - start}" for gap, start, end in zip(gaps, starts, ends, strict=True))
