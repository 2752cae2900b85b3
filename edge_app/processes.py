"""Processes that this one started and is responsible for: none outlives it."""

import ctypes
import os
import signal
import threading
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask the kernel to end this process when its parent dies, however it dies (prctl(2)). ``parent`` is the expected parent's id."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        # The parent died before the request; nobody else would tell us.
        os.kill(os.getpid(), signal.SIGTERM)


def stop_on_signals(stopping: threading.Event) -> None:
    """Let SIGTERM and SIGINT set ``stopping``."""

    def stop(_number: int, _frame: object) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def until(condition: Callable[[], bool], stopping: threading.Event, every_s: float = 0.1) -> None:
    """Wait until ``condition()`` or ``stopping``."""
    while not condition() and not stopping.wait(every_s):
        continue
