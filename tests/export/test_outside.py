"""What models that were trained elsewhere say teaches a pupil, as they would say it on the box, and is said on its card."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.reading.alignment import looked_at
from edge_app.reading.calibration import probabilities
from edge_app.reading.card import FP32_MODEL, load_card
from edge_app.reading.choice import Device
from edge_app.reading.finding import Box
from edge_app.reading.protocols.chest import CHEST_FINDINGS, CHEST_MODEL
from edge_app.reading.runtimes import OnnxRunner
from export.__main__ import main, recipes
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled
from export.datasets.lung_boxes import lung_box_of
from export.machine import Machine
from export.outside import outside_answers, outside_words
from export.simulate.chests import simulated_chests
from export.train import fingerprint_of
from export.workplace import MODELS, Workplace

FOLDER = MODELS / CHEST_MODEL


def test_every_real_picture_is_answered_as_the_box_would_be_and_drawn_ones_are_not(tmp_path: Path) -> None:
    place = Workplace(recipes()["chest_findings_start"].small(), tmp_path / "runs", tmp_path, 1)
    drawn, *others = simulated_chests(tmp_path / "pictures", 3, 3)
    pictures = [drawn, *(replace(picture, simulated=False) for picture in others)]
    names = ("Edema", "Not a finding", *CHEST_FINDINGS[:3])
    answers = outside_answers([FOLDER], pictures, names, place)
    assert answers.shape == (3, 5)
    assert np.isnan(answers[0]).all()
    assert np.isnan(answers[:, 1]).all()
    card = load_card(FOLDER)
    runner = OnnxRunner(FOLDER / FP32_MODEL, card, device=Device.CPU, threads=1)
    for told, picture in zip(answers[1:], pictures[1:], strict=True):
        batch, _, _ = looked_at(opened(picture.path), lung_box_of(picture.path, MODELS), card.input)
        own = probabilities(card, runner.run(batch)[0])
        assert told[[0, 2, 3, 4]] == pytest.approx([own[name] for name in ("Edema", *CHEST_FINDINGS[:3])], abs=0.02)
    assert (outside_answers([FOLDER, FOLDER], pictures, names, place)[1:, 0] == answers[1:, 0]).all()
    assert np.isnan(outside_answers([], pictures, names, place)).all()


def test_a_pupil_says_who_taught_it_and_is_another_run(tmp_path: Path) -> None:
    words = outside_words([FOLDER])
    assert f"{CHEST_MODEL} {load_card(FOLDER).version}" in words
    assert "not known here" in words
    recipe = recipes()["chest_findings_start"].small()
    place = Workplace(replace(recipe, gather=lambda *_: tuple(simulated_chests(tmp_path, 3, 4))), tmp_path / "runs", tmp_path, 1)
    taught = replace(place, recipe=replace(place.recipe, outside=(FOLDER,)))
    machine = Machine.here()
    assert fingerprint_of(place, machine) != fingerprint_of(taught, machine)


def test_the_command_takes_finished_models_alone(made_up_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["chest_findings_start", "train", "--taught-by", str(tmp_path), "--runs", str(tmp_path), "--data", str(made_up_data)])
    assert "--taught-by" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["radiograph_gate_start", "train", "--taught-by", str(FOLDER), "--runs", str(tmp_path), "--data", str(made_up_data)])
    assert "tells no findings" in capsys.readouterr().err
    with pytest.raises(ModelError):
        outside_words([tmp_path])


@pytest.mark.timeout(900)
def test_a_pupil_learns_what_it_is_told(made_up_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def told(folders: Sequence[Path], pictures: Sequence[Labelled], names: Sequence[str], place: Workplace) -> NDArray[np.float32]:
        assert [folder.name for folder in folders] == [CHEST_MODEL]
        asked.append(len(pictures))
        return np.full((len(pictures), len(names)), 0.99, dtype=np.float32)

    monkeypatch.setattr("export.tasks.locating.lung_boxes", lambda pictures, models, folder: [Box(4.0, 4.0, 50.0, 60.0)] * len(pictures))
    command = ["chest_findings_start", "train", "--budget", "small", "--data", str(made_up_data)]
    assert main([*command, "--runs", str(tmp_path / "alone")]) == 0
    monkeypatch.setattr("export.tasks.locating.outside_answers", told)
    assert main([*command, "--runs", str(tmp_path / "taught"), "--taught-by", str(FOLDER)]) == 0
    assert len(asked) == 1
    assert asked[0] > 0
    network = recipes()["chest_findings_start"].small().task.network(8)
    given = []
    for name in ("alone", "taught"):
        network.load_state_dict(torch.load(tmp_path / name / "chest_findings_start" / "weights.pt", weights_only=True))
        with torch.no_grad():
            given.append(network.eval()(torch.rand(8, 1, 64, 64, generator=torch.Generator().manual_seed(3)))[0].mean())
    assert given[1] > given[0], "told that everything is there, it says so oftener, however few steps these are"
