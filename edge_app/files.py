"""Files that are whole or not there: temporary name, fsync, rename, fsync of the folder."""

import hashlib
import os
import secrets
from pathlib import Path


def fsync_folder(folder: Path) -> None:
    """Make the folder's entries durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(path: Path, content: bytes) -> None:
    """Write ``content`` so that after return it survives a power cut, and before return nobody sees a part of it.

    Raises:
        OSError: it could not be written (disk full, read-only); nothing is left under ``path``'s name.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)


def version_of(path: Path) -> tuple[int, ...]:
    """Another whenever the file is another or was written to. Taken before reading, it is never newer than what is read.

    Raises:
        OSError: it is not there, or cannot be looked at.
    """
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


class PictureStore:
    """Pictures as files named by their SHA-256, in 256 folders. The same bytes are kept once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path_of(self, digest: str) -> Path:
        """Where the picture of that SHA-256 lies, there or not."""
        return self._folder / digest[:2] / digest

    def keep(self, content: bytes) -> str:
        """Store ``content`` durably and return its SHA-256 in hexadecimal. OSError where that is not possible."""
        digest = hashlib.sha256(content).hexdigest()
        path = self.path_of(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not _holds(path, content):
            write_durably(path, content)
        # Whoever made the file or its folder may not have come to make them durable yet, or may have been killed before.
        for folder in (path.parent, self._folder, self._folder.parent):
            fsync_folder(folder)
        return digest


def _holds(path: Path, content: bytes) -> bool:
    """Whether the file is there and undamaged; a damaged one is healed by the next arrival of the same picture."""
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False
