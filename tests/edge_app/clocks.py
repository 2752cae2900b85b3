"""A wall clock that can be set, beside a monotonic one that cannot."""

import time

import pytest

from edge_app import clock

DAY_S = 24 * 3600.0


class Clock:
    """What ``edge_app.clock`` reads: this machine's clocks, the wall clock ahead by what it was set, both by what was waited."""

    CLOCK_BOOTTIME = time.CLOCK_BOOTTIME

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._set_ns = self._waited_ns = self._stood_ns = 0
        monkeypatch.setattr(clock, "time", self)

    def jump(self, seconds: float) -> None:
        """Somebody, or a time server, sets the wall clock."""
        self._set_ns += int(seconds * 1e9)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._waited_ns += int(seconds * 1e9)

    def stand_still(self) -> None:
        """From now on time passes only where ``wait`` lets it."""
        self._stood_ns = time.clock_gettime_ns(self.CLOCK_BOOTTIME)

    def time_ns(self) -> int:
        return time.time_ns() + self._set_ns + self._waited_ns

    def clock_gettime_ns(self, which: int) -> int:
        return (self._stood_ns or time.clock_gettime_ns(which)) + self._waited_ns
