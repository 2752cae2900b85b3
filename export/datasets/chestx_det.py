"""ChestX-Det as downloaded: 3,578 pictures of NIH ChestX-ray14 on which three radiologists outlined 13 findings."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from export.datasets.boxes import Box
from export.datasets.errors import MissingTableError, WrongContentError
from export.datasets.labelled import Labelled
from export.datasets.nih_chestxray14 import nih_patient
from export.datasets.table import pictures_below

SOURCE = "chestx_det"
LISTS = {"ChestX_Det_train.json": "train", "ChestX_Det_test.json": "test"}
NAMES: Mapping[str, str] = {
    "Atelectasis": "Atelectasis",
    "Calcification": "Calcification",
    "Cardiomegaly": "Cardiomegaly",
    "Consolidation": "Consolidation",
    "Diffuse Nodule": "Diffuse Nodule",
    "Effusion": "Effusion",
    "Emphysema": "Emphysema",
    "Fibrosis": "Fibrosis",
    "Fracture": "Fracture",
    "Mass": "Mass",
    "Nodule": "Nodule",
    "Pleural Thickening": "Pleural_Thickening",
    "Pneumothorax": "Pneumothorax",
}
"""The set's findings by our names. All 13 were looked for on every picture."""


def recognises(folder: Path) -> bool:
    """Whether the set lies in this folder."""
    return any((folder / name).is_file() for name in LISTS)


def _entries(folder: Path) -> Iterator[tuple[Path, list[str], list[list[float]]]]:
    """Every listed picture with its findings and its boxes (left, top, right, bottom)."""
    if not recognises(folder):
        raise MissingTableError(folder / next(iter(LISTS)))
    files: dict[str, dict[str, Path]] = {side: {} for side in LISTS.values()}
    for path in pictures_below(folder):
        parts = path.relative_to(folder).parts[:-1]
        for side, own in files.items():
            # train and test are unpacked as train/, train_data/ or train_data/train/, and their numbers repeat.
            if any(part in {side, f"{side}_data"} for part in parts):
                own[path.name] = path
    for name, side in LISTS.items():
        path = folder / name
        if not path.is_file():
            continue
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))
            for entry in entries:
                symptoms = [str(symptom) for symptom in entry["syms"]]
                drawn = [[float(number) for number in box] for box in entry["boxes"]]
                file = files[side].get(entry["file_name"], folder / side / entry["file_name"])
                if len(drawn) != len(symptoms) or any(len(box) != 4 for box in drawn) or not set(symptoms) <= set(NAMES):
                    raise WrongContentError(path, f"{entry['file_name']}: syms and boxes do not fit each other or name an unknown finding")
                yield file, symptoms, drawn
        except (KeyError, TypeError, ValueError) as error:
            raise WrongContentError(path, f"not a list of pictures with file_name, syms and boxes: {error!r}") from error


def _labels(symptoms: list[str]) -> dict[str, float]:
    labels = {NAMES[name]: float(name in symptoms) for name in NAMES}
    # Diffuse nodules are nodules in NIH's words, but whether a single one is there too was not asked.
    if labels["Diffuse Nodule"] and not labels["Nodule"]:
        del labels["Nodule"]
    return labels


def pictures(folder: Path) -> list[Labelled]:
    """Every listed picture. Most have new numbers for names, so that NIH's patient is not known and each is taken as its own."""
    return [
        Labelled(
            path=path,
            patient=nih_patient(path.name) or f"chestx_det:{path.parent.name}/{path.stem}",
            source=SOURCE,
            kind="chest_adult",
            labels=_labels(symptoms),
        )
        for path, symptoms, _ in _entries(folder)
    ]


def boxes(folder: Path) -> list[Box]:
    """The radiologists' boxes."""
    return [
        Box(path, NAMES[name], left, top, right - left, bottom - top)
        for path, symptoms, drawn in _entries(folder)
        for name, (left, top, right, bottom) in zip(symptoms, drawn, strict=True)
    ]
