"""The services under the walls of their units, as far as they can be put up without systemd."""

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge_app.config import REPOSITORY, load_settings
from edge_app.health.heartbeat import heartbeat_of
from edge_app.services import SERVICES
from edge_app.stage import free_port

# prctl(2), Linux 6.3: what MemoryDenyWriteExecute= does through a system call filter.
PR_SET_MDWE, PR_GET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 66, 1
UNDER_IT = [service for service in SERVICES if service.name != "reading"]


def _deny_write_execute() -> None:
    if ctypes.CDLL(None).prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) != 0:
        os._exit(77)


@pytest.mark.processes
@pytest.mark.skipif(ctypes.CDLL(None).prctl(PR_GET_MDWE, 0, 0, 0, 0) < 0, reason="this kernel cannot deny writable executable memory")
def test_all_but_reading_live_without_memory_that_turns_executable(tmp_path: Path) -> None:
    file = tmp_path / "box.toml"
    ports = [free_port(first) for first in (24000, 24200, 24400)]
    file.write_text(f'var = "{tmp_path / "var"}"\n[dicom]\nport = {ports[0]}\n[kiosk]\nport = {ports[1]}\n[broker]\nport = {ports[2]}\n')
    settings = load_settings(file)
    processes = {
        service.name: subprocess.Popen(
            [sys.executable, "-P", "-m", "edge_app", "run", service.name, "--settings", str(file)],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stderr=subprocess.DEVNULL,
            preexec_fn=_deny_write_execute,
        )
        for service in UNDER_IT
    }
    try:
        deadline = time.monotonic() + 90
        waiting = set(processes)
        while waiting and time.monotonic() < deadline:
            assert {name: processes[name].poll() for name in waiting} == dict.fromkeys(waiting)
            waiting -= {name for name in waiting if heartbeat_of(settings.heartbeat_folder, name).pid == processes[name].pid}
            time.sleep(0.2)
        assert waiting == set()
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
