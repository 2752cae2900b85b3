"""Simulated pictures of every kind: files, the same for the same seed, newborns with the patient of their child."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from export.datasets.paediatric import paediatric
from export.simulate.kinds import NEWBORN, SUBJECTS, simulated, simulated_newborns
from export.simulate.newborns import newborn_chest


@pytest.mark.parametrize("source", SUBJECTS)
def test_a_subject_is_drawn_once_and_differs_from_seed_to_seed(source: str, tmp_path: Path) -> None:
    pictures = simulated(source, tmp_path, 3, 2)
    assert {picture.kind for picture in pictures} == {SUBJECTS[source].kind}
    assert len({picture.patient for picture in pictures}) == 2
    assert all(picture.simulated and picture.source == source for picture in pictures)
    stamps = [picture.path.stat().st_mtime_ns for picture in pictures]
    assert [picture.path.stat().st_mtime_ns for picture in simulated(source, tmp_path, 3, 2)] == stamps
    first = cv2.imread(str(pictures[0].path), cv2.IMREAD_UNCHANGED)
    assert first is not None
    assert first.ndim == 2
    assert 200 <= max(first.shape) <= 420
    assert first.std() > 20
    (tmp_path / "again").mkdir()
    again = simulated(source, tmp_path / "again", 3, 1)[0]
    assert again.path.read_bytes() == pictures[0].path.read_bytes()
    assert simulated(source, tmp_path, 4, 1)[0].path.read_bytes() != pictures[0].path.read_bytes()


@pytest.mark.parametrize("source", SUBJECTS)
def test_no_draw_breaks(source: str) -> None:
    for seed in range(12):
        picture = SUBJECTS[source].draw(np.random.default_rng(seed))
        assert picture.dtype == np.float32
        assert np.isfinite(picture).all()
        assert 0.0 <= picture.min() <= picture.max() <= 1.0


def test_a_newborn_has_the_patient_of_its_child(made_up_data: Path, tmp_path: Path) -> None:
    children = paediatric(made_up_data)
    newborns = simulated_newborns(children, tmp_path, 1, 7)
    assert len(newborns) == 7
    assert len({picture.path for picture in newborns}) == 7
    patient_of = {child.path.stem: child.patient for child in children}
    assert all(newborn.patient == patient_of[newborn.path.stem.partition("-")[2]] for newborn in newborns)
    assert {(newborn.kind, newborn.source) for newborn in newborns} == {("chest_newborn", NEWBORN)}
    assert len(simulated_newborns(children, tmp_path, 1, 1000)) == len(children)


@pytest.mark.parametrize("size", [(40, 30), (256, 180), (120, 256)])
def test_newborns_of_children_of_every_shape(size: tuple[int, int]) -> None:
    for seed in range(4):
        random = np.random.default_rng(seed)
        picture = newborn_chest(random.integers(0, 255, size).astype(np.uint8), random)
        assert np.isfinite(picture).all()
        assert 0.0 <= picture.min() <= picture.max() <= 1.0
