"""A DICOM file: from its bytes to a picture, every promise of its header held against the limits and the bytes first."""

import hashlib
import uuid

import numpy as np

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.byte_source import ByteSource
from edge_app.radiograph.data_set import DataSet, read_data_set
from edge_app.radiograph.decoders import Frame, decode
from edge_app.radiograph.facts import KnownFacts, facts_of, frames_of
from edge_app.radiograph.modality import check_modality
from edge_app.radiograph.photometric import grey_of, grey_of_palette, lowest_is_white
from edge_app.radiograph.picture import Assumption, Facts, Picture
from edge_app.radiograph.pixel_data import encapsulated_frame, native_frame
from edge_app.radiograph.shrink import shrunk
from edge_app.radiograph.spacing import spacing_of
from edge_app.radiograph.stored_frame import Layout, layout_of, stored_frame
from edge_app.radiograph.transfer_syntax import VIDEO
from edge_app.radiograph.voi import grey_values, inverted

_HASHED_AT_ONCE = 1 << 20


def read_dicom_facts(source: ByteSource) -> Facts:
    """What the header says; no pixel is touched.

    Raises:
        UnreadablePictureError: NO_TRANSFER_SYNTAX, UNSUPPORTED_TRANSFER_SYNTAX, TRUNCATED, MALFORMED or TOO_LARGE.
    """
    return facts_in(read_data_set(source)).facts


def read_dicom(source: ByteSource, longest_side: int | None) -> Picture:
    """Read the first frame as a picture.

    Raises:
        UnreadablePictureError: for every file that is not a whole radiograph within the limits.
    """
    data_set = read_data_set(source)
    header = data_set.header
    if data_set.transfer_syntax in VIDEO:
        raise UnreadablePictureError(Refusal.MULTI_FRAME, f"a video of transfer syntax {data_set.transfer_syntax}")
    unsaid = check_modality(header)
    if data_set.pixels is None:
        raise UnreadablePictureError(Refusal.NO_PIXEL_DATA, "no Pixel Data (7FE0,0010)")
    layout = layout_of(header)
    frame = _frame(data_set, layout, longest_side)
    samples = decode(frame)
    samples = grey_of_palette(samples, header) if layout.photometric == "PALETTE COLOR" else grey_of(samples)
    grey = grey_values(samples, header)
    values = grey.values
    white_low = lowest_is_white(header)
    if grey.padding is not None:
        # Padding is black in either polarity, and stays out of the neighbours' mean no more than black does.
        values = np.where(grey.padding, np.uint16(grey.top if white_low else 0), values)
    pixels = shrunk(values, layout.rows, layout.columns, longest_side)
    spacing = spacing_of(header)
    known = facts_in(data_set)
    assumptions = (
        unsaid,
        *layout.assumptions,
        Assumption.WINDOW_FROM_PIXELS if grey.window_from_pixels else None,
        spacing.assumption,
        Assumption.FIRST_FRAME_ONLY if known.facts.frames > 1 else None,
        *known.assumptions,
    )
    return Picture(
        pixels=np.uint16(grey.top) - pixels if white_low else np.ascontiguousarray(pixels),
        window=inverted(grey.window, grey.top) if white_low else grey.window,
        rows=layout.rows,
        columns=layout.columns,
        spacing_mm=spacing.spacing_mm,
        facts=known.facts,
        assumptions=tuple(dict.fromkeys(assumption for assumption in assumptions if assumption is not None)),
        pixel_aspect=spacing.pixel_aspect,
    )


def facts_in(data_set: DataSet) -> KnownFacts:
    """The facts of a data set, and what was assumed for them."""
    return facts_of(data_set.header, data_set.transfer_syntax, lambda: _identifier_for_content(data_set))


def _identifier_for_content(data_set: DataSet) -> str:
    """A UID from the data set's bytes: the same picture gets the same again, and no two pictures share one (PS3.5 B.2)."""
    data_set.source.seek(data_set.start)
    digest = hashlib.sha256()
    while data_set.source.remaining:
        digest.update(data_set.source.read(min(_HASHED_AT_ONCE, data_set.source.remaining)))
    return f"2.25.{uuid.UUID(bytes=digest.digest()[:16], version=5).int}"


def _frame(data_set: DataSet, layout: Layout, longest_side: int | None) -> Frame:
    syntax, pixels = data_set.transfer_syntax, data_set.pixels
    if pixels is None:
        raise UnreadablePictureError(Refusal.NO_PIXEL_DATA, "no Pixel Data (7FE0,0010)")
    frames = frames_of(data_set.header)
    if syntax.is_encapsulated:
        data = encapsulated_frame(data_set.source, pixels, frames)
    else:
        data = native_frame(data_set.source, pixels, layout.frame_bytes, frames)
    return stored_frame(data, data_set, layout, longest_side)
