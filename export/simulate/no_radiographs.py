"""Pictures that are no radiographs at all: blank ones, noise, gradients, printed pages, textures like photographs, shapes."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from export.atomic import write_png
from export.datasets.labelled import Labelled

SOURCE = "drawn_other"
Grey = NDArray[np.float32]
_WORDS = ("Lorem", "ipsum", "dolor", "sit", "amet", "elit", "sed", "do", "tempor", "0123456789", "Report", "Invoice", "Date", "Name")


def _scaled(values: NDArray[np.float64] | Grey) -> Grey:
    low, high = float(values.min()), float(values.max())
    return np.asarray((values - low) / max(high - low, 1e-6), dtype=np.float32)


def _grid(rows: int, columns: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    y, x = np.meshgrid(np.linspace(-1.0, 1.0, rows), np.linspace(-1.0, 1.0, columns), indexing="ij")
    return y, x


def blank(rows: int, columns: int, random: np.random.Generator) -> Grey:
    """One grey, with or without a little noise."""
    picture = np.full((rows, columns), random.choice([0.0, 1.0, random.uniform()]), dtype=np.float32)
    return np.clip(picture + random.normal(0.0, random.choice([0.0, 0.01, 0.05]), picture.shape), 0.0, 1.0).astype(np.float32)


def noise(rows: int, columns: int, random: np.random.Generator) -> Grey:
    """Noise of a random grain."""
    grain = float(2.0 ** random.uniform(0.0, 6.0))
    small = random.normal(size=(max(2, int(rows / grain)), max(2, int(columns / grain)))).astype(np.float32)
    return _scaled(np.asarray(cv2.resize(small, (columns, rows), interpolation=cv2.INTER_CUBIC), dtype=np.float32))


def gradient(rows: int, columns: int, random: np.random.Generator) -> Grey:
    """A linear or round gradient, as of an open collimator or a bare detector."""
    y, x = _grid(rows, columns)
    angle = random.uniform(0.0, 2 * np.pi)
    centre = random.uniform(-0.5, 0.5, 2)
    ramp = np.cos(angle) * x + np.sin(angle) * y if random.random() < 0.5 else np.hypot(x - centre[0], y - centre[1])
    return _scaled(ramp) if random.random() < 0.5 else 1.0 - _scaled(ramp)


def page(rows: int, columns: int, random: np.random.Generator) -> Grey:
    """Lines of print on light paper, or light on dark as a burned-in screen."""
    paper = np.full((rows, columns), int(random.integers(215, 256)), dtype=np.uint8)
    size = random.uniform(0.4, 1.2)
    for y in range(int(30 * size), rows - 5, int(34 * size)):
        words = " ".join(random.choice(_WORDS, int(random.integers(1, 9))))
        start = (int(random.integers(5, 40)), y)
        cv2.putText(paper, words, start, cv2.FONT_HERSHEY_SIMPLEX, size, int(random.integers(0, 80)), 1, cv2.LINE_AA)
    picture = paper.astype(np.float32) / 255.0
    return 1.0 - picture if random.random() < 0.3 else picture


def texture(rows: int, columns: int, random: np.random.Generator) -> Grey:
    """Clouds of many scales, as the luminance of a landscape or a wall."""
    picture = np.zeros((rows, columns), dtype=np.float32)
    for octave in range(1, 7):
        coarse = random.normal(size=(2**octave + 1, 2**octave + 1)).astype(np.float32)
        picture += (
            np.asarray(cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)) * float(random.uniform(0.3, 0.8)) ** octave
        )
    scene = _scaled(picture)
    horizon = int(rows * random.uniform(0.3, 0.7))
    scene[:horizon] = np.clip(scene[:horizon] * 0.4 + random.uniform(0.2, 0.6), 0.0, 1.0)
    return scene


def shapes(rows: int, columns: int, random: np.random.Generator) -> Grey:
    """Discs, boxes and bars, as of phantoms, tools and screens."""
    picture = np.full((rows, columns), int(random.integers(0, 256)), dtype=np.uint8)
    for _ in range(int(random.integers(2, 20))):
        shade = int(random.integers(0, 256))
        start, end = ((int(random.integers(0, columns)), int(random.integers(0, rows))) for _ in range(2))
        reach = int(random.integers(5, max(6, min(rows, columns) // 3)))
        match int(random.integers(0, 3)):
            case 0:
                cv2.circle(picture, start, reach, shade, -1, cv2.LINE_AA)
            case 1:
                cv2.rectangle(picture, start, (start[0] + reach, start[1] + reach // 2 + 1), shade, -1)
            case _:
                cv2.line(picture, start, end, shade, max(1, reach // 6), cv2.LINE_AA)
    soft = cv2.GaussianBlur(picture, (0, 0), float(random.uniform(0.3, 3.0)))
    return np.asarray(soft, dtype=np.float32) / 255.0


DRAWINGS: tuple[Callable[[int, int, np.random.Generator], Grey], ...] = (blank, noise, gradient, page, texture, shapes)


def drawn_others(folder: Path, seed: int, count: int) -> list[Labelled]:
    """``count`` pictures of every sort in turn, drawn into ``folder`` unless they are there already."""
    found: list[Labelled] = []
    for index in range(count):
        path = folder / SOURCE / f"{seed}-{index}.png"
        if not path.is_file():
            random = np.random.default_rng([seed, index])
            rows, columns = (int(value) for value in random.integers(160, 480, 2))
            drawn = DRAWINGS[index % len(DRAWINGS)](rows, columns, random)
            write_png(path, np.rint(np.clip(drawn, 0.0, 1.0) * 255.0).astype(np.uint8))
        found.append(Labelled(path, f"{SOURCE}:{seed}-{index}", SOURCE, "other", simulated=True))
    return found
