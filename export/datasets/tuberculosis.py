"""The Shenzhen set of the National Library of Medicine: normal chests and chests with tuberculosis, from one hospital."""

from pathlib import Path

from export.datasets.labelled import LUNG_FIELDS, NO_FINDING, Labelled
from export.datasets.table import rows


def tuberculosis(data: Path) -> list[Labelled]:
    """A normal chest has none of the 14 findings; of a tuberculous one only the tuberculosis is known. One picture a patient."""
    folder = data / "tuberculosis"
    return [
        Labelled(
            path=folder / "images" / row["image"],
            patient=f"tuberculosis:{row['image']}",
            source="tuberculosis",
            kind="chest_adult",
            labels={"tuberculosis": 1.0} if row["tuberculosis"] == "1" else {**NO_FINDING, "tuberculosis": 0.0},
            masks={LUNG_FIELDS: folder / "lung_masks" / row["lung_mask"]} if row["lung_mask"] else {},
        )
        for row in rows(folder / "labels.csv")
    ]
