"""Fault: what is stored would not survive a power cut, because a folder cannot be written or its disk does not take fsync."""

import secrets
from pathlib import Path

from edge_app.config import Settings
from edge_app.files import fsync_folder, write_durably
from edge_app.health.check import Check, failed, ok

NAME = "durable_folders"
REMEDY = (
    "Let the box's account own the folder (chown -R edge: FOLDER), mount its disk for reading and writing, make room on it; "
    "until then no picture is accepted."
)


def look(settings: Settings) -> Check:
    """Write a file through to the disk in every folder that must be durable, read it back, take it away."""
    folders = [settings.var, settings.casebook_folder, settings.casebook_folder / "pictures", settings.incoming_folder]
    tried = []
    for folder in folders:
        there = existing(folder)
        if there in tried:
            continue
        try:
            _prove(there)
        except OSError as error:
            return failed(NAME, f"{there}: {error.strerror or type(error).__name__}", REMEDY)
        tried.append(there)
    missing = sum(not folder.exists() for folder in folders)
    return ok(NAME, f"{len(tried)} written through and read back" + (f"; {missing} not there yet can be made" if missing else ""))


def existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _prove(folder: Path) -> None:
    content = secrets.token_bytes(4096)
    path = folder / f".doctor-{secrets.token_hex(6)}.part"
    try:
        write_durably(path, content)
        if path.read_bytes() != content:
            raise OSError(None, "what was written reads back differently")
    finally:
        path.unlink(missing_ok=True)
    fsync_folder(folder)
