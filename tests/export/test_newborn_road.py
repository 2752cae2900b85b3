"""From a hospital's newborns to models that the box takes, and what they are worth follows from whose pictures came."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_app.reading.anatomy import draw
from edge_app.reading.card import Card, load_card
from edge_app.reading.newborn_lungs import FoundLungs
from edge_app.reading.protocols.neonatal_rds import AT_LEAST, NEWBORN_ANATOMY_MODEL, RDS_MODEL
from export.__main__ import built_on, main, recipes
from export.augment import Lying, drawn_move
from export.datasets import newborn_grades
from export.datasets.canvases import opened
from export.package import check
from export.recipes import neonatal_rds, newborn_anatomy
from export.simulate.newborn_chests import SOURCE
from export.tasks.distress import DistressLesson
from export.tasks.outlining import Outlining, OutliningLesson
from export.workplace import Workplace
from tests.edge_app.reading.chests import chest_shapes, seen_chest
from tests.export.made_up import make_nursery, make_sets

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
    pytest.mark.timeout(900),
]


def _lungs(path: Path, models: Path) -> FoundLungs:
    """Two ovals, wherever the made-up pictures have none."""
    picture = opened(path)
    shapes = chest_shapes(picture.rows, picture.columns)
    return FoundLungs(draw(seen_chest(shapes, picture.rows, picture.columns)), picture, 0)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_sets(tmp_path_factory.mktemp("data"))
    make_nursery(folder / "nursery")
    return folder


@pytest.fixture(scope="module")
def runs(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where both models were trained, from the first step to the last."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("export.datasets.newborn_thorax.lungs_of", _lungs)
        for model in (NEWBORN_ANATOMY_MODEL, RDS_MODEL):
            assert main([model, "road", "--budget", "small", "--runs", str(folder), "--data", str(data)]) == 0
    return folder


def _card(runs: Path, model: str) -> Card:
    folder = runs / "models_int8" / model
    assert check(folder) > 0
    return load_card(folder)


def test_the_box_takes_the_outlines_and_says_that_no_newborn_was_seen(runs: Path) -> None:
    card = _card(runs, NEWBORN_ANATOMY_MODEL)
    assert "No newborn's picture was seen" in card.limits
    assert {structure.name for structure in card.structures if structure.shown} == {"right_lung", "left_lung"}
    newborn = card.on("chest_newborn")
    assert not any(structure.validated for structure in newborn.structures)
    assert any(source.simulated for source in card.trained_on)


def test_a_hospitals_newborns_are_learnt_from_and_judged_on_and_the_label_changes_by_itself(runs: Path) -> None:
    card = _card(runs, RDS_MODEL)
    assert card.input.sees == "thorax"
    assert [label.name for label in card.labels] == list(AT_LEAST)
    assert not card.simulated
    assert not any(source.simulated for source in card.validated_on)
    judged = card.on("chest_newborn").label(AT_LEAST[0])
    assert judged.positives > 0
    assert not judged.validated, "so few newborns prove nothing yet"
    assert "simulated pictures, not validated" not in card.limits


def test_without_a_hospitals_newborns_drawn_ones_stand_in_and_prove_nothing(data: Path, tmp_path: Path) -> None:
    place = Workplace(neonatal_rds.RECIPE, tmp_path, data, 1)
    assert place.figures_from == (newborn_grades.SOURCE,)
    made = tuple(replace(own, source=SOURCE, simulated=True) for own in place.split.training)
    drawn = replace(neonatal_rds.RECIPE, gather=lambda *_: made)
    alone = Workplace(drawn, tmp_path, data, 1)
    assert alone.figures_from == (SOURCE,)
    assert alone.limits.startswith("Trained on simulated pictures, not validated on newborns.")
    assert not place.limits.startswith("Trained on simulated pictures")


def test_the_road_lies_in_order_and_leads_past_nothing_else() -> None:
    known = recipes()
    assert [own.name for own in built_on(known[NEWBORN_ANATOMY_MODEL], known)] == [
        "chest_anatomy_teacher",
        "chest_anatomy_second",
        "chest_anatomy",
    ]
    before = [own.name for own in built_on(known[RDS_MODEL], known)]
    assert before == [
        *(own.name for both in zip(neonatal_rds.TEACHERS_FIRST, neonatal_rds.TEACHERS, strict=True) for own in both),
        neonatal_rds.FIRST.name,
    ]
    assert built_on(known["chest_anatomy_teacher"], known) == []
    there = built_on(known[NEWBORN_ANATOMY_MODEL], known, {"chest_anatomy"})
    assert [own.name for own in there] == ["chest_anatomy"], "what is trained needs nobody to train it"


def test_what_is_trained_is_not_trained_again_on_the_road(runs: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = {file: file.stat().st_mtime_ns for file in runs.glob("newborn_b*/weights.pt")}
    assert len(weights) == 2 * len(neonatal_rds.NETWORKS)
    with pytest.raises(SystemExit):
        main([RDS_MODEL, "road", "--without", "paediatric", "--budget", "small", "--runs", str(runs), "--data", str(data)])
    assert "goes with every source" in capsys.readouterr().err
    assert {file: file.stat().st_mtime_ns for file in weights} == weights


def test_the_first_part_of_the_road_is_shown_given_outlines_and_the_second_the_networks() -> None:
    known = recipes()
    for first, second in zip(neonatal_rds.TEACHERS_FIRST, neonatal_rds.TEACHERS, strict=True):
        assert first.task.shown.outlines  # type: ignore[attr-defined]
        assert not second.task.shown.outlines  # type: ignore[attr-defined]
        assert second.starts_from == first.name
        assert not first.ships
        assert not second.ships
    assert set(neonatal_rds.RECIPE.teachers) == {teacher.name for teacher in neonatal_rds.TEACHERS}
    assert {name for recipe in (*neonatal_rds.TEACHERS, neonatal_rds.STRIP, neonatal_rds.RECIPE) if (name := recipe.starts_from)} <= set(
        known
    )
    assert neonatal_rds.STRIP.task.shown.strip  # type: ignore[attr-defined]
    assert not neonatal_rds.RECIPE.task.shown.strip  # type: ignore[attr-defined]


def test_around_the_thorax_all_stays_black(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("export.datasets.newborn_thorax.lungs_of", _lungs)
    monkeypatch.setattr("export.datasets.newborn_thorax.card_hash", lambda folder: "one")
    recipe = neonatal_rds.FIRST.small()
    lesson = recipe.task.lesson(Workplace(recipe, tmp_path, data, 1))
    assert isinstance(lesson, DistressLesson)
    lesson.prepare(recipe.stages[-1])
    for index in range(4):
        grey, target = lesson.example(index, np.random.default_rng(index))
        assert grey.shape == (64, 64)
        assert np.count_nonzero(grey == 0.0) > 0.15 * grey.size
        assert np.count_nonzero(grey) > 0.2 * grey.size
        assert len(target) == len(AT_LEAST) + 1
        assert np.isnan(target[-1]), "of wet lungs the hospital says nothing"


def _outlining(data: Path, runs: Path, lying: Lying) -> OutliningLesson:
    recipe = newborn_anatomy.RECIPE.small()
    assert isinstance(recipe.task, Outlining)
    recipe = replace(recipe, task=replace(recipe.task, lying=lying), teachers={}, gather=newborn_anatomy.chest_anatomy.gather)
    lesson = recipe.task.lesson(Workplace(recipe, runs, data, 1))
    assert isinstance(lesson, OutliningLesson)
    lesson.prepare(recipe.stages[-1])
    return lesson


def test_a_chest_on_its_side_is_to_be_outlined_nowhere(data: Path, tmp_path: Path) -> None:
    always, never = (_outlining(data, tmp_path, Lying(turned=share, devices=0.0)) for share in (1.0, 0.0))
    outlined = 0
    for index in range(len(never.pictures)):
        assert not always.example(index, np.random.default_rng(index))[1].any()
        outlined += bool(np.nan_to_num(never.example(index, np.random.default_rng(index))[1]).any())
    assert outlined > len(never.pictures) / 2


def test_real_devices_come_from_the_pictures_that_are_learnt_from(data: Path, tmp_path: Path) -> None:
    lesson = _outlining(data, tmp_path, Lying(devices=1.0))
    marked = [picture for picture in lesson.pictures if "tubings" in picture.masks]
    assert len(lesson._devices) <= len(marked)
    assert bool(lesson._devices) is bool(marked)


@pytest.mark.parametrize("quarters", range(4))
def test_a_move_turns_by_quarters_and_shrinks(quarters: int) -> None:
    still = replace(newborn_anatomy.RECIPE.augmentation, turn_degrees=0.0, scale=0.0, shift=0.0, aspect=0.0, bend=0.0, mirror=0.0)
    picture = np.zeros((64, 64), np.float32)
    picture[8:24, 28:36] = 1.0
    moved = drawn_move(64, still, np.random.default_rng(0), quarters=quarters).of(picture, 0)
    assert np.abs(moved - np.rot90(picture, quarters)).mean() < 0.02
    small = drawn_move(64, still, np.random.default_rng(0), smaller=0.5).of(picture, 1)
    assert small.sum() == pytest.approx(picture.sum() / 4, rel=0.15)
