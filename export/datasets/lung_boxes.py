"""Where the lungs lie on training pictures, told by the very model that tells it on the box."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import astuple
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.progress import followed
from edge_app.radiograph.picture import Picture
from edge_app.reading.alignment import cut_out
from edge_app.reading.anatomy import Anatomy, draw
from edge_app.reading.canvas import letterbox, network_input
from edge_app.reading.card import OPENVINO_MODEL, Card, card_hash, load_card
from edge_app.reading.finding import Box
from edge_app.reading.protocols.chest import ANATOMY_MODEL
from edge_app.reading.runtimes import OpenVinoRunner
from edge_app.reading.seen import Seen
from export.atomic import write_text
from export.datasets.canvases import opened
from export.datasets.kept import kept_array
from export.datasets.labelled import Labelled, listed

_KEPT_EVERY = 1000


@cache
def _loaded(model: Path, _version: str) -> tuple[Card, OpenVinoRunner]:
    card = load_card(model)
    return card, OpenVinoRunner(model / OPENVINO_MODEL, card, cache=None, threads=None)


def looking(model: Path) -> Callable[[Picture], Seen]:
    """Shows a whole picture to the finished model in that folder.

    Raises:
        ModelError: it is not there, or does not run.
    """
    card, runner = _loaded(model, card_hash(model))

    def look(picture: Picture) -> Seen:
        batch, placement = network_input(picture, card.input)
        return Seen(card, *runner.run(batch), placement)

    return look


def anatomy_of(picture: Picture, models: Path) -> Anatomy:
    """What the anatomy model among the ``models`` outlines on a picture.

    Raises:
        ModelError: it is not there, or does not run.
    """
    return draw(looking(models / ANATOMY_MODEL)(picture))


def lung_box_of(picture: Path, models: Path) -> Box | None:
    """The box around both lungs of a picture, in its own pixels; None where they were not found.

    Raises:
        ModelError: the anatomy model is not among the ``models``, or does not run.
    """
    return anatomy_of(opened(picture), models).lungs


def outlined(
    pictures: Sequence[Labelled], boxes: Sequence[Box | None], names: Sequence[str], side: int, models: Path, folder: Path
) -> NDArray[np.uint8]:
    """(pictures, names, side, side) of 0 and 1, each structure of that name in each box; made once, kept in ``folder``.

    A structure that was not found is empty, and all are where there is no box.
    """
    listing = listed(pictures, boxes)

    def made() -> NDArray[np.uint8]:
        array = np.zeros((len(pictures), len(names), side, side), dtype=np.uint8)
        for own, picture, box in followed(list(zip(array, pictures, boxes, strict=True)), "pictures outlined"):
            if box is None:
                continue
            whole = opened(picture.path)
            anatomy = anatomy_of(whole, models)
            for field, name in zip(own, names, strict=True):
                drawn = anatomy.get(name)
                if drawn is not None:
                    mask = cv2.resize(drawn.mask.astype(np.uint16), whole.pixels.shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
                    part = cut_out(dataclasses.replace(whole, pixels=mask), box).pixels
                    field[:] = letterbox(part.astype(np.float32), side, side) >= 0.5
        return array

    facts = f"{card_hash(models / ANATOMY_MODEL)} {side} {tuple(names)}\n{len(pictures)}\n{listing}"
    return kept_array(f"outlined-{side}", facts, folder, made)


def lung_boxes(pictures: Sequence[Labelled], models: Path, folder: Path) -> list[Box | None]:
    """``lung_box_of`` each picture, kept in ``folder`` by picture, so that no other list asks for it again.

    None also of pictures that the lungs fill already.
    """
    kept = folder / f"lung-boxes-{card_hash(models / ANATOMY_MODEL)[:20]}.json"
    known: dict[str, list[float] | None] = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    names = [picture.as_listed for picture in pictures]
    asked = {name: picture for name, picture in zip(names, pictures, strict=True) if name not in known and not picture.fills}
    for number, (name, picture) in enumerate(followed(asked.items(), "pictures whose lungs were looked for"), start=1):
        box = lung_box_of(picture.path, models)
        known[name] = None if box is None else list(astuple(box))
        if number % _KEPT_EVERY == 0:
            write_text(kept, json.dumps(known))
    if asked:
        write_text(kept, json.dumps(known))
    return [None if (numbers := known.get(name)) is None else Box(*numbers) for name in names]
