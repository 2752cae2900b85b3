"""Angles are held against what is true of each picture, and their margins against other patients."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_app.reading.finding import Landmark, Point
from edge_app.reading.spine import STRUCTURES
from edge_app.reading.spinopelvic import ANGLES, PELVIC_INCIDENCE, PELVIC_TILT, SACRAL_SLOPE
from export.datasets.labelled import Labelled
from export.datasets.outlines import SPINE
from export.evaluation.angles import factor_of, judge_angles, measured, true_landmarks
from export.evaluation.answers import FORMS, Answers
from export.recipe import Recipe, Stage
from export.recipes.spine import RECIPE
from export.simulate.lumbar_spines import SOURCE, landmarks_on, lumbar_spines
from export.tasks.outlining import Outlining
from export.workplace import Workplace
from tests.edge_app.reading.spines import seen_of
from tests.edge_app.reading.test_spinopelvic import body

SIDE = 256


@pytest.fixture(scope="module")
def spines(tmp_path_factory: pytest.TempPathFactory) -> list[Labelled]:
    return lumbar_spines(tmp_path_factory.mktemp("drawn"), 7, 24, workers=2)[::2]


def _place(runs: Path, pictures: list[Labelled], data: Path) -> Workplace:
    task = Outlining(shown=STRUCTURES, chart=SPINE)
    recipe: Recipe = replace(
        RECIPE,
        task=task,
        teachers={},
        gather=lambda *_: tuple(pictures),
        stages=(Stage(SIDE, 1, 8, 4),),
        stand_in=None,
        figures_from=(SOURCE,),
    )
    return Workplace(recipe, runs, data, 1)


def _answers(pictures: list[Labelled]) -> Answers:
    """What a network says that outlines all exactly."""
    maps = []
    for picture in pictures:
        masks = {}
        for name, file in picture.masks.items():
            mask = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
            assert mask is not None
            masks[name] = np.asarray(mask, dtype=np.uint8)
        seen = seen_of(masks, SIDE)
        assert seen.map is not None
        maps.append(seen.map[0].astype(np.float16))
    stacked, logits = np.stack(maps), np.zeros((len(pictures), len(STRUCTURES)))
    return Answers(tuple(pictures), dict.fromkeys(FORMS, logits), dict.fromkeys(FORMS, stacked))


def test_what_is_outlined_exactly_is_measured_to_a_degree_and_counts_as_simulated(spines: list[Labelled], tmp_path: Path) -> None:
    place = _place(tmp_path, spines, tmp_path)
    carded, details = judge_angles(place, place.recipe.task.structures, _answers(spines))
    assert tuple(angle.name for angle in carded) == ANGLES
    for angle, detail in zip(carded, details, strict=True):
        assert detail.asked == len(spines)
        assert 0 < detail.measured <= len(spines)
        assert detail.error.value is not None
        assert detail.error.value < 1.0
        assert angle.pictures == 0, "nobody's spine is behind it"
        assert not angle.validated
        assert angle.mae == detail.error.value


def test_a_hospitals_landmarks_are_what_its_pictures_are_held_against(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "ours"
    folder.mkdir(parents=True)
    assert cv2.imwrite(str(folder / "a.png"), np.full((40, 30), 90, dtype=np.uint8))
    (folder / "spines.csv").write_text("image,patient,S1_front_x,S1_front_y,S1_back_x,S1_back_y\na.png,1,20,22,10,15\n")
    picture = Labelled(folder / "a.png", "own_spines:ours:1", "own_spines", "spine_lateral")
    (points,) = true_landmarks(_place(tmp_path, [picture], tmp_path / "data"), [picture])
    assert points == {"S1_front": (20.0, 22.0), "S1_back": (10.0, 15.0)}


def test_a_drawn_spines_landmarks_are_those_it_was_drawn_with(spines: list[Labelled], tmp_path: Path) -> None:
    assert true_landmarks(_place(tmp_path, spines, tmp_path), spines[:1]) == [landmarks_on(spines[0].path)]


def _marks(points: Mapping[str, Point], spread: float = 1.0) -> dict[str, Landmark]:
    return {name: Landmark(*at, spread) for name, at in points.items()}


def test_an_angle_is_off_where_it_was_measured_and_asked_for_where_it_is_known() -> None:
    truth, found = body(10.0, 40.0, 50.0), body(13.0, 38.0, 50.0)
    without = {name: at for name, at in found.items() if not name.startswith("hip")}
    own = measured([_marks(found), _marks(without), {}], [truth, truth, truth])
    columns = {name: at for at, name in enumerate(ANGLES)}
    assert own.asked.all()
    assert own.off[0, columns[PELVIC_TILT]] == pytest.approx(3.0)
    assert own.off[0, columns[SACRAL_SLOPE]] == pytest.approx(-2.0)
    assert own.off[0, columns[PELVIC_INCIDENCE]] == pytest.approx(1.0)
    assert np.isnan(own.off[1, columns[PELVIC_TILT]])
    assert own.off[1, columns[SACRAL_SLOPE]] == pytest.approx(-2.0)
    assert np.isnan(own.off[2]).all()
    assert (own.spread[0] > 0).all()


def test_nine_in_ten_lie_within_the_factor_and_too_few_give_none() -> None:
    random = np.random.default_rng(1)
    spread = random.uniform(0.5, 2.0, 400)
    off = random.normal(0, 2.0, 400) * spread
    factor = factor_of(off, spread)
    assert factor is not None
    assert (np.abs(off) <= factor * spread).mean() == pytest.approx(0.9, abs=0.01)
    assert factor == pytest.approx(2.0 * 1.645, rel=0.1)
    assert factor_of(off[:5], spread[:5]) is None
    off[::2] = np.nan
    assert factor_of(off, spread) == pytest.approx(factor, rel=0.2)
