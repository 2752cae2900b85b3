"""``python -m export newborn-rds``: what each network of the newborns' road is worth, and where it looks before and after the strip goes.

Every network that is trained is asked of the newborns kept apart, shown to it as on the box. Of the one that sees trachea and spine and of
the one that ships, which does not, it is told how much of the map lies in the lungs, with pictures of both side by side.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from edge_app.progress import followed
from edge_app.reading.activation import energy_within, heat_of
from edge_app.reading.anatomy import lungs_alone
from edge_app.reading.canvas import network_input
from edge_app.reading.newborn_lungs import FoundLungs, thorax_alone, thorax_of
from edge_app.reading.protocols.findings import view_of
from edge_app.reading.protocols.neonatal_rds import AT_LEAST, RDS
from edge_app.reading.seen import Seen
from export.atomic import write_png, write_text
from export.command_line import parser_of
from export.datasets.labelled import Labelled, label_matrix
from export.datasets.newborn_thorax import lungs_of
from export.datasets.page import Block, Heading, Image, Page, Paragraph, Table
from export.evaluation.bootstrap import Draws
from export.evaluation.figures import Estimate, plain
from export.evaluation.metrics import auroc_of
from export.evaluation.parts import estimated, estimated_mean
from export.evaluation.words import estimate
from export.plots import Bar, draw_bars
from export.recipe import Recipe
from export.recipes.neonatal_rds import FIRST, RECIPE, STRIP, STRIP_FIRST, TEACHERS, TEACHERS_FIRST
from export.runners import draft_card
from export.tasks.distress import Distress
from export.tasks.taught import said
from export.workplace import Workplace

NAME = "newborn_rds"
PUBLISHED = {TEACHERS[0].name: 77.3, TEACHERS[1].name: 79.7, TEACHERS[2].name: 85.2}
"""Published accuracy in percent, on newborns."""
_NETWORKS = (*(own for both in zip(TEACHERS_FIRST, TEACHERS, strict=True) for own in both), STRIP_FIRST, STRIP, FIRST, RECIPE)
_SHEET, _TILE = 6, 224
_WARM = np.array([32, 140, 255], dtype=np.float32)

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Network:
    """What one network is worth: accuracy of the finding and of all five grades from one half on, and the finding's AUROC."""

    name: str
    pictures: int
    accuracy: Estimate
    grades: Estimate
    auroc: Estimate


@dataclass(frozen=True)
class Looking:
    """How much of a network's map lies in the lungs of the newborns that have the finding."""

    name: str
    pictures: int
    share: Estimate
    least: float


@dataclass(frozen=True, eq=False)
class _Asked:
    """A trained network before newborns."""

    place: Workplace
    network: torch.nn.Module

    @property
    def strip(self) -> bool:
        """Whether it is shown trachea and spine."""
        task = self.place.recipe.task
        return isinstance(task, Distress) and task.strip

    @torch.no_grad()
    def seen(self, found: FoundLungs) -> Seen:
        """What it makes of a newborn, in pixels of the upright picture."""
        wanted = self.place.recipe.input
        thorax, part = thorax_alone(found.upright, thorax_of(found.anatomy, with_strip=self.strip), wanted.height)
        batch, placement = network_input(thorax, wanted)
        picture = torch.from_numpy(batch)
        logits = said(self.network, picture).numpy()[:, : len(AT_LEAST)]
        activation = self.network(picture)[1].numpy()
        return Seen(draft_card(self.place.recipe), logits, activation, placement, part)


def _asked(place: Workplace, recipe: Recipe) -> _Asked | None:
    own = replace(place, recipe=recipe)
    return _Asked(own, own.trained().eval()) if own.weights.is_file() else None


