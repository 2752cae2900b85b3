"""One line about long work on a command line: how far it is, and how long the rest takes at the pace so far."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Protocol, TypeVar

LOGGED_EVERY_S = 30.0
WRITTEN_EVERY_S = 0.2
_Item = TypeVar("_Item")


class Out(Protocol):
    """Where the line goes."""

    def write(self, text: str, /) -> object:
        """Write it."""

    def flush(self) -> None:
        """And let it be seen."""

    def isatty(self) -> bool:
        """Whether somebody looks on, so that a line can be written over."""


def time_left(seconds: float) -> str:
    """How long the rest takes, in the words of every command."""
    return f"about {seconds / 60:.1f} min left"


class Progress:
    """Tells of ``total`` things. On a terminal one line is written over; in a log there is a new one every ``LOGGED_EVERY_S``.

    Work that is done before the first line is due says nothing in a log.
    """

    def __init__(self, what: str, total: int, out: Out | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        # Not standard output: that is for what a command gives.
        self._out: Out = sys.stderr if out is None else out
        self._what, self._total, self._clock = what, total, clock
        self._terminal = self._out.isatty()
        self._began = self._told = clock()
        self._length = 0
        self._done = 0

    def to(self, done: int) -> None:
        """So many are done."""
        self._done = done
        now = self._clock()
        if now - self._told >= (WRITTEN_EVERY_S if self._terminal else LOGGED_EVERY_S):
            self._told = now
            left_s = (now - self._began) * (self._total - done) / max(done, 1)
            self._write(f"{self._what}: {done} of {self._total}, {time_left(left_s)}" if done else f"{self._what}: 0 of {self._total}")

    def close(self) -> None:
        """No more is done. The last line says how many were, where there was one before it."""
        if self._told != self._began:
            self._write(f"{self._what}: {self._done} of {self._total}")
        if self._length:
            self._out.write("\n")
            self._out.flush()

    def _write(self, line: str) -> None:
        if self._terminal:
            self._out.write(f"\r{line.ljust(self._length)}")
            self._length = len(line)
        else:
            self._out.write(f"{line}\n")
        self._out.flush()


def followed(items: Iterable[_Item], what: str, total: int | None = None) -> Iterator[_Item]:
    """The same items, with a line about how many of them are done. ``total`` where they cannot say how many they are."""
    if total is None:
        if not isinstance(items, Sized):
            raise TypeError("items without a length need a total")
        total = len(items)
    progress = Progress(what, total)
    try:
        for number, item in enumerate(items, start=1):
            yield item
            progress.to(number)
    finally:
        progress.close()
