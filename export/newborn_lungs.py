"""``python -m export newborn-lungs``: what each published step of finding a newborn's lungs is worth, on real pictures kept apart.

The pictures are of adults, for of newborns none is outlined: each is shrunk, turned and put somewhere on an empty plate, and outlined by
the very steps that outline it on the box, with the INT8 model that ships. Every one is laid out twice: askew as newborns mostly lie, and
in any direction.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.progress import followed
from edge_app.radiograph.picture import Facts, Picture, VoiFunction, Window
from edge_app.reading.anatomy import LEFT_LUNG, LEFT_LUNG_WHOLE, RIGHT_LUNG, RIGHT_LUNG_WHOLE, Anatomy, structure_probabilities
from edge_app.reading.newborn_lungs import MEDIAN, Looking, found_turned, from_near
from edge_app.reading.turning import anatomy_back
from export.atomic import write_png, write_text
from export.command_line import parser_of
from export.datasets.canvases import opened
from export.datasets.labelled import LUNG_FIELDS, WHOLE_LUNGS, Labelled
from export.datasets.lung_boxes import looking
from export.datasets.newborn_thorax import nearest
from export.datasets.page import Block, Image, Page, Paragraph, Table
from export.evaluation.bootstrap import Draws
from export.evaluation.figures import Estimate
from export.evaluation.parts import estimated_mean
from export.evaluation.words import estimate
from export.plots import Bar, draw_bars
from export.recipes.newborn_anatomy import RECIPE
from export.workplace import Workplace

NAME = "newborn_lungs"
SIDE = 512
LEAST_SIZE = 0.4
ASKEW, ANYHOW = 45.0, 180.0
HOW_FAR = {"askew by up to 45°": ASKEW, "in any direction": ANYHOW}
STEPS = ("the network alone", "and a median filter", "and turned where too little is found", "and looked at from near")
PUBLISHED = (0.834, 0.847, 0.913)
"""Mean intersection over union of the first three steps, on newborns."""
_WHITE = 65535.0
_SHEET, _TILE = 12, 256

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Laid:
    """A real picture laid out on an empty plate, with its lungs as people outlined them, (SIDE, SIDE), and what they mean by lung."""

    picture: Picture
    lungs: Mask
    structures: tuple[str, str]


def outlined_lungs(picture: Labelled) -> tuple[Mask, tuple[str, str]] | None:
    """The lungs as people outlined them, as the picture lies, and the structures that mean the same; None where nobody did."""
    own = picture.masks
    if LUNG_FIELDS in own:
        files, structures = [own[LUNG_FIELDS]], (RIGHT_LUNG, LEFT_LUNG)
    elif {RIGHT_LUNG_WHOLE, LEFT_LUNG_WHOLE} <= own.keys():
        files, structures = [own[RIGHT_LUNG_WHOLE], own[LEFT_LUNG_WHOLE]], (RIGHT_LUNG_WHOLE, LEFT_LUNG_WHOLE)
    elif WHOLE_LUNGS in own:
        files, structures = [own[WHOLE_LUNGS]], (RIGHT_LUNG_WHOLE, LEFT_LUNG_WHOLE)
    else:
        return None
    masks = [cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) for file in files]
    if any(mask is None for mask in masks):
        raise FileNotFoundError(files)
    return np.asarray(np.any([mask > 127 for mask in masks if mask is not None], axis=0)), structures


def laid_out(picture: Labelled, most_degrees: float, random: np.random.Generator) -> Laid | None:
    """The picture on an empty plate of SIDE²: of ``LEAST_SIZE`` to all of it, turned, anywhere where its middle has room."""
    told = outlined_lungs(picture)
    if told is None:
        return None
    mask, structures = told
    grey = opened(picture.path).windowed(SIDE)
    rows, columns = grey.shape
    lungs = cv2.resize(mask.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    size = float(np.exp(random.uniform(np.log(LEAST_SIZE), 0.0)))
    turn = cv2.getRotationMatrix2D(
        ((columns - 1) / 2, (rows - 1) / 2), random.uniform(-most_degrees, most_degrees), size * SIDE / max(rows, columns)
    )
    room = random.uniform(-0.5, 0.5, 2) * (1.0 - size) * SIDE
    turn[:, 2] += (SIDE - 1) / 2 - np.array([(columns - 1) / 2, (rows - 1) / 2]) + room
    shown = cv2.warpAffine(grey, turn, (SIDE, SIDE), flags=cv2.INTER_AREA, borderValue=(0.0,))
    pixels = np.rint(np.clip(shown, 0.0, 1.0) * _WHITE).astype(np.uint16)
    plate = Picture(pixels, Window(_WHITE / 2, _WHITE, VoiFunction.LINEAR_EXACT), SIDE, SIDE, None, Facts())
    moved = cv2.warpAffine(lungs, turn, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderValue=(0.0,))
    return Laid(plate, np.asarray(moved >= 0.5), structures)


def _sized(mask: NDArray[np.float32] | NDArray[np.bool_]) -> Mask:
    return np.asarray(cv2.resize(mask.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR) >= 0.5)


def _of(anatomy: Anatomy, structures: tuple[str, str]) -> Mask:
    found = np.zeros((SIDE, SIDE), dtype=np.bool_)
    for name in structures:
        drawn = anatomy.get(name)
        if drawn is not None:
            found |= _sized(drawn.mask)
    return found


def steps_on(laid: Laid, look: Looking, look_near: Looking) -> tuple[Mask, Mask, Mask, Mask]:
    """The lungs after each of ``STEPS``, (SIDE, SIDE) each."""
    probabilities = structure_probabilities(look(laid.picture))
    alone = np.max([probabilities[name] for name in laid.structures], axis=0) >= 0.5
    filtered = cv2.medianBlur(alone.astype(np.uint8), MEDIAN) > 0
    found = found_turned(look, laid.picture)
    turned, near = (_of(anatomy_back(own.anatomy, own.quarters), laid.structures) for own in (found, from_near(look_near, found)))
    return _sized(alone), _sized(np.asarray(filtered)), turned, near


def overlap(one: Mask, other: Mask) -> float:
    """Intersection over union; 0 where either is empty, for a lung that was not found is not a lung that is not there."""
    return float((one & other).sum() / max(1, (one | other).sum()))


@dataclass(frozen=True)
class Row:
    """One step on the pictures that lie so: the mean overlap of the lungs, and how many pictures are below one half."""

    lying: str
    step: str
    overlap: Estimate
    missed: int
    pictures: int


def judged(pictures: Sequence[Labelled], look: Looking, look_near: Looking, seed: int, sheet: Path | None = None) -> list[Row]:
    """Every step on every picture, however it lies."""
    found, tiles = list[Row](), list[NDArray[np.uint8]]()
    for lying, degrees in HOW_FAR.items():
        values, patients = list[tuple[float, ...]](), list[str]()
        for index, picture in enumerate(followed(pictures, f"pictures laid out {lying}")):
            laid = laid_out(picture, degrees, np.random.default_rng([seed, index, round(degrees)]))
            if laid is None:
                continue
            masks = steps_on(laid, look, look_near)
            values.append(tuple(overlap(mask, laid.lungs) for mask in masks))
            patients.append(picture.patient)
            if degrees == ANYHOW and len(tiles) < _SHEET:
                tiles.append(_tile(laid, masks[-1]))
        table, draws = np.array(values, dtype=np.float64), Draws.of(patients, seed)
        for column, step in enumerate(STEPS):
            own = table[:, column]
            found.append(Row(lying, step, estimated_mean(own, draws), int((own < 0.5).sum()), len(own)))
    if sheet is not None and tiles:
        rows = [np.hstack(tiles[start : start + 4]) for start in range(0, len(tiles) - len(tiles) % 4, 4)]
        write_png(sheet, np.vstack(rows))
    return found


def _tile(laid: Laid, mask: Mask) -> NDArray[np.uint8]:
    """The picture with what people outlined in yellow and what the box outlines in blue."""
    drawn = np.repeat(laid.picture.as_uint8()[..., None], 3, axis=2)
    for own, colour in ((laid.lungs, (0, 220, 255)), (mask, (255, 140, 0))):
        edges = cv2.findContours(own.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
        cv2.drawContours(drawn, edges, -1, colour, 2)
    return np.asarray(cv2.resize(drawn, (_TILE, _TILE), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def lungs_page(rows: Sequence[Row], *, sheet: bool) -> Page:
    """The table, each of the first three steps beside what was published for it."""
    published = dict(zip(STEPS, PUBLISHED, strict=False))
    table = tuple(
        (
            *(row.lying, row.step, str(row.pictures), estimate(row.overlap), str(row.missed)),
            f"{published[row.step]:.3f}" if row.step in published else "–",
        )
        for row in rows
    )
    blocks: list[Block] = [
        Paragraph(
            "Real chests of adults of patients that were not learnt from, each shrunk to between 40 and 100 %, turned and put somewhere on "
            "an empty plate. Intersection over union of both lungs with what people outlined, the mean over pictures with its 95 % "
            "interval; published figures are of newborns. A picture that lies on a side is outlined nowhere until it is turned, so "
            "the first steps say how many lay so."
        ),
        Table(("the picture lies", "step", "pictures", "mean IoU", "below one half", "published"), table),
        Image(f"{NAME}.png", "mean intersection over union after each step"),
    ]
    if sheet:
        blocks.append(
            Image(f"{NAME}_sheet.png", "pictures in any direction: what people outlined in yellow, what the box outlines in blue")
        )
    return Page("What each step of finding a newborn's lungs is worth", blocks)


def main(arguments: list[str]) -> int:
    """Judge the finished model."""
    parser = parser_of("newborn-lungs", __doc__, runs="caches and the report", models="the finished models to judge")
    given = parser.parse_args(arguments)
    if not (given.models / RECIPE.name).is_dir():
        print(f"there is no such model: python -m export {RECIPE.name} all", flush=True)
        return 1
    place = Workplace(RECIPE, given.runs, given.data, given.seed, models=given.models)
    pictures = [own for own in place.examined if own.source in RECIPE.figures_from and own.masks]
    sheet = given.runs / f"{NAME}_sheet.png"
    rows = judged(pictures, looking(given.models / RECIPE.name), looking(nearest(given.models)), given.seed, sheet)
    panels = [(lying, [Bar(row.step, row.overlap.value or 0.0) for row in rows if row.lying == lying]) for lying in HOW_FAR]
    draw_bars(given.runs / f"{NAME}.png", panels, "mean intersection over union", (0.0, 1.0))
    target = lungs_page(rows, sheet=sheet.is_file()).write(given.runs, NAME)
    write_text(given.runs / f"{NAME}.json", json.dumps([{**asdict(row), "overlap": row.overlap.model_dump()} for row in rows]))
    for row in rows:
        print(f"{row.lying}, {row.step}: {estimate(row.overlap)}, {row.missed} of {row.pictures} below one half")
    print(f"{len(pictures)} pictures: {target}", flush=True)
    return 0
