"""How frames lie in a DICOM file, PS3.3 C.7.6.3, and one of them made ready for its decoder, its codestream held against the header."""

from dataclasses import dataclass

from pydicom.uid import RLELossless

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.codestream import Codestream, Coding, bare, check_complete, read_codestream_header
from edge_app.radiograph.data_set import DataSet
from edge_app.radiograph.decoders import Frame
from edge_app.radiograph.header import Header
from edge_app.radiograph.limits import check_size
from edge_app.radiograph.photometric import GREY, SAMPLES_PER_PIXEL
from edge_app.radiograph.picture import Assumption
from edge_app.radiograph.shrink import halvings_for
from edge_app.radiograph.voi import has_tables


@dataclass(frozen=True)
class Layout:
    """How the header says the samples are stored, PS3.3 C.7.6.3; ``assumptions`` is what it did not say."""

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
        """Bytes of an uncompressed frame, without padding."""
        if self.photometric == "YBR_FULL_422":
            return self.rows * self.columns * 2
        return self.rows * self.columns * self.samples * (self.bits_allocated // 8)


def layout_of(header: Header) -> Layout:
    """Read the layout.

    Raises:
        UnreadablePictureError: MALFORMED, EMPTY_PICTURE, TOO_LARGE or UNSUPPORTED_TRANSFER_SYNTAX.
    """
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
    return Layout(rows, columns, expected, photometric, allocated, stored, high_bit, tuple(assumptions))


def stored_frame(data: bytes, data_set: DataSet, layout: Layout, longest_side: int | None) -> Frame:
    """One frame's bytes with all that decoding them takes; of JPEG 2000 no more is asked for than ``longest_side`` needs.

    Raises:
        UnreadablePictureError: MALFORMED, TRUNCATED, TOO_LARGE or UNSUPPORTED_TRANSFER_SYNTAX.
    """
    header, syntax, pixels = data_set.header, data_set.transfer_syntax, data_set.pixels
    codestream: Codestream | None = None
    halvings = 0
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
        pixel_vr="" if pixels is None else pixels.vr,
        halvings=halvings,
    )


def _may_be_halved(stream: Codestream, layout: Layout, header: Header) -> bool:
    """Whether a mean of neighbours means anything before the values are looked at: no tables, no padding, no bits that do not count."""
    plain = layout.photometric in GREY and not has_tables(header)
    return plain and stream.coding is Coding.JPEG_2000 and stream.precision <= layout.bits_stored


def _checked_codestream(data: bytes, layout: Layout) -> Codestream:
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
