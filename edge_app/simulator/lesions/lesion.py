"""What can be laid into a chest, and what it does there."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.finding import Box
from edge_app.simulator.grid import Field

Side = Literal["left", "right"]


class LesionKind(StrEnum):
    """The findings of the chest protocol that can be laid into a chest."""

    ATELECTASIS = "Atelectasis"
    CARDIOMEGALY = "Cardiomegaly"
    CONSOLIDATION = "Consolidation"
    EDEMA = "Edema"
    EFFUSION = "Effusion"
    EMPHYSEMA = "Emphysema"
    FIBROSIS = "Fibrosis"
    HERNIA = "Hernia"
    INFILTRATION = "Infiltration"
    MASS = "Mass"
    NODULE = "Nodule"
    PLEURAL_THICKENING = "Pleural_Thickening"
    PNEUMONIA = "Pneumonia"
    PNEUMOTHORAX = "Pneumothorax"
    TENSION_PNEUMOTHORAX = "Tension_Pneumothorax"

    @property
    def finding(self) -> str:
        """The finding of the chest protocol that it is."""
        return LesionKind.PNEUMOTHORAX.value if self is LesionKind.TENSION_PNEUMOTHORAX else self.value


class TuberculousKind(StrEnum):
    """What tuberculosis of the lungs looks like; one patient has several of them."""

    INFILTRATE = "Tuberculous_Infiltrate"
    CAVITY = "Tuberculous_Cavity"
    SPREAD = "Bronchogenic_Spread"
    MILIARY = "Miliary_Tuberculosis"
    SCAR = "Tuberculous_Scar"
    NODES = "Tuberculous_Nodes"
    PRIMARY = "Primary_Tuberculosis"

    @property
    def finding(self) -> str:
        """Of all of them the disease."""
        return "Tuberculosis"


class LookAlikeKind(StrEnum):
    """What may be taken for tuberculosis and is not."""

    BASAL_MASS = "Basal_Mass"
    RIB_CARTILAGE = "Rib_Cartilage"
    OLD_FRACTURE = "Old_Fracture"

    @property
    def finding(self) -> str:
        """No finding of any protocol but its own name."""
        return self.value


class NewbornKind(StrEnum):
    """What makes a newborn breathe hard; on both sides."""

    RESPIRATORY_DISTRESS = "RDS"
    WET_LUNG = "Transient_Tachypnoea"

    @property
    def finding(self) -> str:
        """The finding of the newborn protocol, or its own name where it is none."""
        return self.value


Kind = LesionKind | TuberculousKind | LookAlikeKind | NewbornKind


@dataclass(frozen=True)
class Lesion:
    """One finding: ``side`` is the patient's (no matter for what is on both), ``strength`` 0…1 from barely visible to gross."""

    kind: Kind
    side: Side = "right"
    strength: float = 0.6

    def __post_init__(self) -> None:
        """Refuse strengths outside 0…1."""
        if not 0.0 <= self.strength <= 1.0:
            raise ValueError("a lesion's strength lies in 0…1")


@dataclass(frozen=True, eq=False)
class Effect:
    """What a lesion does: ``water`` (cm, may be negative) is added, vessels are kept by ``vessels`` 0…1, and it is seen in ``region``."""

    water: Field
    vessels: Field
    region: NDArray[np.bool_]

    @property
    def box(self) -> Box | None:
        """Around all of the region, in pixels; None where it is seen nowhere."""
        return box_around(self.region)


def box_around(region: NDArray[np.bool_]) -> Box | None:
    """Around all of a (rows, columns) region, in pixels; None where it is empty."""
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    if not len(rows):
        return None
    return Box(float(columns[0]), float(rows[0]), float(columns[-1] - columns[0] + 1), float(rows[-1] - rows[0] + 1))
