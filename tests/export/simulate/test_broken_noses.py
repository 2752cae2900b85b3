from pathlib import Path

import cv2
import numpy as np

from edge_app.reading.protocols.nasal_bone import NASAL_FRACTURE
from export.datasets.labelled import Labelled
from export.simulate.broken_noses import SOURCE, broken_noses
from tests.export.simulate.test_nasal_fractures import NASION, SUBNASALE, _face


def _skulls(folder: Path, count: int) -> list[Labelled]:
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for at in range(count):
        path = folder / f"{at}.png"
        assert cv2.imwrite(str(path), np.rint(_face() * 255).astype(np.uint8))
        found.append(Labelled(path, f"p:{at}", "cephalogram", "skull_lateral"))
    return found


def test_every_person_is_drawn_broken_and_whole_and_only_once(tmp_path: Path) -> None:
    skulls = _skulls(tmp_path / "skulls", 4)
    points = {skull.path: (NASION, SUBNASALE) for skull in skulls[:3]}
    drawn = broken_noses(skulls, points, tmp_path / "drawn", 1, 12, workers=1)
    assert {own.patient for own in drawn} == {"p:0", "p:1", "p:2"}, "a skull that nobody marked is left out"
    for patient in ("p:0", "p:1", "p:2"):
        assert sorted(own.labels[NASAL_FRACTURE] for own in drawn if own.patient == patient) == [0.0, 0.0, 1.0, 1.0]
    for own in drawn:
        assert own.simulated
        assert (own.source, own.kind, own.follows) == (SOURCE, "skull_lateral", False)
        outline = cv2.imread(str(own.masks[NASAL_FRACTURE]), cv2.IMREAD_GRAYSCALE)
        assert outline is not None
        assert outline.shape == (280, 240)
        assert outline.any() == bool(own.labels[NASAL_FRACTURE])
    written = {own.path: own.path.stat().st_mtime_ns for own in drawn}
    again = broken_noses(skulls, points, tmp_path / "drawn", 1, 12, workers=1)
    assert again == drawn
    assert written == {own.path: own.path.stat().st_mtime_ns for own in again}
