"""Kermany et al. 2018 as downloaded (from Mendeley, or its mirror with a val folder): chests of children, the label in folder and name."""

import re
from pathlib import Path

from export.datasets.errors import MissingTableError, WrongContentError
from export.datasets.labelled import Labelled
from export.datasets.table import pictures_in

SOURCE = "kermany"
SIDES = ("train", "val", "test")
PARTS = ("NORMAL", "PNEUMONIA")
_NAMES = (
    re.compile(r"(?P<family>person)(?P<patient>\d+)_(?P<cause>bacteria|virus)_\d+", re.IGNORECASE),
    re.compile(r"(?P<family>(?:NORMAL2-)?IM)-(?P<patient>\d+)-\d+(?:-\d+)?", re.IGNORECASE),
    re.compile(r"(?P<cause>NORMAL|BACTERIA|VIRUS)-(?P<patient>\d+)-\d+", re.IGNORECASE),
)


def recognises(folder: Path) -> bool:
    """Whether the set lies in this folder."""
    return all((folder / "train" / part).is_dir() for part in PARTS)


def _patient_and_cause(path: Path) -> tuple[str, str]:
    """One number is taken for one patient, whatever the cause and the folder: too few patients do no harm, too many let one cross sides."""
    for pattern in _NAMES:
        found = pattern.fullmatch(path.stem)
        if found:
            own = found.groupdict()
            family = {"person": "p", "": ""}.get((own.get("family") or "").lower(), "n")
            return f"paediatric:{family}{own['patient']}", (own.get("cause") or "").lower()
    raise WrongContentError(path, "the name does not tell the patient as this set's names do")


def pictures(folder: Path) -> list[Labelled]:
    """Every picture; pneumonia is known, its cause where there is one, the other findings were not looked for."""
    if not recognises(folder):
        raise MissingTableError(folder / "train" / PARTS[0])
    found: list[Labelled] = []
    for side in SIDES:
        for part in PARTS:
            for path in pictures_in(folder / side / part):
                if path.name.startswith("."):
                    continue
                patient, cause = _patient_and_cause(path)
                labels = {"Pneumonia": float(part == "PNEUMONIA")}
                if part == "PNEUMONIA" and cause in {"bacteria", "virus"}:
                    labels["bacterial"] = float(cause == "bacteria")
                found.append(Labelled(path, patient, SOURCE, "chest_child", labels, "AP"))
    return found
