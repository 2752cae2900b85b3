"""Lateral lumbar spines of nobody as files, with their outlines and landmarks, and spines seen from the front on which none of it is."""

import json
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.reading.anatomy import SACRUM
from edge_app.reading.finding import Point
from edge_app.reading.spine import STRUCTURES
from edge_app.simulator.grid import Field
from export.atomic import replacing, write_png, write_text
from export.datasets.labelled import Labelled
from export.simulate.abdomen import abdomen
from export.simulate.lumbar_phantom import phantom
from export.simulate.once import draw_once, told_of
from export.simulate.plate import eight_bit

SOURCE, OPERATED, FRONTAL = "lumbar_phantoms", "operated_phantoms", "frontal_spines"
IMPLANT = "Implant"
_IMPLANTS_EVERY = 2
_QUALITY = (82, 96)


def plain_of(picture: Path) -> Path:
    """The same spine without its implants, beside a picture that shows some."""
    return picture.with_name(f"{picture.stem}.plain.jpg")


def _mask(picture: Path, name: str) -> Path:
    return picture.with_name(f"{picture.stem}.{name}.png")


def _write(picture: Field, file: Path, quality: int) -> None:
    encoded = cv2.imencode(".jpg", eight_bit(picture), [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    with replacing(file) as temporary:
        temporary.write_bytes(encoded)


def _draw(file: Path, implants: bool, seed: tuple[int, ...]) -> None:
    """Write the picture, the same without implants where it has some, its outlines, and last its landmarks."""
    random = np.random.default_rng(seed)
    made, quality = phantom(random, implants=implants), int(random.integers(*_QUALITY))
    if made.with_implants is not None and made.metal is not None:
        _write(made.with_implants, file, quality)
        write_png(_mask(file, IMPLANT), made.metal)
    _write(made.picture, file if made.with_implants is None else plain_of(file), quality)
    for name in STRUCTURES:
        write_png(_mask(file, name), made.masks[name])
    write_text(told_of(file), json.dumps(made.landmarks))


def _draw_frontal(file: Path, seed: tuple[int, ...]) -> None:
    random = np.random.default_rng(seed)
    picture = abdomen(random)
    _write(picture, file, int(random.integers(*_QUALITY)))
    write_png(_mask(file, SACRUM), np.zeros(picture.shape, dtype=np.uint8))
    write_text(told_of(file), json.dumps({}))


def lumbar_spines(folder: Path, seed: int, count: int, *, workers: int = 2) -> list[Labelled]:
    """``count`` spines, each of its own patient, every other one with implants; drawn once and kept in ``folder``."""
    wanted = []
    for number in range(count):
        file = folder / SOURCE / f"{seed}-{number}.jpg"
        wanted.append((file, (number % _IMPLANTS_EVERY == 1, (seed, 1, number))))
    draw_once(_draw, wanted, SOURCE, workers=workers)
    return [
        Labelled(
            file,
            f"{SOURCE}:{seed}-{number}",
            OPERATED if implants else SOURCE,
            "spine_lateral",
            labels={IMPLANT: float(implants)},
            simulated=True,
            masks={name: _mask(file, name) for name in (*STRUCTURES, *((IMPLANT,) if implants else ()))},
            drawn_on=plain_of(file) if implants else None,
        )
        for number, (file, (implants, _)) in enumerate(wanted)
    ]


def frontal_spines(folder: Path, seed: int, count: int, *, workers: int = 2) -> list[Labelled]:
    """``count`` spines from the front, on which nothing of a lateral one is to be outlined; drawn once and kept in ``folder``."""
    wanted = [(folder / FRONTAL / f"{seed}-{number}.jpg", ((seed, 2, number),)) for number in range(count)]
    draw_once(_draw_frontal, wanted, FRONTAL, workers=workers)
    return [
        Labelled(file, f"{FRONTAL}:{seed}-{number}", FRONTAL, "other", simulated=True, masks={SACRUM: _mask(file, SACRUM)})
        for number, (file, _) in enumerate(wanted)
    ]


def landmarks_on(picture: Path) -> Mapping[str, Point]:
    """The landmarks of a drawn spine in pixels of its picture, as they truly lie; none of one seen from the front."""
    told = json.loads(told_of(picture).read_text(encoding="utf-8"))
    return {name: (float(x), float(y)) for name, (x, y) in told.items()}


def implants_on(picture: Path) -> NDArray[np.bool_]:
    """(rows, columns): where metal lies on a spine that was drawn with implants.

    Raises:
        FileNotFoundError: it was drawn without.
    """
    metal = cv2.imread(str(_mask(picture, IMPLANT)), cv2.IMREAD_GRAYSCALE)
    if metal is None:
        raise FileNotFoundError(_mask(picture, IMPLANT))
    return np.asarray(metal > 127)
