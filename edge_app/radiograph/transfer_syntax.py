"""How a data set and its pixels are encoded, PS3.5 annex A."""

from dataclasses import dataclass
from enum import StrEnum

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.byte_source import ByteSource


class PixelEncoding(StrEnum):
    """How Pixel Data is stored."""

    NATIVE = "native"
    RLE = "rle"
    CODESTREAM = "codestream"


@dataclass(frozen=True)
class TransferSyntax:
    """One transfer syntax the box reads."""

    uid: str
    pixels: PixelEncoding
    implicit_vr: bool = False
    big_endian: bool = False
    deflated: bool = False


_ROOT = "1.2.840.10008.1.2"
SUPPORTED = {
    syntax.uid: syntax
    for syntax in (
        TransferSyntax(_ROOT, PixelEncoding.NATIVE, implicit_vr=True),
        TransferSyntax(f"{_ROOT}.1", PixelEncoding.NATIVE),
        TransferSyntax(f"{_ROOT}.1.99", PixelEncoding.NATIVE, deflated=True),
        TransferSyntax(f"{_ROOT}.2", PixelEncoding.NATIVE, big_endian=True),
        TransferSyntax(f"{_ROOT}.5", PixelEncoding.RLE),
        # JPEG baseline, extended, lossless, lossless first-order; JPEG-LS lossless, near-lossless; JPEG 2000 lossless, any.
        *(TransferSyntax(f"{_ROOT}.4.{leaf}", PixelEncoding.CODESTREAM) for leaf in (50, 51, 57, 70, 80, 81, 90, 91)),
    )
}

PREAMBLE = 128
MAGIC = b"DICM"
_META_GROUP = 0x0002
_TRANSFER_SYNTAX_ELEMENT = 0x0010
_LONG_VR = frozenset({b"OB", b"OW", b"UN", b"SQ", b"UT", b"OD", b"OF", b"OL", b"OV", b"SV", b"UC", b"UR", b"UV"})


def is_short_uid(text: str) -> bool:
    """Whether this can stand as a UID: digits and dots, at most 64. Leading zeros of a component are let pass, they occur."""
    return 0 < len(text) <= 64 and all(part.isascii() and part.isdigit() for part in text.split("."))


def read_transfer_syntax_uid(source: ByteSource) -> str:
    """Read the file meta information (PS3.10 7.1) and leave the source at the data set.

    Raises:
        UnreadablePictureError: NO_TRANSFER_SYNTAX, MALFORMED or TRUNCATED.
    """
    head = source.take(min(source.remaining, PREAMBLE + len(MAGIC)), "preamble")
    source.seek(PREAMBLE + len(MAGIC) if head[PREAMBLE:] == MAGIC else 0)
    uid: str | None = None
    while source.remaining >= 8:
        start = source.position
        tag = source.take(4, "meta element")
        if int.from_bytes(tag[:2], "little") != _META_GROUP:
            source.seek(start)
            break
        vr = source.take(2, "meta element")
        if not (vr.isalpha() and vr.isupper()):
            raise UnreadablePictureError(Refusal.MALFORMED, "the file meta information is not in Explicit VR Little Endian")
        if vr in _LONG_VR:
            source.skip(2, "meta element")
            length = int.from_bytes(source.take(4, "meta element"), "little")
        else:
            length = int.from_bytes(source.take(2, "meta element"), "little")
        if int.from_bytes(tag[2:], "little") == _TRANSFER_SYNTAX_ELEMENT:
            uid = source.take(length, "Transfer Syntax UID").strip(b" \0").decode("latin-1")
        else:
            source.skip(length, "meta element")
    if not uid:
        raise UnreadablePictureError(Refusal.NO_TRANSFER_SYNTAX, "no Transfer Syntax UID (0002,0010) in the file")
    return uid


def supported(uid: str) -> TransferSyntax:
    """The transfer syntax of that UID.

    Raises:
        UnreadablePictureError: UNSUPPORTED_TRANSFER_SYNTAX.
    """
    syntax = SUPPORTED.get(uid)
    if syntax is None:
        named = uid if is_short_uid(uid) else "a malformed UID"
        raise UnreadablePictureError(Refusal.UNSUPPORTED_TRANSFER_SYNTAX, f"transfer syntax {named}")
    return syntax
