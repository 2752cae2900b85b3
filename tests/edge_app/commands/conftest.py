"""What the tests of the commands share."""

from pathlib import Path

import pytest

from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx
from tests.edge_app.reading.bundles import write_chest, write_gate


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A box with a small gate and a small chest model, compiling into its own folder; the models folder."""
    models = tmp_path / "models"
    write_gate(models)
    write_chest(models, {"Effusion": 3.0})
    monkeypatch.setenv("EDGE_MODELS", str(models))
    monkeypatch.setenv("EDGE_CACHE", str(tmp_path / "cache"))
    return models


@pytest.fixture(scope="session")
def chest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated chest as DICOM."""
    return write_dx(tmp_path_factory.mktemp("pictures") / "chest.dcm", simulated_chest(5, 320, 280))
