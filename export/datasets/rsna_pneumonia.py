"""The RSNA pneumonia detection challenge (2018) as downloaded: 26,684 pictures of NIH ChestX-ray14 as DICOM, read by radiologists."""

import json
from pathlib import Path

from export.datasets.boxes import Box
from export.datasets.errors import WrongContentError
from export.datasets.labelled import NO_FINDING, Labelled
from export.datasets.nih_chestxray14 import nih_patient
from export.datasets.people import facts_of, sex_of
from export.datasets.table import Row, pictures_below, table

SOURCE = "rsna_pneumonia"
TABLE = "stage_2_train_labels.csv"
CLASSES = "stage_2_detailed_class_info.csv"
PICTURES = "stage_2_train_images"
MAPPING = "pneumonia-challenge-dataset-mappings_2018.json"
"""Published by RSNA beside the challenge: which picture of NIH each one is, and so which patient."""
OPACITY, NORMAL, OTHER = "Lung Opacity", "Normal", "No Lung Opacity / Not Normal"


def recognises(folder: Path) -> bool:
    """Whether the set lies in this folder."""
    return (folder / TABLE).is_file() or (folder / CLASSES).is_file()


def _patients(folder: Path) -> dict[str, str]:
    """NIH's patient of each picture, where RSNA's mapping lies beside the set."""
    path = folder / MAPPING
    if not path.is_file():
        return {}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        named = {str(entry["subset_img_id"]): nih_patient(str(entry["img_id"])) for entry in entries}
    except (KeyError, TypeError, ValueError) as error:
        raise WrongContentError(path, f"not a list of entries with subset_img_id and img_id: {error!r}") from error
    return {image: patient for image, patient in named.items() if patient}


def _labels(row: Row) -> dict[str, float]:
    """An opacity that suggests pneumonia, none, or a normal chest; on a picture that is neither, the other findings are unknown."""
    match row["class"]:
        case "Lung Opacity":
            return {OPACITY: 1.0, "Pneumonia": 1.0}
        case "Normal":
            return {**NO_FINDING, OPACITY: 0.0}
        case "No Lung Opacity / Not Normal":
            return {OPACITY: 0.0, "Pneumonia": 0.0}
    raise row.wrong("class", f"{OPACITY!r}, {NORMAL!r} or {OTHER!r}")


def _files(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in pictures_below(folder / PICTURES)}


def pictures(folder: Path) -> list[Labelled]:
    """Every training picture; those of the test have no labels. Without RSNA's mapping each is a patient of its own."""
    files, patients = _files(folder), _patients(folder)
    classes = {row["patientId"]: _labels(row) for row in table(folder / CLASSES, ("patientId", "class"))}
    found: dict[str, Labelled] = {}
    for row in table(folder / TABLE, ("patientId", "x", "y", "width", "height", "Target")):
        image = row["patientId"]
        if image in found:
            continue
        labels = classes.get(image, {"Pneumonia": row.share("Target")})
        if labels["Pneumonia"] != row.share("Target"):
            raise row.wrong("Target", f"what {CLASSES} says of the same picture")
        file = files.get(image, folder / PICTURES / f"{image}.dcm")
        facts = facts_of(file)
        found[image] = Labelled(
            path=file,
            patient=patients.get(image, f"rsna_pneumonia:{image}"),
            source=SOURCE,
            kind="chest_adult",
            labels=labels,
            view=facts.view,
            sex=sex_of(facts.sex or ""),
            age_years=facts.age_years,
        )
    return list(found.values())


def boxes(folder: Path) -> list[Box]:
    """The radiologists' boxes around opacities, in pixels of the DICOM picture."""
    files = _files(folder)
    return [
        Box(
            files.get(row["patientId"], folder / PICTURES / f"{row['patientId']}.dcm"),
            OPACITY,
            row.number("x"),
            row.number("y"),
            row.number("width"),
            row.number("height"),
        )
        for row in table(folder / TABLE, ("patientId", "x", "y", "width", "height", "Target"))
        if row.share("Target") >= 0.5
    ]
