"""One's own pictures: a folder with ``radiographs.csv``, and ``boxes.csv`` where somebody drew boxes.

Columns of ``radiographs.csv``, in any order; an empty value is unknown:

- ``image``: path of the picture (DICOM, PNG or JPEG) below the folder;
- ``patient``: anything that is the same for two pictures of one patient, and for no others;
- ``kind``: what the picture shows, as the gate names it ("chest_adult", "limb", …);
- ``view`` ("PA", "AP", …), ``sex`` ("M" or "F"), ``age`` (years, or "3 months"), ``licence``: if known;
- ``mask_<structure>``: path of a mask of the picture's size, 255 inside ("mask_lung_fields", "mask_left_lung", "mask_heart", …);
- every other column is a label, from 0 (surely absent) to 1 (surely present).

Columns of ``boxes.csv``: ``image``, ``finding``, ``x``, ``y``, ``w``, ``h`` in pixels of the picture.
"""

from pathlib import Path

from export.datasets.boxes import Box, boxes_table
from export.datasets.labelled import Labelled
from export.datasets.own_table import MASK, masks_of, needed, person_of
from export.datasets.table import Row, table

SET = "own"
"""All of them by one name; each folder is a source of its own."""
TABLE = "radiographs.csv"
BOXES = "boxes.csv"
_KNOWN = frozenset({"image", "patient", "kind", "view", "sex", "age", "licence"})


def recognises(folder: Path) -> bool:
    """Whether a set of one's own lies in this folder."""
    return (folder / TABLE).is_file()


def source_of(folder: Path) -> str:
    """The name of the source: each folder is one of its own, so that hospitals can be told apart."""
    return f"{SET}_{folder.name}"


def _one(folder: Path, row: Row) -> Labelled:
    person = person_of(row)
    labels = [name for name in row if name and name not in _KNOWN and not name.startswith(MASK)]
    return Labelled(
        path=folder / needed(row, "image"),
        patient=f"{source_of(folder)}:{needed(row, 'patient')}",
        source=source_of(folder),
        kind=needed(row, "kind"),
        labels={name: row.share(name) for name in labels if row[name].strip()},
        view=row.get("view", "").strip() or None,
        licence=row.get("licence", "").strip() or None,
        masks=masks_of(row, folder),
        sex=person.sex,
        age_years=person.age_years,
    )


def pictures(folder: Path) -> list[Labelled]:
    """Every picture of the table."""
    return [_one(folder, row) for row in table(folder / TABLE, ("image", "patient", "kind"))]


def boxes(folder: Path) -> list[Box]:
    """The boxes of ``boxes.csv``; none where it is missing."""
    return boxes_table(folder / BOXES, folder)
