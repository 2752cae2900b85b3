"""The drop folder: complete files only, whatever order their bytes arrive in.

A file is complete when nobody has it open for writing and it has been quiet for a while. Linux tells the first through a read
lease (fcntl(2), F_SETLEASE), which it refuses while a writer is there; where leases are not to be had, a longer quiet must do.
"""

import fcntl
import logging
import os
import signal
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
AGAIN_AFTER_S = 10.0


@dataclass(frozen=True)
class _Look:
    """What was last seen of a file, and when it last changed by the monotonic clock."""

    size: int
    modified_ns: int
    inode: int
    since_s: float

    def of(self, status: os.stat_result) -> bool:
        """Whether the file is still as it was seen."""
        return (self.size, self.modified_ns, self.inode) == (status.st_size, status.st_mtime_ns, status.st_ino)


def _has_writer(path: Path) -> bool | None:
    """Whether somebody has the file open for writing; None where the kernel does not say."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        # Who opens it for writing just now breaks the lease; the kernel's word of that, SIGIO, would end this process.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
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
        self._kept: dict[Path, _Look] = {}
        self._again_at: dict[Path, float] = {}
        self._reported = False

    def look(self, beat: Callable[[], None] = lambda: None) -> int:
        """Look once; take in what is complete. Returns how many files were taken. ``beat`` is called after each file."""
        here: dict[Path, _Look] = {}
        taken = 0
        for path in self._files():
            try:
                status = path.stat()
            except OSError:
                continue
            look = self._seen.get(path)
            if look is None or not look.of(status):
                look = _Look(status.st_size, status.st_mtime_ns, status.st_ino, time.monotonic())
            here[path] = look
            taken += self._is_new(path, look) and self._is_complete(path, look) and self._take(path, look)
            beat()
        self._seen = here
        self._kept = {path: look for path, look in self._kept.items() if path in here}
        self._again_at = {path: at_s for path, at_s in self._again_at.items() if path in here}
        return taken

    def _is_new(self, path: Path, look: _Look) -> bool:
        return self._kept.get(path) != look and time.monotonic() >= self._again_at.get(path, 0.0)

    def _files(self) -> Iterator[Path]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            os.scandir(self._folder).close()
        except OSError as error:
            if not self._reported:
                log.error("the drop folder cannot be watched: %s", error.strerror)
            self._reported = True
            return
        self._reported = False
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
            self._kept[path] = look
            return False
        try:
            with path.open("rb") as file:
                content = file.read()
                if not look.of(os.fstat(file.fileno())):
                    return False
            take_in(self._casebook, content, Door.DROP_FOLDER)
        except (OSError, DatabaseError) as error:
            if path not in self._again_at:
                log.error("a dropped file could not be stored and stays where it is: %s", type(error).__name__)
            self._again_at[path] = time.monotonic() + AGAIN_AFTER_S
            return False
        try:
            # Somebody may have begun to write it anew meanwhile; that is another picture, to be looked at later.
            if look.of(path.stat()):
                path.unlink()
        except OSError:
            # A read-only folder: the file is in the casebook; remember it, so that it is not taken in at every look.
            self._kept[path] = look
        return True


def serve(casebook: Casebook, folder: Path, stopping: threading.Event, beat: Callable[[], None]) -> None:
    """Watch until told to stop."""
    drop = DropFolder(casebook, folder)
    while not stopping.is_set():
        drop.look(beat)
        beat()
        stopping.wait(0.4)
