"""What of a picture a hospital is sent: rung 2 is the region that matters, rung 3 the whole, small, rung 4 the original in parts."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.casebook.offers import Offer
from edge_app.casebook.originals import Transfer
from edge_app.dispatch.packet import in_thousandths
from edge_app.errors import MessageError
from edge_app.link.messages import LEAST_PART_BYTES, REGION_BYTES, OriginalBody, PartBody, PreviewBody, RegionBody
from edge_app.radiograph.picture import Picture
from edge_app.reading.finding import Box, Reading

PREVIEW_BYTES = 120_000
SIDES = (1024, 768, 512, 384, 256)
QUALITIES = (85, 70, 55, 40)
PART_BYTES = LEAST_PART_BYTES
"""The least there may be: what is lost when a part is broken off for a word is sent again."""
AROUND = 1.4
"""How much wider and higher than its box a region is: a finding is judged by what lies around it."""
LEAST_SHARE = 0.35
"""Of the picture's width and height, at least: a nodule alone could lie anywhere."""


@dataclass(frozen=True)
class SmallPicture:
    """A picture, or a part of one, made small for the link, as WebP."""

    rows: int
    columns: int
    content: bytes


def shrink_for_link(picture: Picture, most_bytes: int) -> SmallPicture:
    """The picture as WebP through its own window, in at most that many bytes.

    Raises:
        MessageError: it cannot be made small enough, or not encoded.
    """
    for side in SIDES:
        grey = picture.as_uint8(side)
        for quality in QUALITIES:
            encoded, content = cv2.imencode(".webp", grey, [cv2.IMWRITE_WEBP_QUALITY, quality])
            if not encoded:
                raise MessageError("the picture could not be encoded")
            if content.size <= most_bytes:
                rows, columns = grey.shape
                return SmallPicture(rows, columns, content.tobytes())
    raise MessageError("the picture could not be made small enough")


def _leading_box(reading: Reading) -> Box | None:
    """The box of what matters most: the first of the top three that has one, then the most probable that is called."""
    called = sorted((one for one in reading.findings if one.called and one.box is not None), key=lambda one: -one.probability)
    by_name = {one.name: one for one in called}
    return next((by_name[name].box for name in (*reading.top3, *by_name) if name in by_name), None)


def _chest_box(reading: Reading) -> Box | None:
    """The box around all that is outlined; None where nothing is."""
    points = [point for outline in reading.outlines for polygon in outline.polygons for point in polygon]
    if not points:
        return None
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def region_box(reading: Reading, rows: int, columns: int) -> Box:
    """The region that matters, in pixels of a picture of that size: around what matters most, else around the chest, else all of it."""
    box = _leading_box(reading) or _chest_box(reading)
    if box is None:
        return Box(0, 0, columns, rows)
    left, right = _widened(box.x, box.width, columns)
    top, bottom = _widened(box.y, box.height, rows)
    return Box(left, top, right - left, bottom - top)


def _widened(start: float, length: float, whole: int) -> tuple[int, int]:
    """From and to of a stretch made wider about its middle, within 0…whole."""
    wide = min(float(whole), max(length * AROUND, whole * LEAST_SHARE))
    first = min(max(0.0, start + length / 2 - wide / 2), whole - wide)
    return round(first), max(round(first) + 1, round(first + wide))


def _cut_out(picture: Picture, box: Box) -> Picture:
    scale = picture.scale
    top, left = int(box.y / scale), int(box.x / scale)
    pixels: NDArray[np.uint16] = picture.pixels[top : top + max(1, int(box.height / scale)), left : left + max(1, int(box.width / scale))]
    return replace(picture, pixels=pixels, rows=round(box.height), columns=round(box.width))


@dataclass(frozen=True)
class Rungs:
    """Rungs 2 and 3 of one reading, made once for all who are asked. ``box`` is the region's in thousandths of the picture, and ``edited``
    whether that is one which the crew has edited."""

    box: tuple[int, int, int, int]
    region: SmallPicture
    preview: SmallPicture
    edited: bool = False


def rungs_of(reading: Reading, picture: Picture, *, edited: bool = False) -> Rungs:
    """Make the region and the preview. MessageError where one cannot be made."""
    box = region_box(reading, picture.rows, picture.columns)
    return Rungs(
        in_thousandths(box, picture.columns, picture.rows),
        shrink_for_link(_cut_out(picture, box), REGION_BYTES),
        shrink_for_link(picture, PREVIEW_BYTES),
        edited,
    )


def region_and_preview(offer: Offer, rungs: Rungs) -> Iterable[RegionBody | PreviewBody]:
    """Rungs 2 and 3 of an offer."""
    yield RegionBody.model_validate({**_fields(offer, rungs.region, edited=rungs.edited), "box": rungs.box})
    yield PreviewBody.model_validate(_fields(offer, rungs.preview, edited=rungs.edited))


def _fields(offer: Offer, small: SmallPicture, *, edited: bool) -> dict[str, str | int | bytes]:
    """What any small picture of an offer has in a message."""
    return {"offer_id": offer.id, "revision": offer.revision, "media_type": "image/webp", "edited": edited, **asdict(small)}


def manifest(transfer: Transfer) -> OriginalBody:
    """What rung 4 will be. MessageError where an original is larger than the link takes."""
    try:
        return OriginalBody(
            offer_id=transfer.offer_id,
            sha256=transfer.sha256,
            revision=transfer.revision,
            media_type=transfer.media_type,
            size=transfer.size,
            part_bytes=PART_BYTES,
        )
    except ValueError:
        raise MessageError(f"an original of {transfer.size} bytes is too large for the link") from None


def part(transfer: Transfer, number: int, content: bytes) -> PartBody:
    """One part of rung 4."""
    return PartBody(offer_id=transfer.offer_id, sha256=transfer.sha256, number=number, content=content)
