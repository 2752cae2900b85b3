"""Newborns made of outlined chests keep their patients, and their outlines lie where their lungs do."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_app.simulator.chest import simulated_chest
from export.datasets.labelled import LUNG_FIELDS, Labelled
from export.datasets.outlines import STRUCTURES, structure_targets
from export.datasets.split import split_by_patient
from export.simulate.newborn_outlines import SOURCE, newborn_outlines


@pytest.fixture(scope="module")
def chests(tmp_path_factory: pytest.TempPathFactory) -> list[Labelled]:
    folder = tmp_path_factory.mktemp("chests")
    found = []
    for number in range(3):
        made = simulated_chest(20 + number, 256, 256)
        lungs = made.masks["right_lung"] | made.masks["left_lung"]
        # Lungs that are black, and nothing else is.
        cv2.imwrite(str(folder / f"{number}.png"), np.where(lungs, 5, 180).astype(np.uint8))
        cv2.imwrite(str(folder / f"{number}_lungs.png"), lungs.astype(np.uint8) * 255)
        masks = {LUNG_FIELDS: folder / f"{number}_lungs.png"}
        found.append(Labelled(folder / f"{number}.png", f"here:{number}", "here", "chest_adult", {"Mass": 1.0}, masks=masks))
    return [*found, replace(found[0], path=folder / "none.png", masks={})]


def test_each_is_made_as_often_as_any_other_and_lies_with_its_patient(chests: list[Labelled], tmp_path: Path) -> None:
    made = newborn_outlines(chests, tmp_path, 1, 6, workers=1)
    assert sorted(own.patient for own in made) == sorted([own.patient for own in chests[:3]] * 2)
    assert {(own.source, own.kind, own.simulated, own.follows) for own in made} == {(SOURCE, "chest_newborn", True, True)}
    assert all(own.labels == {} and own.drawn_on is not None for own in made)
    times = {own.path: own.path.stat().st_mtime_ns for own in made}
    again = newborn_outlines(chests, tmp_path, 1, 6, workers=1)
    assert [own.path for own in again] == [own.path for own in made]
    assert {own.path: own.path.stat().st_mtime_ns for own in again} == times, "drawn once"
    sides = split_by_patient([*chests[:3], *made], 0.34, 1)
    for own in (*sides.training, *sides.validation):
        assert own.source == SOURCE or sum(other.patient == own.patient for other in sides.training) in (0, 3)


def test_the_outlines_lie_on_the_lungs_and_say_which_is_which(chests: list[Labelled], tmp_path: Path) -> None:
    for own in newborn_outlines(chests, tmp_path, 2, 3, workers=1):
        picture, mask = (cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) for file in (own.path, own.masks[LUNG_FIELDS]))
        assert picture is not None
        assert mask is not None
        assert picture.shape == mask.shape
        inside = cv2.erode(mask, np.ones((7, 7), np.uint8)) > 0
        around = (cv2.dilate(mask, np.ones((13, 13), np.uint8)) > 0) & (cv2.dilate(mask, np.ones((7, 7), np.uint8)) == 0)
        assert np.median(picture[inside]) < np.median(picture[around])
        targets = structure_targets(own, 128)
        right, left = (np.argwhere(targets[STRUCTURES.index(name)] == 1).mean(0) for name in ("right_lung", "left_lung"))
        assert right[1] < left[1]
