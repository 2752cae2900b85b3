"""Pauses after wrong words: they grow, survive a restart and a clock that jumps, end, and never lock anybody out for good.

Only the monotonic clock counts. After a restart of the machine it has begun anew; what was failed before was failed at least as long
ago as the machine is up, so that is what is counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from edge_app.clock import Stamp
from edge_app.database import Database

FORGET_AFTER_S = 3600.0
"""After an hour of quiet all begins anew. Whoever guesses gets further by going on than by waiting for that."""


@dataclass(frozen=True)
class Pace:
    """How the pause grows: none before ``free`` failures, then ``first_s``, doubled each time, at most ``longest_s``."""

    free: int
    first_s: float
    longest_s: float

    def pause_s(self, failures: int) -> float:
        """The pause after so many failures in a row, in seconds."""
        if failures < self.free:
            return 0.0
        return min(self.longest_s, self.first_s * 2.0 ** min(failures - self.free, 30))


# Four digits are ten thousand: at five minutes each, half of them take over two weeks.
PIN_PACE = Pace(free=3, first_s=5, longest_s=300)
# Short enough that nobody can keep a doctor out by guessing on purpose.
ACCOUNT_PACE = Pace(free=3, first_s=2, longest_s=60)
# A whole department may sit behind one address.
ADDRESS_PACE = Pace(free=10, first_s=2, longest_s=300)


@dataclass(frozen=True)
class Refused:
    """It did not open. ``tried`` is whether it was looked at at all, ``wait_s`` how long nothing further will be."""

    tried: bool
    wait_s: float


@dataclass(frozen=True)
class Attempts:
    """Failures in a row of one subject, and when the last one was, by the monotonic clock of that boot."""

    failures: int
    last_mono_ms: int
    last_boot: str

    def quiet_s(self, at: Stamp) -> float:
        """How long ago the last one was, at least."""
        since_ms = at.mono_ms - self.last_mono_ms if at.boot == self.last_boot else at.mono_ms
        return (since_ms if since_ms >= 0 else at.mono_ms) / 1000

    def after_failure(self, at: Stamp) -> "Attempts":
        """With one more."""
        before = 0 if self.quiet_s(at) >= FORGET_AFTER_S else self.failures
        return Attempts(before + 1, at.mono_ms, at.boot)

    def wait_s(self, pace: Pace, at: Stamp) -> float:
        """How much of the pause is left, in seconds."""
        return max(0.0, pace.pause_s(self.failures) - self.quiet_s(at))


def attempts_of(database: Database, subject: str) -> Attempts | None:
    """The failures of that subject; None where there are none."""
    row = database.row("SELECT failures, last_mono_ms, last_boot FROM attempts WHERE subject = :subject", {"subject": subject})
    return None if row is None else Attempts(**row)


def wait_s(database: Database, subjects: Mapping[str, Pace], at: Stamp) -> float:
    """How long all of these have to wait, in seconds."""
    known = ((attempts_of(database, subject), pace) for subject, pace in subjects.items())
    return max((each.wait_s(pace, at) for each, pace in known if each is not None), default=0.0)


def take_turn(database: Database, subjects: Mapping[str, Pace], at: Stamp) -> float:
    """Count a failure before anything is tried, so that a hundred tries at once are not one, and return 0.

    Where there is still a pause, return how much of it is left; then nothing is counted, and nothing may be tried.
    """
    with database.writing() as tables:
        left_s = wait_s(database, subjects, at)
        if left_s > 0:
            return left_s
        if at.mono_ms >= FORGET_AFTER_S * 1000:
            forgotten = {"boot": at.boot, "before": at.mono_ms - int(FORGET_AFTER_S * 1000)}
            tables.conn.execute("DELETE FROM attempts WHERE last_boot <> :boot OR last_mono_ms < :before", forgotten)
        for subject in subjects:
            after = (attempts_of(database, subject) or Attempts(0, at.mono_ms, at.boot)).after_failure(at)
            row = {"failures": after.failures, "last_mono_ms": after.last_mono_ms, "last_boot": after.last_boot}
            tables.table("attempts").upsert({"subject": subject, **row}, pk="subject")
    return 0.0


def forgive(database: Database, *subjects: str) -> None:
    """It was the right word: these begin anew."""
    with database.writing() as tables:
        for subject in subjects:
            tables.conn.execute("DELETE FROM attempts WHERE subject = ?", (subject,))
