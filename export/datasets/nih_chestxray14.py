"""NIH ChestX-ray14 as downloaded: 112,120 frontal chests with text-mined findings, some with boxes, and the official lists."""

import csv
import re
from pathlib import Path

from edge_app.reading.protocols.chest import CHEST_FINDINGS
from export.datasets.boxes import Box
from export.datasets.errors import MissingTableError, WrongColumnError, WrongContentError
from export.datasets.labelled import NO_FINDING, Labelled
from export.datasets.people import age_years_of, sex_of
from export.datasets.split import Split
from export.datasets.table import header, pictures_below, table

SOURCE = "nih_chestxray14"
TABLES = ("Data_Entry_2017_v2020.csv", "Data_Entry_2017.csv")
BOXES = "BBox_List_2017.csv"
TEST_LIST = "test_list.txt"
TRAINING_LIST = "train_val_list.txt"
_PICTURE_NAME = re.compile(r"(\d{8})_\d{3}\.(?:png|jpe?g)")


def recognises(folder: Path) -> bool:
    """Whether the set lies in this folder."""
    return any((folder / name).is_file() for name in TABLES)


def nih_patient(name: str) -> str | None:
    """The patient of a picture by its file name, the same in every set that was drawn from NIH's; None for another name."""
    found = _PICTURE_NAME.fullmatch(name)
    return f"nih:{int(found[1])}" if found else None


def _files(folder: Path) -> dict[str, Path]:
    # All twelve folders (images_001/images …) or one, whichever way they were unpacked.
    return {path.name: path for path in pictures_below(folder)}


def _labels(names: str) -> dict[str, float] | None:
    found = [name.strip() for name in names.split("|")]
    if found == ["No Finding"]:
        return dict(NO_FINDING)
    if not set(found) <= set(CHEST_FINDINGS):
        return None
    return {**NO_FINDING, **dict.fromkeys(found, 1.0)}


def pictures(folder: Path) -> list[Labelled]:
    """Every picture of the table; all 14 findings are known. The pictures may lie in one folder or in images_001 to images_012."""
    path = next((folder / name for name in TABLES if (folder / name).is_file()), folder / TABLES[0])
    # The release of 2020 and some mirrors name the same column differently.
    sex = next((name for name in ("Patient Gender", "Patient Sex") if name in header(path)), "Patient Gender")
    files = _files(folder)
    found: list[Labelled] = []
    for row in table(path, ("Image Index", "Finding Labels", "Patient ID", "Patient Age", sex, "View Position")):
        labels = _labels(row["Finding Labels"])
        if labels is None:
            raise row.wrong("Finding Labels", "a list of the 14 findings or No Finding")
        name, view = row["Image Index"], row["View Position"]
        found.append(
            Labelled(
                path=files.get(name, folder / "images" / name),
                patient=f"nih:{int(row.number('Patient ID'))}",
                source=SOURCE,
                kind="chest_adult",
                labels=labels | ({"ap_view": float(view == "AP")} if view else {}),
                view=view or None,
                sex=sex_of(row[sex]),
                age_years=age_years_of(row["Patient Age"]),
            )
        )
    return found


def boxes(folder: Path) -> list[Box]:
    """The radiologists' boxes, in pixels of the 1024 × 1024 pictures of the download. "Infiltrate" there is NIH's Infiltration."""
    path = folder / BOXES
    if not path.is_file():
        return []
    if header(path)[:2] != ["Image Index", "Finding Label"]:
        raise WrongColumnError(path, "Image Index", header(path))
    files = _files(folder)
    found: list[Box] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        # The header's "Bbox [x,y,w,h]" is itself cut at its commas, so the numbers are read by position.
        for name, label, *numbers in reader:
            try:
                x, y, w, h = (float(number) for number in numbers[:4])
            except ValueError as error:
                raise WrongContentError(path, f"line {reader.line_num} has no four numbers for a box") from error
            named = "Infiltration" if label == "Infiltrate" else label
            found.append(Box(files.get(name, folder / "images" / name), named, x, y, w, h))
    return found


def official_split(folder: Path) -> Split:
    """The set's own lists: ``train_val_list.txt`` to train on, ``test_list.txt`` to test on; no patient is in both."""
    listed: dict[str, set[str]] = {}
    for name in (TRAINING_LIST, TEST_LIST):
        path = folder / name
        if not path.is_file():
            raise MissingTableError(path)
        listed[name] = set(path.read_text(encoding="utf-8").split())
    every = [picture for picture in pictures(folder) if picture.path.is_file()]
    return Split(
        tuple(picture for picture in every if picture.path.name in listed[TRAINING_LIST]),
        tuple(picture for picture in every if picture.path.name in listed[TEST_LIST]),
    )
