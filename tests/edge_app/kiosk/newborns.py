"""A box with the newborns' models by name, and readings of them."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_app.casebook.radiographs import StoredRadiograph
from edge_app.casebook.readings import StoredReading, add_reading
from edge_app.reading.card import CARD
from edge_app.reading.finding import Box, Decision, Finding, GateVerdict, Measurement, Protocol, Reading, Timing, Urgency
from edge_app.reading.models import MODELS_VARIABLE
from edge_app.reading.protocols.chest import CHEST_MODEL
from edge_app.reading.protocols.neonatal_rds import EVERYWHERE, GRADE, NEWBORN_ANATOMY_MODEL, RDS, RDS_GRADE, RDS_MODEL
from edge_app.reading.protocols.on_lungs import MAP_WITHIN_LUNGS, SHARE
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.figured import OUTLINES

NEWBORN = GateVerdict("chest_newborn", 0.93)
CHILD = GateVerdict("chest_child", 0.62)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A box whose models are there by name."""
    folder = write_names(tmp_path / "models")
    monkeypatch.setenv(MODELS_VARIABLE, str(folder))
    return folder


def write_names(folder: Path) -> Path:
    for name in (CHEST_MODEL, NEWBORN_ANATOMY_MODEL, RDS_MODEL):
        (folder / name).mkdir(parents=True)
        (folder / name / CARD).write_text("{}", encoding="utf-8")
    return folder


def _heat(seed: Seeder, radiograph: StoredRadiograph, name: str, x: float) -> Path:
    folder = seed.casebook.maps / radiograph.id
    folder.mkdir(parents=True, exist_ok=True)
    rows, columns = np.mgrid[0:512, 0:512]
    heat = np.exp(-(((columns - x) / 60) ** 2 + ((rows - 240) / 90) ** 2)) * 200
    cv2.imwrite(str(folder / f"{name}.png"), heat.astype(np.uint8))
    return folder / f"{name}.png"


def newborn_read(
    seed: Seeder, radiograph: StoredRadiograph, probability: float = 0.81, *, grade: int | None = 3, **changes: Any
) -> StoredReading:
    """The picture read as a newborn's by a model that learnt from drawn pictures alone."""
    called = probability >= 0.5
    finding = Finding(RDS, probability, Decision.UNCERTAIN if probability >= 0.2 else Decision.ABSENT, 0.5, 0, False, None, True)
    if called and not changes.get("unlocated"):
        finding = Finding(RDS, probability, Decision.UNCERTAIN, 0.5, 0, False, Box(90, 160, 130, 160), True)
    measured = {MAP_WITHIN_LUNGS: Measurement(0.78, SHARE, 0.91, False)}
    fields: dict[str, Any] = {
        "protocol": Protocol.NEONATAL_RDS,
        "refusal": None,
        "gate": NEWBORN,
        "findings": (finding,),
        "urgency": Urgency.URGENT if called else Urgency.NONE,
        "top3": (RDS,),
        "timing": Timing(30, 15, 20, 90),
        "models": {"radiograph_gate": "aa" * 32, NEWBORN_ANATOMY_MODEL: "bb" * 32, RDS_MODEL: "cc" * 32},
        "engine": "openvino",
        "rows": 512,
        "columns": 512,
        "maps": {RDS: _heat(seed, radiograph, RDS, 150), EVERYWHERE: _heat(seed, radiograph, EVERYWHERE, 200)},
        "outlines": OUTLINES[:2],
        "measurements": {**({} if grade is None else {RDS_GRADE: Measurement(float(grade), GRADE)}), **measured},
    }
    return add_reading(seed.database, radiograph.id, Reading(**{**fields, **changes}))
