"""The covid-chestxray-dataset: adult and intensive-care chests, mostly of COVID-19, with some severity scores."""

from pathlib import Path

from export.datasets.labelled import NO_FINDING, Labelled
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


def covid(data: Path) -> list[Labelled]:
    """Pneumonia where the table names one, none of the 14 where it says so, else unknown. Pictures under NoDerivatives are left out."""
    folder = data / "covid"
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
                kind="chest",
                labels=labels,
                view=row["view"] or None,
                licence=row["licence"].strip() or None,
            )
        )
    return found
