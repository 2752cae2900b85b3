"""A hospital's own newborns with their grades of respiratory distress syndrome: a folder of pictures with ``grades.csv``.

Columns of ``grades.csv``, in any order; an empty value is unknown:

- ``image``: path of the picture (DICOM, PNG or JPEG) below the folder;
- ``patient``: anything that is the same for two pictures of one newborn, and for no others;
- ``grade``: 0 to 4, or I to IV; 0 says that somebody looked and saw no respiratory distress syndrome;
- ``sex`` ("M" or "F"), ``age_days``: if known;
- ``mask_right_lung``, ``mask_left_lung``: paths of masks of the picture's size, 255 inside, where somebody outlined the lungs; right and
  left are the patient's.
"""

from pathlib import Path

from edge_app.reading.anatomy import LEFT_LUNG, RIGHT_LUNG
from edge_app.reading.protocols.neonatal_rds import AT_LEAST
from export.datasets.labelled import Labelled
from export.datasets.people import sex_of
from export.datasets.table import Row, table

SOURCE = "newborn_grades"
TABLE = "grades.csv"
_GRADES = {"0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "I": 1, "II": 2, "III": 3, "IV": 4}
_DAYS_A_YEAR = 365.25


def recognises(folder: Path) -> bool:
    """Whether a hospital's newborns lie in this folder."""
    return (folder / TABLE).is_file()


def labels_of_grade(grade: int) -> dict[str, float]:
    """The labels of respiratory distress syndrome of a grade, 1…4, or of none, 0."""
    return {name: float(grade >= at) for at, name in enumerate(AT_LEAST, start=1)}


def _one(folder: Path, row: Row) -> Labelled:
    given = {name: row[name].strip() for name in ("image", "patient", "grade")}
    for name in ("image", "patient"):
        if not given[name]:
            raise row.wrong(name, "given, and it cannot be guessed")
    if given["grade"] and given["grade"].upper() not in _GRADES:
        raise row.wrong("grade", "0 to 4, I to IV or empty")
    sex = row.get("sex", "").strip()
    if sex and sex_of(sex) is None:
        raise row.wrong("sex", "M, F or empty")
    days = row.optional_number("age_days")
    masks = {name: mask for name in (RIGHT_LUNG, LEFT_LUNG) if (mask := row.get(f"mask_{name}", "").strip())}
    for name, mask in masks.items():
        if not (folder / mask).is_file():
            raise row.wrong(f"mask_{name}", "a file below the folder")
    return Labelled(
        path=folder / given["image"],
        patient=f"{SOURCE}:{folder.name}:{given['patient']}",
        source=SOURCE,
        kind="chest_newborn",
        labels=labels_of_grade(_GRADES[given["grade"].upper()]) if given["grade"] else {},
        view="AP",
        sex=sex_of(sex),
        age_years=None if days is None else days / _DAYS_A_YEAR,
        masks={name: folder / mask for name, mask in masks.items()},
    )


def pictures(folder: Path) -> list[Labelled]:
    """Every picture of the table.

    Raises:
        DataSetError: the table is not as it should be; the message names line and column.
    """
    return [_one(folder, row) for row in table(folder / TABLE, ("image", "patient", "grade"))]
