"""Which transfer syntaxes the box reads, PS3.5 annex A."""

from pydicom import uid
from pydicom.uid import UID

from edge_app.errors import Refusal, UnreadablePictureError

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


def is_short_uid(text: str) -> bool:
    """Whether this can stand as a UID: digits and dots, at most 64. Leading zeros of a component are let pass, they occur."""
    return 0 < len(text) <= 64 and all(part.isascii() and part.isdigit() for part in text.split("."))


def supported(text: str) -> UID:
    """The transfer syntax of that UID.

    Raises:
        UnreadablePictureError: UNSUPPORTED_TRANSFER_SYNTAX.
    """
    syntax = UID(text)
    if syntax not in SUPPORTED:
        named = text if is_short_uid(text) else "a malformed UID"
        raise UnreadablePictureError(Refusal.UNSUPPORTED_TRANSFER_SYNTAX, f"transfer syntax {named}")
    return syntax
