"""Lateral skulls whose nasal bone was broken by a program, and others of the same people on which nothing was: as files with outlines.

Every other picture of a person is broken. All keep the size and the place of what they were drawn on, so its marked points hold for them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np

from edge_app.reading.protocols.nasal_bone import NASAL_FRACTURE
from export.atomic import replacing, write_png, write_text
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled
from export.datasets.nose_boxes import Point
from export.datasets.split import in_mixed_order
from export.simulate.nasal_bone import trace
from export.simulate.nasal_fractures import drawn_nose
from export.simulate.once import draw_once, told_of

SOURCE = "broken_noses"
_QUALITY = (85, 96)


def _draw(file: Path, skull: Path, points: tuple[Point, Point], broken: bool, seed: tuple[int, ...]) -> None:
    """Write the picture, the outline of its fracture, and last what is on it."""
    random = np.random.default_rng(seed)
    whole = opened(skull)
    drawn = drawn_nose(whole.windowed(), trace(whole.windowed(), *points), broken=broken, random=random)
    eight_bit = np.rint(np.clip(drawn.picture, 0.0, 1.0) * 255.0).astype(np.uint8)
    encoded = cv2.imencode(".jpg", eight_bit, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(*_QUALITY))])[1].tobytes()
    with replacing(file) as temporary:
        temporary.write_bytes(encoded)
    write_png(_outline(file), drawn.fracture.astype(np.uint8) * 255)
    write_text(told_of(file), json.dumps(drawn.kind))


def _outline(picture: Path) -> Path:
    return picture.with_suffix(".fracture.png")


def broken_noses(
    skulls: Sequence[Labelled], points: Mapping[Path, tuple[Point, Point]], folder: Path, seed: int, count: int, *, workers: int = 2
) -> list[Labelled]:
    """``count`` pictures drawn on the ``skulls`` whose nasion and subnasale are known, each as often as any other, with their patients.

    Drawn once and kept in ``folder``.
    """
    ordered = in_mixed_order([skull for skull in skulls if skull.path in points], seed)
    turns = -(-count // max(len(ordered), 1))
    wanted = []
    for turn in range(turns):
        for skull in ordered:
            name = crc32(f"{skull.source} {skull.path.name}".encode())
            # A person's first picture is broken as often as not, lest few pictures be of one kind.
            broken = (name + turn) % 2 == 0
            wanted.append((skull, broken, folder / SOURCE / f"{seed}-{name:08x}-{turn}.jpg", (seed, name, turn)))
    wanted = wanted[:count]
    draw_once(
        _draw, [(file, (skull.path, points[skull.path], broken, own)) for skull, broken, file, own in wanted], SOURCE, workers=workers
    )
    return [
        replace(
            skull,
            path=file,
            source=SOURCE,
            labels={NASAL_FRACTURE: float(broken)},
            masks={NASAL_FRACTURE: _outline(file)},
            simulated=True,
            drawn_on=skull.path,
        )
        for skull, broken, file, _ in wanted
    ]
