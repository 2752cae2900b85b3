"""GRAZPEDWRI-DX as downloaded: 20,327 radiographs of children's injured wrists, with a box around every fracture (Nagy et al. 2022)."""

from pathlib import Path

from PIL import Image

from edge_app.reading.protocols.limb_fracture import FRACTURE
from export.datasets.boxes import Box
from export.datasets.errors import WrongContentError
from export.datasets.labelled import Labelled
from export.datasets.other_parts import part_labels
from export.datasets.people import age_years_of, sex_of
from export.datasets.table import Row, header, pictures_below, table

SOURCE = "grazpedwri_dx"
TABLE = "dataset.csv"
OUTLINES = Path("yolov5") / "labels"
FRACTURE_CLASS = "3"
"""Of the nine that are boxed (boneanomaly, bonelesion, foreignbody, fracture, metal, …), as they are numbered in ``OUTLINES``."""
VIEWS = {1.0: "frontal", 2.0: "lateral", 3.0: "oblique"}
_NUMBERS = 4


def recognises(folder: Path) -> bool:
    """Whether the set lies in this folder."""
    return "fracture_visible" in header(folder / TABLE) or (folder / OUTLINES).is_dir()


def _files(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in pictures_below(folder)}


def _flag(row: Row, column: str) -> bool:
    """The table writes 1 where something is so and leaves the rest empty."""
    value = row.optional_number(column) or 0.0
    if value not in {0.0, 1.0}:
        raise row.wrong(column, "1 or empty")
    return bool(value)


def _labels(row: Row) -> dict[str, float]:
    """Metal in sight, and whether a fracture is, unless the doctors were not sure."""
    labels = {"hardware": float(_flag(row, "metal")), **part_labels("hand")}
    if not _flag(row, "diagnosis_uncertain"):
        labels[FRACTURE] = float(_flag(row, "fracture_visible"))
    return labels


def pictures(folder: Path) -> list[Labelled]:
    """Every picture of the table, with its patient."""
    files = _files(folder)
    found: list[Labelled] = []
    for row in table(folder / TABLE, ("filestem", "patient_id", "fracture_visible")):
        stem = row["filestem"].strip()
        found.append(
            Labelled(
                path=files.get(stem, folder / "images" / f"{stem}.png"),
                patient=f"{SOURCE}:{row['patient_id'].strip()}",
                source=SOURCE,
                kind="limb",
                labels=_labels(row),
                view=VIEWS.get(row.optional_number("projection") or 0.0),
                sex=sex_of(row.get("gender", "")),
                age_years=age_years_of(row.get("age", "")),
            )
        )
    return found


def boxes(folder: Path) -> list[Box]:
    """The box of every fracture; none where the folder with them is missing.

    They are written as shares of a picture: centre across and down, width and height. A picture that is not there has none.
    """
    found: list[Box] = []
    files = _files(folder)
    for path in sorted((folder / OUTLINES).glob("*.txt")):
        lines = [
            words[1:] for words in map(str.split, path.read_text(encoding="utf-8").splitlines()) if words and words[0] == FRACTURE_CLASS
        ]
        if not lines or path.stem not in files:
            continue
        try:
            with Image.open(files[path.stem]) as picture:
                columns, rows = picture.size
            for words in lines:
                x, y, w, h = (float(word) for word in words[:_NUMBERS])
                found.append(Box(files[path.stem], FRACTURE, (x - w / 2) * columns, (y - h / 2) * rows, w * columns, h * rows))
        except (OSError, ValueError) as error:
            raise WrongContentError(path, f"no boxes of a picture that can be read: {error}") from error
    return found
