"""The words that a rule may use. What is not here is an error in a rules file, never a condition that silently does not hold."""

from dataclasses import dataclass
from enum import StrEnum

from edge_app.reading.finding import Urgency


class Need(StrEnum):
    """What a hospital must have, by the codes of Korea's emergency-room status board; by a word of its own what only hospitals tell."""

    NEGATIVE_PRESSURE = "O003"
    NEONATAL_ICU = "O008"
    CHILD_ICU = "O009"
    THORACIC_SURGERY_ICU = "O016"
    ICU = "O017"
    VENTILATOR = "O030"
    SURFACTANT = "surfactant"
    EAR_NOSE_THROAT = "ent"
    ORTHOPAEDICS = "orthopaedics"


STEPS = (Urgency.NONE, Urgency.DELAYED, Urgency.URGENT, Urgency.IMMEDIATE)
"""From the least urgent to the most urgent."""

FINDINGS = (
    "Pneumothorax",
    "Edema",
    "Consolidation",
    "Pneumonia",
    "Effusion",
    "Tuberculosis",
    "RDS",
    "Fracture",
    "Nasal_Fracture",
    "Aspiration",
    "Penetration",
    "Cardiomegaly",
    "Mass",
    "Nodule",
    "Atelectasis",
    "Infiltration",
    "Emphysema",
    "Fibrosis",
    "Pleural_Thickening",
    "Hernia",
)
SCORES = {"geographic_extent": 8.0, "opacity": 6.0, "brixia": 18.0}
"""The severity scores and the most points each can have."""

_AREA = ("cm²", "cm² at the detector", "% of the picture")
MEASUREMENTS = {
    "cardiothoracic_ratio": ("1",),
    "right_lung_area": _AREA,
    "left_lung_area": _AREA,
    "lung_area_ratio": ("1",),
    "tracheal_deviation": ("% of the thoracic width, + to the patient's left",),
    "rds_grade": ("grade I–IV",),
    "tracheal_deviation_mm": ("mm, + to the patient's left", "mm at the detector, + to the patient's left"),
}
"""The measurements and the units each can come in; a rule is about one of them."""

VIEWS = ("PA", "AP")
"""The frontal projections as DICOM's ViewPosition (0018,5101) names them."""


@dataclass(frozen=True)
class Vital:
    """One vital sign: its range that is plausible in a living patient or one in arrest, its unit, and which way it gets worse.

    ``step`` is the least difference that is entered.
    """

    name: str
    unit: str
    least: float
    most: float
    step: float
    worse_low: bool
    worse_high: bool


VITALS = {
    vital.name: vital
    for vital in (
        Vital("spo2_percent", "%", 30, 100, 1, worse_low=True, worse_high=False),
        Vital("respiratory_rate_per_min", "/min", 0, 120, 1, worse_low=True, worse_high=True),
        Vital("heart_rate_per_min", "/min", 0, 300, 1, worse_low=True, worse_high=True),
        Vital("systolic_mmhg", "mmHg", 0, 300, 1, worse_low=True, worse_high=True),
        Vital("temperature_celsius", "°C", 20, 45, 0.1, worse_low=True, worse_high=True),
        Vital("gcs", "", 3, 15, 1, worse_low=True, worse_high=False),
    )
}
