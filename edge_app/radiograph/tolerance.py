"""How pydicom is used in this room: without validation, without a word, and with one kind of error for whatever it meets."""

import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pydicom import config
from pydicom.errors import InvalidDicomError

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.byte_source import ByteSource

# What pydicom 3.0 raises on bytes that are no DICOM: it has no error of its own for most of them. RuntimeError includes
# RecursionError (nested sequences) and NotImplementedError (unknown VR).
PYDICOM_ERRORS = (
    InvalidDicomError,
    EOFError,
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    struct.error,
    MemoryError,
)
_PYDICOM_WARNINGS = ("ignore", None, Warning, re.compile(r"pydicom\b"), 0)

# Values are held against what the box needs of them, here; pydicom's own validation only warns, and costs time.
config.settings.reading_validation_mode = config.IGNORE


@contextmanager
def refusing(source: ByteSource, what: str) -> Iterator[None]:
    """Turn whatever pydicom raises while it reads the source into a refusal; ``what`` names what it was reading.

    Raises:
        UnreadablePictureError: TRUNCATED where the source is at its end, otherwise MALFORMED.
    """
    # Each time: warnings.catch_warnings, left anywhere in the process, takes away a filter that was set meanwhile.
    if _PYDICOM_WARNINGS not in warnings.filters:
        warnings.filterwarnings("ignore", module=r"pydicom\b")
    try:
        yield
    except PYDICOM_ERRORS as error:
        # read_sequence_item wraps whatever reading raised.
        cause = error.__context__ if isinstance(error.__context__, UnreadablePictureError | OSError) else error
        if isinstance(cause, UnreadablePictureError) or (isinstance(cause, OSError) and cause.errno is not None):
            raise cause from None
        reason = Refusal.MALFORMED if source.remaining else Refusal.TRUNCATED
        raise UnreadablePictureError(reason, f"{what} cannot be read ({type(error).__name__})") from None
