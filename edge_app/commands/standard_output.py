"""Keeping standard output for results alone."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TextIO

_STANDARD_OUTPUT = 1
_STANDARD_ERROR = 2


@contextmanager
def results_only() -> Iterator[TextIO]:
    """The real standard output, for results; whatever libraries print meanwhile, from C too, goes to standard error."""
    sys.stdout.flush()
    kept = os.dup(_STANDARD_OUTPUT)
    os.dup2(_STANDARD_ERROR, _STANDARD_OUTPUT)
    try:
        # Line by line, so that a reader at the other end of a pipe gets each result when it is there.
        with os.fdopen(os.dup(kept), "w", encoding="utf-8", buffering=1, errors="surrogateescape") as results, redirect_stdout(sys.stderr):
            yield results
    finally:
        sys.stdout.flush()
        os.dup2(kept, _STANDARD_OUTPUT)
        os.close(kept)
