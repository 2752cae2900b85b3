"""``python -m export broken-noses``: drawn fractures of every kind beside what is published of how they look, for a radiologist to compare.

Made of the real skulls of the data folder, for no simulated face has a nasal bone; without them there is nothing to draw on. Sheets of
real pictures stay below ``runs``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from export.command_line import parser_of
from export.datasets.canvases import opened
from export.datasets.nose_boxes import Point, box_around, marked
from export.looks import Sheet, write_looks
from export.simulate.nasal_bone import trace
from export.simulate.nasal_fractures import Break, Nose, drawn_nose

NAME = "broken_noses"
EXAMPLES = 6
_TILE = 300
_DE_LACEY = "de Lacey et al., Clin Radiol 1977;28:97-103"
_BAEK = "Baek et al., Iran J Radiol 2013;10:140-7"


@dataclass(frozen=True)
class Look:
    """How noses look: what of them is drawn, and what is published of it."""

    kind: Break | None
    title: str
    described: str


LOOKS = (
    Look(
        None,
        "Whole bones, with what is taken for a fracture",
        "The groove of the nasociliary nerve runs along the bone, the nasomaxillary suture behind it and the nasofrontal one across its "
        f"root: lucent lines with soft ends that never reach the bone's front edge; most false alarms are these ({_DE_LACEY}).",
    ),
    Look(
        Break.LINE,
        "A line",
        "A sharp lucent line across the bone, most often in its lower third where it is thin, that breaks the front edge; nothing has "
        f"moved ({_DE_LACEY}).",
    ),
    Look(Break.STEP, "A step", f"The lower part stands beside the upper one: the front edge is offset at the break ({_BAEK})."),
    Look(
        Break.DEPRESSION,
        "A depression",
        f"The lower part is turned inwards, so that the edge bends at the break; now and then outwards instead ({_BAEK}).",
    ),
    Look(
        Break.SPLINTERS,
        "Splinters",
        f"Two or three lines with fragments between them that lie askew; edges that overlie one another are denser ({_BAEK}).",
    ),
)


def skulls(data: Path, count: int) -> list[tuple[Path, tuple[Point, Point]]]:
    """The first ``count`` skulls on which the nose is marked, with nasion and subnasale."""
    return [(path, points) for path, points in sorted(marked(data / "cephalogram").items()) if path.is_file()][:count]


def noses_of(look: Look, on: Sequence[tuple[Path, tuple[Point, Point]]], seed: int) -> NDArray[np.uint8]:
    """(2 rows of tiles, columns, 3) uint8: a nose of each skull as drawn, and below it the same with the outline of what is broken."""
    columns = []
    for column, (path, points) in enumerate(on):
        grey = opened(path).windowed()
        random = np.random.default_rng([seed, LOOKS.index(look), column])
        made = drawn_nose(grey, trace(grey, *points), broken=look.kind is not None, random=random, kind=look.kind)
        columns.append(np.vstack(_tiles(made, box_around(*points))))
    return np.hstack(columns)


def _tiles(made: Nose, box: tuple[float, float, float, float]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The square around a nose, without and with the outline of its fracture."""
    left, top, width, height = box
    rows, columns = made.picture.shape
    side = min(round(max(width, height)), rows, columns)
    x, y = (
        int(np.clip(round(start + (length - side) / 2), 0, most - side))
        for start, length, most in ((left, width, columns), (top, height, rows))
    )
    cut = np.s_[y : y + side, x : x + side]
    grey = cv2.resize(made.picture[cut], (_TILE, _TILE), interpolation=cv2.INTER_CUBIC)
    plain = np.repeat(np.rint(np.clip(grey, 0.0, 1.0) * 255.0).astype(np.uint8)[..., None], 3, axis=2)
    outlined = plain.copy()
    mask = cv2.resize(made.fracture[cut].astype(np.uint8), (_TILE, _TILE), interpolation=cv2.INTER_NEAREST)
    edges = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    cv2.drawContours(outlined, edges, -1, (0, 220, 255), 1)
    return plain, outlined


def main(arguments: list[str]) -> int:
    """Draw every look and write the page; 1 where there is no skull to draw on."""
    parser = parser_of("broken-noses", __doc__, runs="the page")
    given = parser.parse_args(arguments)
    on = skulls(given.data, EXAMPLES)
    if not on:
        print(f"there is no skull with a marked nose under {given.data / 'cephalogram'}", flush=True)
        return 1
    told = (
        "Drawn by a program on real lateral skulls of people whose nose is whole; none of these fractures is real. Below each nose stands "
        "what is outlined as broken."
    )
    sheets = (Sheet(look.kind or "whole", look.title, look.described, noses_of(look, on, given.seed)) for look in LOOKS)
    page = write_looks(given.runs, NAME, "Noses that a program broke, and what is published of how they look", told, sheets)
    print(f"{len(LOOKS)} looks on {len(on)} skulls: {page}", flush=True)
    return 0
