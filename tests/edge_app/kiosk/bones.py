"""Readings of noses and limbs."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge_app.casebook.radiographs import StoredRadiograph
from edge_app.casebook.readings import StoredReading, add_reading
from edge_app.reading.finding import Box, Decision, Finding, GateVerdict, Protocol, Reading, Timing, Urgency
from edge_app.reading.nose import NOSE
from edge_app.reading.protocols.limb_fracture import FRACTURE, LIMB_MODEL
from edge_app.reading.protocols.nasal_bone import NASAL_FRACTURE, NASAL_MODEL, NOSE_MODEL
from tests.edge_app.kiosk.conftest import Seeder

NOSE_BOX = Box(300, 150, 110, 200)
SUSPECTED = Box(340, 210, 40, 30)


def _written(seed: Seeder, radiograph: StoredRadiograph, name: str, pixels: np.ndarray[tuple[int, ...], Any]) -> Path:
    folder = seed.casebook.maps / radiograph.id
    folder.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(folder / f"{name}.png"), pixels)
    return folder / f"{name}.png"


def _reading(seed: Seeder, radiograph: StoredRadiograph, fields: dict[str, Any]) -> StoredReading:
    common: dict[str, Any] = {"refusal": None, "timing": Timing(30, 15, 20, 90), "engine": "openvino", "rows": 512, "columns": 512}
    return add_reading(seed.database, radiograph.id, Reading(**{**common, **fields}))


def nose_read(seed: Seeder, radiograph: StoredRadiograph, probability: float = 0.86, **changes: Any) -> StoredReading:
    """A nose read by models that learnt from drawn fractures alone, broken where that is likely."""
    called = probability >= 0.5
    decision = Decision.UNCERTAIN if called else Decision.ABSENT
    rows, columns = np.mgrid[0:512, 0:512]
    heat = np.exp(-(((columns - 360) / 14) ** 2 + ((rows - 225) / 10) ** 2)) * 200
    fields: dict[str, Any] = {
        "protocol": Protocol.NASAL_BONE,
        "gate": GateVerdict("skull_lateral", 0.98),
        "findings": (Finding(NASAL_FRACTURE, probability, decision, 0.5, 0, False, SUSPECTED if called else None, True),),
        "urgency": Urgency.DELAYED if called else Urgency.NONE,
        "top3": (NASAL_FRACTURE,),
        "models": {"radiograph_gate": "aa" * 32, NOSE_MODEL: "bb" * 32, NASAL_MODEL: "cc" * 32},
        "maps": {NASAL_FRACTURE: _written(seed, radiograph, NASAL_FRACTURE, heat.astype(np.uint8))},
        "repaired": {NASAL_FRACTURE: _written(seed, radiograph, f"repaired_{NASAL_FRACTURE}", np.full((256, 240), 90, np.uint8))},
        "regions": {NOSE: NOSE_BOX},
    }
    return _reading(seed, radiograph, {**fields, **changes})


def limb_read(seed: Seeder, radiograph: StoredRadiograph, **changes: Any) -> StoredReading:
    """A forearm that is broken in two places."""
    first, second = Box(200, 300, 60, 40), Box(150, 120, 40, 50)
    fields: dict[str, Any] = {
        "protocol": Protocol.LIMB_FRACTURE,
        "gate": GateVerdict("limb", 0.99),
        "findings": (Finding(FRACTURE, 0.93, Decision.PRESENT, 0.4, 120, True, first),),
        "urgency": Urgency.URGENT,
        "top3": (FRACTURE,),
        "models": {"radiograph_gate": "aa" * 32, LIMB_MODEL: "cc" * 32},
        "regions": {FRACTURE: first, f"{FRACTURE}_2": second},
        "part": "hand",
    }
    return _reading(seed, radiograph, {**fields, **changes})
