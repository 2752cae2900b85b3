"""A hospital's own lateral lumbar spines: a folder of pictures with ``spines.csv``, with landmarks, with masks, or with both.

Columns, in any order; an empty value is unknown:

- ``image``: path of the picture (DICOM, PNG or JPEG) below the folder;
- ``patient``: anything that is the same for two pictures of one patient, and for no others;
- ``implant``: 1 where screws, rods or cages are seen, 0 where somebody looked and there are none;
- ``<landmark>_x``, ``<landmark>_y`` in pixels of the picture, 0 being its left and upper edge, for ``L1_front``, ``L1_back`` (ends of the
  upper end plate of L1), ``S1_front``, ``S1_back`` (of the sacrum's), ``hip_1``, ``hip_2`` (middles of the femoral heads, in any order);
- ``mask_L1`` … ``mask_L5``, ``mask_sacrum``, ``mask_femoral_heads``: paths of masks of the picture's size, 255 inside; who outlines one
  structure of a picture outlines every one that is on it;
- ``sex`` ("M" or "F"), ``age`` (years): if known.
"""

from collections.abc import Mapping
from pathlib import Path

from edge_app.reading.finding import Point
from edge_app.reading.spine import STRUCTURES
from edge_app.reading.spinopelvic import LANDMARKS
from export.datasets.labelled import Labelled
from export.datasets.own_table import masks_of, needed, person_of
from export.datasets.table import Row, table
from export.simulate.lumbar_spines import IMPLANT

SOURCE, MARKED = "own_spines", "own_spines_marked"
"""Those with masks, and those with landmarks alone or nothing: no outline can be judged on these, but angles can."""
TABLE = "spines.csv"
_COLUMNS = ("image", "patient")


def recognises(folder: Path) -> bool:
    """Whether a hospital's spines lie in this folder."""
    return (folder / TABLE).is_file()


def _one(folder: Path, row: Row) -> Labelled:
    implant = row.get("implant", "").strip()
    if implant not in ("", "0", "1"):
        raise row.wrong("implant", "0, 1 or empty")
    _points(row)
    person, masks = person_of(row), masks_of(row, folder, STRUCTURES)
    return Labelled(
        path=folder / needed(row, "image"),
        patient=f"{SOURCE}:{folder.name}:{needed(row, 'patient')}",
        source=SOURCE if masks else MARKED,
        kind="spine_lateral",
        labels={IMPLANT: float(implant)} if implant else {},
        sex=person.sex,
        age_years=person.age_years,
        masks=masks,
    )


def _points(row: Row) -> dict[str, Point]:
    """The landmarks that are given. WrongValueError where one has but one of both numbers."""
    found = {}
    for name in LANDMARKS:
        x, y = (row.optional_number(f"{name}_{axis}") for axis in "xy")
        if x is not None and y is not None:
            found[name] = x, y
        elif x is not None or y is not None:
            raise row.wrong(f"{name}_{'y' if y is None else 'x'}", "given, as the other one is")
    return found


def pictures(folder: Path) -> list[Labelled]:
    """Every picture of the table.

    Raises:
        DataSetError: the table is not as it should be; the message names line and column.
    """
    return [_one(folder, row) for row in table(folder / TABLE, _COLUMNS)]


def landmarks_in(folder: Path) -> Mapping[Path, Mapping[str, Point]]:
    """The landmarks of every picture that has some, in its own pixels. DataSetError as above."""
    found = {folder / needed(row, "image"): _points(row) for row in table(folder / TABLE, _COLUMNS)}
    return {path: points for path, points in found.items() if points}
