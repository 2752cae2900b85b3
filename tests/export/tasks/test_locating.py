"""What drawn findings teach a map: where they lie, moved with the picture, and nothing where nothing is known."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from edge_app.reading.card import SIDES
from edge_app.reading.finding import Box
from export.architectures.located import MAP_STRIDE, Located
from export.augment import Augmentation
from export.datasets.labelled import NO_FINDING, Labelled
from export.recipe import Recipe, Stage
from export.recipes.chest_findings import RECIPE
from export.simulate.lesion_chests import LESIONS, SOURCE
from export.tasks.locating import UNTOLD, WHOLE_EVERY, Locating, LocatingLesson, balanced_regions, plain_regions, reach_loss, taught_loss
from export.workplace import Workplace

SIDE = 128
CELLS = SIDE // MAP_STRIDE
NAMES = RECIPE.task.labels
EFFUSION = [label.name for label in NAMES].index("Effusion")
MASS = [label.name for label in NAMES].index("Mass")
STILL = Augmentation(turn_degrees=0, scale=0, shift=0, gamma=1.0, mirror=0, coarse=0, border=0, blur=0, noise=0, jpeg=0, erase=0)
LUNGS = Box(32.0, 0.0, 64.0, 64.0)


def _drawn(folder: Path, patient: int) -> Labelled:
    """A bright square at columns 64…80, rows 16…32 of 128 × 64, which was laid as an effusion; whether there is a mass is not known."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels, bits = np.full((64, 128), 60, dtype=np.uint8), np.zeros((64, 128), dtype=np.uint8)
    pixels[16:32, 64:80], bits[16:32, 64:80] = 220, 1
    path = folder / f"{patient}.png"
    assert cv2.imwrite(str(path), pixels)
    assert cv2.imwrite(str(path.with_suffix(".regions.png")), bits)
    path.with_suffix(".json").write_text('{"lungs": true, "laid": ["Effusion"], "boxes": [["Effusion", 64, 16, 16, 16]]}')
    labels = {name: float(name == "Effusion") for name in NO_FINDING if name != "Mass"}
    return Labelled(path, f"p:{patient}", SOURCE, "chest_adult", labels, simulated=True, follows=True)


def _real(folder: Path, patient: int) -> Labelled:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"real{patient}.png"
    assert cv2.imwrite(str(path), np.full((64, 128), 90, dtype=np.uint8))
    return Labelled(path, f"p:{patient}", "nih", "chest_adult", {"Effusion": 1.0})


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> Recipe:
    monkeypatch.setattr("export.tasks.locating.lung_boxes", lambda pictures, models, folder: [LUNGS] * len(pictures))
    assert isinstance(RECIPE.task, Locating)
    task = replace(RECIPE.task, untold=frozenset())
    return replace(RECIPE.small(), validation_fraction=0.5, augmentation=STILL, teachers={}, task=task)


def _lesson(recipe: Recipe, tmp_path: Path, how: Augmentation = STILL) -> LocatingLesson:
    def gather(data: Path, folder: Path, drawn: int, seed: int) -> tuple[Labelled, ...]:
        return (*(_real(tmp_path / "data", at) for at in range(6)), *(_drawn(tmp_path / "drawn", at) for at in range(6)))

    place = Workplace(replace(recipe, gather=gather, augmentation=how), tmp_path / "runs", tmp_path, 1)
    lesson = recipe.task.lesson(place)
    assert isinstance(lesson, LocatingLesson)
    lesson.prepare(Stage(SIDE, 1, 8, 4))
    return lesson


def _cells(target: NDArray[np.float32], lesson: LocatingLesson) -> NDArray[np.float32]:
    count = len(lesson._task.targets)
    count += len(NAMES)
    return target[count : count + len(NAMES) * CELLS * CELLS].reshape(len(NAMES), CELLS, CELLS)


