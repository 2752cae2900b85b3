"""The original for a hospital: every pixel as it came, nothing that names a patient. What arrived uncompressed is made JPEG-LS.

Until the link is sealed a name must not travel on it, so a DICOM object is written anew from attributes that are listed, as the basic
profile of PS3.15 annex E removes them: a list of what is kept forgets nothing that a vendor may have put elsewhere.
"""

import io
import struct
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from pydicom import Dataset, FileDataset, dcmread, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import JPEGLSLossless

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.attributes import WANTED
from edge_app.radiograph.file_kind import FileKind, kind_of, opened
from edge_app.radiograph.limits import MAX_PIXELS
from edge_app.radiograph.reader import read_facts
from edge_app.radiograph.transfer_syntax import VIDEO


class OriginalMedia(StrEnum):
    """What an original comes as."""

    DICOM = "application/dicom"
    PNG = "image/png"
    JPEG = "image/jpeg"


@dataclass(frozen=True)
class Original:
    """A file that holds the whole picture without loss."""

    media_type: OriginalMedia
    content: bytes


_BESIDE_WANTED = (
    "SeriesInstanceUID",
    "SeriesNumber",
    "InstanceNumber",
    "PresentationIntentType",
    "PixelIntensityRelationship",
    "PixelIntensityRelationshipSign",
    "LossyImageCompression",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
    "PixelData",
)
_NOT_TOLD = frozenset({"PatientBirthDate"})
_KEPT = frozenset((*WANTED, *_BESIDE_WANTED)) - _NOT_TOLD
# Type 2 of PS3.3: must be there, may be empty.
_EMPTY = ("PatientName", "PatientID", "PatientBirthDate", "ReferringPhysicianName", "StudyID", "AccessionNumber")
_TEXT = frozenset({"PN", "LO", "SH", "ST", "LT", "UT", "UC", "UR", "UN", "AE"})
_WORDS_OF_NOBODY = frozenset({"SpecificCharacterSet", "Manufacturer", "CodeMeaning"})
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sBIT", b"cHRM", b"pHYs"})
_APP0, _APP14, _APP15, _COMMENT, _SCAN, _START = 0xE0, 0xEE, 0xEF, 0xFE, 0xDA, b"\xff\xd8"


def original_of(path: Path) -> Original:
    """The original of a file that the box has read before.

    Raises:
        UnreadablePictureError: it cannot be read, or not be written anew without loss.
    """
    # The limits of the reader hold here too: what it refuses is never decoded.
    facts = read_facts(path)
    with opened(path) as source:
        kind = kind_of(source)
        if kind.is_video or facts.transfer_syntax_uid in VIDEO:
            # A stream may hold sound and text of its own, which nobody has looked through.
            raise UnreadablePictureError(Refusal.MULTI_FRAME, "a video is not sent as an original")
        content = source.read()
    if kind is FileKind.PNG:
        return Original(OriginalMedia.PNG, _png(content))
    if kind is FileKind.JPEG:
        return Original(OriginalMedia.JPEG, _jpeg(content))
    return Original(OriginalMedia.DICOM, _dicom(content))


def _dicom(content: bytes) -> bytes:
    try:
        came = dcmread(io.BytesIO(content), force=True)
        syntax = came.file_meta.TransferSyntaxUID
        kept = _kept(came)
        kept.file_meta = FileMetaDataset()
        kept.file_meta.TransferSyntaxUID = syntax
        kept.set_original_encoding(syntax.is_implicit_VR, syntax.is_little_endian)
        if not syntax.is_compressed:
            kept = _as_jpeg_ls(came, kept)
        out = io.BytesIO()
        dcmwrite(out, kept, enforce_file_format=True)
    except (AttributeError, NotImplementedError, OSError, RuntimeError, TypeError, ValueError, KeyError) as error:
        raise UnreadablePictureError(Refusal.MALFORMED, f"not written anew: {type(error).__name__}") from error
    return out.getvalue()


def _kept(came: Dataset) -> Dataset:
    """Only what is listed; within sequences no free text either."""
    kept = Dataset()
    for element in came:
        if element.keyword in _KEPT and (element.VR not in _TEXT or element.keyword in _WORDS_OF_NOBODY):
            kept.add(element)
    kept.walk(_without_text)
    for keyword in _EMPTY:
        setattr(kept, keyword, "")
    kept.PatientIdentityRemoved = "YES"
    kept.DeidentificationMethod = "Only listed attributes kept"
    return kept


def _without_text(data_set: Dataset, element: object) -> None:
    tag, vr, keyword = (getattr(element, name) for name in ("tag", "VR", "keyword"))
    if tag.is_private or (vr in _TEXT and keyword not in _WORDS_OF_NOBODY):
        del data_set[tag]


def _as_jpeg_ls(came: FileDataset, kept: Dataset) -> Dataset:
    """The same pixels as JPEG-LS, proven to be the same; as they came where JPEG-LS cannot hold them."""
    samples = int(came.get("NumberOfFrames") or 1) * came.Rows * came.Columns * came.SamplesPerPixel
    if samples > 3 * MAX_PIXELS:
        raise UnreadablePictureError(Refusal.TOO_LARGE, f"an original of {samples} samples")
    pixels = came.pixel_array
    try:
        kept.compress(JPEGLSLossless, pixels, generate_instance_uid=False)
    except (NotImplementedError, RuntimeError, ValueError):
        kept.PixelData = came.PixelData
        return kept
    if not np.array_equal(kept.pixel_array, pixels):
        raise ValueError("JPEG-LS did not give the same pixels back")
    return kept


def _png(content: bytes) -> bytes:
    """The chunks that the picture needs (PNG, ISO/IEC 15948, 5.3), so no text, time or EXIF."""
    kept, at = [content[:8]], 8
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        end = at + 12 + length
        if content[at + 4 : at + 8] in _PNG_KEPT:
            kept.append(content[at:end])
        at = end
    return b"".join(kept)


def _jpeg(content: bytes) -> bytes:
    """Without comments and application segments (ITU-T T.81, B.1.1.3) but JFIF's and Adobe's, which say what the colours are."""
    kept, at = [_START], 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == _SCAN:
            break
        if marker == 0xFF:
            at += 1
            continue
        (length,) = struct.unpack_from(">H", content, at + 2)
        end = at + 2 + length
        if not (_APP0 < marker <= _APP15 and marker != _APP14) and marker != _COMMENT:
            kept.append(content[at:end])
        at = end
    return b"".join([*kept, content[at:]])
