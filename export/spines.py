"""``python -m export spines``: what taking implants out is worth to outlines and angles of spines that were not learnt from.

Each spine with implants is outlined as it came, restored as the box restores it, and as it is without them, by the network that ships and
by one that has seen no implants, as published. Beside that, what is outlined on the real pictures that nobody outlined, to be looked at.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from edge_app.progress import followed
from edge_app.radiograph.picture import Picture
from edge_app.reading.alignment import within
from edge_app.reading.anatomy import Anatomy, full_masks
from edge_app.reading.canvas import network_input
from edge_app.reading.finding import Landmark
from edge_app.reading.protocols.spine import IMPLANTS_MODEL, SPINE_MODEL, restored
from edge_app.reading.seen import Seen
from edge_app.reading.spine import STRUCTURES, marked, outlined, surer
from edge_app.reading.spinopelvic import ANGLES, LUMBAR_LORDOSIS, PELVIC_TILT, SACRAL_SLOPE
from export.atomic import write_png, write_text
from export.command_line import parser_of
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled
from export.datasets.lung_boxes import looking
from export.datasets.other_parts import spine_lateral
from export.datasets.page import Block, Heading, Image, Page, Paragraph, Table
from export.evaluation.angles import measured, true_landmarks
from export.evaluation.bootstrap import Draws
from export.evaluation.figures import Estimate, plain
from export.evaluation.overlap import dice
from export.evaluation.parts import estimated_mean
from export.evaluation.words import estimate
from export.plots import Bar, draw_bars
from export.recipes import spine as recipes
from export.runners import draft_card
from export.simulate.lumbar_spines import OPERATED, SOURCE, implants_on, plain_of
from export.workplace import Workplace

NAME = "spines"
PUBLISHED = {PELVIC_TILT: 1.38, SACRAL_SLOPE: 3.27, LUMBAR_LORDOSIS: 4.42}
"""Mean absolute errors in degrees, of the published chain on patients."""
CAME, RESTORED, TAKEN, PLAIN = "as it came", "restored", "the surer of both, as on the box", "without implants"
STATES = (CAME, RESTORED, TAKEN, PLAIN)
PUBLISHED_DICE = {CAME: 0.77, RESTORED: 0.85}
_TILE, _COLUMNS = 420, 3

Looking = Callable[[Picture], Seen]


@dataclass(frozen=True)
class Row:
    """One network on the spines in one state: the mean Dice of its outlines, and the mean error of each angle in degrees."""

    network: str
    state: str
    pictures: int
    dice: Estimate
    errors: Mapping[str, Estimate]
    measured: Mapping[str, int]


@dataclass(frozen=True)
class Cover:
    """How well implants are found on spines that have some: the mean share of their pixels that is found, and of those found theirs."""

    pictures: int
    called: int
    alarms: int
    without: int
    found: Estimate
    theirs: Estimate


def trained(place: Workplace) -> Looking:
    """Shows a picture to a network that was trained and not shipped.

    Raises:
        NotTrainedError: it was not trained.
    """
    place.require(place.weights)
    network = place.trained().eval()
    card = draft_card(place.recipe)

    @torch.no_grad()
    def look(picture: Picture) -> Seen:
        batch, placement = network_input(picture, card.input)
        logits, maps = network(torch.from_numpy(batch))
        return Seen(card, logits.numpy(), maps.numpy(), placement)

    return look


def _overlaps(anatomy: Anatomy, picture: Labelled, rows: int, columns: int) -> float:
    """The mean Dice over the structures that are on the picture; one that was not found has none."""
    masks, values = full_masks(anatomy, rows, columns), list[float]()
    for name in STRUCTURES:
        file = picture.masks.get(name)
        truth = None if file is None else cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        if truth is not None and (truth > 127).any():
            values.append(dice(masks[name] > 127, truth > 127) if name in masks else 0.0)
    return float(np.mean(values)) if values else float("nan")


def judged(networks: Mapping[str, Looking], look_for: Looking | None, spines: Sequence[Labelled], place: Workplace) -> list[Row]:
    """Every network on every state of the spines; ``look_for`` finds implants."""
    truth, draws = true_landmarks(place, spines), Draws.of([spine.patient for spine in spines], place.seed)
    overlaps = {(network, state): list[float]() for network in networks for state in STATES}
    found = {(network, state): list[Mapping[str, Landmark]]() for network in networks for state in STATES}
    for spine in followed(spines, "spines outlined"):
        came = opened(spine.path)
        without = None if look_for is None else restored(look_for(came), came)
        shown = {CAME: came, RESTORED: came if without is None else without.picture, PLAIN: opened(plain_of(spine.path))}
        for network, look in networks.items():
            drawn = {state: outlined(look(picture)) for state, picture in shown.items()}
            drawn[TAKEN] = surer(drawn[CAME], drawn[RESTORED])
            for state, anatomy in drawn.items():
                overlaps[network, state].append(_overlaps(anatomy, spine, came.rows, came.columns))
                found[network, state].append(marked(anatomy).landmarks)
    rows = []
    for network, state in overlaps:
        off = np.abs(measured(found[network, state], truth).off)
        errors = {name: estimated_mean(off[:, at], draws) for at, name in enumerate(ANGLES)}
        told = {name: int(np.isfinite(off[:, at]).sum()) for at, name in enumerate(ANGLES)}
        mean = estimated_mean(np.array(overlaps[network, state], dtype=np.float64), draws)
        rows.append(Row(network, state, len(spines), mean, errors, told))
    return rows


def covered(look_for: Looking, spines: Sequence[Labelled], others: Sequence[Labelled], seed: int) -> Cover:
    """Where implants are painted over, held against where they are; and on how many spines without any."""
    found, theirs, called = [], [], 0
    for spine in followed(spines, "implants looked for"):
        picture = opened(spine.path)
        own = restored(look_for(picture), picture)
        metal = implants_on(spine.path)
        if own is None or own.seen.map is None:
            found.append(0.0)
            theirs.append(float("nan"))
            continue
        called += 1
        painted = (
            cv2.resize(np.asarray(within(own.seen.map[0, 0], own.seen.placement)), metal.shape[::-1], interpolation=cv2.INTER_LINEAR) >= 0.0
        )
        found.append(float((painted & metal).sum() / max(1, metal.sum())))
        theirs.append(float((painted & metal).sum() / max(1, painted.sum())))
    draws = Draws.of([spine.patient for spine in spines], seed)
    alarms = 0
    for spine in followed(others, "spines without implants looked at"):
        picture = opened(spine.path)
        alarms += restored(look_for(picture), picture) is not None
    values = (np.array(own, dtype=np.float64) for own in (found, theirs))
    return Cover(len(spines), called, alarms, len(others), *(estimated_mean(own, draws) for own in values))


def looked_over(look: Looking, look_for: Looking | None, pictures: Sequence[Labelled]) -> NDArray[np.uint8] | None:
    """(rows, columns, 3) uint8: the pictures with what is outlined and measured on them; None where there are none."""
    tiles = []
    for own in pictures:
        picture = opened(own.path)
        without = None if look_for is None else restored(look_for(picture), picture)
        anatomy = outlined(look(picture if without is None else without.picture))
        drawn = np.repeat(picture.as_uint8()[..., None], 3, axis=2)
        scale = drawn.shape[1] / picture.columns
        for mask in full_masks(anatomy, *drawn.shape[:2]).values():
            edges = cv2.findContours((mask > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
            cv2.drawContours(drawn, edges, -1, (255, 140, 0), 2)
        for mark in marked(anatomy).landmarks.values():
            cv2.circle(drawn, (round(mark.x * scale), round(mark.y * scale)), 4, (0, 220, 255), -1)
        factor = _TILE / max(drawn.shape[:2])
        small = cv2.resize(drawn, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        tile = np.full((_TILE, _TILE, 3), 32, dtype=np.uint8)
        tile[: small.shape[0], : small.shape[1]] = small
        tiles.append(tile)
    tiles += [np.full((_TILE, _TILE, 3), 32, dtype=np.uint8)] * (-len(tiles) % _COLUMNS)
    return np.vstack([np.hstack(tiles[at : at + _COLUMNS]) for at in range(0, len(tiles), _COLUMNS)]) if tiles else None


def spines_page(rows: Sequence[Row], cover: Cover | None, real: int) -> Page:
    """The tables, and the real pictures where there are some."""
    outlines = tuple(
        (
            *(row.network, row.state, str(row.pictures), estimate(row.dice)),
            *(f"{estimate(row.errors[name], 2)}, {row.measured[name]}" for name in ANGLES),
        )
        for row in rows
    )
    published = (
        ("published, on patients", "as it came", "–", f"{PUBLISHED_DICE['as it came']:.2f}", *("–",) * len(ANGLES)),
        (
            "published, on patients",
            "restored",
            "–",
            f"{PUBLISHED_DICE['restored']:.2f}",
            *(f"{PUBLISHED[name]:.2f}" if name in PUBLISHED else "–" for name in ANGLES),
        ),
    )
    blocks: list[Block] = [
        Paragraph(
            "Phantoms with implants that were not learnt from. Dice is the mean over vertebrae, sacrum and femoral heads, 0 for one that "
            "was not found; beside each angle's mean absolute error in degrees stands on how many pictures it was measured."
        ),
        Table(("network", "the picture", "pictures", "Dice", *ANGLES), (*outlines, *published)),
        Image(f"{NAME}.png", "mean Dice"),
    ]
    if cover is not None:
        blocks += [
            Heading("Implants"),
            Paragraph(
                f"Implants are called on {cover.called} of {cover.pictures} spines that have some and on {cover.alarms} of {cover.without} "
                f"that have none. Of their pixels {estimate(cover.found)} are painted over; {estimate(cover.theirs)} of what is painted is "
                "theirs."
            ),
        ]
    if real:
        blocks += [
            Heading("Real pictures"),
            Paragraph("Nobody outlined these: they are here to be looked at."),
            Image(f"{NAME}_real.png", f"{real} real pictures with what is outlined on them"),
        ]
    return Page("Spines, with their implants and without", blocks)


def main(arguments: list[str]) -> int:
    """Judge the finished models."""
    parser = parser_of("spines", __doc__, runs="caches and the report", models="the finished models to judge")
    given = parser.parse_args(arguments)
    if not (given.models / SPINE_MODEL).is_dir():
        print(f"there is no such model: python -m export {SPINE_MODEL} road", flush=True)
        return 1
    place = Workplace(recipes.RECIPE, given.runs, given.data, given.seed, models=given.models)
    networks = {"that ships": looking(given.models / SPINE_MODEL)}
    without = replace(place, recipe=recipes.PLAIN)
    if without.weights.is_file():
        networks["that has seen no implants"] = trained(without)
    look_for = looking(given.models / IMPLANTS_MODEL) if (given.models / IMPLANTS_MODEL).is_dir() else None
    examined = place.examined
    spines = [picture for picture in examined if picture.source == OPERATED]
    rows = judged(networks, look_for, spines, place)
    others = [picture for picture in examined if picture.source == SOURCE]
    cover = None if look_for is None else covered(look_for, spines, others, given.seed)
    real = spine_lateral(given.data)
    sheet = looked_over(networks["that ships"], look_for, real)
    if sheet is not None:
        write_png(given.runs / f"{NAME}_real.png", sheet)
    panels = [(network, [Bar(row.state, row.dice.value or 0.0) for row in rows if row.network == network]) for network in networks]
    draw_bars(given.runs / f"{NAME}.png", panels, "mean Dice", (0.0, 1.0))
    target = spines_page(rows, cover, len(real)).write(given.runs, NAME)
    told = [{**plain(row), "errors": {name: own.model_dump() for name, own in row.errors.items()}} for row in rows]
    write_text(given.runs / f"{NAME}.json", json.dumps({"rows": told, "cover": None if cover is None else plain(cover)}))
    for row in rows:
        print(
            f"{row.network}, {row.state}: Dice {estimate(row.dice)}, "
            + ", ".join(f"{name} {estimate(row.errors[name], 2)}" for name in ANGLES)
        )
    print(f"{len(spines)} spines with implants: {target}", flush=True)
    return 0
