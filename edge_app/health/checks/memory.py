"""Fault: too little memory is left to read a large picture."""

import psutil

from edge_app.config import Settings
from edge_app.health.check import Check, failed, ok, warning

NAME = "memory"
MIB = 1024 * 1024
WARN_BELOW_BYTES = 1024 * MIB
FAIL_BELOW_BYTES = 256 * MIB
REMEDY = "Close what else runs on this machine, or restart it; the box wants 4 GiB to itself."


def look(_settings: Settings) -> Check:
    """What the kernel could still give out without swapping."""
    return judge(psutil.virtual_memory().available)


def judge(available_bytes: int) -> Check:
    """The outcome for that much available memory."""
    word = f"{available_bytes / (1024 * MIB):.1f} GiB available"
    if available_bytes < FAIL_BELOW_BYTES:
        return failed(NAME, word, REMEDY)
    if available_bytes < WARN_BELOW_BYTES:
        return warning(NAME, word, REMEDY)
    return ok(NAME, word)
