"""Where the nose lies on training pictures: as people marked it, or as the very model finds it that finds it on the box."""

from collections.abc import Sequence
from pathlib import Path

from edge_app.progress import followed
from edge_app.radiograph.picture import Picture
from edge_app.reading.finding import Box
from edge_app.reading.nose import found_nose
from edge_app.reading.protocols.nasal_bone import NOSE_MODEL
from export.datasets.canvases import opened
from export.datasets.labelled import Labelled
from export.datasets.lung_boxes import looking


def nose_on(picture: Picture, models: Path) -> Box | None:
    """The nose as the box finds it, in original pixels; None where it finds none.

    Raises:
        ModelError: the finder is not among the ``models``, or does not run.
    """
    found = found_nose(looking(models / NOSE_MODEL)(picture), picture)
    return None if found is None else found.box


def noses_of(pictures: Sequence[Labelled], models: Path) -> list[Box | None]:
    """``nose_on`` each picture."""
    return [nose_on(opened(picture.path), models) for picture in followed(pictures, "pictures whose nose was looked for")]