def worth(name: str, logits: NDArray[np.float32], truth: NDArray[np.float32], draws: Draws) -> Network:
    """(pictures, grades) logits and 0 or 1 of at least each grade."""
    called, so = logits >= 0.0, truth >= 0.5
    right = np.asarray(called[:, 0] == so[:, 0], dtype=np.float64)
    # As on the box: the highest grade up to which every one is reached.
    graded = np.asarray(np.cumprod(called, axis=1).sum(1) == so.sum(1), dtype=np.float64)
    area = estimated(lambda rows: auroc_of(logits[rows, 0], truth[rows, 0]), len(truth), draws)
    return Network(name, len(truth), estimated_mean(right, draws), estimated_mean(graded, draws), area)


def map_share(asked: _Asked, found: FoundLungs) -> float:
    """The share of its map that lies in the lungs; NaN of a map that is flat."""
    seen = asked.seen(found)
    assert seen.map is not None  # noqa: S101  (its network gives one)
    share = energy_within(seen.map[0, 0], view_of(seen, found.upright, lungs_alone(found.anatomy)))
    return float("nan") if share is None else share


def _tile(asked: _Asked, found: FoundLungs) -> NDArray[np.uint8]:
    """The upright picture under the network's whole map."""
    grey = np.repeat(found.upright.as_uint8()[..., None], 3, axis=2).astype(np.float32)
    seen = asked.seen(found)
    assert seen.map is not None  # noqa: S101  (its network gives one)
    heat = heat_of(seen.map[0, 0], view_of(seen, found.upright, None), averaged=True)
    if heat is not None and seen.part is not None:
        left, top, wide, high = (round(value) for value in (seen.part.x, seen.part.y, seen.part.width, seen.part.height))
        weight = np.zeros(grey.shape[:2], dtype=np.float32)
        shown = weight[top : top + high, left : left + wide]
        shown[:] = 0.7 * cv2.resize(heat.values, shown.shape[::-1], interpolation=cv2.INTER_LINEAR)
        grey = grey * (1 - weight[..., None]) + _WARM * weight[..., None]
    return _sized(grey)


def _lungs_tile(found: FoundLungs) -> NDArray[np.uint8]:
    """The upright picture with both lungs outlined."""
    drawn = np.repeat(found.upright.as_uint8()[..., None], 3, axis=2)
    for outline in lungs_alone(found.anatomy) or ():
        cv2.polylines(drawn, [np.rint(outline).astype(np.int32)], isClosed=True, color=(0, 220, 255), thickness=1, lineType=cv2.LINE_AA)
    return _sized(drawn.astype(np.float32))


def _sized(drawn: NDArray[np.float32]) -> NDArray[np.uint8]:
    factor = _TILE / max(drawn.shape[:2])
    size = max(1, round(drawn.shape[1] * factor)), max(1, round(drawn.shape[0] * factor))
    tile = np.zeros((_TILE, _TILE, 3), dtype=np.uint8)
    tile[: size[1], : size[0]] = np.clip(cv2.resize(drawn, size, interpolation=cv2.INTER_AREA), 0, 255).astype(np.uint8)
    return tile


def side_by_side(found: Sequence[FoundLungs], before: _Asked, after: _Asked, file: Path) -> None:
    """A row a newborn, as published: the lungs, the map of the network that sees the strip, the map of the one that does not."""
    rows = [np.hstack([_lungs_tile(own), _tile(before, own), _tile(after, own)]) for own in found]
    write_png(file, np.vstack(rows))


def networks_of(place: Workplace, known: Sequence[tuple[Labelled, FoundLungs]], draws: Draws) -> list[Network]:
    """Every network that is trained, on the newborns whose lungs were found."""
    truth = label_matrix([picture for picture, _ in known], AT_LEAST)
    found = []
    for recipe in _NETWORKS:
        asked = _asked(place, recipe)
        if asked is not None:
            logits = np.concatenate([asked.seen(lungs).logits for _, lungs in followed(known, f"newborns shown to {recipe.name}")])
            found.append(worth(recipe.name, logits, truth, draws))
    return found