def _box(target: NDArray[np.float32], lesson: LocatingLesson, name: int) -> list[float]:
    start = len(lesson._task.targets) + len(NAMES) + len(NAMES) * CELLS * CELLS + name * SIDES
    return [float(edge) for edge in target[start : start + SIDES]]


def test_a_region_lies_where_it_does_on_the_lungs(recipe: Recipe, tmp_path: Path) -> None:
    lesson = _lesson(recipe, tmp_path)
    index = next(at for at, picture in enumerate(lesson.pictures) if picture.source == SOURCE)
    grey, target = lesson.example(index, np.random.default_rng(1))
    cells = _cells(target, lesson)
    # The lungs are columns 32…96, rows 0…64, shown twice as large: the square lies at columns 64…96, rows 32…64 of 128.
    expected = np.zeros((CELLS, CELLS))
    expected[2:4, 4:6] = 1.0
    assert _box(target, lesson, EFFUSION) == pytest.approx([0.5, 0.25, 0.75, 0.5], abs=0.04)
    assert np.isnan(_box(target, lesson, MASS)).all()
    assert cells[EFFUSION] == pytest.approx(expected, abs=0.01)
    assert grey[36:60, 68:92].mean() > grey[:24].mean() + 0.3
    assert np.isnan(cells[MASS]).all(), "of what is not known, nor is where it lies"
    others = np.delete(cells, [EFFUSION, MASS], axis=0)
    assert (others == 0.0).all()


