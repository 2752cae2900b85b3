"""Which transfer syntaxes the box reads, PS3.5 annex A."""

from pydicom import uid
from pydicom.uid import UID

from edge_app.errors import Refusal, UnreadablePictureError

# Every frame is a picture of its own.
SUPPORTED: tuple[UID, ...] = (
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRLittleEndian,
    uid.DeflatedExplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.RLELossless,
    uid.JPEGBaseline8Bit,
    uid.JPEGExtended12Bit,
    uid.JPEGLossless,
    uid.JPEGLosslessSV1,
    uid.JPEGLSLossless,
    uid.JPEGLSNearLossless,
    uid.JPEG2000Lossless,
    uid.JPEG2000,
)

# One stream of a video coding for all frames: MPEG-2, MPEG-4 AVC (H.264) and HEVC (H.265), PS3.5 A.4.5 to A.4.8.
VIDEO: tuple[UID, ...] = (
    uid.MPEG2MPML,
    uid.MPEG2MPMLF,
    uid.MPEG2MPHL,
    uid.MPEG2MPHLF,
    uid.MPEG4HP41,
    uid.MPEG4HP41F,
    uid.MPEG4HP41BD,
    uid.MPEG4HP41BDF,
    uid.MPEG4HP422D,
    uid.MPEG4HP422DF,
    uid.MPEG4HP423D,
    uid.MPEG4HP423DF,
    uid.MPEG4HP42STEREO,
    uid.MPEG4HP42STEREOF,
    uid.HEVCMP51,
    uid.HEVCM10P51,
)


def is_short_uid(text: str) -> bool:
    """Whether this can stand as a UID: digits and dots, at most 64. Leading zeros of a component are let pass, they occur."""
    return 0 < len(text) <= 64 and all(part.isascii() and part.isdigit() for part in text.split("."))


def supported(text: str) -> UID:
    """The transfer syntax of that UID, of pictures or of a video.

    Raises:
        UnreadablePictureError: UNSUPPORTED_TRANSFER_SYNTAX.
    """
    syntax = UID(text)
    if syntax not in SUPPORTED and syntax not in VIDEO:
        named = text if is_short_uid(text) else "a malformed UID"
        raise UnreadablePictureError(Refusal.UNSUPPORTED_TRANSFER_SYNTAX, f"transfer syntax {named}")
    return syntax
