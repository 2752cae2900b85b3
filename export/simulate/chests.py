"""Simulated chest radiographs as files, from the box's own simulator."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.simulator.chest import simulated_chest
from export.atomic import write_png
from export.datasets.labelled import Labelled

SOURCE = "simulated_chest"
SIZES = ((512, 416), (416, 512), (512, 512))


def eight_bit(seed: int, rows: int, columns: int) -> NDArray[np.uint8]:
    """(rows, columns) uint8 of a simulated chest, its whole range of bits shown."""
    chest = simulated_chest(seed, rows, columns)
    return np.asarray(np.rint(chest.pixels.astype(np.float32) * (255.0 / (2**chest.bits - 1))), dtype=np.uint8)


def simulated_chests(folder: Path, seed: int, count: int) -> list[Labelled]:
    """``count`` simulated chests of different patients, drawn into ``folder`` unless they are there already."""
    found: list[Labelled] = []
    for index in range(count):
        number = seed * 100_000 + index
        path = folder / SOURCE / f"{number}.png"
        if not path.is_file():
            write_png(path, eight_bit(number, *SIZES[index % len(SIZES)]))
        found.append(Labelled(path, f"{SOURCE}:{number}", SOURCE, "chest_adult", simulated=True))
    return found
