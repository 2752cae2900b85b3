"""Newborns whose lungs people outlined: chests of others with their outlines, re-proportioned and laid on a whole small body.

The outlines stay whose they were: they are moved with the picture, and nothing of them is a program's opinion.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np

from export.atomic import replacing, write_png, write_text
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled
from export.datasets.split import in_mixed_order
from export.simulate.newborns import outlined_newborn
from export.simulate.once import draw_once, told_of

SOURCE = "newborn_outlines"
_SIDE = 448
_LOW = (0.55, 0.8)
_QUALITY = (80, 95)


def _draw(file: Path, picture: Labelled, seed: tuple[int, ...]) -> None:
    """Write a newborn, its outlines, and last which there are."""
    random = np.random.default_rng(seed)
    grey = opened(picture.path).windowed(_SIDE)
    outlines = {}
    for name, mask in sorted(picture.masks.items()):
        pixels = cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE)
        if pixels is None:
            raise FileNotFoundError(mask)
        share = cv2.resize((pixels > 127).astype(np.float32), grey.shape[::-1], interpolation=cv2.INTER_AREA)
        outlines[name] = np.asarray(share >= 0.5)
    made, moved = outlined_newborn(grey, outlines, _LOW, random)
    encoded = cv2.imencode(".jpg", np.rint(made * 255.0).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(*_QUALITY))])[1]
    with replacing(file) as temporary:
        temporary.write_bytes(encoded.tobytes())
    for name, own in moved.items():
        write_png(_outline(file, name), own.astype(np.uint8) * 255)
    write_text(told_of(file), json.dumps(sorted(moved)))


def _outline(picture: Path, name: str) -> Path:
    return picture.with_name(f"{picture.stem}.{name}.png")


def newborn_outlines(outlined: Sequence[Labelled], folder: Path, seed: int, count: int, *, workers: int = 2) -> list[Labelled]:
    """``count`` newborns made of the ``outlined`` pictures, each as often as any other, with their patients and outlines.

    Drawn once and kept in ``folder``; each lies on whichever side of a split its patient does.
    """
    ordered = in_mixed_order([own for own in outlined if own.masks], seed)
    turns = -(-count // max(len(ordered), 1))
    wanted = []
    for turn in range(turns):
        for own in ordered:
            name = crc32(f"{own.source} {own.path.name}".encode())
            wanted.append((folder / SOURCE / f"{seed}-{name:08x}-{turn}.jpg", (own, (seed, name, turn))))
    wanted = wanted[:count]
    draw_once(_draw, wanted, SOURCE, workers=workers)
    found = []
    for file, (own, _) in wanted:
        names = json.loads(told_of(file).read_text(encoding="utf-8"))
        found.append(
            replace(
                own,
                path=file,
                source=SOURCE,
                kind="chest_newborn",
                labels={},
                view="AP",
                masks={name: _outline(file, name) for name in names},
                simulated=True,
                follows=True,
                drawn_on=own.path,
            )
        )
    return found
