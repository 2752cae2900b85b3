"""Model folders with a flipped byte, a missing file, a card that does not say enough."""

import json
import shutil
from pathlib import Path

import pytest

from edge_app.config import Settings
from edge_app.health.check import State
from edge_app.health.checks.models import look
from edge_app.reading.card import CARD, ONNX_MODEL, OPENVINO_MODEL, OPENVINO_WEIGHTS
from edge_app.reading.protocols.neonatal_rds import AT_LEAST, NEWBORN_ANATOMY_MODEL, RDS_MODEL
from tests.edge_app.reading.bundles import change_card, label, network, write_bundle, write_chest, write_gate, write_tuberculosis
from tests.edge_app.reading.chests import write_anatomy, write_severity


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models a box needs and those it can use, small."""
    folder = tmp_path / "models"
    write_gate(folder)
    write_chest(folder, {})
    write_anatomy(folder, {}, 400, 300)
    write_severity(folder)
    monkeypatch.setenv("EDGE_MODELS", str(folder))
    return folder


def test_whole_models_are_ok(settings: Settings, models: Path) -> None:
    check = look(settings)
    assert check.state is State.OK
    assert "radiograph_gate" in check.word


@pytest.mark.parametrize("file", [OPENVINO_MODEL, OPENVINO_WEIGHTS, ONNX_MODEL])
def test_a_flipped_byte_fails(settings: Settings, models: Path, file: str) -> None:
    path = models / "radiograph_gate" / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    check = look(settings)
    assert check.state is State.FAILED
    assert f"{file} is not the file the card names" in check.word


def test_a_removed_file_fails(settings: Settings, models: Path) -> None:
    (models / "radiograph_gate" / OPENVINO_WEIGHTS).unlink()
    assert look(settings).state is State.FAILED


@pytest.mark.parametrize("name", ["radiograph_gate", "chest_findings"])
def test_a_missing_model_fails(settings: Settings, models: Path, name: str) -> None:
    shutil.rmtree(models / name)
    check = look(settings)
    assert check.state is State.FAILED
    assert f"{name} is missing" in check.word


def test_the_model_of_a_protocol_that_may_be_left_out_is_needed_where_the_site_has_set_it(settings: Settings, models: Path) -> None:
    by_default = settings.model_copy(update={"reading": settings.reading.model_copy(update={"protocol": "tuberculosis"})})
    assert look(settings).state is State.OK
    check = look(by_default)
    assert check.state is State.FAILED
    assert "tuberculosis is missing" in check.word
    write_tuberculosis(models)
    assert look(by_default).state is State.OK
    assert "tuberculosis" in look(settings).word


@pytest.mark.parametrize("name", ["chest_anatomy", "chest_severity"])
def test_a_missing_model_that_can_be_done_without_is_a_warning(settings: Settings, models: Path, name: str) -> None:
    shutil.rmtree(models / name)
    check = look(settings)
    assert check.state is State.WARNING
    assert f"{name} missing" in check.word


def test_an_altered_model_fails_even_where_it_can_be_done_without(settings: Settings, models: Path) -> None:
    (models / "chest_anatomy" / OPENVINO_WEIGHTS).unlink()
    assert look(settings).state is State.FAILED


def test_no_models_at_all_fail(settings: Settings, models: Path) -> None:
    shutil.rmtree(models)
    assert look(settings).state is State.FAILED


def test_a_broken_card_fails(settings: Settings, models: Path) -> None:
    (models / "radiograph_gate" / CARD).write_text("{")
    assert look(settings).state is State.FAILED


def test_a_card_that_vouches_for_less_than_is_used_fails(settings: Settings, models: Path) -> None:
    folder = models / "radiograph_gate"
    files = json.loads((folder / CARD).read_text())["files"]
    del files[OPENVINO_WEIGHTS]
    change_card(folder, files=files)
    check = look(settings)
    assert check.state is State.FAILED
    assert "no hash for model.bin" in check.word


def test_one_model_in_the_folder_of_another_fails(settings: Settings, models: Path) -> None:
    shutil.rmtree(models / "chest_findings")
    shutil.copytree(models / "radiograph_gate", models / "chest_findings")
    check = look(settings)
    assert check.state is State.FAILED
    assert "the card is that of radiograph_gate" in check.word


def test_what_only_helps_a_protocol_is_wanted_where_that_is_there(settings: Settings, models: Path) -> None:
    labels = [label(name) for name in AT_LEAST]
    write_bundle(models, RDS_MODEL, labels, network([0.0] * len(labels), [0.0] * len(labels)), sees="thorax")
    check = look(settings)
    assert check.state is State.WARNING
    assert f"{NEWBORN_ANATOMY_MODEL} missing" in check.word
