"""A DICOM file: from its bytes to a picture, every promise of its header held against the limits and the bytes first."""

import hashlib
import uuid
from dataclasses import dataclass

import numpy as np
from pydicom.uid import RLELossless

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.byte_source import ByteSource
from edge_app.radiograph.codestream import Codestream, Coding, bare, check_complete, read_codestream_header
from edge_app.radiograph.data_set import DataSet, read_data_set
from edge_app.radiograph.decoders import Frame, decode
from edge_app.radiograph.facts import KnownFacts, facts_of, frames_of
from edge_app.radiograph.header import Header
from edge_app.radiograph.limits import check_size
from edge_app.radiograph.modality import check_modality
from edge_app.radiograph.photometric import GREY, SAMPLES_PER_PIXEL, grey_of, grey_of_palette, lowest_is_white
from edge_app.radiograph.picture import Assumption, Facts, Picture
from edge_app.radiograph.pixel_data import encapsulated_frame, native_frame
from edge_app.radiograph.shrink import halvings_for, shrunk
from edge_app.radiograph.spacing import spacing_of
from edge_app.radiograph.voi import grey_values, has_tables, inverted

_HASHED_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class _Layout:
    """How the header says the samples are stored, PS3.3 C.7.6.3."""

    rows: int
    columns: int
    samples: int
    photometric: str
    bits_allocated: int
    bits_stored: int
    high_bit: int
    assumptions: tuple[Assumption, ...]

    @property
    def frame_bytes(self) -> int:
        if self.photometric == "YBR_FULL_422":
            return self.rows * self.columns * 2
        return self.rows * self.columns * self.samples * (self.bits_allocated // 8)


def read_dicom_facts(source: ByteSource) -> Facts:
    """What the header says; no pixel is touched.

    Raises:
        UnreadablePictureError: NO_TRANSFER_SYNTAX, UNSUPPORTED_TRANSFER_SYNTAX, TRUNCATED, MALFORMED or TOO_LARGE.
    """
    return _facts(read_data_set(source)).facts


def read_dicom(source: ByteSource, longest_side: int | None) -> Picture:
    """Read the first frame as a picture.

    Raises:
        UnreadablePictureError: for every file that is not a whole radiograph within the limits.
    """
    data_set = read_data_set(source)
    header = data_set.header
    unsaid = check_modality(header)
    if data_set.pixels is None:
        raise UnreadablePictureError(Refusal.NO_PIXEL_DATA, "no Pixel Data (7FE0,0010)")
    layout = _layout(header)
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
    known = _facts(data_set)
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


def _facts(data_set: DataSet) -> KnownFacts:
    return facts_of(data_set.header, data_set.transfer_syntax, lambda: _identifier_for_content(data_set))


def _identifier_for_content(data_set: DataSet) -> str:
    """A UID from the data set's bytes: the same picture gets the same again, and no two pictures share one (PS3.5 B.2)."""
    data_set.source.seek(data_set.start)
    digest = hashlib.sha256()
    while data_set.source.remaining:
        digest.update(data_set.source.read(min(_HASHED_AT_ONCE, data_set.source.remaining)))
    return f"2.25.{uuid.UUID(bytes=digest.digest()[:16], version=5).int}"


def _layout(header: Header) -> _Layout:
    rows, columns = header.integer("Rows"), header.integer("Columns")
    if rows is None or columns is None:
        raise UnreadablePictureError(Refusal.MALFORMED, "Rows (0028,0010) or Columns (0028,0011) is missing")
    check_size(rows, columns, "the header")
    photometric, samples = header.word("PhotometricInterpretation"), header.integer("SamplesPerPixel")
    assumptions: list[Assumption] = []
    if photometric is None:
        photometric = "RGB" if samples == 3 else "MONOCHROME2"
        assumptions.append(Assumption.PHOTOMETRIC_MISSING)
    expected = SAMPLES_PER_PIXEL.get(photometric)
    if expected is None:
        raise UnreadablePictureError(
            Refusal.UNSUPPORTED_TRANSFER_SYNTAX, "a Photometric Interpretation other than grey, palette, RGB and YBR"
        )
    if samples not in {None, expected}:
        raise UnreadablePictureError(Refusal.MALFORMED, f"{photometric} with {samples} samples a pixel")
    allocated, stored = header.integer("BitsAllocated"), header.integer("BitsStored")
    if allocated not in {8, 16, 32}:
        raise UnreadablePictureError(Refusal.MALFORMED, f"{allocated} bits allocated")
    if stored is None or not 1 <= stored <= allocated:
        stored = min(allocated, 16)
        assumptions.append(Assumption.BITS_STORED_GUESSED)
    if stored > 16:
        raise UnreadablePictureError(Refusal.MALFORMED, f"{stored} bits stored")
    high_bit = header.integer("HighBit")
    if high_bit is None or not stored - 1 <= high_bit < allocated:
        high_bit = stored - 1
    if photometric == "YBR_FULL_422" and (columns % 2 or allocated != 8):
        raise UnreadablePictureError(Refusal.MALFORMED, f"YBR_FULL_422 with {columns} columns and {allocated} bits allocated")
    return _Layout(rows, columns, expected, photometric, allocated, stored, high_bit, tuple(assumptions))


def _frame(data_set: DataSet, layout: _Layout, longest_side: int | None) -> Frame:
    header, syntax, pixels = data_set.header, data_set.transfer_syntax, data_set.pixels
    if pixels is None:
        raise UnreadablePictureError(Refusal.NO_PIXEL_DATA, "no Pixel Data (7FE0,0010)")
    frames = frames_of(header)
    codestream: Codestream | None = None
    halvings = 0
    if not syntax.is_encapsulated:
        data = native_frame(data_set.source, pixels, layout.frame_bytes, frames)
    else:
        data = encapsulated_frame(data_set.source, pixels, frames)
    if syntax.is_encapsulated and syntax != RLELossless:
        data = bare(data)
        codestream = _checked_codestream(data, layout)
        if _may_be_halved(codestream, layout, header):
            halvings = halvings_for(layout.rows, layout.columns, longest_side, codestream.levels)
    return Frame(
        data=data,
        transfer_syntax=syntax,
        codestream=codestream,
        rows=layout.rows,
        columns=layout.columns,
        samples=layout.samples,
        bits_allocated=layout.bits_allocated,
        bits_stored=layout.bits_stored,
        high_bit=layout.high_bit,
        signed=header.integer("PixelRepresentation") == 1,
        by_plane=header.integer("PlanarConfiguration") == 1,
        photometric=layout.photometric,
        pixel_vr=pixels.vr,
        halvings=halvings,
    )


def _may_be_halved(stream: Codestream, layout: _Layout, header: Header) -> bool:
    """Whether a mean of neighbours means anything before the values are looked at: no tables, no padding, no bits that do not count."""
    plain = layout.photometric in GREY and not has_tables(header)
    return plain and stream.coding is Coding.JPEG_2000 and stream.precision <= layout.bits_stored


def _checked_codestream(data: bytes, layout: _Layout) -> Codestream:
    stream = read_codestream_header(data)
    check_size(stream.rows, stream.columns, f"the {stream.coding} codestream")
    promised = (layout.rows, layout.columns, layout.samples)
    if (stream.rows, stream.columns, stream.components) != promised:
        raise UnreadablePictureError(
            Refusal.MALFORMED,
            f"the header says {layout.rows} × {layout.columns} × {layout.samples}, "
            f"the {stream.coding} codestream {stream.rows} × {stream.columns} × {stream.components}",
        )
    check_complete(data, stream.coding)
    return stream
