"""From phantoms and a hospital's own spines to models that the box takes, and whose patients the figures are of."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_app.reading.card import Card, load_card
from edge_app.reading.protocols.spine import IMPLANT, IMPLANTS_MODEL, SPINE_MODEL
from edge_app.reading.spine import STRUCTURES
from edge_app.reading.spinopelvic import ANGLES
from export.__main__ import built_on, main, recipes
from export.datasets import own_spines
from export.package import check
from export.recipes import spine
from export.simulate.lumbar_phantom import phantom
from export.simulate.lumbar_spines import FRONTAL, OPERATED, SOURCE
from export.workplace import Workplace
from tests.export.made_up import outline_lungs

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
    pytest.mark.timeout(900),
]


def _hospital(folder: Path, count: int = 10) -> None:
    """Spines with masks and landmarks in turn with such as have landmarks alone. A program drew them; the table does not say so."""
    (folder / "masks").mkdir(parents=True)
    names = [f"{name}_{axis}" for name in ("L1_front", "L1_back", "S1_front", "S1_back", "hip_1", "hip_2") for axis in "xy"]
    lines = [",".join(["image", "patient", "implant", *names, *(f"mask_{name}" for name in STRUCTURES)])]
    for at in range(count):
        made = phantom(np.random.default_rng(900 + at), implants=False, rows=300)
        assert cv2.imwrite(str(folder / f"{at}.png"), np.rint(made.picture * 255).astype(np.uint8))
        masks = [""] * len(STRUCTURES)
        if at % 2 == 0:
            masks = [f"masks/{at}_{name}.png" for name in STRUCTURES]
            for name, file in zip(STRUCTURES, masks, strict=True):
                assert cv2.imwrite(str(folder / file), made.masks[name])
        points = [
            f"{value:.1f}" for name in ("L1_front", "L1_back", "S1_front", "S1_back", "hip_1", "hip_2") for value in made.landmarks[name]
        ]
        lines.append(",".join([f"{at}.png", str(at), "0", *points, *masks]))
    (folder / own_spines.TABLE).write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    _hospital(folder / "ours")
    return folder


@pytest.fixture(scope="module")
def runs(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all networks were trained, from the first step to the last, but for what outlines lungs: that has a road of its own."""
    folder = tmp_path_factory.mktemp("runs")
    outline_lungs(folder)
    for model in (IMPLANTS_MODEL, SPINE_MODEL):
        assert main([model, "road", "--budget", "small", "--runs", str(folder), "--data", str(data)]) == 0
    return folder


def _card(runs: Path, model: str) -> Card:
    folder = runs / "models_int8" / model
    assert check(folder) > 0
    return load_card(folder)


def test_a_hospitals_spines_are_learnt_from_and_judged_on_and_the_label_changes_by_itself(runs: Path) -> None:
    card = _card(runs, SPINE_MODEL)
    assert [structure.name for structure in card.structures] == list(STRUCTURES)
    assert tuple(angle.name for angle in card.angles) == ANGLES
    assert not card.simulated
    assert not any(source.simulated for source in card.validated_on)
    assert "not validated on patients" not in card.limits
    assert not any(angle.validated for angle in card.angles), "so few prove nothing yet"
    assert all(golden.picture.startswith("simulated_spine") for golden in card.golden)


def test_what_takes_implants_out_has_learnt_which_differences_are_theirs(runs: Path) -> None:
    card = _card(runs, IMPLANTS_MODEL)
    assert card.repairs
    assert [label.name for label in card.labels] == [IMPLANT]
    own = card.fidelity[0].repaired_apart
    assert own is not None
    assert sum("implants" in source.name for source in card.trained_on) == 1
    assert (runs / IMPLANTS_MODEL / "report.md").read_text(encoding="utf-8").count("repaired picture is off") == 2


def test_the_report_has_a_row_for_every_angle(runs: Path) -> None:
    report = (runs / SPINE_MODEL / "report.md").read_text(encoding="utf-8")
    for name in ANGLES:
        assert f"| {name} |" in report


def test_without_a_hospital_the_card_says_that_no_patient_was_seen(tmp_path: Path) -> None:
    recipe = replace(spine.RECIPE.small(), teachers={})
    place = Workplace(recipe, tmp_path, tmp_path, 1)
    assert place.figures_from == (SOURCE,)
    assert place.limits.startswith("Trained on simulated spines, not validated on patients.")


def test_what_ships_builds_on_the_network_that_attends_and_implants_on_one_that_saw_none() -> None:
    known = recipes()
    built = ["chest_anatomy_teacher", "chest_anatomy_second", "chest_anatomy", "spine_anatomy_teacher"]
    assert [recipe.name for recipe in built_on(known[SPINE_MODEL], known)] == built
    assert [recipe.name for recipe in built_on(known[IMPLANTS_MODEL], known)] == ["spine_implants_start"]
    assert OPERATED not in known["spine_implants_start"].shares
    assert OPERATED not in known["spine_anatomy_plain"].shares
    assert {SOURCE, OPERATED, FRONTAL, own_spines.SOURCE, own_spines.MARKED} == set(known[SPINE_MODEL].shares)
