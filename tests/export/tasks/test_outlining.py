"""Pictures and outlines change together, and each picture teaches only what somebody outlined on it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from edge_app.reading.renderings import renderings
from export.architectures.attending import AttendingOutliner, positions
from export.architectures.cascaded import CascadedOutliner
from export.architectures.outliner import Outliner
from export.augment import Augmentation, Part
from export.datasets.labelled import Labelled
from export.datasets.outlines import NOSE, SPINE, STRUCTURES, UNKNOWN, Chart, on_map
from export.recipe import Stage
from export.recipes.chest_anatomy import RECIPE, TEACHER
from export.recipes.nose_finder import RECIPE as NOSE_RECIPE
from export.recipes.spine import RECIPE as SPINE_RECIPE
from export.simulate.lumbar_spines import lumbar_spines
from export.tasks.outlining import Outlining, OutliningLesson
from export.tasks.running import normalised
from export.workplace import Workplace

STILL = Augmentation(
    turn_degrees=0.0, scale=0.0, shift=0.0, gamma=1.0, mirror=0.0, coarse=0.0, border=0.0, blur=0.0, noise=0.0, jpeg=0.0, erase=0.0
)
RIGHT, LEFT, HEART = (STRUCTURES.index(name) for name in ("right_lung", "left_lung", "heart"))


def _lesson(made_up_data: Path, runs: Path, how: Augmentation) -> OutliningLesson:
    recipe = replace(TEACHER.small(), augmentation=how)
    lesson = recipe.task.lesson(Workplace(recipe, runs, made_up_data, 1))
    assert isinstance(lesson, OutliningLesson)
    lesson.prepare(Stage(64, 1, 8, 4))
    return lesson


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


def _of_fields(lesson: OutliningLesson) -> int:
    return next(index for index, picture in enumerate(lesson.pictures) if picture.source == "tuberculosis")


def test_a_mirror_changes_the_lungs_names(made_up_data: Path, runs: Path) -> None:
    still, mirrored = (_lesson(made_up_data, runs, replace(STILL, mirror=probability)) for probability in (0.0, 1.0))
    index = _of_fields(still)
    own, other = (lesson.example(index, np.random.default_rng(1))[1] for lesson in (still, mirrored))
    assert np.nansum(own[RIGHT][:, :16]) > 0
    assert np.nansum(own[RIGHT][:, 16:]) == 0
    assert np.nansum(other[RIGHT][:, :16]) > 0
    assert np.nansum(other[RIGHT][:, 16:]) == 0
    assert np.array_equal(own[RIGHT], other[LEFT][:, ::-1], equal_nan=True)


def test_the_outline_moves_with_the_picture(made_up_data: Path, runs: Path) -> None:
    lesson = _lesson(made_up_data, runs, replace(STILL, shift=0.2))
    index = _of_fields(lesson)
    still = _lesson(made_up_data, runs, STILL).example(index, np.random.default_rng(0))[1]
    at = np.argwhere(np.nan_to_num(still[RIGHT]) >= 0.5).mean(0)
    for seed in range(5):
        moved = lesson.example(index, np.random.default_rng(seed))[1]
        now = np.argwhere(np.nan_to_num(moved[RIGHT]) >= 0.5).mean(0)
        assert np.abs(now - at).max() > 0.2


def test_of_a_structure_nobody_outlined_nothing_is_known_beside_the_picture_either(made_up_data: Path, runs: Path) -> None:
    lesson = _lesson(made_up_data, runs, replace(STILL, scale=0.3, shift=0.2))
    index = next(index for index, picture in enumerate(lesson.pictures) if picture.masks.keys() >= {"heart"})
    target = lesson.example(index, np.random.default_rng(2))[1]
    assert np.isfinite(target[HEART]).all()
    assert np.isfinite(target[RIGHT]).any()


def test_a_pixel_of_the_map_is_known_only_where_all_of_it_is() -> None:
    targets = np.zeros((1, 4, 4), dtype=np.uint8)
    targets[0, 0, :2], targets[0, 3, 3] = 1, UNKNOWN
    share = on_map(targets)
    assert share[0, 0].tolist() == [0.5, 0.0]
    assert share[0, 1, 0] == 0.0
    assert np.isnan(share[0, 1, 1])


def test_the_airways_are_learnt_from_people_alone(made_up_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def sure_of_all(place: Workplace, pictures: Sequence[Labelled], side: int, chart: Chart) -> NDArray[np.uint8]:
        return np.ones((len(pictures), len(chart.structures), side, side), dtype=np.uint8)

    monkeypatch.setattr("export.tasks.outlining.distilled_outlines", sure_of_all)
    recipe = replace(RECIPE.small(), augmentation=STILL)
    lesson = OutliningLesson(RECIPE.task, Workplace(recipe, tmp_path, made_up_data, 1))
    lesson.prepare(Stage(64, 1, 8, 4))
    told = [index for index, picture in enumerate(lesson.pictures) if not picture.masks]
    assert told
    for index in told:
        target = lesson.example(index, np.random.default_rng(3))[1]
        assert np.isnan(target[STRUCTURES.index("airways")]).all()
        assert (target[HEART] == 1).any()


def test_what_is_unknown_teaches_nothing(made_up_data: Path, runs: Path) -> None:
    lesson = _lesson(made_up_data, runs, STILL)
    torch.manual_seed(1)
    model = TEACHER.task.network(8)
    targets = torch.full((1, len(STRUCTURES), 32, 32), float("nan"))
    assert float(lesson.loss(model, torch.zeros(1, 1, 64, 64), targets).detach()) == 0.0
    targets[0, HEART] = 1.0
    loss = lesson.loss(model, torch.randn(1, 1, 64, 64), targets)
    torch.autograd.backward(loss)
    head = model.get_submodule("head")
    assert head.weight.grad is not None
    taught = head.weight.grad.abs().sum((1, 2, 3)) > 0
    assert torch.nonzero(taught).flatten().tolist() == [HEART]


def test_the_same_random_numbers_give_the_same_example(made_up_data: Path, runs: Path) -> None:
    lesson = _lesson(made_up_data, runs, TEACHER.augmentation)
    first, again = (lesson.example(0, np.random.default_rng([1, 2])) for _ in range(2))
    assert (first[0] == again[0]).all()
    assert np.array_equal(first[1], again[1], equal_nan=True)


def test_what_a_teacher_says_of_each_pixel_counts_beside_what_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spines = lumbar_spines(tmp_path / "drawn", 1, 6, workers=1)
    task = Outlining(shown=SPINE.structures, chart=SPINE)
    recipe = replace(SPINE_RECIPE.small(), task=task, teachers={}, gather=lambda *_: tuple(spines), augmentation=STILL)
    place = Workplace(recipe, tmp_path / "runs", tmp_path, 1)
    teacher = AttendingOutliner(8, len(SPINE.structures), 1).eval()
    monkeypatch.setattr(Workplace, "taught_by", lambda _: (teacher,))
    taught = OutliningLesson(replace(task, response=1.0), place)
    alone = OutliningLesson(task, place)
    pictures, targets = torch.rand(2, 1, 64, 64), torch.zeros(2, len(SPINE.structures), 32, 32)
    with torch.no_grad():
        same, other = taught.loss(teacher, pictures, targets), taught.loss(Outliner(8, len(SPINE.structures)).eval(), pictures, targets)
        plain = alone.loss(teacher, pictures, targets)
    assert float(same) < float(other), "nothing says what the teacher says as well as the teacher"
    assert float(plain) != pytest.approx(float(same))


@torch.no_grad()
def test_a_network_that_attends_outlines_as_large_and_every_cell_sees_every_other() -> None:
    network = AttendingOutliner(8, 7, 2).eval()
    picture = torch.zeros(1, 1, 128, 96)
    shares, outlined = network(picture)
    assert (shares.shape, outlined.shape) == ((1, 7), (1, 7, 64, 48))
    changed = picture.clone()
    changed[..., :8, :8] = 3.0
    far = (network(changed)[1] - outlined)[..., -4:, -4:]
    plain = Outliner(8, 7).eval()
    assert float(far.abs().max()) > 0.0
    assert positions(3, 5, 64).shape == (15, 64)
    assert torch.unique(positions(6, 5, 64), dim=0).shape[0] == 30
    assert plain(picture)[1].shape == outlined.shape


def test_a_mirrored_spine_has_the_same_vertebrae(tmp_path: Path) -> None:
    spines = lumbar_spines(tmp_path / "drawn", 2, 2, workers=1)
    task = Outlining(shown=SPINE.structures, chart=SPINE)
    mirrored = replace(STILL, mirror=1.0)
    lessons = []
    for how in (STILL, mirrored):
        recipe = replace(
            SPINE_RECIPE.small(), task=task, teachers={}, gather=lambda *_: tuple(spines), augmentation=how, validation_fraction=0.0
        )
        lesson = OutliningLesson(task, Workplace(recipe, tmp_path / "runs", tmp_path, 1))
        lesson.prepare(Stage(64, 1, 4, 2))
        lessons.append(lesson.example(0, np.random.default_rng(1))[1])
    assert np.array_equal(lessons[0], lessons[1][:, :, ::-1])


def _skulls(folder: Path, count: int = 6) -> list[Labelled]:
    """A bright nose on each, and its mask."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for at in range(count):
        pixels, mask = np.full((64, 64), 40, dtype=np.uint8), np.zeros((64, 64), dtype=np.uint8)
        for own, value in ((pixels, 220), (mask, 255)):
            cv2.ellipse(own, (44, 30), (5, 9), 0, 0, 360, value, -1)
        for name, own in (("p", pixels), ("m", mask)):
            assert cv2.imwrite(str(folder / f"{name}{at}.png"), own)
        found.append(Labelled(folder / f"p{at}.png", f"p:{at}", "cephalogram", "skull_lateral", masks={"nose": folder / f"m{at}.png"}))
    return found


