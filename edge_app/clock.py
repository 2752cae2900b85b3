"""Time that admits what it does not know: wall clock with source and uncertainty, durations by the monotonic clock."""

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

_STA_UNSYNC = 0x0040
_TIME_ERROR = 5


class ClockSource(StrEnum):
    """Where the wall clock's time comes from."""

    SYNCHRONISED = "synchronised"
    UNSYNCHRONISED = "unsynchronised"


@dataclass(frozen=True)
class Stamp:
    """An instant. ``unix_ms`` may be wrong by ``uncertainty_ms`` (None: unknown); ``mono_ms`` counts within one ``boot`` only.

    It counts on while the machine is suspended, so a lid that was closed does not make an answer younger than it is.
    """

    unix_ms: int
    mono_ms: int
    boot: str
    source: ClockSource
    uncertainty_ms: int | None

    def seconds_since(self, earlier: "Stamp") -> float:
        """Seconds from ``earlier`` to here: monotonic within one boot, else by the wall clock; never negative."""
        if self.boot == earlier.boot:
            return max(0.0, (self.mono_ms - earlier.mono_ms) / 1000.0)
        return max(0.0, (self.unix_ms - earlier.unix_ms) / 1000.0)


class _Timex(ctypes.Structure):
    """struct timex of adjtimex(2), the fields read here first; padded generously for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


@cache
def _adjtimex() -> Callable[..., int] | None:
    try:
        return ctypes.CDLL(None, use_errno=True).adjtimex
    except (AttributeError, OSError):
        return None


def _kernel_clock() -> tuple[ClockSource, int | None]:
    """The kernel's word on the wall clock: synchronised or not, and its maximum error in milliseconds."""
    adjtimex = _adjtimex()
    if adjtimex is None:
        return ClockSource.UNSYNCHRONISED, None
    timex = _Timex()
    state = adjtimex(ctypes.byref(timex))
    if state in (-1, _TIME_ERROR) or timex.status & _STA_UNSYNC:
        return ClockSource.UNSYNCHRONISED, None
    return ClockSource.SYNCHRONISED, max(1, timex.maxerror // 1000)


@cache
def boot_id() -> str:
    """The kernel's identifier of this boot; within it CLOCK_MONOTONIC is comparable between processes."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "unknown-boot"


def now() -> Stamp:
    """This instant."""
    source, uncertainty_ms = _kernel_clock()
    return Stamp(time.time_ns() // 1_000_000, time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000, boot_id(), source, uncertainty_ms)
