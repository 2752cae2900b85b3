"""What limbs are learnt from, and what they are only judged on."""

from pathlib import Path

import cv2
import numpy as np

from edge_app.reading.protocols.limb_fracture import FRACTURE
from export.datasets import graz_wrists
from export.recipes.limb_fracture import RECIPE, gather
from export.workplace import Workplace
from tests.export.datasets import downloads


def _fracatlas(data: Path) -> None:
    folder = data / "fracture"
    rows = [f"{at}.png,{at % 2},hand,0,frontal" for at in range(12)]
    (folder / "images").mkdir(parents=True)
    for at in range(12):
        assert cv2.imwrite(str(folder / "images" / f"{at}.png"), downloads.pixels(200 + at))
    (folder / "labels.csv").write_text("\n".join(["image,fracture,part,hardware,view", *rows]) + "\n")


def test_other_collections_of_limbs_are_judged_on_and_never_learnt_from(tmp_path: Path) -> None:
    _fracatlas(tmp_path)
    downloads.fracatlas(tmp_path / "FracAtlas")
    downloads.graz_wrists(tmp_path / "graz")
    own = downloads.own(tmp_path / "hospital")
    (own / "radiographs.csv").write_text("image,patient,kind,Fracture\n2024/a.dcm,7,chest_adult,1\nb.png,8,limb,1\n")
    place = Workplace(RECIPE, tmp_path / "runs", tmp_path, 1)
    others = [picture for picture in gather(tmp_path, tmp_path, 0, 1) if picture.source != "fracture"]
    assert {(picture.source, picture.kind) for picture in others} == {(graz_wrists.SOURCE, "limb"), ("own_hospital", "limb")}
    # The doctors were not sure of a third wrist.
    assert [picture.labels[FRACTURE] for picture in others] == [1.0, 0.0, 1.0]
    assert {picture.source for picture in place.taught} == {"fracture"}
    assert {picture.path for picture in others} <= {picture.path for picture in place.examined}


def test_what_is_learnt_from_does_not_depend_on_them(tmp_path: Path) -> None:
    _fracatlas(tmp_path)
    before = Workplace(RECIPE, tmp_path / "runs", tmp_path, 1)
    taught, examined = before.taught, before.examined
    downloads.graz_wrists(tmp_path / "graz")
    after = Workplace(RECIPE, tmp_path / "runs", tmp_path, 1)
    assert after.taught == taught
    assert [picture for picture in after.examined if picture.source == "fracture"] == list(examined)
    assert np.isfinite([picture.labels[FRACTURE] for picture in after.examined]).all()
