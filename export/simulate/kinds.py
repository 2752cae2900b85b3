"""Simulated pictures of the kinds that hardly any real ones exist of, as files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np

from edge_app.progress import followed
from edge_app.simulator.grid import Field
from export.atomic import write_png
from export.datasets.labelled import Labelled
from export.datasets.split import in_mixed_order
from export.simulate.abdomen import abdomen
from export.simulate.lateral_chest import lateral_chest
from export.simulate.lumbar_phantom import phantom
from export.simulate.newborns import newborn_chest
from export.simulate.plate import eight_bit
from export.simulate.swallow import swallow_frame

NEWBORN = "simulated_newborn"


_ROWS = (240, 420)
"""Of a lateral spine: as many as the gate needs, and no more."""
_OPERATED = 0.3


@dataclass(frozen=True)
class Subject:
    """What is simulated from nothing: its kind and how one picture of it (0…1) is drawn."""

    kind: str
    draw: Callable[[np.random.Generator], Field]


def _lateral_spine(random: np.random.Generator) -> Field:
    """Now and then one with implants."""
    made = phantom(random, implants=random.random() < _OPERATED, rows=int(random.integers(*_ROWS)))
    return made.picture if made.with_implants is None else made.with_implants


SUBJECTS: Mapping[str, Subject] = {
    "simulated_chest_lateral": Subject("chest_lateral", lateral_chest),
    "simulated_spine_lateral": Subject("spine_lateral", _lateral_spine),
    "simulated_videofluoroscopy": Subject("videofluoroscopy", swallow_frame),
    "simulated_abdomen": Subject("other", abdomen),
}
"""By source."""


def simulated(source: str, folder: Path, seed: int, count: int) -> list[Labelled]:
    """``count`` pictures of one of ``SUBJECTS``, each of its own patient, drawn into ``folder`` unless they are there already."""
    subject = SUBJECTS[source]
    found: list[Labelled] = []
    for index in followed(range(count), f"{source}: pictures drawn"):
        path = folder / source / f"{seed}-{index}.png"
        if not path.is_file():
            write_png(path, eight_bit(subject.draw(np.random.default_rng([seed, crc32(source.encode()), index]))))
        found.append(Labelled(path, f"{source}:{seed}-{index}", source, subject.kind, simulated=True))
    return found


def simulated_newborns(children: Sequence[Labelled], folder: Path, seed: int, count: int) -> list[Labelled]:
    """Up to ``count`` newborns, each made from the chest of another of the ``children`` and with that child's patient."""
    found: list[Labelled] = []
    for child in in_mixed_order(children, seed)[:count]:
        path = folder / NEWBORN / f"{seed}-{child.path.stem}.png"
        if not path.is_file():
            grey = cv2.imread(str(child.path), cv2.IMREAD_GRAYSCALE)
            if grey is None:
                raise FileNotFoundError(child.path)
            random = np.random.default_rng([seed, crc32(f"{child.patient} {child.path.name}".encode())])
            write_png(path, eight_bit(newborn_chest(np.asarray(grey, dtype=np.uint8), random)))
        found.append(Labelled(path, child.patient, NEWBORN, "chest_newborn", view="AP", simulated=True))
    return found
