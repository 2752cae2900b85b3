"""``python -m export limbs``: how well fractures of limbs are told and located, with boxes to learn from and without.

On pictures that were not learnt from: by the detector that ships, which people's boxes have taught, and by what does without them as
published for noses, a classifier with its map and its saliency, and a generator that learnt from it. Held against the outlines that people
drew.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from edge_app.progress import followed
from edge_app.radiograph.picture import Picture
from edge_app.reading.activation import BOX_FRACTION, Heat, View, heat_of
from edge_app.reading.canvas import network_input
from edge_app.reading.card import OPENVINO_MODEL, load_card
from edge_app.reading.finding import Box
from edge_app.reading.protocols.limb_fracture import FRACTURE, LIMB_MODEL, PARTS, places
from edge_app.reading.runtimes import OpenVinoRunner
from edge_app.reading.seen import Seen
from export.atomic import write_png, write_text
from export.command_line import parser_of
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled
from export.datasets.page import Block, Heading, Image, Page, Paragraph, Table
from export.datasets.registry import boxes_below
from export.evaluation.bootstrap import Draws, Rows
from export.evaluation.detection import Detected, overlap
from export.evaluation.figures import Estimate, plain
from export.evaluation.froc import ALARMS, Place, found_at
from export.evaluation.metrics import auroc_of
from export.evaluation.parts import estimated, estimated_mean
from export.evaluation.words import estimate
from export.plots import Bar, draw_bars
from export.recipe import Recipe
from export.recipes.limb_fracture import CLASSIFIER, RECIPE, REPAIRER
from export.saliency import saliency_of, with_gradient
from export.workplace import Workplace

NAME = "limbs"
NOWHERE_ELSE = "No other collection of limbs lies in the data folder: what the detector is worth elsewhere was not measured."
_WITHOUT_BOXES: Sequence[tuple[Recipe, Mapping[str, int | None]]] = (
    (CLASSIFIER, {"a classifier's map": 0, "a classifier's saliency": None}),
    (REPAIRER, {"where a generator may change": 0, "what a generator changes": -2}),
)
"""What learns without boxes, and by which channel of its map it says where; by its saliency where there is none."""
_SHEET, _TILE = 12, 256
_BLOBS = 4
"""So many warm places of a map are taken for fractures at most."""

Places = Mapping[Path, Sequence[Place]]


@dataclass(frozen=True)
class Means:
    """One means of telling and locating.

    ``inside``: how often the surest point of a broken limb lies in an outline; ``overlap`` of its box with the nearest of people's;
    ``found``: what share of all fractures is found at each of ``ALARMS`` false alarms a picture.
    """

    name: str
    pictures: int
    broken: int
    auroc: Estimate
    inside: Estimate
    overlap: Estimate
    found: tuple[float, ...]


@dataclass(frozen=True)
class OfGroup:
    """The detector on some of the limbs alone: one part of the body, or one collection."""

    name: str
    pictures: int
    broken: int
    auroc: Estimate


@dataclass(frozen=True)
class Told:
    """What one means says of a picture: how surely something is broken, and where, the surest place first."""

    probability: float
    places: tuple[Detected, ...]


def fractures_below(data: Path) -> Places:
    """The fractures that people outlined, by picture."""
    known = boxes_below(data, (FRACTURE,)).items()
    return {path: [Place(Box(box.x, box.y, box.w, box.h), box.outline) for box in own] for path, own in known}


def by_detector(pictures: Sequence[Labelled], models: Path) -> list[Told]:
    """What the detector that ships says, as on the box."""
    card = load_card(models / LIMB_MODEL)
    runner, told = OpenVinoRunner(models / LIMB_MODEL / OPENVINO_MODEL, card, cache=None, threads=None), []
    for picture in followed(pictures, "limbs shown to the detector"):
        whole = opened(picture.path)
        batch, placement = network_input(whole, card.input)
        seen = Seen(card, *runner.run(batch), placement)
        probability = _sigmoid(float(seen.logits[0, 0]))
        own = tuple(Detected(picture.path, FRACTURE, each.box, probability * each.score) for each in places(seen, whole))
        told.append(Told(probability, own))
    return told


def by_map(place: Workplace, pictures: Sequence[Labelled], channels: Sequence[int | None]) -> list[list[Told]]:
    """What a trained network says that has learnt without boxes; where, by the warm places of each of these channels of its map.

    By those of its saliency where a channel is None.
    """
    network, wanted = place.recipe.task.shipped(place.trained()).eval(), place.recipe.input
    told: list[list[Told]] = [[] for _ in channels]
    with_gradient(network)
    for picture in followed(pictures, f"limbs shown to {place.recipe.name}"):
        whole = opened(picture.path)
        batch, placement = network_input(whole, wanted)
        shown = torch.from_numpy(batch)
        with torch.no_grad():
            logits, maps = network(shown)
        probability = _sigmoid(float(logits[0, 0]))
        view = View(wanted, placement, whole.rows, whole.columns)
        for channel, own in zip(channels, told, strict=True):
            warm = saliency_of(network, shown)[0, 0] if channel is None else maps[0, channel]
            heat = heat_of(warm.numpy(), view, averaged=True)
            boxes = [] if heat is None else warm_boxes(heat)
            own.append(Told(probability, tuple(Detected(picture.path, FRACTURE, box, probability * warmth) for box, warmth in boxes)))
    return told


def _sigmoid(logit: float) -> float:
    return float(0.5 + 0.5 * np.tanh(0.5 * logit))


def warm_boxes(heat: Heat) -> list[tuple[Box, float]]:
    """The boxes around what is at least half as warm as the peak, each with how warm it gets, the warmest first."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats((heat.values >= BOX_FRACTION).astype(np.uint8), connectivity=8)
    found = []
    for part in range(1, count):
        x, y, width, height, _ = (int(value) for value in stats[part])
        placement = heat.view.placement
        box = heat.view.on_picture(Box(x + placement.offset_x, y + placement.offset_y, width, height))
        if box is not None:
            found.append((box, float(heat.values[parts == part].max())))
    return sorted(found, key=lambda own: -own[1])[:_BLOBS]


