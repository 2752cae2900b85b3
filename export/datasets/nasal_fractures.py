"""A hospital's own lateral views of noses, broken and not: a folder of pictures with ``nasal_fractures.csv``.

Columns, in any order; an empty value is unknown:

- ``image``: path of the picture (DICOM, PNG or JPEG) below the folder;
- ``patient``: anything that is the same for two pictures of one patient, and for no others;
- ``fracture``: 1 where the nasal bone is broken, 0 where somebody looked and it is not;
- ``sex`` ("M" or "F"), ``age`` (years, or "3 months"): if known;
- ``mask_fracture``: path of a mask of the picture's size, 255 on the fracture, where somebody outlined it.
"""

from pathlib import Path

from edge_app.reading.protocols.nasal_bone import NASAL_FRACTURE
from export.datasets.labelled import Labelled
from export.datasets.people import age_years_of, sex_of
from export.datasets.table import Row, table

SOURCE = "nasal_fractures"
TABLE = "nasal_fractures.csv"


def recognises(folder: Path) -> bool:
    """Whether a hospital's noses lie in this folder."""
    return (folder / TABLE).is_file()


def _one(folder: Path, row: Row) -> Labelled:
    given = {name: row[name].strip() for name in ("image", "patient", "fracture")}
    for name in ("image", "patient"):
        if not given[name]:
            raise row.wrong(name, "given, and it cannot be guessed")
    if given["fracture"] not in ("", "0", "1"):
        raise row.wrong("fracture", "0, 1 or empty")
    sex, age = row.get("sex", "").strip(), row.get("age", "").strip()
    if sex and sex_of(sex) is None:
        raise row.wrong("sex", "M, F or empty")
    if age and age_years_of(age) is None:
        raise row.wrong("age", "an age or empty")
    mask = row.get("mask_fracture", "").strip()
    if mask and not (folder / mask).is_file():
        raise row.wrong("mask_fracture", "a file below the folder")
    return Labelled(
        path=folder / given["image"],
        patient=f"{SOURCE}:{folder.name}:{given['patient']}",
        source=SOURCE,
        kind="skull_lateral",
        labels={NASAL_FRACTURE: float(given["fracture"])} if given["fracture"] else {},
        sex=sex_of(sex),
        age_years=age_years_of(age) if age else None,
        masks={NASAL_FRACTURE: folder / mask} if mask else {},
    )


def pictures(folder: Path) -> list[Labelled]:
    """Every picture of the table.

    Raises:
        DataSetError: the table is not as it should be; the message names line and column.
    """
    return [_one(folder, row) for row in table(folder / TABLE, ("image", "patient", "fracture"))]
