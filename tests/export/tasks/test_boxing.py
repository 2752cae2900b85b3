"""What people's boxes teach a map: where they lie once the picture is moved, and nothing where nobody looked."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from edge_app.reading.card import SIDES
from edge_app.reading.finding import Box
from export.architectures.located import MAP_STRIDE
from export.augment import Augmentation
from export.datasets.labelled import Labelled
from export.recipe import Recipe, Stage
from export.recipes.limb_fracture import RECIPE
from export.tasks.boxing import MOST_BOXES, Boxing, BoxingLesson
from export.workplace import Workplace

SIDE = 128
CELLS = SIDE // MAP_STRIDE
STILL = Augmentation(turn_degrees=0, scale=0, shift=0, gamma=1.0, mirror=0, coarse=0, border=0, blur=0, noise=0, jpeg=0, erase=0)
BREAK = Box(64.0, 16.0, 16.0, 16.0)
OTHER = Box(8.0, 40.0, 24.0, 16.0)
NAMES = ("Fracture", "hand")
COLUMNS = 3
"""Of the target: both labels and what is learnt beside."""


def _limb(folder: Path, at: int, labels: dict[str, float]) -> Labelled:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{at}.png"
    pixels = np.full((64, 128), 60, dtype=np.uint8)
    pixels[16:32, 64:80] = 220
    assert cv2.imwrite(str(path), pixels)
    return Labelled(path, f"p:{at}", "fracture", "limb", labels)


def _lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: Augmentation = STILL, turned: float = 0.0) -> BoxingLesson:
    pictures = [_limb(tmp_path / "data", at, {"Fracture": float(at % 2), "hand": 1.0}) for at in range(12)]
    known = {own.path: [("Fracture", BREAK), ("Fracture", OTHER)] for own in pictures if own.labels["Fracture"]}
    monkeypatch.setattr("export.tasks.boxing.boxes_in", lambda data, names: known)
    task = Boxing(NAMES, auxiliary=("hardware",), turned=turned)
    recipe: Recipe = replace(RECIPE.small(), task=task, gather=lambda *_: tuple(pictures), augmentation=how, validation_fraction=0.4)
    lesson = task.lesson(Workplace(recipe, tmp_path / "runs", tmp_path, 1))
    lesson.prepare(Stage(SIDE, 1, 8, 4))
    return lesson


def _parts(target: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    labels, rest = target[:COLUMNS], target[COLUMNS:]
    cells = rest[: len(NAMES) * CELLS**2].reshape(len(NAMES), CELLS, CELLS)
    return labels, cells, rest[len(NAMES) * CELLS**2 :].reshape(len(NAMES), MOST_BOXES, SIDES)


def _broken(lesson: BoxingLesson, *, broken: bool = True) -> int:
    return next(at for at, own in enumerate(lesson.pictures) if own.labels["Fracture"] == float(broken))


def test_boxes_lie_where_people_drew_them_on_the_letterboxed_canvas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = _lesson(tmp_path, monkeypatch)
    grey, target = lesson.example(_broken(lesson), np.random.default_rng(0))
    labels, cells, boxes = _parts(target)
    assert labels[:2].tolist() == [1.0, 1.0]
    assert np.isnan(labels[2])
    # The picture is 128 × 64 on 128 × 128: 32 rows of black above it.
    assert boxes[0, 0] * SIDE == pytest.approx([64, 48, 80, 64], abs=1.0)
    assert boxes[0, 1] * SIDE == pytest.approx([8, 72, 32, 88], abs=1.0)
    assert np.isnan(boxes[0, 2:]).all()
    assert grey[50:62, 66:78].min() > 0.8
    row, column = np.unravel_index(int(cells[0].argmax()), cells[0].shape)
    assert (row, column) in {(3, 4), (4, 0), (4, 1), (5, 0), (5, 1)}
    assert cells[0, 3, 4] > 0.6
    assert cells[0].sum() < 4.0
    assert np.isnan(cells[1]).all(), "nobody boxed a hand"
    assert np.isnan(boxes[1]).all()


def test_where_nothing_is_broken_every_cell_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = _lesson(tmp_path, monkeypatch)
    labels, cells, boxes = _parts(lesson.example(_broken(lesson, broken=False), np.random.default_rng(0))[1])
    assert labels[0] == 0.0
    assert not cells[0].any()
    assert np.isnan(boxes).all()


@pytest.mark.parametrize("seed", range(8))
def test_boxes_move_and_turn_with_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    how = replace(STILL, turn_degrees=20.0, shift=0.05, mirror=0.5)
    lesson = _lesson(tmp_path, monkeypatch, how, turned=0.75)
    grey, target = lesson.example(_broken(lesson), np.random.default_rng(seed))
    left, top, right, bottom = _parts(target)[2][0, 0] * SIDE
    rows, columns = np.nonzero(grey > 0.7)
    assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx(((left + right) / 2, (top + bottom) / 2), abs=1.0)
    # An ellipse's box keeps its size however it is turned.
    assert (right - left, bottom - top) == pytest.approx((16, 16), abs=2.0)


def test_a_break_that_left_the_picture_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = _lesson(tmp_path, monkeypatch, replace(STILL, shift=0.6))
    told = [_parts(lesson.example(_broken(lesson), np.random.default_rng(seed))[1]) for seed in range(60)]
    labels = np.array([labels[0] for labels, _, _ in told])
    assert (labels == 0.0).any()
    assert (labels == 1.0).any()
    for label, (_, cells, boxes) in zip(labels, told, strict=True):
        assert np.isnan(cells[0]).all() == np.isnan(label)
        if label == 0.0:
            assert np.nansum(cells[0]) == 0.0
            assert np.isnan(boxes).all()


def test_it_is_learnt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = _lesson(tmp_path, monkeypatch)
    torch.manual_seed(0)
    network = Boxing(NAMES, auxiliary=("hardware",)).network(8)
    examples = [lesson.example(at, np.random.default_rng(at)) for at in range(len(lesson.pictures))]
    pictures = torch.from_numpy(np.stack([(grey - 0.5) / 0.25 for grey, _ in examples])[:, None].astype(np.float32))
    targets = torch.from_numpy(np.stack([target for _, target in examples]))
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    network.train()
    losses = []
    for _ in range(12):
        loss = lesson.loss(network, pictures, targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]
    scores = lesson.scores(network)
    assert list(scores)[:2] == ["mean_overlap", "mean_auroc"]
    assert 0.0 <= scores["mean_overlap"] <= 1.0
