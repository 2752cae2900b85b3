"""From pictures to a model that the box takes, for every kind of task."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.reading.calibration import probabilities
from edge_app.reading.canvas import network_input
from edge_app.reading.card import CARD, FP32_MODEL, ONNX_MODEL, OPENVINO_MODEL, load_card
from edge_app.reading.finding import Box
from export.__main__ import main, recipes
from export.architectures.located import pooled
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled
from export.package import check
from export.runners import start_runners
from export.unpack import OtherNetworkError, constants_of, take_weights
from export.workplace import Workplace

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
    # Loading the exporter and both quantisers takes minutes on a machine that is busy with something else.
    pytest.mark.timeout(900),
]

ROAD = {
    "chest_findings": ("chest_findings_start", "chest_findings_real", "chest_findings_second"),
    "tuberculosis": (
        "chest_findings_start",
        "chest_findings_real",
        "chest_findings_second",
        "chest_findings",
        "tuberculosis_probed",
        "tuberculosis_second",
        "tuberculosis_third",
    ),
    "radiograph_gate": ("radiograph_gate_start",),
    "chest_anatomy": ("chest_anatomy_teacher", "chest_anatomy_second"),
    "chest_severity": ("chest_features", "chest_opacities"),
}
"""What ships, and what is trained before it. What has gone the road for one is there for the next."""


def _take(recipe: str, runs: Path, data: Path, *more: str) -> int:
    return main([recipe, *more, "--budget", "small", "--runs", str(runs), "--data", str(data)])


def _everywhere(
    pictures: Sequence[Labelled], boxes: Sequence[Box], names: Sequence[str], side: int, models: Path, folder: Path
) -> NDArray[np.uint8]:
    fields = np.zeros((len(pictures), 2, side, side), dtype=np.uint8)
    fields[:, 0, :, : side // 2], fields[:, 1, :, side // 2 :] = 1, 1
    return fields


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module", params=list(ROAD))
def packaged(request: pytest.FixtureRequest, made_up_data: Path, runs: Path) -> Path:
    with pytest.MonkeyPatch.context() as patched:
        # The made-up pictures show no lungs that a model could find.
        for task in ("grading", "locating"):
            patched.setattr(f"export.tasks.{task}.lung_box_of", lambda picture, models: Box(4.0, 4.0, 50.0, 60.0))
            patched.setattr(f"export.tasks.{task}.lung_boxes", lambda pictures, models, folder: [Box(4.0, 4.0, 50.0, 60.0)] * len(pictures))
        patched.setattr("export.tasks.grading.outlined", _everywhere)
        for recipe in (*ROAD[request.param], request.param):
            assert (runs / recipe / "weights.pt").is_file() or _take(recipe, runs, made_up_data) == 0
    return runs / "models_int8" / str(request.param)


def test_only_what_ships_is_packaged(packaged: Path) -> None:
    found = {folder.name for folder in packaged.parent.iterdir()}
    assert packaged.name in found
    assert found <= set(ROAD)


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


def test_the_exported_network_gives_a_map_of_what_it_labels_and_outlines(packaged: Path) -> None:
    card = load_card(packaged)
    runners = start_runners(card, packaged / FP32_MODEL, packaged / OPENVINO_MODEL, packaged / ONNX_MODEL)
    picture = opened(next((packaged / "golden").glob("*.png")))
    for runner, tolerance in ((runners.fp32, 1e-4), (runners.openvino, 0.15), (runners.onnxruntime, 0.15)):
        logits, activation = runner.run(network_input(picture, card.input)[0])
        if card.grades:
            assert activation is None
            continue
        assert activation is not None
        if card.name == "chest_findings":
            count = len(card.labels)
            least = pooled(torch.from_numpy(activation[:, :count])).numpy()
            assert (logits[:, :count] >= least - tolerance).all(), "the mean of two convex poolings is no less than that of their mean"
            assert np.allclose(logits[:, :count], least, atol=1.0)
        elif card.labels:
            assert activation.shape[1] == card.channels
            told = activation[:, : len(card.labels)].mean((2, 3))
            assert np.allclose(logits[:, : len(card.labels)], told, atol=tolerance)
        else:
            share = (0.5 + 0.5 * np.tanh(0.5 * activation)).mean((2, 3))
            assert np.allclose(0.5 + 0.5 * np.tanh(0.5 * logits), share, atol=tolerance)


def test_the_card_states_probabilities_the_runtimes_give(packaged: Path) -> None:
    card = load_card(packaged)
    runners = start_runners(card, packaged / FP32_MODEL, packaged / OPENVINO_MODEL, packaged / ONNX_MODEL)
    for golden in card.golden:
        given = probabilities(card, runners.openvino.run(network_input(opened(packaged / "golden" / golden.picture), card.input)[0])[0])
        assert given == pytest.approx(golden.probabilities, abs=1e-3)


def test_what_few_pictures_stand_behind_is_not_called_validated(packaged: Path) -> None:
    card = load_card(packaged)
    scarce = {
        "chest_findings": "Hernia",
        "tuberculosis": "Tuberculosis",
        "radiograph_gate": "spine_lateral",
        "chest_anatomy": "heart",
        "chest_severity": "brixia_0_18",
    }
    (output,) = [own for own in (*card.labels, *card.structures, *card.grades) if own.name == scarce[card.name]]
    assert not output.validated
    assert output.name in card.limits


def test_the_report_names_every_output_and_source(packaged: Path) -> None:
    card = load_card(packaged)
    folder = packaged.parent.parent / packaged.name
    report = (folder / "report.md").read_text()
    assert all(f"| {output.name} |" in report for output in (*card.labels, *card.structures, *card.grades))
    assert ("Unlike the training pictures" in report) is (card.unlike is not None)
    assert "not a medical device" in report
    assert (folder / "report.html").is_file()


def test_what_ships_gives_its_weights_back(packaged: Path, runs: Path, made_up_data: Path, tmp_path: Path) -> None:
    assert _take(packaged.name, tmp_path, made_up_data, "unpack", "--models", str(packaged.parent)) == 0
    places = [Workplace(recipes()[packaged.name].small(), own, made_up_data, 1) for own in (runs, tmp_path)]
    picture = torch.rand(1, 1, places[0].recipe.input.height, places[0].recipe.input.height)
    given = [place.recipe.task.shipped(place.trained()).eval()(picture) for place in places]
    trained, unpacked = ([own] if isinstance(own, torch.Tensor) else list(own) for own in given)
    for one, other in zip(trained, unpacked, strict=True):
        torch.testing.assert_close(other, one, rtol=1e-4, atol=1e-4)
    assert places[0].manifest.read_text() == places[1].manifest.read_text()


def test_what_was_trained_on_other_pictures_is_not_unpacked(packaged: Path, made_up_data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "models" / packaged.name
    shutil.copytree(packaged, copy)
    card = json.loads((copy / CARD).read_text())
    card["trained_on"][0]["pictures"] += 1
    (copy / CARD).write_text(json.dumps(card))
    with pytest.raises(OtherNetworkError, match="was trained on"):
        _take(packaged.name, tmp_path, made_up_data, "unpack", "--models", str(copy.parent))
    assert not (tmp_path / packaged.name / "weights.pt").exists()


def test_a_network_of_another_size_is_not_unpacked(packaged: Path) -> None:
    recipe = recipes()[packaged.name]
    constants = constants_of(onnx.load(str(packaged / FP32_MODEL)))
    if packaged.name == "tuberculosis":
        pytest.skip("its network has one size")
    with pytest.raises(OtherNetworkError, match="the recipe's is"):
        take_weights(recipe.task.network(recipe.width), constants, recipe.input)
    with pytest.raises(OtherNetworkError, match="none of the recipe's weights"):
        take_weights(recipe.task.network(recipe.width), {}, recipe.input)


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
    for recipe in (*ROAD["radiograph_gate"], "radiograph_gate"):
        assert _take(recipe, tmp_path, made_up_data, "--without", "paediatric") == 0
    assert "paediatric" in (tmp_path / "radiograph_gate-without-paediatric" / "report.md").read_text()
    assert not (tmp_path / "models_int8").exists()


def test_every_model_that_was_trained_is_judged_at_once(
    packaged: Path, runs: Path, made_up_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if packaged.name != "chest_findings":
        pytest.skip("one of them is enough")
    figures = runs / packaged.name / "figures.json"
    figures.unlink()
    assert main(["evaluate", "--budget", "small", "--runs", str(runs), "--data", str(made_up_data)]) == 0
    assert figures.is_file()
    assert f"1 of {len(recipes())} models judged" in capsys.readouterr().out
