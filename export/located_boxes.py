"""``python -m export boxes``: where the findings' maps point, held against the boxes that radiologists drew; no box was ever learnt from.

Asked of every boxed picture whether or not the finding would be called there, since where it points is one question and whether another.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge_app.reading import finding
from edge_app.reading.activation import heat_of
from edge_app.reading.alignment import shown, whole_pixels
from edge_app.reading.anatomy import thorax_hull
from edge_app.reading.card import OPENVINO_MODEL, Card, load_card
from edge_app.reading.protocols.chest import CHEST_MODEL
from edge_app.reading.runtimes import OpenVinoRunner, Runner
from export.atomic import write_text
from export.datasets.boxes import Box, boxes_table
from export.datasets.canvases import opened
from export.datasets.lung_boxes import anatomy_of
from export.datasets.page import Page, Paragraph, Table
from export.datasets.registry import data_folder
from export.recipes.chest_findings import RECIPE
from export.workplace import MODELS, Workplace

ROOT = Path(__file__).resolve().parent.parent
NAME = "boxes"
OVERLAPS = (0.25, 0.4, 0.5)
NAMES = {"Infiltrate": "Infiltration"}
"""What the table of boxes calls otherwise than the labels."""


@dataclass(frozen=True)
class Pointed:
    """One drawn box, and what the map of its finding comes to: how much its box overlaps, and whether its peak lies inside."""

    box: Box
    overlap: float
    inside: bool
    unseen: bool
    """Whether the patient is none of those that labels were learnt from."""


def overlap(drawn: Box, found: finding.Box | None) -> float:
    """Intersection over union of both boxes; 0 where none was found."""
    if found is None:
        return 0.0
    width = min(drawn.x + drawn.w, found.x + found.width) - max(drawn.x, found.x)
    height = min(drawn.y + drawn.h, found.y + found.height) - max(drawn.y, found.y)
    shared = max(0.0, width) * max(0.0, height)
    return shared / (drawn.w * drawn.h + found.width * found.height - shared)


def pointed(box: Box, card: Card, runner: Runner, models: Path, *, unseen: bool) -> Pointed:
    """Hold the map of the box's finding, as the box would draw it, against the box."""
    picture = opened(box.picture)
    anatomy = anatomy_of(picture, models)
    lungs = anatomy.lungs
    part = None if lungs is None else whole_pixels(picture, lungs)
    batch, placement = shown(picture, part, card.input)
    activation = runner.run(batch)[1]
    index = [label.name for label in card.labels].index(NAMES.get(box.label, box.label))
    heat = (
        None
        if activation is None
        else heat_of(activation[0, index], card.input, placement, picture.rows, picture.columns, part, thorax_hull(anatomy))
    )
    if heat is None:
        return Pointed(box, 0.0, inside=False, unseen=unseen)
    row, column = np.unravel_index(int(heat.values.argmax()), heat.values.shape)
    start = (0.0, 0.0) if part is None else (part.x, part.y)
    x, y = start[0] + (float(column) + 0.5) / placement.factor_x, start[1] + (float(row) + 0.5) / placement.factor_y
    inside = box.x <= x <= box.x + box.w and box.y <= y <= box.y + box.h
    return Pointed(box, overlap(box, heat.box()), inside, unseen)


def boxes_page(found: Sequence[Pointed]) -> Page:
    """How often the maps point to the boxes, of all and of patients that no label was learnt from."""
    rows = []
    for name, own in (("all", list(found)), ("of patients not learnt from", [one for one in found if one.unseen])):
        hits = [str(sum(one.overlap >= least for one in own)) for least in OVERLAPS]
        mean = f"{np.mean([one.overlap for one in own]):.3f}" if own else "–"
        rows.append((name, str(len(own)), str(sum(one.inside for one in own)), *hits, mean))
    columns = ("boxes", "number", "peak inside", *(f"overlap ≥ {least:g}" for least in OVERLAPS), "mean overlap")
    single = tuple((one.box.picture.name, one.box.label, f"{one.overlap:.2f}", "yes" if one.inside else "no") for one in found)
    return Page(
        "Where the findings' maps point",
        [
            Paragraph("Boxes that radiologists drew, none of them learnt from; overlap is intersection over union."),
            Table(columns, tuple(rows)),
            Table(("picture", "finding", "overlap", "peak inside"), single),
        ],
    )


def main(arguments: list[str]) -> int:
    """Parse the command line, hold the maps against the boxes and report; 1 where there are none."""
    parser = argparse.ArgumentParser(prog="python -m export boxes", description=__doc__)
    parser.add_argument("--data", type=Path, default=data_folder(), help="folder of the public sets")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs", help="folder for drawn pictures and the report")
    parser.add_argument("--models", type=Path, default=MODELS, help="the models to try")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    boxes = boxes_table(given.data / "nih" / "boxes.csv", given.data / "nih" / "images")
    if not boxes:
        print(f"no boxes under {given.data / 'nih'}", flush=True)
        return 1
    card = load_card(given.models / CHEST_MODEL)
    runner = OpenVinoRunner(given.models / CHEST_MODEL / OPENVINO_MODEL, card, cache=None, threads=None)
    unseen = {picture.path for picture in Workplace(RECIPE, given.runs, given.data, given.seed, models=given.models).split.validation}
    found = [pointed(box, card, runner, given.models, unseen=box.picture in unseen) for box in boxes]
    page = boxes_page(found)
    write_text(given.runs / f"{NAME}.md", page.markdown())
    write_text(given.runs / f"{NAME}.html", page.html())
    print(f"{sum(one.inside for one in found)} of {len(found)} peaks inside: {given.runs / f'{NAME}.html'}", flush=True)
    return 0
