"""Simulated newborns carry what was laid into them, and their lungs' outlines go where the lungs go."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.reading.protocols.neonatal_rds import AT_LEAST
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.lesions.lesion import NewbornKind
from edge_app.simulator.lesions.newborn import grade_of
from export.datasets.labelled import Labelled
from export.simulate.drawing import drawn_regions
from export.simulate.newborn_chests import DRAWING, drawn_patient, labels_of, newborn_chests
from export.simulate.newborns import outlined_newborn
from export.workplace import MODELS

SIZE = 320


@pytest.fixture(scope="module")
def child() -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    made = simulated_chest(7, SIZE, SIZE)
    grey = (made.pixels / np.float32(2**made.bits - 1)).astype(np.float32)
    return grey, made.masks["right_lung"], made.masks["left_lung"], made.masks["heart"]


def test_half_are_distressed_and_every_grade_is_as_likely() -> None:
    random = np.random.default_rng(1)
    lesions = [own for _ in range(2000) for own in drawn_patient(random)]
    grades = [grade_of(own.strength) for own in lesions if own.kind is NewbornKind.RESPIRATORY_DISTRESS]
    assert len(grades) / 2000 == pytest.approx(0.5, abs=0.04)
    for grade in (1, 2, 3, 4):
        assert grades.count(grade) / len(grades) == pytest.approx(0.25, abs=0.04)


@pytest.mark.parametrize(
    ("laid", "labels"),
    [
        (set(), (0.0, 0.0, 0.0, 0.0, 0.0)),
        ({"Transient_Tachypnoea"}, (0.0, 0.0, 0.0, 0.0, 1.0)),
        ({"RDS_1"}, (1.0, 0.0, 0.0, 0.0, 0.0)),
        ({"RDS_4"}, (1.0, 1.0, 1.0, 1.0, 0.0)),
    ],
)
def test_labels(laid: set[str], labels: tuple[float, ...]) -> None:
    assert tuple(labels_of(laid).items()) == tuple(zip((*AT_LEAST, "Transient_Tachypnoea"), labels, strict=True))


def test_what_is_laid_is_named_with_its_grade_and_both_lungs_are_seen(
    child: tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]],
) -> None:
    named = set()
    for seed in range(14):
        names, laid = DRAWING.lay(*child, np.random.default_rng(seed))
        named |= names
        assert laid.picture.shape == laid.right.shape == laid.left.shape
        assert {name for name, _ in DRAWING.seen(laid)} == {"right_lung", "left_lung"}
    assert len({name for name in named if name.startswith("RDS_")}) >= 3
    assert "Transient_Tachypnoea" in named


def test_outlines_go_where_the_lungs_go(
    child: tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]],
) -> None:
    """Lungs that are black, and nothing else is, are found again under the outlines."""
    _, right, left, _ = child
    marked = np.where(right | left, np.float32(0.0), np.float32(0.8)).astype(np.float32)
    for seed in range(4):
        picture, moved = outlined_newborn(marked, {"both": right | left}, (0.6, 0.8), np.random.default_rng(seed), as_it_is=True)
        inside = cv2.erode(moved["both"].astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
        around = (cv2.dilate(moved["both"].astype(np.uint8), np.ones((15, 15), np.uint8)) > 0) & ~(
            cv2.dilate(moved["both"].astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
        )
        assert inside.any()
        assert np.median(picture[inside]) < 0.5 * np.median(picture[around])
        assert 0.02 < moved["both"].mean() < 0.5


def test_pictures_are_made_once_and_are_newborns(tmp_path: Path) -> None:
    made = simulated_chest(7, SIZE, SIZE)
    path = tmp_path / "child.png"
    assert cv2.imwrite(str(path), np.rint(made.pixels / (2**made.bits - 1) * 255).astype(np.uint8))
    children = [Labelled(path, "p:1", "paediatric", "chest_child", {"Pneumonia": 0.0})]
    first = newborn_chests(children, tmp_path, MODELS, 1, 3, workers=1)
    assert len(first) == 3
    for own in first:
        assert own.kind == "chest_newborn"
        assert own.patient == "p:1"
        assert own.simulated
        assert set(own.labels) == {*AT_LEAST, "Transient_Tachypnoea"}
        assert drawn_regions(own.path)[0] == ("right_lung", "left_lung")
    before = [own.path.stat().st_mtime_ns for own in first]
    assert [own.path.stat().st_mtime_ns for own in newborn_chests(children, tmp_path, MODELS, 1, 3, workers=1)] == before
