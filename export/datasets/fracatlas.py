"""FracAtlas as downloaded: 4,083 radiographs of hands, legs, hips and shoulders, with every fracture outlined."""

import json
from pathlib import Path

from edge_app.reading.protocols.limb_fracture import FRACTURE
from export.datasets.boxes import Box, corners_of
from export.datasets.errors import WrongContentError
from export.datasets.labelled import Labelled
from export.datasets.table import header, table

SOURCE = "fracatlas"
TABLE = "dataset.csv"
OUTLINES = Path("Annotations") / "COCO JSON" / "COCO_fracture_masks.json"
VIEWS = ("frontal", "lateral", "oblique")
FOLDERS = {1.0: "Fractured", 0.0: "Non_fractured"}


def recognises(folder: Path) -> bool:
    """Whether the set lies in this folder."""
    return "fractured" in header(folder / TABLE) or (folder / OUTLINES).is_file()


def _file(folder: Path, image: str, fractured: float) -> Path:
    """Where a picture lies. Two fractured ones lie in both folders, so the table's word is tried first."""
    own, other = FOLDERS[fractured], FOLDERS[1.0 - fractured]
    path = folder / "images" / own / image
    return path if path.is_file() or not (folder / "images" / other / image).is_file() else folder / "images" / other / image


def pictures(folder: Path) -> list[Labelled]:
    """Every picture of the table. It names no patients, so each picture is taken as its own."""
    found: list[Labelled] = []
    for row in table(folder / TABLE, ("image_id", "fractured", *VIEWS)):
        fractured = row.share("fractured")
        if fractured not in FOLDERS:
            raise row.wrong("fractured", "0 or 1")
        image = row["image_id"].strip()
        found.append(
            Labelled(
                path=_file(folder, image, fractured),
                # As in the shrunk copy of the set, so that a patient has one name in both.
                patient=f"fracture:{image}",
                source=SOURCE,
                kind="limb",
                labels={FRACTURE: fractured},
                view="+".join(view for view in VIEWS if row.share(view) >= 0.5) or None,
            )
        )
    return found


def boxes(folder: Path) -> list[Box]:
    """The box and outline of every fracture, from the COCO file; none where it is missing."""
    path = folder / OUTLINES
    if not path.is_file():
        return []
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        names = {image["id"]: str(image["file_name"]) for image in content["images"]}
        found: list[Box] = []
        for drawn in content["annotations"]:
            x, y, w, h = (float(number) for number in drawn["bbox"])
            outlines = [corners_of([float(number) for number in own]) for own in drawn.get("segmentation", ())]
            file = _file(folder, names[drawn["image_id"]], 1.0)
            found.append(Box(file, FRACTURE, x, y, w, h, outline=outlines[0] if outlines else ()))
        return found
    except (KeyError, TypeError, ValueError) as error:
        raise WrongContentError(path, f"no COCO file with images and annotations: {error!r}") from error
