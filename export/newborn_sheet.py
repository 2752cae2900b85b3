"""``python -m export newborns``: drawn newborns of every grade beside what is published of how they look, for a radiologist to compare.

Made of clear children's chests of the data folder, and of simulated chests where there are none. Sheets of real pictures stay below
``runs``.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.simulator.lesions.lesion import Lesion, NewbornKind
from export.command_line import parser_of
from export.datasets.labelled import is_clear
from export.datasets.paediatric import paediatric
from export.datasets.split import in_mixed_order
from export.lesion_sheet import Chest, outlined_chest, simulated_chest_of
from export.looks import Sheet, write_looks
from export.simulate.newborn_chests import newborn_with
from export.workplace import MODELS

NAME = "newborns"
EXAMPLES = 6
_TILE = 300


@dataclass(frozen=True)
class Look:
    """How newborns look: what is drawn, between which strengths, and what is published of it."""

    key: str
    title: str
    kind: NewbornKind | None
    strengths: tuple[float, float]
    described: str


_RDS = NewbornKind.RESPIRATORY_DISTRESS
_COUCHARD = "Couchard, Polge and Bomsel, Ann Radiol 1974;17:669-83"
_SWISCHUK = "Swischuk, Imaging of the newborn, infant, and young child, 5th edition 2004"
LOOKS = (
    Look(
        "clear", "Clear lungs", None, (0.0, 0.0),
        "Both lungs dark and even, vessels to be followed into the middle third, edges of heart and diaphragm sharp; about as wide as "
        f"high, ribs near the horizontal, a wide thymus now and then ({_SWISCHUK}).",
    ),
    Look(
        "rds_1", "Respiratory distress syndrome, grade I", _RDS, (0.02, 0.24),
        f"A fine granular pattern, mostly in the lower parts; air in bronchi at most over the heart; edges sharp ({_COUCHARD}).",
    ),
    Look(
        "rds_2", "Respiratory distress syndrome, grade II", _RDS, (0.27, 0.49),
        f"Granules over both lungs, which are less translucent; air bronchograms beyond the edge of the heart ({_COUCHARD}).",
    ),
    Look(
        "rds_3", "Respiratory distress syndrome, grade III", _RDS, (0.52, 0.74),
        f"Granules run together; air bronchograms far to the periphery; the edges of heart and diaphragm are lost in part ({_COUCHARD}).",
    ),
    Look(
        "rds_4", "Respiratory distress syndrome, grade IV", _RDS, (0.77, 0.99),
        f"White lungs: neither heart nor diaphragm to be told from them; air in the bronchi alone, or not even that ({_COUCHARD}).",
    ),
    Look(
        "wet", "Transient tachypnoea", NewbornKind.WET_LUNG, (0.3, 1.0),
        "Lungs of usual or large volume, streaks from the hila outwards, fluid in the minor fissure and now and then beside the diaphragm "
        f"(Wesenberg, Graven and McCabe, Radiology 1971;98:69-74; {_SWISCHUK}).",
    ),
)  # fmt: skip


def children(data: Path, models: Path, count: int, seed: int) -> list[Chest]:
    """``count`` clear chests of children with their outlines, as many as there are, the others simulated."""
    clear = in_mixed_order([own for own in paediatric(data) if is_clear(own)], seed)
    found = list(itertools.islice((chest for own in clear if (chest := outlined_chest(own, models)) is not None), count))
    return found + [simulated_chest_of(number) for number in range(count - len(found))]


def newborns_of(look: Look, chests: Sequence[Chest], seed: int) -> NDArray[np.uint8]:
    """(rows, columns) uint8: ``EXAMPLES`` newborns side by side, each of another chest and stronger than the one before."""
    tiles = []
    for column in range(EXAMPLES):
        random = np.random.default_rng([seed, LOOKS.index(look), column])
        strength = float(np.interp(column, (0, EXAMPLES - 1), look.strengths))
        lesions = () if look.kind is None else (Lesion(look.kind, strength=strength),)
        made = newborn_with(lesions, *chests[column % len(chests)], random).picture
        factor = (_TILE - 4) / max(made.shape)
        size = max(1, round(made.shape[1] * factor)), max(1, round(made.shape[0] * factor))
        tile = np.full((_TILE, _TILE), 32, dtype=np.uint8)
        tile[: size[1], : size[0]] = np.rint(cv2.resize(made, size, interpolation=cv2.INTER_AREA) * 255.0)
        tiles.append(tile)
    return np.hstack(tiles)


def main(arguments: list[str]) -> int:
    """Draw every look and write the page."""
    parser = parser_of(NAME, __doc__, runs="the page")
    given = parser.parse_args(arguments)
    chests = children(given.data, MODELS, EXAMPLES, given.seed)
    told = (
        "Drawn by a program into clear chests that were re-proportioned to newborns; none of them is a newborn's. Each row grows "
        "stronger from left to right."
    )
    sheets = (Sheet(look.key, look.title, look.described, newborns_of(look, chests, given.seed)) for look in LOOKS)
    page = write_looks(given.runs, NAME, "Newborns that a program drew, and what is published of how they look", told, sheets)
    print(f"{len(LOOKS)} looks: {page}", flush=True)
    return 0
