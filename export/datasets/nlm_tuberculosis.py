"""The tuberculosis sets of the National Library of Medicine as downloaded: Shenzhen and Montgomery County. The file's name is its label."""

import re
from pathlib import Path

import cv2
import numpy as np

from export.datasets.errors import MissingTableError, WrongContentError
from export.datasets.labelled import LUNG_FIELDS, NO_FINDING, Labelled
from export.datasets.people import age_years_of, sex_of

SHENZHEN, MONTGOMERY = "shenzhen", "montgomery"
PICTURES = "CXR_png"
_NAME = re.compile(r"(?:CHNCXR|MCUCXR)_\d{4}_([01])")
_SHENZHEN_PERSON = re.compile(r"\s*(female|male|f|m)\b[\s,.]*(\d.*)?", re.IGNORECASE)
_MONTGOMERY_SEX = re.compile(r"Sex:\s*(\w+)", re.IGNORECASE)
_MONTGOMERY_AGE = re.compile(r"Age:\s*(\S+)", re.IGNORECASE)


def _has(folder: Path, prefix: str) -> bool:
    return next((folder / PICTURES).glob(f"{prefix}_*.png"), None) is not None


def recognises_shenzhen(folder: Path) -> bool:
    """Whether the Shenzhen set lies in this folder."""
    return _has(folder, "CHNCXR")


def recognises_montgomery(folder: Path) -> bool:
    """Whether the Montgomery set lies in this folder."""
    return _has(folder, "MCUCXR")


def _reading(folder: Path, stem: str) -> str:
    path = folder / "ClinicalReadings" / f"{stem}.txt"
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _files(folder: Path, prefix: str) -> list[tuple[Path, bool]]:
    if not (folder / PICTURES).is_dir():
        raise MissingTableError(folder / PICTURES)
    found: list[tuple[Path, bool]] = []
    for path in sorted((folder / PICTURES).glob(f"{prefix}_*.png")):
        name = _NAME.fullmatch(path.stem)
        if name is None:
            raise WrongContentError(path, "the name does not end in _0 (normal) or _1 (tuberculosis)")
        found.append((path, name[1] == "1"))
    return found


def _labels(tuberculous: bool) -> dict[str, float]:
    """A normal chest has none of the 14 findings; of a tuberculous one only the tuberculosis is known."""
    return {"tuberculosis": 1.0} if tuberculous else {**NO_FINDING, "tuberculosis": 0.0}


def shenzhen(folder: Path) -> list[Labelled]:
    """662 chests of Shenzhen No. 3 hospital; lung fields from ``mask/`` where they were added. One picture a patient."""
    found: list[Labelled] = []
    for path, tuberculous in _files(folder, "CHNCXR"):
        person = _SHENZHEN_PERSON.match(_reading(folder, path.stem))
        mask = folder / "mask" / f"{path.stem}_mask.png"
        found.append(
            Labelled(
                path=path,
                # As in the shrunk copy of the set, so that a patient has one name in both.
                patient=f"tuberculosis:{path.stem}.jpg",
                source=SHENZHEN,
                kind="chest_adult",
                labels=_labels(tuberculous),
                masks={LUNG_FIELDS: mask} if mask.is_file() else {},
                sex=sex_of(person[1]) if person else None,
                age_years=age_years_of(person[2]) if person and person[2] else None,
            )
        )
    return found


def _is_on_the_left(mask: Path) -> bool:
    pixels = cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE)
    if pixels is None or not pixels.any():
        raise WrongContentError(mask, "no outline can be read from it")
    return bool(np.flatnonzero(pixels.any(0)).mean() < pixels.shape[1] / 2)


def _mask_folders(folder: Path, stems: list[str]) -> dict[str, Path]:
    """Structure → folder. Which side is meant by left is asked of the first picture: a patient's right lung is on the left of it."""
    left, right = folder / "ManualMask" / "leftMask", folder / "ManualMask" / "rightMask"
    first = next((stem for stem in stems if (left / f"{stem}.png").is_file()), None)
    if first is None:
        return {}
    patients_left = not _is_on_the_left(left / f"{first}.png")
    return {"left_lung": left, "right_lung": right} if patients_left else {"left_lung": right, "right_lung": left}


def montgomery(folder: Path) -> list[Labelled]:
    """138 chests of Montgomery County with the fields of both lungs; ``left_lung`` is the patient's. One picture a patient."""
    files = _files(folder, "MCUCXR")
    masks = _mask_folders(folder, [path.stem for path, _ in files])
    found: list[Labelled] = []
    for path, tuberculous in files:
        reading = _reading(folder, path.stem)
        sex, age = _MONTGOMERY_SEX.search(reading), _MONTGOMERY_AGE.search(reading)
        own = {name: place / path.name for name, place in masks.items()}
        found.append(
            Labelled(
                path=path,
                patient=f"montgomery:{path.stem}",
                source=MONTGOMERY,
                kind="chest_adult",
                labels=_labels(tuberculous),
                masks={name: mask for name, mask in own.items() if mask.is_file()},
                sex=sex_of(sex[1]) if sex else None,
                age_years=age_years_of(age[1]) if age else None,
            )
        )
    return found
