"""CheXpert as downloaded: 224,316 chests of Stanford with findings mined from reports, or read by radiologists in valid.csv."""

import re
from collections.abc import Mapping
from pathlib import Path

from export.datasets.errors import MissingTableError
from export.datasets.labelled import Labelled
from export.datasets.people import age_years_of, sex_of
from export.datasets.table import Row, header, table

SOURCE = "chexpert"
TABLES = ("train.csv", "valid.csv")
NO_FINDING_NAME = "No Finding"
NAMES: Mapping[str, str] = {
    "Enlarged Cardiomediastinum": "Enlarged Cardiomediastinum",
    "Cardiomegaly": "Cardiomegaly",
    "Lung Opacity": "Lung Opacity",
    "Lung Lesion": "Lung Lesion",
    "Edema": "Edema",
    "Consolidation": "Consolidation",
    "Pneumonia": "Pneumonia",
    "Atelectasis": "Atelectasis",
    "Pneumothorax": "Pneumothorax",
    "Pleural Effusion": "Effusion",
    "Pleural Other": "Pleural Other",
    "Fracture": "Fracture",
    "Support Devices": "Support Devices",
}
"""CheXpert's observations by our names. Lung Lesion is mass or nodule, Pleural Other more than thickening: both stay their own."""
_PATH = re.compile(r"(?:CheXpert[^/]*/)?((?:train|valid)/(patient\d+)/study\d+/[^/]+)")


def recognises(folder: Path) -> bool:
    """Whether the set lies in this folder."""
    return any("Frontal/Lateral" in header(folder / name) for name in TABLES)


def _file(folder: Path, inside: str) -> Path:
    """The set's full-size form is unpacked into folders named "CheXpert-v1.0 batch 2 (train 1)" that hold the patients themselves."""
    path = folder / inside
    if path.is_file():
        return path
    below = inside.split("/", 1)[1]
    return next((batch / below for batch in folder.glob("CheXpert-v1.0 batch *") if (batch / below).is_file()), path)


def _labels(row: Row) -> dict[str, float]:
    """1 and 0 as they stand; −1 (uncertain) and empty (not mentioned) are unknown."""
    clear = row.optional_number(NO_FINDING_NAME)
    labels = {} if clear is None else {NO_FINDING_NAME: clear}
    for theirs, ours in NAMES.items():
        value = row.optional_number(theirs)
        if value not in (None, 0.0, 1.0, -1.0):
            raise row.wrong(theirs, "1, 0, -1 or empty")
        if value is not None and value >= 0.0:
            labels[ours] = value
        elif value is None and clear == 1.0 and theirs != "Support Devices":
            # "No Finding" is given where none of the others is, except devices; findings that were never looked for stay unknown.
            labels[ours] = 0.0
    return labels


def pictures(folder: Path) -> list[Labelled]:
    """Every picture of train.csv and valid.csv. Lateral views are of the kind chest_lateral."""
    present = [folder / name for name in TABLES if (folder / name).is_file()]
    if not present:
        raise MissingTableError(folder / TABLES[0])
    found: list[Labelled] = []
    for path in present:
        for row in table(path, ("Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", NO_FINDING_NAME, *NAMES)):
            inside = _PATH.fullmatch(row["Path"])
            if inside is None:
                raise row.wrong("Path", "a path such as CheXpert-v1.0-small/train/patient00001/study1/view1_frontal.jpg")
            side = row["Frontal/Lateral"]
            if side not in {"Frontal", "Lateral"}:
                raise row.wrong("Frontal/Lateral", "Frontal or Lateral")
            frontal = side == "Frontal"
            found.append(
                Labelled(
                    path=_file(folder, inside[1]),
                    patient=f"chexpert:{inside[2]}",
                    source=SOURCE,
                    kind="chest_adult" if frontal else "chest_lateral",
                    labels=_labels(row),
                    view=(row["AP/PA"] or None) if frontal else "LATERAL",
                    sex=sex_of(row["Sex"]),
                    # Ages of 0 stand where none is known.
                    age_years=age_years_of(row["Age"]) or None,
                )
            )
    return found
