"""Keeps the services of ``services.py`` running where systemd does not: starts them, watches their hearts, starts them anew."""

import logging
import os
import signal
import subprocess
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from edge_app.config import Settings
from edge_app.health.heartbeat import heartbeat_of
from edge_app.processes import module_command, module_environment
from edge_app.services import Service

log = logging.getLogger(__name__)

STOP_WITHIN_S = 8.0
PARENT = "EDGE_PARENT"


@dataclass
class _Running:
    """One service under supervision."""

    service: Service
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    starts: deque[float] = field(default_factory=deque)
    not_before_s: float = 0.0


def start_process(arguments: list[str], log_file: Path) -> subprocess.Popen[bytes]:
    """Start ``edge`` with ``arguments`` as a process that dies with this one; its words go to ``log_file``."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    environment = {**module_environment(), PARENT: str(os.getpid())}
    with log_file.open("ab") as sink:
        return subprocess.Popen(module_command("edge_app", *arguments), stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env=environment)


class Supervisor:
    """Runs services as child processes until told to stop."""

    def __init__(self, services: tuple[Service, ...], settings: Settings, settings_file: Path | None) -> None:
        self._settings = settings
        self._file = settings_file
        self._running = [_Running(service) for service in services]

    def run(self, stopping: threading.Event) -> None:
        """Supervise until told to stop, then stop them all."""
        try:
            while not stopping.is_set():
                for running in self._running:
                    self._tend(running)
                stopping.wait(0.2)
        finally:
            self._stop()

    def pids(self) -> dict[str, int]:
        """The process of each service that runs."""
        return {running.service.name: running.process.pid for running in self._running if running.process is not None}

    def _tend(self, running: _Running) -> None:
        now_s = time.monotonic()
        service, process = running.service, running.process
        if process is not None and process.poll() is not None:
            log.warning("%s ended with %s", service.title, process.returncode)
            running.process = process = None
        if process is None:
            if now_s >= running.not_before_s:
                self._start(running, now_s)
            return
        heart = heartbeat_of(self._settings.heartbeat_folder, service.name)
        alive_s = now_s - running.started_s
        # A heartbeat of an earlier process says nothing about this one.
        beating = heart.pid == process.pid and heart.age_s is not None
        silent_s = heart.age_s if beating and heart.age_s is not None else alive_s
        if silent_s > (service.watchdog_s if beating else service.start_s):
            log.error("%s has given no sign of life for %.0f s and is killed", service.title, silent_s)
            process.send_signal(signal.SIGKILL)

    def _start(self, running: _Running, now_s: float) -> None:
        service = running.service
        while running.starts and now_s - running.starts[0] > service.within_s:
            running.starts.popleft()
        arguments = ["run", service.name]
        if self._file is not None:
            arguments += ["--settings", str(self._file)]
        try:
            running.process = start_process(arguments, self._settings.var / "log" / f"{service.name}.log")
        except OSError as error:
            # No disk for the log, no memory for the process: the other services go on, and this one is tried again.
            log.error("%s could not be started: %s", service.title, error.strerror)
            running.not_before_s = now_s + service.pause_s
            return
        running.started_s = now_s
        running.starts.append(now_s)
        running.not_before_s = now_s + service.pause_s if len(running.starts) > service.restarts else 0.0

    def _stop(self) -> None:
        processes = [running.process for running in self._running if running.process is not None]
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + STOP_WITHIN_S
        for process in processes:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
