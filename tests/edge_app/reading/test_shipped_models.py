"""The models this box ships: INT8 in both runtimes, true to their golden pictures, and the simulated chest passes the gate."""

from pathlib import Path

import pytest

from edge_app.reading.choice import Candidate, Device, Runtime
from edge_app.reading.engine import Engine
from edge_app.reading.finding import Protocol
from edge_app.reading.gate import GATE_MODEL
from edge_app.reading.models import models_folder
from edge_app.reading.protocols import METHODS
from edge_app.reading.reader import Reader
from edge_app.reading.wire import Load, Loaded
from edge_app.reading.worker import Worker
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx

REQUIRED = {GATE_MODEL, *METHODS[Protocol.CHEST].requires}


@pytest.mark.parametrize("runtime", list(Runtime))
@pytest.mark.parametrize("model", dict.fromkeys((GATE_MODEL, *(model for method in METHODS.values() for model in method.models))))
def test_every_model_runs_as_int8_and_gives_its_golden_answers(model: str, runtime: Runtime, tmp_path: Path) -> None:
    if model not in REQUIRED and not (models_folder() / model).exists():
        pytest.skip(f"{model} is not part of this release")
    reply = Worker(models_folder(), tmp_path / "cache", 1).answer(Load(model, Candidate(runtime, Device.CPU)))
    assert isinstance(reply, Loaded), reply
    assert reply.precision == "INT8"
    assert reply.golden_held > 0


def test_a_simulated_chest_is_read(tmp_path: Path) -> None:
    file = write_dx(tmp_path / "chest.dcm", simulated_chest(1, 1024, 1024))
    with Engine(models_folder(), tmp_path / "cache", threads=1) as engine:
        reading = Reader(engine).read(file)
    assert reading.assessed, reading.refusal
    assert len(reading.findings) == 14
