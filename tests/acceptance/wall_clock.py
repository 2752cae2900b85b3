"""A wall clock of their own for the real processes, which can jump while they run; faketime does it."""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

# libfaketime before 0.9.11 breaks clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME), with which Python sleeps, where only the wall clock is
# faked. Sleeping in select(2) is the same sleep.
_SLEEP = "import select, time\ntime.sleep = lambda seconds: select.select([], [], [], seconds) and None\n"


def can_jump() -> bool:
    """Whether this machine has what sets the clocks of processes."""
    return shutil.which("faketime") is not None


@cache
def _library() -> str:
    """Where libfaketime is, as its own program says."""
    printed = subprocess.run(["faketime", "-f", "+0", "env"], capture_output=True, text=True, check=True).stdout
    preload = re.search(r"^LD_PRELOAD=(\S+)", printed, re.MULTILINE)
    assert preload is not None
    return preload[1]


class WallClock:
    """The wall clock of the processes that are started with its ``environment``; their monotonic clocks are the machine's."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is made, and must stay."""
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(_SLEEP)
        self._folder = folder
        self._file = folder / "offset"
        self.set("+0")

    def set(self, offset: str) -> None:
        """Set it: ``+0`` is right, ``+1d`` a day ahead, ``-1d`` a day behind."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{offset}\n")
        fresh.rename(self._file)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to go by this clock."""
        return {
            "PYTHONPATH": str(self._folder),
            "LD_PRELOAD": _library(),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_CACHE_DURATION": "1",
        }
