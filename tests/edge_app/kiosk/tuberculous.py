"""A box with a tuberculosis model, as its card says it is, and readings of that model."""

import json
from pathlib import Path
from typing import Any

import pytest

from edge_app.casebook.radiographs import StoredRadiograph
from edge_app.casebook.readings import StoredReading, add_reading
from edge_app.reading.card import CARD, card_hash
from edge_app.reading.finding import Box, Decision, Finding, GateVerdict, Measurement, Protocol, Reading, Timing, Urgency
from edge_app.reading.models import MODELS_VARIABLE
from edge_app.reading.protocols.chest import CHEST_MODEL
from edge_app.reading.protocols.on_lungs import MAP_WITHIN_LUNGS, SHARE
from edge_app.reading.protocols.tuberculosis import TUBERCULOSIS, TUBERCULOSIS_MODEL
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.figured import OUTLINES
from tests.edge_app.reading.bundles import label
from tests.edge_app.test_screening import POINTS

SHENZHEN = "Shenzhen tuberculosis set, National Library of Medicine"
MONTGOMERY = "Montgomery County tuberculosis set, National Library of Medicine"
ADULT = GateVerdict("chest_adult", 0.97)


def write_tuberculosis_card(models: Path, *, elsewhere: bool = True, points: bool = True, adults: bool = True, **changes: Any) -> Path:
    """A card as the road of training writes it, without the networks."""
    there = [{"source": MONTGOMERY, "positives": 58, "negatives": 80, "auroc": 0.81, "auroc_ci95": (0.73, 0.88)}]
    own = {"positives": 84, "negatives": 82, "auroc": 0.88, "auroc_ci95": (0.83, 0.93), "threshold": 0.3, "uncertain_from": 0.3}
    own["operating_points"] = [point.model_dump(mode="json") for point in POINTS] if points else []
    told = label(TUBERCULOSIS, **{**own, **changes})
    folder = models / TUBERCULOSIS_MODEL
    folder.mkdir(parents=True, exist_ok=True)
    card = {
        "name": TUBERCULOSIS_MODEL,
        "version": "0.1.0",
        "title": "Tuberculosis on frontal chest radiographs",
        "input": {"height": 64, "width": 64, "mean": 0.5, "std": 0.25, "sees": "lungs"},
        "labels": [{**told, "elsewhere": there if elsewhere else [], **({} if adults else {"by_kind": {}})}],
        "trained_on": [],
        "validated_on": [{"name": SHENZHEN, "licence": "public", "pictures": 166}],
        "fidelity": [],
        "golden": [],
        "limits": "for tests",
        "files": {},
    }
    (folder / CARD).write_text(json.dumps(card), encoding="utf-8")
    return folder


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A box whose models are there by name: one for chests, and one for tuberculosis with a card that is a card."""
    folder = tmp_path / "models"
    (folder / CHEST_MODEL).mkdir(parents=True)
    (folder / CHEST_MODEL / CARD).write_text("{}", encoding="utf-8")
    write_tuberculosis_card(folder)
    monkeypatch.setenv(MODELS_VARIABLE, str(folder))
    return folder


def screened(
    seed: Seeder,
    models: Path,
    radiograph: StoredRadiograph,
    probability: float = 0.83,
    decision: Decision = Decision.PRESENT,
    *,
    threshold: float = 0.3,
    **changes: Any,
) -> StoredReading:
    """The picture read for tuberculosis."""
    called = decision is Decision.PRESENT or (decision is Decision.UNCERTAIN and probability >= threshold)
    # Without lungs the box points nowhere.
    box = Box(96, 120, 120, 130) if called and not changes.get("unlocated") else None
    finding = Finding(TUBERCULOSIS, probability, decision, threshold, 84, True, box)
    fields: dict[str, Any] = {
        "protocol": Protocol.TUBERCULOSIS,
        "refusal": None,
        "gate": ADULT,
        "findings": (finding,),
        "urgency": Urgency.URGENT if decision is Decision.PRESENT else Urgency.DELAYED if called else Urgency.NONE,
        "top3": (TUBERCULOSIS,),
        "timing": Timing(40, 20, 90, 260),
        "models": {"radiograph_gate": "aa" * 32, TUBERCULOSIS_MODEL: card_hash(models / TUBERCULOSIS_MODEL)},
        "engine": "openvino",
        "rows": 512,
        "columns": 512,
        "maps": {TUBERCULOSIS: seed.heat_map(radiograph, 512, 512)},
        "outlines": OUTLINES[:2],
        "measurements": {MAP_WITHIN_LUNGS: Measurement(0.83, SHARE, 0.94, True)},
    }
    return add_reading(seed.database, radiograph.id, Reading(**{**fields, **changes}))
