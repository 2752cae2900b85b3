"""Fault: the SQLite in use can corrupt a WAL database when a checkpoint meets a write that resets the log.

SQLite documents it as the WAL-reset bug, in 3.7.0 to 3.51.2; 3.51.3 has the fix (sqlite.org/wal.html, "The WAL-Reset Bug").
"""

from sqlcipher3 import dbapi2

from edge_app.config import Settings
from edge_app.health.check import Check, failed, ok

NAME = "sqlite_build"
FIXED_IN = (3, 51, 3)
REMEDY = "Install the pinned sqlcipher3 again: delete /opt/edge/.venv and run systemd/install."


def look(_settings: Settings) -> Check:
    """The version of the library the casebook is opened with."""
    return judge(dbapi2.sqlite_version_info)


def judge(version: tuple[int, ...]) -> Check:
    """The outcome for that version."""
    word = ".".join(str(part) for part in version)
    if version < FIXED_IN:
        return failed(NAME, f"{word} can corrupt the casebook; fixed in {'.'.join(str(part) for part in FIXED_IN)}", REMEDY)
    return ok(NAME, f"{word}, has the WAL-reset fix")
