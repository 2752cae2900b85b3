"""Where the lungs lie on training pictures, told by the very model that tells it on the box."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple
from functools import cache
from pathlib import Path

from edge_app.reading.anatomy import draw
from edge_app.reading.canvas import network_input
from edge_app.reading.card import OPENVINO_MODEL, Card, card_hash, load_card
from edge_app.reading.finding import Box
from edge_app.reading.protocols.chest import ANATOMY_MODEL
from edge_app.reading.runtimes import OpenVinoRunner
from edge_app.reading.seen import Seen
from export.atomic import write_text
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled


@cache
def _loaded(anatomy: Path, _version: str) -> tuple[Card, OpenVinoRunner]:
    card = load_card(anatomy)
    return card, OpenVinoRunner(anatomy / OPENVINO_MODEL, card, cache=None, threads=None)


def lung_box_of(picture: Path, models: Path) -> Box | None:
    """The box around both lungs of a picture, in its own pixels; None where they were not found.

    Raises:
        ModelError: the anatomy model is not among the ``models``, or does not run.
    """
    anatomy = models / ANATOMY_MODEL
    card, runner = _loaded(anatomy, card_hash(anatomy))
    batch, placement = network_input(opened(picture), card.input)
    return draw(Seen(card, *runner.run(batch), placement)).lungs


def lung_boxes(pictures: Sequence[Labelled], models: Path, folder: Path) -> list[Box | None]:
    """``lung_box_of`` each picture, kept in ``folder``."""
    listing = "\n".join(f"{picture.path} {picture.path.stat().st_size}" for picture in pictures)
    key = hashlib.sha256(f"{card_hash(models / ANATOMY_MODEL)}\n{listing}".encode()).hexdigest()[:20]
    kept = folder / f"lung-boxes-{key}.json"
    if not kept.is_file():
        boxes = (lung_box_of(picture.path, models) for picture in pictures)
        write_text(kept, json.dumps([None if box is None else astuple(box) for box in boxes]))
    return [None if box is None else Box(*box) for box in json.loads(kept.read_text(encoding="utf-8"))]
