"""How far something has come that travels in parts: what is proven to be there, how fast the last parts came, since when nothing has.

All of it as of the last whole second, so that a screen never has something new to show more often than that.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from edge_app.clock import Stamp
from edge_app.link.messages import LEAST_PART_BYTES

LAST = 6
"""Arrivals that the pace is measured on: few enough to follow a link that changes."""
LEAST_PATIENCE_S, PATIENCE_S = 15.0, 60.0
"""How long nothing may come before it stands still: at least, and where no pace has been measured."""
PATIENCE_PARTS = 3.0
"""How many parts may fail to come at the measured pace before it stands still."""


@dataclass(frozen=True)
class Arrival:
    """Bytes that are proven to have arrived. ``waited``: for their turn, when what was before came, so that the time since is theirs."""

    size_bytes: int
    at: Stamp
    waited: bool = True


@dataclass(frozen=True)
class Arriving:
    """``here_bytes`` of ``size_bytes`` are proven to be there. ``left_s`` is None where no pace was measured, or nothing moves.

    ``moved`` is when the last of it came, or was to begin; ``still_s`` is how long that is past, None while it moves.
    """

    here_bytes: int
    size_bytes: int
    left_s: float | None
    moved: Stamp
    still_s: float | None

    @property
    def percent(self) -> int:
        """Whole per cent, rounded down: what is not all there never reads 100."""
        return 100 * self.here_bytes // self.size_bytes

    @property
    def left_minutes(self) -> int | None:
        """Whole minutes, rounded up; None as ``left_s``."""
        return None if self.left_s is None else max(1, math.ceil(self.left_s / 60))


def to_the_second(at: Stamp) -> Stamp:
    """The last whole second of the monotonic clock."""
    over_ms = at.mono_ms % 1000
    return replace(at, unix_ms=at.unix_ms - over_ms, mono_ms=at.mono_ms - over_ms)


def bytes_per_s(arrivals: Sequence[Arrival]) -> float | None:
    """The pace of the last arrivals, in the order they came; None where none of them tells it. Of several the middle one's counts: a pause
    between two of them is no pace."""
    last = arrivals[-LAST:]
    took = [(then.size_bytes, then.at.seconds_since(one.at)) for one, then in pairwise(last) if then.waited and one.at.boot == then.at.boot]
    paces = [size_bytes / seconds for size_bytes, seconds in took if seconds > 0]
    return median(paces) if paces else None


def arriving(
    here_bytes: int, size_bytes: int, arrivals: Sequence[Arrival], began: Stamp, at: Stamp, *, ahead_bytes: int = 0, link_up: bool = True
) -> Arriving:
    """Where it stands at ``at``. ``arrivals`` are the last on that link, of whatever kind; ``ahead_bytes`` go before the rest of it."""
    pace = bytes_per_s(arrivals)
    # What has just begun has not stood still since whatever came before it.
    moved = min((began, *(one.at for one in arrivals[-1:])), key=at.seconds_since)
    quiet_s = at.seconds_since(moved)
    patience_s = PATIENCE_S if pace is None else max(LEAST_PATIENCE_S, PATIENCE_PARTS * LEAST_PART_BYTES / pace)
    if quiet_s > patience_s or not link_up:
        return Arriving(here_bytes, size_bytes, None, moved, quiet_s)
    left_s = None if pace is None else max(0.0, (size_bytes - here_bytes + ahead_bytes) / pace - quiet_s)
    return Arriving(here_bytes, size_bytes, left_s, moved, None)
