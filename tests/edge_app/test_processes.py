"""None of our processes outlives the one that answers for it."""

import os
import signal
import subprocess
from pathlib import Path

import psutil

from edge_app.processes import module_command, module_environment
from tests.edge_app.waiting import wait_until

_CHILD = """
import os, sys, time
from edge_app.processes import die_with_parent
die_with_parent(int(sys.argv[1]) or os.getppid())
print("alive", flush=True)
time.sleep(120)
"""
_PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-P", "-c", sys.argv[1], "0"], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(120)
"""
PYTHON = module_command("x")[:2]


def test_a_child_dies_with_its_parent_even_where_both_can_do_nothing_about_it() -> None:
    parent = subprocess.Popen([*PYTHON, "-c", _PARENT, _CHILD], env=module_environment(), stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    # A stopped process stands for one that hangs: it would not heed a request to end.
    child.send_signal(signal.SIGSTOP)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "the end of the child")


def test_a_child_whose_parent_died_before_it_asked_ends() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    ended = subprocess.run([*PYTHON, "-c", _CHILD, str(gone.pid)], env=module_environment(), capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, b"")


_STOPPABLE = """
import threading
from edge_app.processes import stop_on_signals
stopping = threading.Event()
stop_on_signals(stopping)
print("ready", flush=True)
stopping.wait()
print("stopped in good order", flush=True)
"""


def test_a_request_to_end_is_heeded() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        process = subprocess.Popen([*PYTHON, "-c", _STOPPABLE], env=module_environment(), stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(number)
        assert process.stdout.read() == b"stopped in good order\n"
        process.stdout.close()
        assert process.wait() == 0


def test_a_module_is_never_taken_from_the_folder_a_process_starts_in(tmp_path: Path) -> None:
    (tmp_path / "edge_app").mkdir()
    (tmp_path / "edge_app" / "__main__.py").write_text("print('an impostor')")
    command = module_command("edge_app", "--version")
    said = subprocess.run(command, env=module_environment(), cwd=tmp_path, capture_output=True, check=True)
    assert b"impostor" not in said.stdout