def judged(name: str, pictures: Sequence[Labelled], told: Sequence[Told], there: Places, draws: Draws) -> Means:
    """How good one means is."""
    truth = np.array([picture.labels[FRACTURE] for picture in pictures], dtype=np.float64)
    given = np.array([own.probability for own in told], dtype=np.float64)
    inside, overlaps = np.full(len(pictures), np.nan), np.full(len(pictures), np.nan)
    for at, (picture, own) in enumerate(zip(pictures, told, strict=True)):
        known = there.get(picture.path, ())
        if truth[at] >= 0.5 and known:
            best = own.places[0].box if own.places else None
            middle = None if best is None else (best.x + best.width / 2, best.y + best.height / 2)
            inside[at] = float(middle is not None and any(place.holds(*middle) for place in known))
            overlaps[at] = max(overlap(place.box, best) for place in known)

    def area(rows: Rows) -> float:
        return auroc_of(given[rows], truth[rows])

    examined = {picture.path: there[picture.path] for picture in pictures if picture.path in there}
    found = found_at(examined, [each for own in told for each in own.places], len(pictures))
    broken = int((truth >= 0.5).sum())
    means = estimated_mean(inside, draws), estimated_mean(overlaps, draws)
    return Means(name, len(pictures), broken, estimated(area, len(truth), draws), *means, found)


def by_part(pictures: Sequence[Labelled], told: Sequence[Told], seed: int) -> list[OfGroup]:
    """How well it tells on each part of the limbs alone."""
    return [_group(part, [at for at, own in enumerate(pictures) if own.labels.get(part) == 1.0], pictures, told, seed) for part in PARTS]


def by_collection(pictures: Sequence[Labelled], told: Sequence[Told], seed: int) -> list[OfGroup]:
    """The same on each collection alone."""
    sources = sorted({own.source for own in pictures})
    return [_group(source, [at for at, own in enumerate(pictures) if own.source == source], pictures, told, seed) for source in sources]


def _group(name: str, rows: Sequence[int], pictures: Sequence[Labelled], told: Sequence[Told], seed: int) -> OfGroup:
    truth = np.array([pictures[at].labels[FRACTURE] for at in rows], dtype=np.float64)
    given = np.array([told[at].probability for at in rows], dtype=np.float64)

    def area(own: Rows) -> float:
        return auroc_of(given[own], truth[own])

    draws = Draws.of([pictures[at].patient for at in rows], seed)
    return OfGroup(name, len(rows), int((truth >= 0.5).sum()), estimated(area, len(rows), draws))


