"""Sex and age as the public sets write them."""

import re
from pathlib import Path

from edge_app.errors import UnreadablePictureError
from edge_app.radiograph.picture import Facts
from edge_app.radiograph.reader import read_facts

OLDEST_YEARS = 120.0
"""An age above this is a slip of the pen (NIH ChestX-ray14 has some of 400 years) and counts as unknown."""
_YEARS_IN = {"y": 1.0, "m": 1 / 12, "w": 7 / 365.25, "d": 1 / 365.25}
_AGE = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s*([ymwd]?)", re.IGNORECASE)


def sex_of(text: str) -> str | None:
    """ "M" or "F" from "M", "Male", "female" …; None for anything else."""
    match text.strip().lower():
        case "m" | "male":
            return "M"
        case "f" | "female":
            return "F"
    return None


def age_years_of(text: str) -> float | None:
    """Years from "58", "058Y", "45yrs", "18 months", "003D"; None where there is no age or an impossible one."""
    found = _AGE.search(text)
    if found is None:
        return None
    years = float(found[1]) * _YEARS_IN[found[2].lower() or "y"]
    return years if years <= OLDEST_YEARS else None


def facts_of(path: Path) -> Facts:
    """What a DICOM file says of its picture; nothing where it is missing or cannot be read, which whoever opens the picture will say."""
    try:
        return read_facts(path)
    except UnreadablePictureError:
        return Facts()
