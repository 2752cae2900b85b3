"""OpenVINO calls nobody and leaves nothing in the home folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge_app.config import REPOSITORY

# The audit hook sees every look-up and connection, also those of threads, whether or not a network is there.
_PROBE = """
import sys, threading
called = []
sys.addaudithook(lambda event, arguments: called.append(event) if event in ("socket.getaddrinfo", "socket.connect") else None)
{imports}
for thread in threading.enumerate():
    if thread is not threading.current_thread() and not thread.daemon:
        thread.join(10)
print(called)
"""


def _calls(imports: str, home: Path) -> str:
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(REPOSITORY)}
    environment.pop("CI", None)  # the telemetry keeps still where it takes the machine for a test bench
    done = subprocess.run(
        [sys.executable, "-P", "-c", _PROBE.format(imports=imports)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env=environment,
        cwd=home,
    )
    return done.stdout.strip()


def test_importing_openvino_calls_nobody(tmp_path: Path) -> None:
    assert _calls("from edge_app.reading.quiet_openvino import openvino\nopenvino.Core()", tmp_path) == "[]"
    assert list(tmp_path.iterdir()) == []


def test_importing_the_quantiser_calls_nobody(tmp_path: Path) -> None:
    pytest.importorskip("nncf", reason="the training requirements are not installed")
    assert _calls("import export.quantise\nimport nncf", tmp_path) == "[]"


def test_only_one_module_imports_openvino() -> None:
    importers = [
        path.relative_to(REPOSITORY)
        for folder in ("edge_app", "export")
        for path in (REPOSITORY / folder).rglob("*.py")
        if any(line.strip().startswith(("import openvino", "from openvino")) for line in path.read_text().splitlines())
        and path.name != "quiet_openvino.py"
        and "quiet_openvino" not in path.read_text()
    ]
    assert importers == []