def limbs_page(means: Sequence[Means], parts: Sequence[OfGroup], elsewhere: Sequence[OfGroup], *, sheet: bool) -> Page:
    """The tables, and the pictures where there are some; ``elsewhere`` are collections that were never learnt from."""
    rows = tuple(
        (
            *(own.name, f"{own.broken} of {own.pictures}"),
            *(estimate(value) for value in (own.auroc, own.inside, own.overlap)),
            *(f"{value:.2f}" for value in own.found),
        )
        for own in means
    )
    alarms = tuple(f"found at {most:g} false a picture" for most in ALARMS)
    own_parts, others = (
        tuple((own.name, f"{own.broken} of {own.pictures}", estimate(own.auroc)) for own in groups) for groups in (parts, elsewhere)
    )
    blocks: list[Block] = [
        Paragraph(
            "Real limbs that were not learnt from, with 95 % intervals. The set names no patients: two pictures of one person may lie on "
            "both sides. Peak: the middle of the surest box, in what people outlined as the fracture."
        ),
        Table(("by", "broken", "AUROC", "peak in the outline", "overlap of boxes", *alarms), rows),
        Image(f"{NAME}.png", "share of peaks in the outline"),
        Table(("part", "broken", "AUROC of the detector"), own_parts),
        Heading("Elsewhere"),
        Table(("collection never learnt from", "broken", "AUROC of the detector"), others) if others else Paragraph(NOWHERE_ELSE),
    ]
    if sheet:
        blocks.append(Image(f"{NAME}_sheet.png", "broken limbs: what people outlined in yellow, the detector's boxes in blue"))
    return Page("Fractures of limbs", blocks)


def _tile(picture: Picture, known: Sequence[Place], told: Told) -> NDArray[np.uint8]:
    drawn = np.repeat(picture.as_uint8()[..., None], 3, axis=2)
    scale = drawn.shape[1] / picture.columns
    for place in known:
        edges = cv2.findContours(place.mask(picture.rows, picture.columns).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
        cv2.drawContours(drawn, [np.rint(edge * scale).astype(np.int32) for edge in edges], -1, (0, 220, 255), 1)
    for own in told.places[:1]:
        corners = np.rint(np.array([own.box.x, own.box.y, own.box.x + own.box.width, own.box.y + own.box.height]) * scale).astype(int)
        cv2.rectangle(drawn, (int(corners[0]), int(corners[1])), (int(corners[2]), int(corners[3])), (255, 140, 0), 1)
    factor = _TILE / max(drawn.shape[:2])
    size = max(1, round(drawn.shape[1] * factor)), max(1, round(drawn.shape[0] * factor))
    tile = np.zeros((_TILE, _TILE, 3), dtype=np.uint8)
    tile[: size[1], : size[0]] = cv2.resize(drawn, size, interpolation=cv2.INTER_AREA)
    return tile


def main(arguments: list[str]) -> int:
    """Judge what there is."""
    parser = parser_of("limbs", __doc__, runs="the trained networks and the report", models="the finished models to judge")
    given = parser.parse_args(arguments)
    if not (given.models / LIMB_MODEL).is_dir():
        print(f"there is no such model: python -m export {LIMB_MODEL} all", flush=True)
        return 1
    place = Workplace(RECIPE, given.runs, given.data, given.seed, models=given.models)
    pictures = [picture for picture in place.examined if picture.source in place.figures_from]
    others = [picture for picture in place.examined if picture.source not in place.recipe.shares]
    there, draws = fractures_below(given.data), Draws.of([picture.patient for picture in pictures], given.seed)
    detected = by_detector(pictures, given.models)
    means = [judged("a detector that learnt from boxes", pictures, detected, there, draws)]
    for recipe, ways in _WITHOUT_BOXES:
        own = replace(place, recipe=recipe)
        if own.weights.is_file():
            told = by_map(own, pictures, list(ways.values()))
            means += [judged(name, pictures, each, there, draws) for name, each in zip(ways, told, strict=True)]
    parts = by_part(pictures, detected, given.seed)
    elsewhere = by_collection(others, by_detector(others, given.models), given.seed)
    broken = [(picture, told) for picture, told in zip(pictures, detected, strict=True) if picture.labels[FRACTURE] >= 0.5][:_SHEET]
    sheet = given.runs / f"{NAME}_sheet.png"
    tiles = [_tile(opened(picture.path), there.get(picture.path, ()), told) for picture, told in broken]
    if tiles:
        rows = [np.hstack(tiles[start : start + 4]) for start in range(0, len(tiles) - len(tiles) % 4, 4)] or [np.hstack(tiles)]
        write_png(sheet, np.vstack(rows))
    bars = [Bar(own.name, own.inside.value or 0.0) for own in means]
    draw_bars(given.runs / f"{NAME}.png", [("peak in the outline", bars)], "share", (0.0, 1.0))
    target = limbs_page(means, parts, elsewhere, sheet=bool(tiles)).write(given.runs, NAME)
    written: dict[str, Sequence[object]] = {"means": means, "parts": parts, "elsewhere": elsewhere}
    write_text(given.runs / f"{NAME}.json", json.dumps({name: [plain(own) for own in rows] for name, rows in written.items()}))
    print(f"{len(pictures)} limbs, {means[0].broken} of them broken: {target}", flush=True)
    return 0
