"""A whole system for each module of acceptance tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_app.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Broker, box and three emergency rooms, started and ready."""
    system = Stage(tmp_path / "stage", language="en")
    try:
        system.start()
        system.wait_until_ready()
        yield system
    finally:
        system.stop()


@pytest.fixture
def simulated_dicom(tmp_path: Path) -> Path:
    """A simulated chest with a pneumonia, as a DX object."""
    from edge_app.simulator.chest import simulated_chest
    from edge_app.simulator.dicom import write_dx
    from edge_app.simulator.lesions.lesion import Lesion, LesionKind

    return write_dx(tmp_path / "chest.dcm", simulated_chest(31, 1024, 1024, (Lesion(LesionKind.PNEUMONIA, "right", 0.9),)))
