"""``python -m export swallows``: what the published steps are worth to the outline of the bolus, and how fast videos are followed.

Networks outline frames of sequences that none has learnt from: one that is shown each frame as it came, one that is shown its renderings as
well, one that outlines cervical spine and mandible first, all three learnt alike, and the one that ships, which is the last one and learnt
for longer. The published figures are of patients.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.progress import followed
from edge_app.radiograph.picture import Picture
from edge_app.reading.engine import Engine
from edge_app.reading.finding import Protocol
from edge_app.reading.protocols.swallow import SWALLOW_MODEL, map_probabilities
from edge_app.reading.reader import Reader
from edge_app.reading.seen import Seen
from edge_app.reading.swallow import BOLUS, MANDIBLE, SPINE
from edge_app.simulator.video import write_cine, write_video
from export.atomic import write_text
from export.command_line import parser_of
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled
from export.datasets.page import Block, Heading, Image, Page, Paragraph, Table
from export.evaluation.bootstrap import Draws
from export.evaluation.figures import Estimate, plain
from export.evaluation.overlap import dice
from export.evaluation.parts import estimated_mean
from export.evaluation.words import estimate
from export.plots import Bar, draw_bars
from export.recipes import swallow as recipes
from export.simulate.swallow_phantom import swallow_phantom
from export.spines import trained
from export.workplace import Workplace

NAME = "swallows"
PUBLISHED = {"as it came": 0.683, "renderings": 0.716, "renderings, cascade": 0.735}
"""Dice of the bolus, on patients."""
SHIPS = "the same, learnt four times as long (ships)"
JUDGED = (BOLUS, SPINE, MANDIBLE)
_TRIED = 8
"""So many phantoms are shown to the gate until it lets one in."""

Looking = Callable[[Picture], Seen]


@dataclass(frozen=True)
class Row:
    """One network: the mean Dice of each structure over the frames that show it."""

    network: str
    frames: int
    dice: Mapping[str, Estimate]


@dataclass(frozen=True)
class Pace:
    """How many frames of a video of one kind are read in a second, decoding and all, on this machine."""

    kind: str
    frames: int
    per_second: float


def overlaps(look: Looking, frames: Sequence[Labelled]) -> dict[str, NDArray[np.float64]]:
    """(frames,) Dice of each structure as it is outlined, NaN where a frame does not show it."""
    found = {name: np.full(len(frames), np.nan) for name in JUDGED}
    for at, frame in enumerate(followed(frames, "frames outlined")):
        maps = map_probabilities(look(opened(frame.path)))
        for name in JUDGED:
            truth = cv2.imread(str(frame.masks[name]), cv2.IMREAD_GRAYSCALE) if name in frame.masks else None
            if truth is not None and (truth > 127).any():
                own = cv2.resize(maps[name], truth.shape[::-1], interpolation=cv2.INTER_LINEAR) >= 0.5
                found[name][at] = dice(own, truth > 127)
    return found


def judged(networks: Mapping[str, Looking], frames: Sequence[Labelled], seed: int) -> list[Row]:
    """Every network on every frame, with intervals over sequences."""
    draws = Draws.of([frame.patient for frame in frames], seed)
    rows = []
    for network, look in networks.items():
        found = overlaps(look, frames)
        rows.append(Row(network, len(frames), {name: estimated_mean(own, draws) for name, own in found.items()}))
    return rows


def paces(models: Path, folder: Path, seed: int) -> list[Pace]:
    """A phantom as files of three kinds, each read by the box's own reader from the file to the reading: the first that is let in."""
    folder.mkdir(parents=True, exist_ok=True)
    with Engine(models, folder / "model-cache") as engine:
        reader = Reader(engine)
        reader.warm()
        for number in range(_TRIED):
            phantom = swallow_phantom(np.random.default_rng([seed, number]), rows=512)
            files = {
                "DICOM, uncompressed": write_cine(folder / "swallow.dcm", phantom.frames),
                "AVI, Motion JPEG": write_video(folder / "swallow.avi", phantom.frames, fps=phantom.frames_per_s),
                "MP4, MPEG-4": write_video(folder / "swallow.mp4", phantom.frames, fps=phantom.frames_per_s),
            }
            read = {kind: reader.read(file, Protocol.SWALLOW, folder / "maps") for kind, file in files.items()}
            counts = {kind: len(own.film.times_s) for kind, own in read.items() if own.film is not None}
            if counts:
                return [Pace(kind, count, count / (read[kind].timing.total_ms / 1000.0)) for kind, count in counts.items()]
    return []


def swallows_page(rows: Sequence[Row], speeds: Sequence[Pace]) -> Page:
    """Both tables."""
    told = tuple((row.network, str(row.frames), *(estimate(row.dice[name]) for name in JUDGED)) for row in rows)
    published = tuple((f"published, on patients: {name}", "–", f"{value:.3f}", "–", "–") for name, value in PUBLISHED.items())
    blocks: list[Block] = [
        Paragraph(
            "Frames of sequences that were not learnt from. Dice is the mean over the frames that show a structure, with its interval over "
            "sequences. The first three networks have the same pictures and the same budget."
        ),
        Table(("network", "frames", *JUDGED), (*told, *published)),
        Image(f"{NAME}.png", "Dice of the bolus"),
    ]
    if speeds:
        blocks += [
            Heading("Pace"),
            Paragraph("One video of 512² as three kinds of file, read by the box from the file to the reading, in INT8 on this machine."),
            Table(("file", "frames", "frames a second"), tuple((own.kind, str(own.frames), f"{own.per_second:.0f}") for own in speeds)),
        ]
    return Page("Swallows: what the published steps are worth", blocks)


def main(arguments: list[str]) -> int:
    """Judge what is trained."""
    parser = parser_of(NAME, __doc__, runs="trained networks and the report", models="the finished model to time")
    given = parser.parse_args(arguments)
    place = Workplace(recipes.RECIPE, given.runs, given.data, given.seed, models=given.models)
    names = (*PUBLISHED, SHIPS)
    steps = zip(names, (recipes.PLAIN, recipes.RENDERED, recipes.CASCADED, recipes.RECIPE), strict=True)
    places = {name: replace(place, recipe=recipe) for name, recipe in steps}
    missing = [own.recipe.name for own in places.values() if not own.weights.is_file()]
    if missing:
        print(f"not trained yet: {', '.join(f'python -m export {name} train' for name in missing)}", flush=True)
        return 1
    frames = [picture for picture in place.examined if picture.masks]
    rows = judged({name: trained(own) for name, own in places.items()}, frames, given.seed)
    speeds = paces(given.models, given.runs / NAME, given.seed) if (given.models / SWALLOW_MODEL).is_dir() else []
    draw_bars(given.runs / f"{NAME}.png", [("bolus", [Bar(row.network, row.dice[BOLUS].value or 0.0) for row in rows])], "Dice", (0.0, 1.0))
    target = swallows_page(rows, speeds).write(given.runs, NAME)
    told = [{**plain(row), "dice": {name: own.model_dump() for name, own in row.dice.items()}} for row in rows]
    write_text(given.runs / f"{NAME}.json", json.dumps({"rows": told, "paces": [plain(own) for own in speeds]}))
    for row in rows:
        print(f"{row.network}: bolus {estimate(row.dice[BOLUS])}")
    for own in speeds:
        print(f"{own.kind}: {own.per_second:.0f} frames/s")
    print(f"{len(frames)} frames: {target}", flush=True)
    return 0
