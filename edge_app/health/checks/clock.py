"""Fault: nothing keeps the wall clock right. Durations stay right without it; the times shown to hospitals may not."""

from edge_app.clock import ClockSource, Stamp, now
from edge_app.config import Settings
from edge_app.health.check import Check, ok, warning

NAME = "clock"
REMEDY = "Let it see a network now and then with systemd-timesyncd or chrony on (timedatectl set-ntp true), or set it by gpsd."


def look(_settings: Settings) -> Check:
    """The kernel's word on the wall clock."""
    return judge(now())


def judge(stamp: Stamp) -> Check:
    """The outcome for an instant with that source."""
    if stamp.source is not ClockSource.SYNCHRONISED:
        return warning(NAME, "not synchronised: how wrong it is, is unknown", REMEDY)
    return ok(NAME, f"synchronised, within {stamp.uncertainty_ms} ms")
