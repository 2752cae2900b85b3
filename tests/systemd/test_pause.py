"""The pause between restarts, as systemd runs it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.systemd.conftest import SYSTEMD

LONG = "30"


def _ended(folder: Path, result: str = "exit-code", pause_s: str = "0") -> subprocess.CompletedProcess[str]:
    command = [str(SYSTEMD / "pause-after-failures"), str(folder), "5", "60", pause_s]
    environment = {"PATH": os.environ["PATH"], "SERVICE_RESULT": result}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=20)


def test_the_first_ends_are_followed_at_once_and_further_ones_after_a_pause(tmp_path: Path) -> None:
    for _ in range(5):
        done = _ended(tmp_path, pause_s=LONG)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "ended 6 times within 60 s: the next start waits 0 s" in _ended(tmp_path).stdout
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run(
            [str(SYSTEMD / "pause-after-failures"), str(tmp_path), "5", "60", LONG],
            env={"PATH": os.environ["PATH"], "SERVICE_RESULT": "watchdog"},
            capture_output=True,
            check=False,
            timeout=1,
        )


def test_ends_of_long_ago_do_not_count(tmp_path: Path) -> None:
    uptime_s = int(float(Path("/proc/uptime").read_text().split()[0]))
    (tmp_path / "ends").write_text("".join(f"{uptime_s - 61}\n" for _ in range(9)) + f"{uptime_s - 30}\n")
    assert _ended(tmp_path, pause_s=LONG).stdout == ""
    assert len((tmp_path / "ends").read_text().splitlines()) == 2


def test_a_service_that_was_told_to_stop_is_not_counted(tmp_path: Path) -> None:
    for _ in range(9):
        assert _ended(tmp_path, "success", LONG).stdout == ""
    assert not (tmp_path / "ends").exists()
