"""A picture turned by quarters, and what was found on it turned back, so that all is told in the pixels of the picture that came."""

import dataclasses
from dataclasses import replace

import numpy as np

from edge_app.errors import ModelError
from edge_app.radiograph.picture import Picture
from edge_app.reading.anatomy import Anatomy, Drawn
from edge_app.reading.canvas import Placement
from edge_app.reading.finding import Box
from edge_app.reading.seen import Seen

QUARTERS = 4


def turned(picture: Picture, quarters: int) -> Picture:
    """The picture turned counter-clockwise by so many quarters."""
    if quarters % QUARTERS == 0:
        return picture
    pixels = np.ascontiguousarray(np.rot90(picture.pixels, quarters))
    if quarters % 2 == 0:
        return replace(picture, pixels=pixels)
    spacing = None if picture.spacing_mm is None else (picture.spacing_mm[1], picture.spacing_mm[0])
    return replace(
        picture, pixels=pixels, rows=picture.columns, columns=picture.rows, spacing_mm=spacing, pixel_aspect=1.0 / picture.pixel_aspect
    )


def box_back(box: Box, rows: int, columns: int, quarters: int) -> Box:
    """A box on a turned picture of ``rows`` × ``columns`` as it lies on the one that came."""
    for _ in range(quarters % QUARTERS):
        box = Box(rows - box.y - box.height, box.x, box.height, box.width)
        rows, columns = columns, rows
    return box


def _placement_back(placement: Placement, side: int, quarters: int) -> Placement:
    for _ in range(quarters % QUARTERS):
        placement = Placement(
            placement.factor_y,
            placement.factor_x,
            side - placement.offset_y - placement.height,
            placement.offset_x,
            placement.height,
            placement.width,
        )
    return placement


def seen_back(seen: Seen, upright: Picture, quarters: int) -> Seen:
    """What a network saw on the turned picture ``upright`` as if it had seen it on the one that came.

    Raises:
        ModelError: its canvas is no square, or its map says how far findings reach, which is told by sides.
    """
    if quarters % QUARTERS == 0:
        return seen
    wanted = seen.card.input
    if wanted.height != wanted.width or seen.card.reach:
        raise ModelError(f"{seen.card.name}: what it gives cannot be turned")
    return dataclasses.replace(
        seen,
        map=None if seen.map is None else np.ascontiguousarray(np.rot90(seen.map, -quarters, (-2, -1))),
        placement=_placement_back(seen.placement, wanted.height, quarters),
        part=None if seen.part is None else box_back(seen.part, upright.rows, upright.columns, quarters),
    )


def anatomy_back(anatomy: Anatomy, quarters: int) -> Anatomy:
    """The structures that were outlined on a turned picture, on the one that came. Right and left stay the patient's."""
    if quarters % QUARTERS == 0:
        return anatomy

    def back(drawn: Drawn) -> Drawn:
        levels = np.ascontiguousarray(np.rot90(drawn.levels, -quarters), dtype=np.uint8)
        return dataclasses.replace(drawn, levels=levels, mask=np.ascontiguousarray(np.rot90(drawn.mask, -quarters), dtype=np.bool_))

    # Its canvas ends where the picture does: no offset, whatever the side.
    placement = dataclasses.replace(_placement_back(anatomy.placement, 0, quarters), offset_x=0, offset_y=0)
    return dataclasses.replace(anatomy, drawn=tuple(map(back, anatomy.drawn)), placement=placement)
