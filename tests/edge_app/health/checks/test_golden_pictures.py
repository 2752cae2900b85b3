"""Golden pictures, run by the real engine."""

import json
from pathlib import Path

import numpy as np
import pytest

from edge_app.config import Settings
from edge_app.health.check import State
from edge_app.health.checks.golden_pictures import look
from edge_app.reading.card import CARD, OPENVINO_MODEL, OPENVINO_WEIGHTS, sha256_of
from tests.edge_app.reading.bundles import SIDE, change_card, label, network, write_bundle

GREY = np.full((SIDE, SIDE), 128, dtype=np.uint8)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder that is still empty."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("EDGE_MODELS", str(folder))
    return folder


def _bundle(models: Path, probability: float) -> Path:
    golden = [{"picture": "grey.png", "probabilities": {"one": probability}, "tolerance": 0.02}]
    return write_bundle(models, "one", [label("one")], network([0.0], [0.0]), golden=golden, pictures={"grey.png": GREY})


def test_the_answers_of_the_release_are_ok(settings: Settings, models: Path) -> None:
    _bundle(models, 0.5)
    check = look(settings)
    assert check.state is State.OK
    assert check.word.startswith("1 answered as when released")


def test_another_answer_fails_and_names_the_picture(settings: Settings, models: Path) -> None:
    _bundle(models, 0.9)
    check = look(settings)
    assert check.state is State.FAILED
    assert "grey.png" in check.word


def test_altered_weights_fail(settings: Settings, models: Path) -> None:
    folder = _bundle(models, 0.5)
    (folder / OPENVINO_WEIGHTS).write_bytes(b"\x7f" * (folder / OPENVINO_WEIGHTS).stat().st_size)
    assert look(settings).state is State.FAILED


def test_a_model_that_only_the_second_runtime_can_run_is_a_warning(settings: Settings, models: Path) -> None:
    folder = _bundle(models, 0.5)
    (folder / OPENVINO_MODEL).write_text("<net/>")
    files = json.loads((folder / CARD).read_text())["files"]
    change_card(folder, files={**files, OPENVINO_MODEL: sha256_of(folder / OPENVINO_MODEL)})
    check = look(settings)
    assert check.state is State.WARNING
    assert "ONNX Runtime" in check.word


def test_a_model_without_golden_pictures_is_a_warning(settings: Settings, models: Path) -> None:
    write_bundle(models, "one", [label("one")], network([0.0], [0.0]))
    assert look(settings).state is State.WARNING


def test_no_model_fails(settings: Settings, models: Path) -> None:
    assert look(settings).state is State.FAILED
