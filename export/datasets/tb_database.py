"""The TB Chest Radiography Database (Rahman et al. 2020) as downloaded: two folders, gathered from other public sets."""

from pathlib import Path

from export.datasets.errors import MissingTableError
from export.datasets.labelled import NO_FINDING, Labelled
from export.datasets.table import pictures_in

SOURCE = "tb_database"
NORMAL, TUBERCULOUS = "Normal", "Tuberculosis"


def recognises(folder: Path) -> bool:
    """Whether the set lies in this folder."""
    return any(next((folder / part).glob(f"{part}-*.png"), None) for part in (NORMAL, TUBERCULOUS))


def pictures(folder: Path) -> list[Labelled]:
    """Both folders. Normal ones come from NIH by way of RSNA and from NLM, and name no patient: look for duplicates before splitting."""
    found: list[Labelled] = []
    for part, labels in ((NORMAL, {**NO_FINDING, "tuberculosis": 0.0}), (TUBERCULOUS, {"tuberculosis": 1.0})):
        if not (folder / part).is_dir():
            raise MissingTableError(folder / part)
        found.extend(Labelled(path, f"{SOURCE}:{path.stem}", SOURCE, "chest_adult", labels) for path in pictures_in(folder / part))
    return found
