"""Kermany et al. 2018: chests of children of one to five years, with pneumonia and its cause."""

from pathlib import Path

from export.datasets.labelled import Labelled
from export.datasets.table import rows


def paediatric(data: Path) -> list[Labelled]:
    """Pneumonia is known; the other findings were not looked for. ``bacterial`` is known for the pneumonias."""
    folder = data / "paediatric"
    found: list[Labelled] = []
    for row in rows(folder / "labels.csv"):
        labels = {"Pneumonia": float(row["pneumonia"])}
        if row["cause"]:
            labels["bacterial"] = float(row["cause"] == "bacteria")
        found.append(Labelled(folder / "images" / row["image"], f"paediatric:{row['patient']}", "paediatric", "chest_child", labels, "AP"))
    return found
