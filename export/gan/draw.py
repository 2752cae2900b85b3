"""Labelled chests from a trained generator, as files that stay."""

import json
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.progress import followed
from edge_app.reading.card import sha256_of
from edge_app.reading.protocols.chest import CHEST_FINDINGS
from export.atomic import replacing, write_text
from export.datasets.labelled import NO_FINDING, Labelled
from export.gan.networks import LATENT
from export.gan.pictures import CONDITION, NIH
from export.gan.weights import BATCH, Drawer

SOURCE = "gan_chest"
_QUALITY = 92
_TEN = 10
_ONE, _TWO = 5, 7
"""Of ten pictures the first five show one finding, the next two show two, the others none."""


def asked_for(labels: Mapping[str, float]) -> NDArray[np.float32]:
    """(``CONDITION``,) of an adult's chest with these labels and no others, as NIH's pictures show it."""
    return np.array([labels.get(name, float(name == NIH)) for name in CONDITION], dtype=np.float32)


def labels_of(number: int, together: NDArray[np.int64], random: np.random.Generator) -> dict[str, float]:
    """What the picture of that number shows: all findings are as common as one another, but two by how often both are ``together``."""
    turn, place = divmod(number, _TEN)
    shown: list[int] = []
    if place < _ONE:
        shown = [(turn * _ONE + place) % len(CHEST_FINDINGS)]
    elif place < _TWO:
        pairs = np.triu(together, 1)
        if not pairs.any():
            pairs = np.triu(np.ones_like(together), 1)
        shown = list(divmod(int(random.choice(pairs.size, p=pairs.ravel() / pairs.sum())), len(CHEST_FINDINGS)))
    return {**NO_FINDING, **{CHEST_FINDINGS[at]: 1.0 for at in shown}}


def _random(seed: int, number: int) -> np.random.Generator:
    return np.random.default_rng([seed, 0x6A7, number])


def gan_chests(folder: Path, weights: Path, count: int, seed: int) -> list[Labelled]:
    """``count`` pictures of the generator's side, filled by the lungs, with all labels; drawn once and kept in ``folder``.

    Other weights or another seed make other files; a larger count begins with the same ones. They are of no patient and have no say in a
    split: what the generator knows it has from training patients, so all of them belong to training.
    """
    version = sha256_of(weights)[:12]
    files = [folder / SOURCE / f"{version}-{seed}-{number}.jpg" for number in range(count)]
    missing = sorted({number // BATCH for number, file in enumerate(files) if not file.with_suffix(".json").is_file()})
    if missing:
        (folder / SOURCE).mkdir(parents=True, exist_ok=True)
        drawer = Drawer.load(weights)
        for block in followed(missing, f"{SOURCE}: blocks of {BATCH} pictures drawn"):
            # A block is drawn whole, so that no picture depends on how many were asked for.
            _draw(drawer, [folder / SOURCE / f"{version}-{seed}-{number}.jpg" for number in _numbers(block)], block, seed, count)
    return [
        Labelled(
            path=file,
            patient=f"gan:{number}",
            source=SOURCE,
            kind="chest_adult",
            labels=json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))["labels"],
            simulated=True,
            fills=True,
            follows=True,
        )
        for number, file in enumerate(files)
    ]


def _numbers(block: int) -> range:
    return range(block * BATCH, (block + 1) * BATCH)


def _draw(drawer: Drawer, files: list[Path], block: int, seed: int, count: int) -> None:
    """Write those of a block's pictures that are below ``count`` and not there yet, each list of labels after its picture."""
    labels, latent = [], np.empty((len(files), LATENT), dtype=np.float32)
    for own, number in zip(latent, _numbers(block), strict=True):
        random = _random(seed, number)
        labels.append(labels_of(number, drawer.together.numpy(), random))
        own[:] = random.standard_normal(LATENT)
    pictures = drawer.draw(np.stack([asked_for(shown) for shown in labels]), latent)
    for number, file, picture, shown in zip(_numbers(block), files, pictures, labels, strict=True):
        if number < count and not file.with_suffix(".json").is_file():
            with replacing(file) as temporary:
                temporary.write_bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes())
            write_text(file.with_suffix(".json"), json.dumps({"labels": shown}))
