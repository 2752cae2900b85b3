import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import ModelError
from edge_app.reading.calibration import probabilities
from edge_app.reading.canvas import network_input
from edge_app.reading.card import CARD, FP32_MODEL, ONNX_MODEL, OPENVINO_MODEL, load_card
from export.__main__ import main
from export.datasets.canvases import opened
from export.package import check
from export.runners import start_runners

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
    # Loading the exporter and both quantisers takes minutes on a machine that is busy with something else.
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module", params=["chest_findings", "radiograph_gate"])
def packaged(request: pytest.FixtureRequest, made_up_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs")
    assert main([request.param, "all", "--budget", "small", "--runs", str(runs), "--data", str(made_up_data)]) == 0
    return runs / "models_int8" / str(request.param)


def test_the_box_takes_the_model_and_every_form_answers_its_golden_pictures(packaged: Path) -> None:
    card = load_card(packaged)
    assert card.name == packaged.name
    assert check(packaged) == len(card.golden) > 0
    assert set(card.files) >= {OPENVINO_MODEL, "model.bin", ONNX_MODEL, FP32_MODEL}
    assert {own.runtime for own in card.fidelity} == {"openvino", "onnxruntime"}
    assert not any(source.pictures == 0 for source in card.trained_on)
    assert "Research use" in card.limits


def test_both_int8_models_hold_integers(packaged: Path) -> None:
    runners = start_runners(load_card(packaged), packaged / FP32_MODEL, packaged / OPENVINO_MODEL, packaged / ONNX_MODEL)
    assert (runners.fp32.precision, runners.openvino.precision, runners.onnxruntime.precision) == ("FP32", "INT8", "INT8")


def test_the_exported_network_keeps_logits_equal_to_the_mean_of_their_maps(packaged: Path) -> None:
    card = load_card(packaged)
    runners = start_runners(card, packaged / FP32_MODEL, packaged / OPENVINO_MODEL, packaged / ONNX_MODEL)
    picture = opened(next((packaged / "golden").glob("*.png")))
    for runner, tolerance in ((runners.fp32, 1e-4), (runners.openvino, 0.1), (runners.onnxruntime, 0.1)):
        logits, activation = runner.run(network_input(picture, card.input)[0])
        assert activation is not None
        assert np.allclose(logits, activation.mean((2, 3)), atol=tolerance)


def test_the_card_states_probabilities_the_runtimes_give(packaged: Path) -> None:
    card = load_card(packaged)
    runners = start_runners(card, packaged / FP32_MODEL, packaged / OPENVINO_MODEL, packaged / ONNX_MODEL)
    for golden in card.golden:
        given = probabilities(card, runners.openvino.run(network_input(opened(packaged / "golden" / golden.picture), card.input)[0])[0])
        assert given == pytest.approx(golden.probabilities, abs=1e-3)


def test_a_label_with_few_positives_is_not_called_validated(packaged: Path) -> None:
    scarce = {"chest_findings": "Hernia", "radiograph_gate": "spine"}[packaged.name]
    label = load_card(packaged).label(scarce)
    assert 0 < label.positives < 20
    assert not label.validated


def test_the_report_names_every_label_and_source(packaged: Path) -> None:
    card = load_card(packaged)
    folder = packaged.parent.parent / packaged.name
    report = (folder / "report.md").read_text()
    assert all(f"| {label.name} |" in report for label in card.labels)
    assert "not a medical device" in report
    for plot in ("reliability.png", "roc.png"):
        assert (folder / plot).read_bytes().startswith(b"\x89PNG")


def test_an_altered_model_is_refused(packaged: Path, tmp_path: Path) -> None:
    copy = tmp_path / packaged.name
    shutil.copytree(packaged, copy)
    weights = copy / "model.bin"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x55")
    with pytest.raises(ModelError, match=r"model\.bin"):
        check(copy)


def test_a_golden_picture_answered_otherwise_fails_the_check(packaged: Path, tmp_path: Path) -> None:
    copy = tmp_path / packaged.name
    shutil.copytree(packaged, copy)
    card = json.loads((copy / CARD).read_text())
    wanted = card["golden"][0]["probabilities"]
    card["golden"][0]["probabilities"] = {name: 1.0 - value for name, value in wanted.items()}
    card["golden"][0]["tolerance"] = 1e-6
    (copy / CARD).write_text(json.dumps(card))
    with pytest.raises(Exception, match="golden picture"):
        check(copy)


def test_a_source_left_out_is_reported_and_never_packaged(made_up_data: Path, tmp_path: Path) -> None:
    arguments = ["radiograph_gate", "--budget", "small", "--runs", str(tmp_path), "--data", str(made_up_data), "--without", "tuberculosis"]
    assert main(arguments) == 0
    report = (tmp_path / "radiograph_gate-without-tuberculosis" / "report.md").read_text()
    assert "| tuberculosis | no | chest | 8 |" in report
    assert not (tmp_path / "models_int8").exists()
