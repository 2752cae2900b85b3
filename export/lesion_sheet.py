"""``python -m export lesions``: one sheet of every finding that can be drawn, at four strengths, for a radiologist to look at.

Drawn on clear chests of the data folder, and on simulated ones where there is none. Real pictures' sheets stay below ``runs``.
"""

import itertools
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.anatomy import HEART, LEFT_LUNG, RIGHT_LUNG, full_masks
from edge_app.reading.finding import Box
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.lesions.ground import Mask
from edge_app.simulator.lesions.lesion import Kind, Lesion, LesionKind, LookAlikeKind, NewbornKind, Side, TuberculousKind
from export.atomic import write_png
from export.command_line import RUNS, parser_of
from export.datasets.adult_normal import adult_normal
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled, is_clear
from export.datasets.lung_boxes import anatomy_of
from export.datasets.nih import nih
from export.datasets.split import in_mixed_order
from export.datasets.tuberculosis import tuberculosis
from export.simulate.lesioned import Grey, lesioned
from export.workplace import MODELS

KINDS: tuple[Kind, ...] = (*LesionKind, *TuberculousKind, *LookAlikeKind, *NewbornKind)
STRENGTHS = (0.25, 0.5, 0.75, 1.0)
CHESTS = 12
"""So many different ones are drawn on; the sheet has more tiles."""
TILE = 360
CAPTION = 20
_SIDES: tuple[Side, Side] = ("left", "right")

Chest = tuple[Grey, Mask, Mask, Mask]
"""A picture in 0…1 with its right lung field, left lung field and heart."""


def simulated_chest_of(number: int) -> Chest:
    """A simulated chest to draw on, the same for the same number."""
    made = simulated_chest(500 + number, 512, 512)
    grey = (made.pixels / np.float32(2**made.bits - 1)).astype(np.float32)
    return grey, made.masks["right_lung"], made.masks["left_lung"], made.masks["heart"]


def outlined_chest(picture: Labelled, models: Path) -> Chest | None:
    """A picture to draw on; None where a lung was not found."""
    whole = opened(picture.path)
    masks = {name: mask >= 128 for name, mask in full_masks(anatomy_of(whole, models), whole.rows, whole.columns).items()}
    if RIGHT_LUNG not in masks or LEFT_LUNG not in masks:
        return None
    grey = np.asarray(whole.windowed(max(whole.rows, whole.columns)), dtype=np.float32)
    return grey, masks[RIGHT_LUNG], masks[LEFT_LUNG], masks.get(HEART, np.zeros(grey.shape, dtype=np.bool_))


def chests(data: Path, models: Path, count: int, seed: int) -> list[Chest]:
    """``count`` clear chests of several hospitals with their outlines, as many as there are, the others simulated."""
    found: list[Chest] = []
    sources = [in_mixed_order([own for own in read(data) if is_clear(own)], seed) for read in (adult_normal, nih, tuberculosis)]
    for picture in (own for each in itertools.zip_longest(*sources) for own in each if own is not None):
        if len(found) == count:
            break
        chest = outlined_chest(picture, models)
        found += [] if chest is None else [chest]
    return found + [simulated_chest_of(number) for number in range(count - len(found))]


def lesion_sheet(drawn_on: Sequence[Chest], seed: int) -> NDArray[np.uint8]:
    """(rows, columns, 3) uint8: a row for each kind, a column for each strength; each with where it is seen."""
    lines = []
    for row, kind in enumerate(KINDS):
        tiles = []
        for column, strength in enumerate(STRENGTHS):
            random = np.random.default_rng([seed, row, column])
            lesion = Lesion(kind, _SIDES[int(random.integers(2))], strength)
            drawn = lesioned(*drawn_on[(row * len(STRENGTHS) + column) % len(drawn_on)], [lesion], random)
            tiles.append(_tile(drawn.picture, f"{kind} {strength:g}", [*drawn.boxes.values()]))
        lines.append(np.hstack(tiles))
    return np.vstack(lines)


def _tile(picture: Grey, caption: str, boxes: Sequence[Box]) -> NDArray[np.uint8]:
    factor = (TILE - 4) / max(picture.shape)
    size = (round(picture.shape[1] * factor), round(picture.shape[0] * factor))
    small = cv2.resize(np.rint(picture * 255.0).astype(np.uint8), size, interpolation=cv2.INTER_AREA)
    tile = np.full((TILE + CAPTION, TILE, 3), 32, dtype=np.uint8)
    tile[: size[1], : size[0]] = small[:, :, None]
    for box in boxes:
        corners = ((box.x, box.y), (box.x + box.width, box.y + box.height))
        first, last = ((round(x * factor), round(y * factor)) for x, y in corners)
        cv2.rectangle(tile, first, last, (0, 200, 255), 1)
    cv2.putText(tile, caption, (4, TILE + CAPTION - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (235, 235, 235), 1, cv2.LINE_AA)
    return tile


def main(arguments: list[str]) -> int:
    """Parse the command line, draw the sheet and say where it is."""
    parser = parser_of("lesions", __doc__)
    parser.add_argument("--out", type=Path, default=RUNS / "lesions.png", help="the sheet")
    given = parser.parse_args(arguments)
    sheet = lesion_sheet(chests(given.data, MODELS, CHESTS, given.seed), given.seed)
    write_png(given.out, sheet)
    print(f"{len(KINDS)} findings at {len(STRENGTHS)} strengths: {given.out}", flush=True)
    return 0
