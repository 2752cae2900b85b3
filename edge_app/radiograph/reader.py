"""Reads a radiograph from a DICOM, PNG or JPEG file. Whatever the bytes are, the outcome is a whole picture or a named refusal."""

from pathlib import Path

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.byte_source import ByteSource
from edge_app.radiograph.data_set import read_data_set
from edge_app.radiograph.dicom_file import read_dicom, read_dicom_facts
from edge_app.radiograph.edits import UNEDITED, Edits, edited
from edge_app.radiograph.file_kind import FileKind, kind_of, opened
from edge_app.radiograph.modality import check_modality
from edge_app.radiograph.picture import Facts, Picture
from edge_app.radiograph.plain_image import read_plain_image


def identify(path: Path) -> FileKind:
    """What kind of file this is, by its first bytes.

    Raises:
        UnreadablePictureError: FILE_MISSING, NOT_A_PICTURE or EMPTY_PICTURE where there is no file with bytes.
    """
    with opened(path) as source:
        return kind_of(source)


def read_picture(path: Path, *, longest_side: int | None = None, edits: Edits = UNEDITED) -> Picture:
    """Read a radiograph; with ``longest_side`` its pixels are shrunk to at most that, early, which is several times faster.

    With ``edits`` it is what they leave of it; of a crop there are as many pixels as there would be of the whole.

    Raises:
        UnreadablePictureError: why it cannot become a picture; nothing else, whatever the file holds.
    """
    _check_longest_side(longest_side)
    with opened(path) as source:
        if edits == UNEDITED:
            return _read(source, longest_side)
        return edited(_read(source, None if longest_side is None else round(longest_side * edits.enlarge)), edits)


def read_picture_bytes(data: bytes, *, longest_side: int | None = None) -> Picture:
    """Like ``read_picture``, from a file's bytes in memory.

    Raises:
        UnreadablePictureError: why they cannot become a picture; nothing else, whatever they are.
    """
    _check_longest_side(longest_side)
    if not data:
        raise UnreadablePictureError(Refusal.EMPTY_PICTURE, "the file has no bytes")
    return _read(ByteSource.of(data), longest_side)


def read_facts(path: Path) -> Facts:
    """What a file says about its picture, without decoding it. A PNG, a JPEG or a video file says nothing.

    Raises:
        UnreadablePictureError: where not even the header can be read.
    """
    with opened(path) as source:
        kind = kind_of(source)
        if kind is FileKind.DICOM:
            return read_dicom_facts(source)
        if kind is FileKind.OTHER:
            raise UnreadablePictureError(Refusal.NOT_A_PICTURE, "neither DICOM nor PNG nor JPEG")
        return Facts()


def check_is_radiograph(path: Path) -> None:
    """Refuse a file that itself says that it is none, from its header alone.

    Raises:
        UnreadablePictureError: WRONG_MODALITY, or where not even the header can be read.
    """
    with opened(path) as source:
        if kind_of(source) is FileKind.DICOM:
            check_modality(read_data_set(source).header)


def _check_longest_side(longest_side: int | None) -> None:
    if longest_side is not None and longest_side < 1:
        raise ValueError(f"longest_side must be at least 1, not {longest_side}")


def _read(source: ByteSource, longest_side: int | None) -> Picture:
    kind = kind_of(source)
    if kind is FileKind.DICOM:
        return read_dicom(source, longest_side)
    if kind.is_video:
        raise UnreadablePictureError(Refusal.MULTI_FRAME, "a video, not a picture")
    if kind is FileKind.OTHER:
        raise UnreadablePictureError(Refusal.NOT_A_PICTURE, "neither DICOM nor PNG nor JPEG")
    return read_plain_image(source, kind, longest_side)
