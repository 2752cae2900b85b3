"""What a report on limbs says of boxes, maps and parts; and of a model that is not there."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from edge_app.reading.activation import Heat, View
from edge_app.reading.canvas import place
from edge_app.reading.card import Input
from edge_app.reading.finding import Box
from edge_app.reading.protocols.limb_fracture import FRACTURE
from export.datasets.labelled import Labelled
from export.evaluation.bootstrap import Draws
from export.evaluation.detection import Detected
from export.evaluation.froc import Place
from export.limbs import NOWHERE_ELSE, Told, by_collection, by_part, fractures_below, judged, limbs_page, main, warm_boxes
from export.recipes.limb_fracture import CLASSIFIER, REPAIRER
from export.workplace import Workplace

BROKEN = Place(Box(10, 10, 20, 20), ((10.0, 10.0), (30.0, 10.0), (30.0, 30.0), (10.0, 30.0)))


def _limbs(count: int = 16) -> list[Labelled]:
    """Every other one is broken; hands and legs by turns of two."""
    return [
        Labelled(
            Path(f"{at}.png"),
            f"p:{at}",
            "fracture",
            "limb",
            {FRACTURE: float(at % 2), "hand": float(at // 2 % 2), "leg": 1.0 - at // 2 % 2},
        )
        for at in range(count)
    ]


def _told(picture: Labelled, *, right: bool = True) -> Told:
    box = Box(12, 12, 16, 16) if right else Box(60, 60, 16, 16)
    probability = 0.9 if picture.labels[FRACTURE] else 0.2
    return Told(probability, (Detected(picture.path, FRACTURE, box, probability),))


def test_what_is_told_and_found_everywhere_is_all_there_is() -> None:
    limbs = _limbs()
    there = {limb.path: [BROKEN] for limb in limbs if limb.labels[FRACTURE]}
    draws = Draws.of([limb.patient for limb in limbs], 1)
    best = judged("best", limbs, [_told(limb) for limb in limbs], there, draws)
    assert (best.pictures, best.broken, best.auroc.value, best.inside.value) == (16, 8, 1.0, 1.0)
    assert best.overlap.value == pytest.approx(16 * 16 / 400)
    assert best.found == (1.0, 1.0, 1.0, 1.0)
    beside = judged("beside", limbs, [_told(limb, right=False) for limb in limbs], there, draws)
    assert (beside.inside.value, beside.overlap.value, beside.found) == (0.0, 0.0, (0.0, 0.0, 0.0, 0.0))
    nothing = judged("nothing", limbs, [Told(0.5, ()) for _ in limbs], there, draws)
    assert (nothing.auroc.value, nothing.inside.value) == (0.5, 0.0)


def test_each_part_is_told_by_itself() -> None:
    limbs = _limbs()
    parts = {own.name: own for own in by_part(limbs, [_told(limb) for limb in limbs], 1)}
    assert (parts["hand"].pictures, parts["hand"].broken, parts["hand"].auroc.value) == (8, 4, 1.0)
    assert (parts["hip"].pictures, parts["hip"].auroc.value) == (0, None)


def test_warm_places_are_told_the_warmest_first_and_few_of_them() -> None:
    values = np.zeros((100, 100), dtype=np.float32)
    for at in range(6):
        values[15 * at : 15 * at + 8, 20:30] = 0.6 + 0.05 * at
    view = View(Input(height=100, width=100, mean=0.5, std=0.25), place(200, 200, 100, 100), 200, 200)
    boxes = warm_boxes(Heat(values, view))
    assert [round(warmth, 2) for _, warmth in boxes] == [0.85, 0.8, 0.75, 0.7]
    assert boxes[0][0] == Box(40.0, 150.0, 20.0, 16.0)


def test_outlines_are_gathered_from_every_set_that_has_some(tmp_path: Path) -> None:
    folder = tmp_path / "fracture"
    (folder / "images").mkdir(parents=True)
    assert cv2.imwrite(str(folder / "images/a.jpg"), np.zeros((40, 40), dtype=np.uint8))
    (folder / "labels.csv").write_text("image,fracture,part,hardware,view\na.jpg,1,hand,0,frontal\n")
    (folder / "fractures.csv").write_text("image,x,y,w,h,polygon\na.jpg,1,2,3,4,1 2 4 2 4 6\n")
    ((path, places),) = fractures_below(tmp_path).items()
    assert path == folder / "images/a.jpg"
    assert places == [Place(Box(1, 2, 3, 4), ((1.0, 2.0), (4.0, 2.0), (4.0, 6.0)))]


def test_the_page_tells_each_means_beside_the_others() -> None:
    limbs = _limbs()
    there = {limb.path: [BROKEN] for limb in limbs if limb.labels[FRACTURE]}
    told = [_told(limb) for limb in limbs]
    means = judged("a detector that learnt from boxes", limbs, told, there, Draws.of([limb.patient for limb in limbs], 1))
    page = limbs_page([means], by_part(limbs, told, 1), [], sheet=False).markdown()
    assert "| a detector that learnt from boxes | 8 of 16 | 1.000 (1.000 to 1.000) |" in page
    assert "| hand | 4 of 8 |" in page
    assert "_sheet" not in page
    assert NOWHERE_ELSE in page


def test_another_collection_is_told_by_itself() -> None:
    limbs = [replace(limb, source="there" if at >= 12 else "here") for at, limb in enumerate(_limbs())]
    here, there = by_collection(limbs, [_told(limb) for limb in limbs], 1)
    assert [(own.name, own.pictures, own.broken, own.auroc.value) for own in (here, there)] == [("here", 12, 6, 1.0), ("there", 4, 2, 1.0)]
    page = limbs_page([], [], [there], sheet=False).markdown()
    assert "| there | 2 of 4 |" in page
    assert NOWHERE_ELSE not in page


def test_without_the_model_nothing_is_judged(made_up_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = ["--data", str(made_up_data), "--runs", str(tmp_path), "--models", str(tmp_path / "models")]
    assert main(folders) == 1
    assert "python -m export limb_fracture all" in capsys.readouterr().out


def test_every_means_that_there_is_is_judged_on_the_same_limbs(made_up_data: Path, tmp_path: Path) -> None:
    data, runs = tmp_path / "data", tmp_path / "runs"
    shutil.copytree(made_up_data / "fracture", data / "fracture")
    (data / "fracture/fractures.csv").write_text(
        "image,x,y,w,h,polygon\n" + "".join(f"f{number}.jpg,10,10,20,20,10 10 30 10 30 30 10 30\n" for number in range(1, 40, 2))
    )
    for recipe in (CLASSIFIER, REPAIRER):
        place = Workplace(recipe, runs, data, 1)
        place.folder.mkdir(parents=True)
        torch.save(recipe.task.network(recipe.width).state_dict(), place.weights)
    assert main(["--data", str(data), "--runs", str(runs), "--seed", "1"]) == 0
    means = {own["name"]: own for own in json.loads((runs / "limbs.json").read_text())["means"]}
    assert set(means) == {
        "a detector that learnt from boxes",
        "a classifier's map",
        "a classifier's saliency",
        "where a generator may change",
        "what a generator changes",
    }
    assert len({(own["pictures"], own["broken"]) for own in means.values()}) == 1
    page = (runs / "limbs.html").read_text()
    assert all(name.replace("'", "&#x27;") in page or name.replace("'", "&#39;") in page for name in means)