def rds_page(networks: Sequence[Network], lookings: Sequence[Looking], *, real: bool, missed: int, sheet: bool) -> Page:
    """Both tables, and the pictures where there are some."""
    whose = "A hospital's own newborns" if real else "Newborns that a program drew, for no others exist in the open"
    rows = tuple(
        (
            *(own.name, str(own.pictures), *(estimate(value) for value in (own.accuracy, own.grades, own.auroc))),
            f"{PUBLISHED[own.name]:.1f} %" if own.name in PUBLISHED else "–",
        )
        for own in networks
    )
    blocks: list[Block] = [
        Paragraph(
            f"{whose}, of patients that were not learnt from, cut out as on the box; of {missed} both lungs were not found, and they "
            "are left out here. Called from a probability of one half, in FP32, with 95 % intervals over patients. Names that end in "
            "_true: after the first part, taught on thoraces that given outlines cut out."
        ),
        Table(("network", "pictures", "accuracy", "accuracy of the grade (0 to IV)", "AUROC", "published accuracy"), rows),
    ]
    if lookings:
        table = tuple((own.name, str(own.pictures), estimate(own.share), f"{own.least:.2f}") for own in lookings)
        blocks += [
            Heading("Where the network looks"),
            Paragraph(
                "The share of the map's energy in the lungs of newborns that have the finding, before anything is left out: of the network "
                f"that sees trachea and spine ({STRIP.name}), of one that does not ({FIRST.name}), and of the one that ships, whose map "
                "was taught to lie in the lungs besides."
            ),
            Table(("network", "pictures", "share in the lungs", "least"), table),
            Image(f"{NAME}.png", "share of the map's energy in the lungs"),
        ]
    if sheet:
        blocks.append(Image(f"{NAME}_sheet.png", "the lungs, the map of the network that sees the strip, the map of the one that ships"))
    return Page("Respiratory distress of newborns: every network of the road", blocks)


def main(arguments: list[str]) -> int:
    """Judge what is trained."""
    parser = parser_of("newborn-rds", __doc__, runs="the trained networks and the report", models="the finished models to look through")
    given = parser.parse_args(arguments)
    place = Workplace(RECIPE, given.runs, given.data, given.seed, models=given.models)
    pictures = [own for own in place.examined if own.source in place.figures_from and RDS in own.labels]
    lungs = [lungs_of(own.path, place.finished_newborns) for own in followed(pictures, "newborns whose lungs were looked for")]
    known = [(picture, found) for picture, found in zip(pictures, lungs, strict=True) if found.box is not None]
    draws = Draws.of([picture.patient for picture, _ in known], given.seed)
    networks = networks_of(place, known, draws)
    if not networks:
        print(f"nothing is trained: python -m export {FIRST.name} train", flush=True)
        return 1
    sick = [(picture, found) for picture, found in known if picture.labels[RDS] >= 0.5]
    before, after = _asked(place, STRIP), _asked(place, RECIPE)
    lookings = []
    for asked in (before, _asked(place, FIRST), after):
        if asked is None:
            continue
        shares = np.array([map_share(asked, found) for _, found in sick], dtype=np.float64)
        own = Draws.of([picture.patient for picture, _ in sick], given.seed)
        lookings.append(Looking(asked.place.recipe.name, len(sick), estimated_mean(shares, own), float(np.nanmin(shares))))
    sheet = given.runs / f"{NAME}_sheet.png"
    if before is not None and after is not None and sick:
        side_by_side([found for _, found in sick[:_SHEET]], before, after, sheet)
    if lookings:
        bars = [Bar(own.name, own.share.value or 0.0) for own in lookings]
        draw_bars(given.runs / f"{NAME}.png", [("share of the map's energy in the lungs", bars)], "share", (0.0, 1.0))
    real = not any(picture.simulated for picture in pictures)
    page = rds_page(networks, lookings, real=real, missed=len(pictures) - len(known), sheet=sheet.is_file())
    target = page.write(given.runs, NAME)
    written = {"networks": [plain(own) for own in networks], "looking": [plain(own) for own in lookings]}
    write_text(given.runs / f"{NAME}.json", json.dumps(written))
    print(f"{len(networks)} of {len(_NETWORKS)} networks judged: {target}", flush=True)
    return 0
