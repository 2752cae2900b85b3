"""The chest reading beside eager PyTorch: what is compared, and when there is nothing to compare."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.benchmark.eager import NETWORKS, WHOLE, LeftOutError, measure_eager
from edge_app.errors import ModelError
from edge_app.reading.card import Card
from edge_app.reading.runtimes import Runner
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx
from tests.edge_app.benchmark.instead import onnx_instead, take_for_pytorch
from tests.edge_app.reading.bundles import write_chest, write_gate


@pytest.fixture
def models(tmp_path: Path) -> Path:
    write_gate(tmp_path / "models")
    write_chest(tmp_path / "models", {"Effusion": 3.0})
    return tmp_path / "models"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return write_dx(tmp_path / "chest.dcm", simulated_chest(5, 320, 280))


def test_every_network_all_of_them_and_the_whole_reading(
    models: Path, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_for_pytorch(monkeypatch, onnx_instead)
    found = measure_eager(models, tmp_path / "cache", picture, rounds=3, threads=1)
    assert (found.pytorch, found.threads) == ("9.9", 1)
    assert [own.part for own in found.parts] == ["radiograph_gate", "chest_findings", NETWORKS, WHOLE]
    for own in found.parts:
        assert min(own.int8.quarter, own.eager.quarter, own.times.quarter) > 0
    *_, networks, whole = found.parts
    assert networks.int8.median < whole.int8.median
    assert networks.eager.median < whole.eager.median
    assert [missing.split(":")[0] for missing in found.missing] == ["anatomy", "severity"]


class _Otherwise:
    """Answers in the right shapes, but that every finding is absent, and nowhere."""

    precision = "FP32"

    def __init__(self, folder: Path, card: Card, threads: int) -> None:
        self._shape = (1, len(card.labels))

    def run(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        logits = np.full(self._shape, -20.0, dtype=np.float32)
        return logits, np.broadcast_to(logits[:, :, None, None], (*self._shape, 8, 8)).copy()


def test_what_drawn_weights_answer_does_not_lead_the_reading_elsewhere(
    models: Path, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A gate that recognises nothing would refuse the picture after the first network.
    take_for_pytorch(monkeypatch, _Otherwise)
    found = measure_eager(models, tmp_path / "cache", picture, rounds=2, threads=1)
    assert [own.part for own in found.parts][:2] == ["radiograph_gate", "chest_findings"]


@pytest.mark.parametrize(("absent", "word"), [("torch", "torch is not installed"), ("export.eager", r"export\.eager is not installed")])
def test_left_out_where_pytorch_or_the_training_code_is_not_installed(
    models: Path, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, absent: str, word: str
) -> None:
    def importing(name: str) -> Any:
        if name == absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return object()

    monkeypatch.setattr(importlib, "import_module", importing)
    with pytest.raises(LeftOutError, match=word):
        measure_eager(models, tmp_path / "cache", picture, rounds=2, threads=1)


def test_left_out_where_the_networks_are_not_those_on_the_box(
    models: Path, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(folder: Path, card: Card, threads: int) -> Runner:
        raise ModelError(f"{card.name}: no recipe makes it")

    class _Wider(_Otherwise):
        def __init__(self, folder: Path, card: Card, threads: int) -> None:
            super().__init__(folder, card, threads)
            self._shape = (1, 3)

    for start, word in ((none, "no recipe makes it"), (_Wider, "does not answer as the one on this box")):
        take_for_pytorch(monkeypatch, start)
        with pytest.raises(LeftOutError, match=f"radiograph_gate: .*{word}"):
            measure_eager(models, tmp_path / "cache", picture, rounds=2, threads=1)


def test_left_out_where_the_picture_is_refused(models: Path, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_gate(models, "limb")
    take_for_pytorch(monkeypatch, onnx_instead)
    with pytest.raises(LeftOutError, match="not read: wrong_body_part"):
        measure_eager(models, tmp_path / "cache", picture, rounds=2, threads=1)
