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
from export.datasets.own_table import masks_of, needed, person_of
from export.datasets.table import Row, table

SOURCE = "nasal_fractures"
TABLE = "nasal_fractures.csv"


def recognises(folder: Path) -> bool:
    """Whether a hospital's noses lie in this folder."""
    return (folder / TABLE).is_file()


def _one(folder: Path, row: Row) -> Labelled:
    fracture, person = row["fracture"].strip(), person_of(row)
    if fracture not in ("", "0", "1"):
        raise row.wrong("fracture", "0, 1 or empty")
    return Labelled(
        path=folder / needed(row, "image"),
        patient=f"{SOURCE}:{folder.name}:{needed(row, 'patient')}",
        source=SOURCE,
        kind="skull_lateral",
        labels={NASAL_FRACTURE: float(fracture)} if fracture else {},
        sex=person.sex,
        age_years=person.age_years,
        masks=dict(zip((NASAL_FRACTURE,), masks_of(row, folder, ("fracture",)).values(), strict=False)),
    )


def pictures(folder: Path) -> list[Labelled]:
    """Every picture of the table.

    Raises:
        DataSetError: the table is not as it should be; the message names line and column.
    """
    return [_one(folder, row) for row in table(folder / TABLE, ("image", "patient", "fracture"))]