def _nose_lesson(folder: Path, task: Outlining) -> OutliningLesson:
    skulls = _skulls(folder / "data")
    recipe = replace(NOSE_RECIPE.small(), task=task, gather=lambda *_: tuple(skulls), augmentation=STILL, validation_fraction=0.3)
    lesson = OutliningLesson(task, Workplace(recipe, folder / "runs", folder, 1))
    lesson.prepare(Stage(64, 1, 4, 2))
    return lesson


def test_what_is_turned_is_outlined_as_it_lies(tmp_path: Path) -> None:
    lesson = _nose_lesson(tmp_path, Outlining(shown=("nose",), chart=NOSE, turned=1.0))
    for seed in range(8):
        grey, target = lesson.example(0, np.random.default_rng(seed))
        bright = grey.reshape(32, 2, 32, 2).mean((1, 3)) > 0.5
        assert (bright == (target[0] > 0.5)).mean() > 0.97
        rows, columns = np.nonzero(bright)
        assert not (16 <= rows.mean() <= 32 and columns.mean() > 34 / 2 + 2 and np.ptp(rows) > np.ptp(columns)), "it lies otherwise"


def test_from_near_what_is_outlined_is_larger_and_still_where_it_is(tmp_path: Path) -> None:
    whole, near = (_nose_lesson(tmp_path, Outlining(shown=("nose",), chart=NOSE, near=share)) for share in (0.0, 1.0))
    plain = whole.example(0, np.random.default_rng(0))[1][0]
    larger = []
    for seed in range(12):
        grey, target = near.example(0, np.random.default_rng(seed))
        larger.append(target[0].sum() / plain.sum())
        bright = grey.reshape(32, 2, 32, 2).mean((1, 3)) > 0.5
        assert (bright == (target[0] > 0.5)).mean() > 0.93
    assert min(larger) > 0.9
    assert max(larger) > 3.0


