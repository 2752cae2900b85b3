"""Where the finished tuberculosis network points on chests into which tuberculosis was drawn: what it shows, held against where it lies."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge_app.progress import followed
from edge_app.reading.anatomy import lungs_alone
from edge_app.reading.card import OPENVINO_MODEL, load_card
from edge_app.reading.protocols.tuberculosis import TUBERCULOSIS, TUBERCULOSIS_MODEL
from edge_app.reading.runtimes import OpenVinoRunner
from export.datasets.labelled import Labelled
from export.datasets.page import Block, Heading, Paragraph, Table
from export.evaluation.bootstrap import Draws
from export.evaluation.detection import overlap
from export.evaluation.figures import Estimate
from export.evaluation.parts import estimated_mean
from export.evaluation.words import estimate
from export.located_boxes import Sight
from export.simulate.drawing import drawn_boxes, drawn_regions
from export.workplace import Workplace


@dataclass(frozen=True)
class Pointing:
    """How often the map's peak lies in the disease, on the box as it ships; by chance as often as the disease covers of the lungs.

    ``overlap`` is the mean intersection over union of the box that is shown with one around all of the disease.
    """

    name: str
    pictures: int
    inside: Estimate
    chance: float
    overlap: Estimate


def pointing(name: str, drawn: Sequence[Labelled], models: Path, seed: int) -> Pointing:
    """Where the finished network points on chests into which tuberculosis was drawn."""
    card = load_card(models / TUBERCULOSIS_MODEL)
    runner = OpenVinoRunner(models / TUBERCULOSIS_MODEL / OPENVINO_MODEL, card, cache=None, threads=None)
    inside, chance, overlaps = list[float](), list[float](), list[float]()
    for picture in followed(drawn, f"{name}: where the map points"):
        sight = Sight.of(picture.path, card, runner, models, lungs_alone)
        region = drawn_regions(picture.path)[1] > 0
        rows, columns = region.shape
        scale = rows / sight.view.rows
        peak = sight.peak(TUBERCULOSIS)
        hit = peak is not None and bool(region[min(rows - 1, int(peak[1] * scale)), min(columns - 1, int(peak[0] * scale))])
        inside.append(float(hit))
        allowed = np.zeros(region.shape, dtype=np.uint8)
        for outline in sight.view.area or ():
            cv2.fillPoly(allowed, [np.rint(outline * scale).astype(np.int32)], 1)
        chance.append(float((region & (allowed > 0)).sum() / max(1, int(allowed.sum()))))
        known = next((own.box for own in drawn_boxes(picture.path) if own.finding == TUBERCULOSIS), None)
        overlaps.append(0.0 if known is None else overlap(known, sight.box(TUBERCULOSIS)))
    draws = Draws.of([picture.patient for picture in drawn], seed)

    def mean(values: Sequence[float]) -> Estimate:
        return estimated_mean(np.array(values, dtype=np.float64), draws)

    return Pointing(name, len(drawn), mean(inside), float(np.mean(chance)) if chance else float("nan"), mean(overlaps))


def pointings(place: Workplace) -> list[Pointing]:
    """The same by the source of the chests that were drawn into, of patients that were not learnt from."""
    by_source = dict[str, list[Labelled]]()
    for picture in place.examined:
        if picture.simulated and picture.labels.get(TUBERCULOSIS) == 1.0 and picture.drawn_on is not None:
            by_source.setdefault(picture.drawn_on.parent.parent.name, []).append(picture)
    return [pointing(source, own, place.finished, place.seed) for source, own in sorted(by_source.items())]


def pointing_blocks(pointed: Sequence[Pointing]) -> list[Block]:
    """A table for a report; nothing where nothing was pointed at."""
    if not pointed:
        return []
    table = tuple((own.name, str(own.pictures), estimate(own.inside, 2), f"{own.chance:.2f}", estimate(own.overlap, 2)) for own in pointed)
    return [
        Heading("Where the map points"),
        Paragraph(
            "Tuberculosis that a program drew into clear chests of patients that were not learnt from, read as on the box by the INT8 "
            "model that ships. By chance: the share of the lungs that the disease covers."
        ),
        Table(("drawn into", "pictures", "peak in the disease", "by chance", "overlap of the box"), table),
    ]
