"""Pictures that are no chest radiographs: limbs, skulls, spines, and the slices of Medical MNIST."""

from pathlib import Path

from edge_app.reading.protocols.limb_fracture import FRACTURE, PARTS
from export.datasets.labelled import Labelled
from export.datasets.table import pictures_in, rows

MEDICAL_MNIST_KINDS = {
    "AbdomenCT": "other",
    "BreastMRI": "other",
    "CXR": "chest_adult",
    "ChestCT": "other",
    "Hand": "limb",
    "HeadCT": "other",
}


def part_labels(part: str) -> dict[str, float]:
    """Which part of a limb it is, and that it is none of the others; of a picture of several, which are not named, nothing is known."""
    return {name: float(name == part) for name in PARTS} if part in PARTS else {}


def fracture(data: Path) -> list[Labelled]:
    """FracAtlas: hands, legs, hips and shoulders. The table names no patients, so each picture is taken as its own."""
    folder = data / "fracture"
    return [
        Labelled(
            path=folder / "images" / row["image"],
            patient=f"fracture:{row['image']}",
            source="fracture",
            kind="limb",
            labels={FRACTURE: float(row["fracture"]), "hardware": float(row["hardware"]), **part_labels(row["part"])},
            view=row["view"] or None,
        )
        for row in rows(folder / "labels.csv")
    ]


def cephalogram(data: Path) -> list[Labelled]:
    """Lateral skulls of the Hamedan university set, one picture a patient."""
    return [
        Labelled(path, f"cephalogram:{path.stem}", "cephalogram", "skull_lateral") for path in pictures_in(data / "cephalogram" / "images")
    ]


def spine_lateral(data: Path) -> list[Labelled]:
    """Lateral lumbar spines without labels."""
    return [
        Labelled(path, f"spine_lateral:{path.stem}", "spine_lateral", "spine_lateral")
        for path in pictures_in(data / "spine_lateral_unlabelled")
    ]


def medical_mnist(data: Path) -> list[Labelled]:
    """Hands, head, chest and abdomen CT, breast MR and chests as thumbnails of 64 pixels; only what they show is known."""
    found: list[Labelled] = []
    for part, kind in MEDICAL_MNIST_KINDS.items():
        for path in pictures_in(data / "other" / "medmnist64" / part):
            found.append(Labelled(path, f"medical_mnist:{part}/{path.stem}", f"medical_mnist_{part}", kind))  # noqa: PERF401
    return found