def test_a_region_moves_with_its_picture(recipe: Recipe, tmp_path: Path) -> None:
    lesson = _lesson(recipe, tmp_path, replace(STILL, mirror=1.0, shift=0.15, turn_degrees=20.0, scale=0.15))
    index = next(at for at, picture in enumerate(lesson.pictures) if picture.source == SOURCE)
    for seed in range(5):
        grey, target = lesson.example(index, np.random.default_rng(seed))
        cells = _cells(target, lesson)[EFFUSION]
        brightness = cv2.resize(grey, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
        assert np.corrcoef(cells.ravel(), brightness.ravel())[0, 1] > 0.8


def test_on_pictures_that_nobody_drew_on_no_cell_is_known(recipe: Recipe, tmp_path: Path) -> None:
    lesson = _lesson(recipe, tmp_path)
    index = next(at for at, picture in enumerate(lesson.pictures) if picture.source == "nih")
    assert np.isnan(_cells(lesson.example(index, np.random.default_rng(1))[1], lesson)).all()


def test_some_pictures_are_learnt_from_whole_as_well(recipe: Recipe, tmp_path: Path) -> None:
    lesson = _lesson(recipe, tmp_path)
    paths = [picture.path for picture in lesson.pictures]
    own = len(set(paths))
    assert len(paths) == own + -(-own // WHOLE_EVERY)
    lungs, whole = paths.index(paths[-1]), len(paths) - 1
    one, other = (lesson.example(at, np.random.default_rng(1))[0] for at in (lungs, whole))
    # Twice as wide as high, the whole picture leaves a quarter of the canvas empty above and below.
    assert other[:30].max() == 0.0 < one[:30].max()


def test_a_region_of_one_cell_weighs_as_much_as_a_large_one_where_they_are_balanced() -> None:
    small, large = torch.zeros(1, 1, 20, 20), torch.zeros(1, 1, 20, 20)
    small[..., 3, 3] = large[..., :10, :10] = 1.0
    missed = torch.full((1, 1, 20, 20), -4.0)
    for regions, ratio in ((balanced_regions, 1.0), (plain_regions, 30.0)):
        one, other = (float(regions(missed, own) - regions(missed, torch.zeros_like(own))) for own in (small, large))
        assert other / one == pytest.approx(ratio, rel=0.2 if ratio == 1.0 else 3.0)
        assert float(regions(missed, torch.full_like(small, torch.nan))) == 0.0


@pytest.mark.parametrize("balanced", [False, True])
def test_the_loss_falls_where_the_map_is_right(recipe: Recipe, tmp_path: Path, balanced: bool) -> None:
    lesson = _lesson(recipe, tmp_path)
    index = next(at for at, picture in enumerate(lesson.pictures) if picture.source == SOURCE)
    target = torch.from_numpy(lesson.example(index, np.random.default_rng(1))[1])[None]
    cells = torch.from_numpy(np.nan_to_num(_cells(target[0].numpy(), lesson)))[None]

    assert isinstance(recipe.task, Locating)
    lesson = _lesson(replace(recipe, task=replace(recipe.task, balanced=balanced)), tmp_path)
    losses = []
    for sign in (1.0, -1.0):
        network = recipe.task.network(8)
        logits, reach = torch.zeros(1, len(recipe.task.targets)), torch.full((1, len(NAMES), SIDES, CELLS, CELLS), 0.5)
        said = Located(logits, sign * (8.0 * cells - 4.0), reach, None, (cells, cells))
        network.training_outputs = lambda pictures, said=said: said  # type: ignore[assignment,method-assign,misc]
        losses.append(float(lesson.loss(network, torch.zeros(1, 1, SIDE, SIDE), target)))
    assert losses[0] < losses[1] - 1.0


def test_cells_that_tell_the_box_lose_nothing_and_others_lose_by_how_far_they_are_off() -> None:
    boxes = torch.full((1, 2, SIDES), torch.nan)
    boxes[0, 1] = torch.tensor([0.5, 0.25, 0.75, 0.5])
    place = (torch.arange(8) + 0.5) / 8
    right = torch.full((1, 2, SIDES, 8, 8), 0.3)
    for side, distance in enumerate((place[None] - 0.5, place[:, None] - 0.25, 0.75 - place[None], 0.5 - place[:, None])):
        right[0, 1, side] = distance.expand(8, 8)
    assert float(reach_loss(right, boxes)) == pytest.approx(0.0, abs=1e-4)
    near, far = (float(reach_loss(right + off, boxes)) for off in (0.02, 0.2))
    assert 0.05 < near < far
    # What lies beside the box has no say in it.
    beside = right.clone()
    beside[..., :2, :] = beside[..., :, :4] = 0.9
    assert float(reach_loss(beside, boxes)) == pytest.approx(0.0, abs=1e-4)
    assert float(reach_loss(right, torch.full_like(boxes, torch.nan))) == 0.0
    boxes[0, 1] = torch.tensor([0.51, 0.26, 0.53, 0.28])
    assert float(reach_loss(right, boxes)) > 0.5, "a finding that holds no cell's middle teaches through the cell it lies in"


def test_what_is_drawn_and_not_told_teaches_its_reach_alone(recipe: Recipe, tmp_path: Path) -> None:
    assert isinstance(recipe.task, Locating)
    assert NO_FINDING.keys() >= UNTOLD
    lesson = _lesson(replace(recipe, task=replace(recipe.task, untold=frozenset({"Effusion"}))), tmp_path)
    index = next(at for at, picture in enumerate(lesson.pictures) if picture.source == SOURCE)
    target = lesson.example(index, np.random.default_rng(1))[1]
    assert np.isnan(_cells(target, lesson)[EFFUSION]).all()
    assert np.isnan(target[EFFUSION])
    assert _box(target, lesson, EFFUSION) == pytest.approx([0.5, 0.25, 0.75, 0.5], abs=0.04)
    real = next(at for at, picture in enumerate(lesson.pictures) if picture.source == "nih")
    assert lesson.example(real, np.random.default_rng(1))[1][EFFUSION] == 1.0


def test_where_a_chest_is_drawn_on_anew_labels_regions_and_boxes_are_those_of_what_is_drawn(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    square = np.zeros((SIDE, SIDE), dtype=np.float32)
    square[64:96, 32:64] = 1.0

    class Drawing:
        def __init__(self, pictures: list[Labelled], place: Workplace, drawing: object) -> None:
            assert drawing is LESIONS
            assert all(picture.source == SOURCE for picture in pictures)

        def __contains__(self, picture: int) -> bool:
            return True

        def prepare(self, side: int) -> None:
            assert side == SIDE

        def drawn(self, picture: int, random: np.random.Generator) -> tuple[object, ...]:
            return np.rint(square * 255.0).astype(np.uint8), {"Mass": 1.0, "Effusion": 0.0}, [("Mass", square)]

    monkeypatch.setattr("export.tasks.locating.Grounds", Drawing)
    lesson = _lesson(recipe, tmp_path)
    index = next(at for at, picture in enumerate(lesson.pictures) if picture.source == SOURCE)
    grey, target = lesson.example(index, np.random.default_rng(1))
    assert grey[64:96, 32:64].min() > 0.9 > 0.1 > grey[:60].max()
    assert target[[MASS, EFFUSION]].tolist() == [1.0, 0.0]
    assert np.isnan(np.delete(target[: len(NAMES)], [MASS, EFFUSION])).all()
    expected = np.zeros((CELLS, CELLS))
    expected[4:6, 2:4] = 1.0
    assert _cells(target, lesson)[MASS] == pytest.approx(expected, abs=0.01)
    assert _box(target, lesson, MASS) == pytest.approx([0.25, 0.5, 0.5, 0.75], abs=0.04)
    assert isinstance(recipe.task, Locating)
    once = _lesson(replace(recipe, task=replace(recipe.task, anew=False)), tmp_path)
    assert once.example(index, np.random.default_rng(1))[1][EFFUSION] == 1.0


def test_a_pupil_that_says_what_its_teachers_say_and_looks_where_they_look_learns_least() -> None:
    torch.manual_seed(1)
    features = torch.rand(2, 6, 4, 4)
    told = torch.tensor([[3.0, -3.0], [-2.0, 2.0]])

    def said(logits: torch.Tensor, seen: torch.Tensor) -> Located:
        return Located(logits, torch.zeros(2, 2, 4, 4), torch.zeros(2, 2, 4, 4, 4), None, (seen, seen))

    teachers, nothing = [said(told, features), said(told, features)], torch.full((2, 2), torch.nan)
    alike = float(taught_loss(said(told, features), teachers, nothing, 0.5, 10.0))
    assert alike < float(taught_loss(said(-told, features), teachers, nothing, 0.5, 10.0)) - 0.3
    assert alike < float(taught_loss(said(told, features.flip(3)), teachers, nothing, 0.5, 10.0)) - 0.05
    # More channels than the teachers have is no hindrance: only where is compared.
    wider = said(told, torch.cat([features, features], 1))
    assert float(taught_loss(wider, teachers, nothing, 0.5, 10.0)) == pytest.approx(alike, abs=1e-5)


def test_what_was_asked_before_teaches_beside_the_teachers_and_without_them() -> None:
    told = torch.tensor([[3.0, -3.0], [-2.0, 2.0]])

    def said(logits: torch.Tensor) -> Located:
        return Located(logits, torch.zeros(2, 2, 4, 4), torch.zeros(2, 2, 4, 4, 4), None, (torch.rand(2, 6, 4, 4), torch.rand(2, 6, 4, 4)))

    answers = torch.sigmoid(told)
    alone = [float(taught_loss(said(own), [], answers, 0.5, 0.0)) for own in (told, -told)]
    assert alone[0] < alone[1] - 0.3
    # One that says the opposite of the teachers leaves no more than a half.
    torn = [float(taught_loss(said(own), [said(told)], 1.0 - answers, 0.5, 0.0)) for own in (told, -told)]
    assert torn[0] == pytest.approx(torn[1], abs=1e-5)
    nothing = torch.full((2, 2), torch.nan)
    assert float(taught_loss(said(told), [], nothing, 0.5, 0.0)) == 0.0
    answers[1] = torch.nan
    assert 0.0 < float(taught_loss(said(told), [], answers, 0.5, 0.0)) < alone[0]
