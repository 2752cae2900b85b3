"""VinDr-CXR as downloaded from PhysioNet (DICOM), and its training part as in the VinBigData challenge (DICOM, or PNG of others)."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from export.datasets.boxes import Box
from export.datasets.errors import MissingTableError
from export.datasets.labelled import Labelled
from export.datasets.people import facts_of, sex_of
from export.datasets.table import Row, header, pictures_below, table

SOURCE = "vindr_cxr"
NO_FINDING_NAME = "No finding"
EITHER = "Nodule/Mass"
_CHALLENGE = (
    *("Aortic enlargement", "Atelectasis", "Calcification", "Cardiomegaly", "Consolidation", "ILD", "Infiltration", "Lung Opacity"),
    *(EITHER, "Other lesion", "Pleural effusion", "Pleural thickening", "Pneumothorax", "Pulmonary fibrosis"),
)
LOCAL = (
    *_CHALLENGE,
    *("Clavicle fracture", "Edema", "Emphysema", "Enlarged PA", "Lung cavity", "Lung cyst", "Mediastinal shift", "Rib fracture"),
)
"""The findings that readers mark with boxes; the challenge has the first 14 of them."""
GLOBAL = ("COPD", "Lung tumor", "Pneumonia", "Tuberculosis", "Other disease")
OURS: Mapping[str, str] = {
    "Pleural effusion": "Effusion",
    "Pleural thickening": "Pleural_Thickening",
    "Pulmonary fibrosis": "Fibrosis",
    "Tuberculosis": "tuberculosis",
    "Other diseases": "Other disease",
}
"""Names that differ from ours for the same thing; the two halves of the set spell "Other disease" differently. Others stay as they are."""


def _tables(folder: Path, stem: str) -> dict[str, Path]:
    places = {side: [folder / "annotations" / f"{stem}_{side}.csv", folder / f"{stem}_{side}.csv"] for side in ("train", "test")}
    return {side: path for side, paths in places.items() for path in paths if path.is_file()}


def _is_challenge(folder: Path) -> bool:
    return {"image_id", "class_name", "rad_id"} <= set(header(folder / "train.csv"))


def recognises(folder: Path) -> bool:
    """Whether the set lies in this folder."""
    return bool(_tables(folder, "annotations") or _tables(folder, "image_labels")) or _is_challenge(folder)


def _readings(folder: Path) -> tuple[dict[str, Path], tuple[str, ...], bool]:
    """The tables to take the labels from, the findings that were looked for, and whether a row is a whole reading."""
    whole = _tables(folder, "image_labels")
    if whole:
        return whole, (*LOCAL, *GLOBAL), True
    drawn = _tables(folder, "annotations")
    if drawn:
        return drawn, LOCAL, False
    if _is_challenge(folder):
        return {"train": folder / "train.csv"}, _CHALLENGE, False
    raise MissingTableError(folder / "annotations" / "annotations_train.csv")


def _files(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in pictures_below(folder)}


def _seen_in(row: Row, whole: bool) -> list[str]:
    if not whole:
        return [row["class_name"]]
    columns = [column for column in row if column not in {"image_id", "rad_id"}]
    return [column for column in columns if (row.optional_number(column) or 0.0) >= 0.5]


def _labels(votes: Mapping[str, int], readers: int, looked_for: tuple[str, ...]) -> dict[str, float]:
    """The share of readers who saw each finding. Where one saw a nodule or mass, it is not known which of the two."""
    labels = {OURS.get(name, name): votes.get(name, 0) / readers for name in looked_for}
    labels[NO_FINDING_NAME] = votes.get(NO_FINDING_NAME, 0) / readers
    if not labels[EITHER]:
        labels |= {"Nodule": 0.0, "Mass": 0.0}
    return labels


def pictures(folder: Path) -> list[Labelled]:
    """Every picture; a label is the share of its readers (three in training, their consensus in test). One picture a patient."""
    tables, looked_for, whole = _readings(folder)
    known = {*looked_for, NO_FINDING_NAME, "Other diseases"}
    files = _files(folder)
    found: list[Labelled] = []
    for side, path in tables.items():
        votes: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        readers: dict[str, set[str]] = defaultdict(set)
        for row in table(path, ("image_id",) if whole else ("image_id", "class_name")):
            reader = row.get("rad_id", "consensus")
            readers[row["image_id"]].add(reader)
            for name in _seen_in(row, whole):
                if name not in known:
                    raise row.wrong("class_name" if not whole else name, "a finding of this set")
                votes[row["image_id"]]["Other disease" if name == "Other diseases" else name].add(reader)
        for image, own in readers.items():
            file = files.get(image, folder / side / f"{image}.dicom")
            facts = facts_of(file)
            found.append(
                Labelled(
                    path=file,
                    patient=f"vindr_cxr:{image}",
                    source=SOURCE,
                    kind="chest_adult",
                    labels=_labels({name: len(seen) for name, seen in votes[image].items()}, len(own), looked_for),
                    view="PA",
                    sex=sex_of(facts.sex or ""),
                    age_years=facts.age_years,
                )
            )
    return found


def boxes(folder: Path) -> list[Box]:
    """Every reader's boxes, in pixels of the DICOM picture."""
    tables = _tables(folder, "annotations") or ({"train": folder / "train.csv"} if _is_challenge(folder) else {})
    files = _files(folder)
    found: list[Box] = []
    for side, path in tables.items():
        for row in table(path, ("image_id", "class_name", "x_min", "y_min", "x_max", "y_max")):
            if row.optional_number("x_min") is None:
                continue
            left, top, right, bottom = (row.number(name) for name in ("x_min", "y_min", "x_max", "y_max"))
            label = OURS.get(row["class_name"], row["class_name"])
            file = files.get(row["image_id"], folder / side / f"{row['image_id']}.dicom")
            found.append(Box(file, label, left, top, right - left, bottom - top, row.get("rad_id") or None))
    return found
