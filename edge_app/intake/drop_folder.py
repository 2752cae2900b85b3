"""The drop folder: complete files only, whatever order their bytes arrive in.

A file is complete when nobody has it open for writing and it has been quiet for a while. Linux tells the first through a read
lease (fcntl(2), F_SETLEASE), which it refuses while a writer is there; where leases are not to be had, a longer quiet must do.
"""

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edge_app.casebook import Casebook
from edge_app.casebook.radiographs import Door
from edge_app.database import DatabaseError
from edge_app.intake.take_in import take_in

log = logging.getLogger(__name__)

QUIET_S = 1.0
QUIET_WITHOUT_LEASE_S = 6.0
UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart", ".swp")
INDEX_FILES = ("DICOMDIR",)
LARGEST_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class _Look:
    """What was last seen of a file, and when it last changed by the monotonic clock."""

    size: int
    modified_ns: int
    inode: int
    since_s: float


def _has_writer(path: Path) -> bool | None:
    """Whether somebody has the file open for writing; None where the kernel does not say."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(handle)
    return False


class DropFolder:
    """Watches one folder and everything below it by looking, which also works where the kernel sends no notices."""

    def __init__(self, casebook: Casebook, folder: Path) -> None:
        self._casebook = casebook
        self._folder = folder
        self._seen: dict[Path, _Look] = {}
        self._kept: set[tuple[Path, int, int]] = set()

    def look(self) -> int:
        """Look once; take in what is complete. Returns how many files were taken."""
        self._folder.mkdir(parents=True, exist_ok=True)
        here: dict[Path, _Look] = {}
        taken = 0
        for path in self._files():
            try:
                status = path.stat()
            except OSError:
                continue
            before = self._seen.get(path)
            look = _Look(status.st_size, status.st_mtime_ns, status.st_ino, time.monotonic())
            if before is not None and (before.size, before.modified_ns, before.inode) == (look.size, look.modified_ns, look.inode):
                look = before
            here[path] = look
            if (path, look.modified_ns, look.size) not in self._kept and self._is_complete(path, look) and self._take(path, look):
                taken += 1
        self._seen = here
        return taken

    def _files(self) -> Iterator[Path]:
        for folder, subfolders, names in os.walk(self._folder):
            subfolders[:] = [name for name in subfolders if not name.startswith(".")]
            for name in names:
                if not name.startswith(".") and not name.lower().endswith(UNFINISHED) and name not in INDEX_FILES:
                    path = Path(folder, name)
                    if path.is_file() and not path.is_symlink():
                        yield path

    def _is_complete(self, path: Path, look: _Look) -> bool:
        quiet_s = time.monotonic() - look.since_s
        if quiet_s < QUIET_S:
            return False
        writer = _has_writer(path)
        if writer is None:
            return quiet_s >= QUIET_WITHOUT_LEASE_S
        return not writer

    def _take(self, path: Path, look: _Look) -> bool:
        if look.size > LARGEST_BYTES:
            log.error("a dropped file of %d bytes is too large to take in and stays where it is", look.size)
            self._kept.add((path, look.modified_ns, look.size))
            return False
        try:
            content = path.read_bytes()
            take_in(self._casebook, content, Door.DROP_FOLDER)
        except (OSError, DatabaseError) as error:
            log.error("a dropped file could not be stored and stays where it is: %s", type(error).__name__)
            return False
        try:
            path.unlink()
        except OSError:
            # A read-only folder: the file is in the casebook; remember it, so that it is not taken in at every look.
            self._kept.add((path, look.modified_ns, look.size))
        return True


def serve(casebook: Casebook, folder: Path, stopping: threading.Event, beat: Callable[[], None]) -> None:
    """Watch until told to stop."""
    drop = DropFolder(casebook, folder)
    while not stopping.is_set():
        drop.look()
        beat()
        stopping.wait(0.4)
