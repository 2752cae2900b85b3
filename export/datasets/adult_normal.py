"""Adult frontal chests called normal in the RSNA pneumonia challenge, as gathered in the COVID-19 Radiography collection."""

from pathlib import Path

from export.datasets.labelled import NO_FINDING, Labelled
from export.datasets.table import pictures_in


def adult_normal(data: Path) -> list[Labelled]:
    """Normal chests: none of the 14 findings. The set names no patients, so each picture is taken as its own."""
    return [
        Labelled(path, f"adult_normal:{path.stem}", "adult_normal", "chest_adult", NO_FINDING)
        for path in pictures_in(data / "adult_normal" / "images")
    ]
