"""Heartbeats: each service says that it lives, in a small file. Not in the casebook: they are worth no fsync and no wake-up."""

import contextlib
import json
import logging
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

import sdnotify

from edge_app.clock import boot_id

log = logging.getLogger(__name__)

BEAT_EVERY_S = 1.0


@dataclass(frozen=True)
class Heartbeat:
    """A service's last sign of life; ``age_s`` is None where it is from before this boot or unreadable."""

    service: str
    pid: int | None
    age_s: float | None


class Heart:
    """Beats for one service, also to systemd's watchdog where there is one."""

    def __init__(self, folder: Path, service: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / f"{service}.json"
        self._next_s = 0.0
        # Without systemd there is no socket to tell; the notifier would open one all the same and leave it.
        self._systemd = sdnotify.SystemdNotifier() if os.environ.get("NOTIFY_SOCKET") else None
        self._ready = False

    def beat(self) -> None:
        """Say that the service lives; cheap enough to be called in every loop."""
        now_s = time.monotonic()
        if now_s < self._next_s:
            return
        self._next_s = now_s + BEAT_EVERY_S
        words = json.dumps({"pid": os.getpid(), "mono_s": math.floor(now_s * 1000.0) / 1000.0, "boot": boot_id()})
        temporary = self._file.with_suffix(".part")
        try:
            temporary.write_text(words)
            temporary.rename(self._file)
        except OSError as error:
            # A full disk must not end a service that could still answer "no room": write over what is there, which needs none.
            log.error("the heartbeat of %s could not be renewed: %s", self._file.stem, error.strerror)
            with contextlib.suppress(OSError):
                _overwrite(self._file, words)
        if self._systemd is not None:
            self._systemd.notify("WATCHDOG=1" if self._ready else "READY=1")
        self._ready = True

    def close(self) -> None:
        """Beat no more."""
        # The notifier has no socket where systemd's could not be reached.
        if self._systemd is not None and self._systemd.socket is not None:
            self._systemd.socket.close()


def _overwrite(path: Path, words: str) -> None:
    """Write over an existing file in place, blanks after the words where it was longer (JSON allows them)."""
    with path.open("r+b", buffering=0) as file:
        file.write(words.encode().ljust(path.stat().st_size))


def heartbeat_of(folder: Path, service: str) -> Heartbeat:
    """The last sign of life of a service."""
    try:
        values = json.loads((folder / f"{service}.json").read_text())
        pid, mono_s, boot = int(values["pid"]), float(values["mono_s"]), str(values["boot"])
    except (OSError, ValueError, KeyError, TypeError):
        return Heartbeat(service, None, None)
    return Heartbeat(service, pid, time.monotonic() - mono_s if boot == boot_id() else None)
