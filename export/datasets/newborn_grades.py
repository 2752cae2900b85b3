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
from export.datasets.own_table import masks_of, needed, person_of
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
    grade, days = row["grade"].strip().upper(), row.optional_number("age_days")
    if grade and grade not in _GRADES:
        raise row.wrong("grade", "0 to 4, I to IV or empty")
    return Labelled(
        path=folder / needed(row, "image"),
        patient=f"{SOURCE}:{folder.name}:{needed(row, 'patient')}",
        source=SOURCE,
        kind="chest_newborn",
        labels=labels_of_grade(_GRADES[grade]) if grade else {},
        view="AP",
        sex=person_of(row).sex,
        age_years=None if days is None else days / _DAYS_A_YEAR,
        masks=masks_of(row, folder, (RIGHT_LUNG, LEFT_LUNG)),
    )


def pictures(folder: Path) -> list[Labelled]:
    """Every picture of the table.

    Raises:
        DataSetError: the table is not as it should be; the message names line and column.
    """
    return [_one(folder, row) for row in table(folder / TABLE, ("image", "patient", "grade"))]
