"""NIH ChestX-ray14: adult frontal chests with 14 text-mined findings, as pictures of up to 512 pixels and as thumbnails of 64."""

from pathlib import Path

from edge_app.reading.protocols.chest import CHEST_FINDINGS
from export.datasets.labelled import Labelled
from export.datasets.table import rows


def nih(data: Path, source: str = "nih") -> list[Labelled]:
    """The pictures of ``nih`` or ``nih64``; a patient has the same identifier in both."""
    folder = data / source
    return [
        Labelled(
            path=folder / "images" / row["image"],
            patient=f"nih:{int(row['patient'])}",
            source=source,
            kind="chest_adult",
            labels={name: float(row[name]) for name in CHEST_FINDINGS} | ({"ap_view": float(row["view"] == "AP")} if row["view"] else {}),
            view=row["view"] or None,
        )
        for row in rows(folder / "labels.csv")
    ]


def nih64(data: Path) -> list[Labelled]:
    """The thumbnails of 64 pixels."""
    return nih(data, "nih64")
