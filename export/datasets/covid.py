"""The covid-chestxray-dataset: adult and intensive-care chests, mostly of COVID-19, with some severity scores."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from export.datasets.labelled import NO_FINDING, WHOLE_LUNGS, Labelled
from export.datasets.table import rows

PNEUMONIAS = frozenset(
    {
        "COVID-19",
        "COVID-19, ARDS",
        "SARS",
        "Streptococcus",
        "Pneumocystis",
        "Klebsiella",
        "Mycoplasma Bacterial Pneumonia",
        "Varicella",
        "E.Coli",
        "Pneumonia",
        "Legionella",
        "Influenza",
    }
)
"""Findings of the table that are infectious pneumonias. Lipoid pneumonia and ARDS alone are left unknown."""


PARTS: Mapping[str, str] = {
    "left_lung": "left_lung_whole",
    "right_lung": "right_lung_whole",
    "cardiomediastinum": "heart",
    "airways": "airways",
}
"""Part masks by the names that our structures have. Their lungs are whole, their heart is drawn with the mediastinum."""
DEVICES = ("endotracheal_tube", "central_venous_line", "nasogastric_tube", "monitoring_probes", "tubings")
"""What of the part masks is no anatomy."""
READERS = ("senior", "junior")
ZONES = tuple(f"zone_{letter}" for letter in "abcdef")


def _part_masks(folder: Path) -> Mapping[str, Mapping[str, Path]]:
    found: dict[str, dict[str, Path]] = defaultdict(dict)
    for row in rows(folder / "parts.csv"):
        name = PARTS.get(row["structure"], row["structure"] if row["structure"] in DEVICES else None)
        if name is not None:
            found[row["image"]][name] = folder / "part_masks" / row["mask"]
    return found


def _brixia(row: Mapping[str, str]) -> dict[str, float]:
    """The mean of both readers as a share of the maximum, and each reader's own under the name with the reader behind it."""
    labels: dict[str, float] = {}
    by_reader = {reader: row[f"brixia_{reader}_a_to_f"].split() for reader in READERS if row[f"brixia_{reader}_a_to_f"]}
    for reader, zones in by_reader.items():
        labels |= {f"{zone}_{reader}": int(points) / 3.0 for zone, points in zip(ZONES, zones, strict=True)}
        labels[f"brixia_0_18_{reader}"] = sum(map(int, zones)) / 18.0
    for name in (*ZONES, "brixia_0_18") if by_reader else ():
        labels[name] = sum(labels[f"{name}_{reader}"] for reader in by_reader) / len(by_reader)
    return labels


def covid_graded(data: Path) -> list[Labelled]:
    """The pictures with a severity score, labelled with nothing else: each score as a share of its maximum."""
    folder = data / "covid"
    scores = {row["image"]: row for row in rows(folder / "labels.csv")}
    found: list[Labelled] = []
    for picture in covid(data):
        row = scores[picture.path.name]
        labels = _brixia(row)
        if row["geographic_extent_0_8"]:
            labels["geographic_extent_0_8"] = float(row["geographic_extent_0_8"]) / 8.0
        if row["opacity_0_6"]:
            labels["opacity_0_6"] = float(row["opacity_0_6"]) / 6.0
        if labels:
            found.append(replace(picture, labels=labels))
    return found


def covid(data: Path) -> list[Labelled]:
    """Pneumonia where the table names one, none of the 14 where it says so, else unknown. Pictures under NoDerivatives are left out."""
    folder = data / "covid"
    parts = _part_masks(folder)
    found: list[Labelled] = []
    for row in rows(folder / "labels.csv"):
        if "-ND" in row["licence"]:
            continue
        labels: dict[str, float] = {}
        if row["finding"] in PNEUMONIAS:
            labels["Pneumonia"] = 1.0
        elif row["finding"] == "No Finding":
            labels.update(NO_FINDING)
        scores = [float(row[name]) for name in ("brixia_senior_0_18", "brixia_junior_0_18") if row[name]]
        if scores:
            labels["severity"] = sum(scores) / len(scores) / 18.0
        found.append(
            Labelled(
                path=folder / "images" / row["image"],
                patient=f"covid:{row['patient']}",
                source="covid",
                kind="chest_adult",
                labels=labels,
                view=row["view"] or None,
                licence=row["licence"].strip() or None,
                masks={
                    **({WHOLE_LUNGS: folder / "lung_masks" / row["lung_mask"]} if row["lung_mask"] else {}),
                    **parts.get(row["image"], {}),
                },
                sex=row["sex"] or None,
                age_years=float(row["age"]) if row["age"] else None,
            )
        )
    return found
