"""Arms differ in one thing each, trainings in chance alone, and figures are of the pictures they name."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from export.__main__ import main
from export.ablation import FIGURES, TRAININGS, ablation_page, arms, draw_arms, figures_of, with_teachers
from export.datasets.labelled import Labelled
from export.gan.draw import SOURCE as GAN_CHESTS
from export.recipes.chest_findings import TASK
from export.simulate.lesion_chests import SOURCE as LESION_CHESTS
from export.workplace import NotTrainedError, Workplace


def test_an_arm_differs_from_the_first_in_what_it_is_named_after() -> None:
    known = arms()
    drawn = known["drawn"].recipe
    real = known["real"].recipe
    assert set(drawn.shares) - set(real.shares) == {LESION_CHESTS}
    assert set(known["gan"].recipe.shares) - set(real.shares) == {GAN_CHESTS}
    assert set(known["both"].recipe.shares) - set(real.shares) == {GAN_CHESTS, LESION_CHESTS}
    for name, arm in known.items():
        if arm.table == "Backbones":
            assert arm.recipe == replace(drawn, task=replace(TASK, backbone=name))
    assert all(arm.recipe.stages == drawn.stages for arm in known.values())
    assert known["response"].recipe == replace(drawn, task=replace(TASK, response=0.5))


def test_trainings_differ_in_chance_alone_and_pupils_have_every_training_of_their_teacher(tmp_path: Path) -> None:
    arm = arms()["response"]
    trainings = [arm.training(chance) for chance in range(TRAININGS)]
    assert len({recipe.name for recipe in trainings}) == TRAININGS
    assert len({Workplace(recipe, tmp_path, tmp_path, 1).training_seed for recipe in trainings}) == TRAININGS
    assert all(replace(recipe, name="", chance=0) == replace(trainings[0], name="") for recipe in trainings)
    assert list(trainings[0].teachers) == [arms()["drawn"].training(chance).name for chance in range(TRAININGS)]


def test_whoever_teaches_an_arm_is_trained_before_it() -> None:
    assert with_teachers(["real", "response", "everything"]) == ["real", "drawn", "response", "everything"]
    known = arms()
    assert all(known[arm.taught_by].taught_by is None for arm in known.values() if arm.taught_by)


def _picture(number: int, source: str, kind: str) -> Labelled:
    return Labelled(Path(f"{number}.png"), f"p:{number}", source, kind)


def test_figures_are_of_the_pictures_they_name() -> None:
    pictures = [_picture(at, source, "chest_adult") for source in ("nih", "nih64") for at in range(40)]
    pictures += [_picture(at, "paediatric", "chest_child") for at in range(20)]
    random = np.random.default_rng(1)
    truth = np.full((100, len(TASK.names)), np.nan, dtype=np.float32)
    truth[:80] = 0.0
    edema, pneumonia, mass = (TASK.names.index(name) for name in ("Edema", "Pneumonia", "Mass"))
    truth[:80:2, edema] = 1.0
    truth[0, mass] = 1.0
    truth[80::2, pneumonia], truth[81::2, pneumonia] = 1.0, 0.0
    logits = random.normal(size=truth.shape).astype(np.float32)
    logits[:40, edema] = np.where(truth[:40, edema] == 1.0, 1.0, -1.0)
    logits[40:80, edema] = np.where(truth[40:80, edema] == 1.0, -1.0, 1.0)
    logits[80:, pneumonia] = truth[80:, pneumonia]
    found = figures_of(pictures, truth, logits)
    assert [found[name] for name in FIGURES] == pytest.approx([1.0, 0.0, 0.5, 1.0])
    assert found["Edema"] == pytest.approx(0.5)


def test_the_page_tells_mean_and_spread_and_what_trainings_say_together(tmp_path: Path) -> None:
    single = dict.fromkeys((*FIGURES, *TASK.names), 0.7)
    other = dict.fromkeys((*FIGURES, *TASK.names), 0.8)
    found = {"drawn": ([single, other], dict.fromkeys((*FIGURES, *TASK.names), 0.81))}
    text = ablation_page(found).markdown()
    assert (
        "| real pictures and drawn findings | 2 | 0.750 ± 0.071 | 0.750 ± 0.071 | 0.750 ± 0.071 | 0.750 ± 0.071 | 0.810 | 0.810 |" in text
    )
    draw_arms(found, tmp_path / "ablation.png")
    assert (tmp_path / "ablation.png").read_bytes().startswith(b"\x89PNG")
    assert "(<ablation.png>)" in text


def test_nothing_trained_is_said(tmp_path: Path) -> None:
    assert main(["ablation", "--data", str(tmp_path), "--runs", str(tmp_path)]) == 1
    with pytest.raises(NotTrainedError, match="export gan train"):
        main(["ablation", "gan", "--data", str(tmp_path), "--runs", str(tmp_path)])
    with pytest.raises(SystemExit):
        main(["ablation", "no-such-arm", "--data", str(tmp_path), "--runs", str(tmp_path)])
