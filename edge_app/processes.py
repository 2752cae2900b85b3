"""Processes that this one started and is responsible for: none outlives it."""

import ctypes
import os
import signal
import sys
import threading
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask the kernel to end this process when its parent dies, however it dies (prctl(2)). ``parent`` is the expected parent's id."""
    # SIGKILL, for a process that hangs would not heed SIGTERM and would work on beside its successor.
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # The parent died before the request; nobody else would tell us.
        os.kill(os.getpid(), signal.SIGKILL)


def module_command(module: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules in a process of its own; never one from the folder it happens to start in (-P)."""
    return [sys.executable, "-P", "-m", module, *arguments]


def module_environment() -> dict[str, str]:
    """The environment in which ``module_command`` finds this very copy of the appliance."""
    path = [str(Path(__file__).resolve().parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def stop_on_signals(stopping: threading.Event) -> None:
    """Let SIGTERM and SIGINT set ``stopping``."""

    def stop(_number: int, _frame: object) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
