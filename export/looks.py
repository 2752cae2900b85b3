"""A page of sheets of what a program drew, each beside what is published of how it looks, for a radiologist to compare."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from export.atomic import write_png
from export.datasets.page import Block, Heading, Image, Page, Paragraph


@dataclass(frozen=True, eq=False)
class Sheet:
    """One look: the end of its file's name, its title, what is published of it, and the pictures, (rows, columns) or with colours."""

    key: str
    title: str
    described: str
    drawn: NDArray[np.uint8]


def write_looks(runs: Path, name: str, title: str, told: str, sheets: Iterable[Sheet]) -> Path:
    """Write every sheet and the page ``name`` below ``runs``; the page. ``told`` stands over all of them."""
    runs.mkdir(parents=True, exist_ok=True)
    blocks: list[Block] = [Paragraph(f"{told} Beside it stands what the literature says, in our words.")]
    for sheet in sheets:
        file = runs / f"{name}_{sheet.key}.png"
        write_png(file, sheet.drawn)
        blocks += [Heading(sheet.title), Paragraph(sheet.described), Image(file.name, sheet.title)]
    return Page(title, blocks).write(runs, name)