def test_what_is_shown_alone_has_nothing_beside_it() -> None:
    canvas = np.full((40, 40), 9, dtype=np.uint8)
    only = Part(10.0, 6.0, 8.0, 4.0).alone(canvas)
    assert (np.argwhere(only).min(0).tolist(), np.argwhere(only).max(0).tolist()) == ([4, 6], [7, 13])
    assert only.sum() == 9 * 32
    finer = Part(1.0, 19.0, 8.0, 4.0).alone(canvas, 2)
    assert finer.sum() == 9 * 10 * 6, "what lies beside the canvas is not there"


@pytest.mark.parametrize(("clear", "rendered"), [((), False), (("nose",), False), ((), True), (("L1", "L2"), True)])
def test_a_network_has_the_steps_that_its_task_asks_for(clear: tuple[str, ...], rendered: bool) -> None:
    task = Outlining(shown=SPINE.structures, chart=SPINE, clear=clear, rendered=rendered)
    network = task.network(8)
    assert task.sees == ("renderings" if rendered else "picture")
    assert type(network) is (CascadedOutliner if clear or rendered else Outliner)
    with torch.no_grad():
        assert network.eval()(torch.zeros(1, 5 if rendered else 1, 64, 64))[1].shape == (1, len(SPINE.structures), 32, 32)
    if isinstance(network, CascadedOutliner):
        assert (network.first is not None, network.fusion is not None) == (bool(clear), rendered)


def test_another_way_of_outlining_is_another_network_to_train() -> None:
    plain = Outlining(shown=("nose",), chart=NOSE)
    others = [replace(plain, clear=("nose",)), replace(plain, rendered=True), replace(plain, clear=("nose",), rendered=True)]
    assert len({task.facts for task in (plain, *others)}) == 4


def test_a_picture_in_its_renderings_is_learnt_as_it_is_shown_on_the_box(tmp_path: Path) -> None:
    task = Outlining(shown=("nose",), chart=NOSE, rendered=True)
    skulls = _skulls(tmp_path / "data")
    recipe = replace(NOSE_RECIPE.small(), task=task, gather=lambda *_: tuple(skulls), augmentation=STILL, validation_fraction=0.3)
    place = Workplace(recipe, tmp_path / "runs", tmp_path, 1)
    lesson = OutliningLesson(task, place)
    side = recipe.input.height
    lesson.prepare(Stage(side, 1, 4, 2))
    assert (recipe.input.channels, recipe.input.sees) == (5, "renderings")
    learnt = normalised(lesson.example(0, np.random.default_rng(0))[0][None], recipe).numpy()
    shown = task.shown_to(place, lesson.pictures[0])
    assert learnt.shape == shown.shape == (1, 5, side, side)
    for told in (learnt[0], shown[0]):
        channels = told * recipe.std + recipe.mean
        # Before its contrast is evened out a picture is brought to whole levels of grey.
        assert np.allclose(channels, renderings(channels[0]), atol=3 / 255)
        assert np.abs(channels[2] - channels[0]).max() > 0.03
