"""Heartbeats: each service says that it lives, in a small file. Not in the casebook: they are worth no fsync and no wake-up."""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import sdnotify

from edge_app.clock import boot_id

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
        self._systemd = sdnotify.SystemdNotifier()
        self._ready = False

    def beat(self) -> None:
        """Say that the service lives; cheap enough to be called in every loop."""
        now_s = time.monotonic()
        if now_s < self._next_s:
            return
        self._next_s = now_s + BEAT_EVERY_S
        temporary = self._file.with_suffix(".part")
        temporary.write_text(json.dumps({"pid": os.getpid(), "mono_s": now_s, "boot": boot_id()}))
        temporary.rename(self._file)
        self._systemd.notify("WATCHDOG=1" if self._ready else "READY=1")
        self._ready = True


def heartbeat_of(folder: Path, service: str) -> Heartbeat:
    """The last sign of life of a service."""
    try:
        values = json.loads((folder / f"{service}.json").read_text())
        pid, mono_s, boot = int(values["pid"]), float(values["mono_s"]), str(values["boot"])
    except (OSError, ValueError, KeyError, TypeError):
        return Heartbeat(service, None, None)
    return Heartbeat(service, pid, time.monotonic() - mono_s if boot == boot_id() else None)
