"""Rows differ in augmentation alone, figures are what they are called, and the page tells what was trained."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from export.__main__ import main
from export.architectures.pyramid import PyramidNetwork
from export.datasets.labelled import Labelled
from export.machine import Machine
from export.published_tuberculosis import FIGURES, NETWORKS, TRAININGS, figures_of, published_page, rows_known, start_of, training_of
from export.recipe import Stage
from export.tasks.published import Published
from export.tasks.running import logits_on
from export.train import train
from export.workplace import Workplace


def test_each_row_has_one_step_more_than_the_row_before() -> None:
    known = rows_known()
    assert len(known) == 8
    for network in NETWORKS:
        rows = [training_of(row, 0, 64) for row in known.values() if row.network == network]
        steps = [row.task.augmentation for row in rows if isinstance(row.task, Published)]
        assert [sum((how.erase, how.augment, how.flip)) for how in steps if how is not None] == [0, 1, 2, 3]
        plain = [
            replace(own, name="", title="", task=replace(own.task, augmentation=None)) for own in rows if isinstance(own.task, Published)
        ]
        assert all(own == plain[0] for own in plain)


def test_trainings_of_a_row_differ_in_chance_alone(tmp_path: Path) -> None:
    row = rows_known()["resnet50-erase"]
    trainings = [training_of(row, chance, 64) for chance in range(TRAININGS)]
    assert len({Workplace(own, tmp_path, tmp_path, 1).training_seed for own in trainings}) == TRAININGS
    assert all(replace(own, name="", chance=0) == replace(trainings[0], name="") for own in trainings)


def test_the_start_never_sees_the_set_that_is_judged_on(made_up_data: Path, tmp_path: Path) -> None:
    recipe = start_of("resnet50")
    assert "tuberculosis" not in recipe.shares
    place = Workplace(recipe, tmp_path, made_up_data, 1)
    assert place.taught
    assert all(picture.source != "tuberculosis" for picture in (*place.taught, *place.examined))


@pytest.mark.parametrize("backbone", NETWORKS)
def test_a_row_trains_and_answers(backbone: str, made_up_data: Path, tmp_path: Path) -> None:
    row = rows_known()[f"{backbone}-flip"]
    recipe = replace(training_of(row, 0, 16), stages=(Stage(64, 1, 16, 8),), starts_from=None, validation_fraction=0.4)
    place = Workplace(recipe, tmp_path, made_up_data, 1)
    train(place, Machine.here("fp32"))
    network = recipe.task.network(recipe.width)
    assert isinstance(network, PyramidNetwork)
    logits = logits_on(network, recipe, np.zeros((2, 64, 64), dtype=np.uint8), 1)
    assert logits.shape == (2, 1)
    assert np.isfinite(logits).all()


def test_figures_are_what_they_are_called() -> None:
    truth = np.array([1, 1, 1, 0, 0], dtype=np.float32)
    found = figures_of(np.array([2.0, 1.0, -1.0, 0.5, -2.0], dtype=np.float32), truth)
    assert found == pytest.approx({"accuracy": 0.6, "precision": 2 / 3, "recall": 2 / 3, "F1": 2 / 3, "AUROC": 5 / 6})


def test_the_page_tells_mean_and_spread_beside_what_was_published() -> None:
    examined = [Labelled(Path(f"{at}.png"), f"p:{at}", "tuberculosis", "chest_adult", {"tuberculosis": float(at % 2)}) for at in range(5)]
    found = {"resnet50-none": [dict.fromkeys(FIGURES, 0.7), dict.fromkeys(FIGURES, 0.8)]}
    text = published_page(found, examined).markdown()
    assert "5 pictures of other patients of one hospital (Shenzhen), 2 with tuberculosis" in text
    assert "| no augmentation | 2 | 75.0 ± 7.1 | 75.0 ± 7.1 | 75.0 ± 7.1 | 75.0 ± 7.1 | 75.0 ± 7.1 | 85.6 |" in text
    assert "EfficientNet" not in text


def test_an_unknown_row_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["published-tuberculosis", "resnet50-nothing"])
    assert "no row is called resnet50-nothing" in capsys.readouterr().err


def test_untrained_rows_are_not_reported(made_up_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["published-tuberculosis", "--data", str(made_up_data), "--runs", str(tmp_path)]) == 1
    assert "nothing is trained" in capsys.readouterr().out
