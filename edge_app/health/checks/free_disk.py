"""Fault: the disk that holds the casebook and its pictures is nearly full."""

import os
from pathlib import Path

from edge_app.config import Settings
from edge_app.health.check import Check, failed, ok, warning
from edge_app.health.checks.durable_folders import existing

NAME = "free_disk"
MIB = 1024 * 1024
WARN_BELOW_BYTES = 2048 * MIB
FAIL_BELOW_BYTES = 200 * MIB
FAIL_BELOW_FILES = 1000
REMEDY = "Free space on that disk: old logs and foreign files first. Never delete anything under casebook."


def free_bytes(folder: Path) -> int:
    """What is left of the disk under the folder for an ordinary account."""
    disk = os.statvfs(existing(folder))
    return disk.f_bavail * disk.f_frsize


def look(settings: Settings) -> Check:
    """What is left for an ordinary account, in bytes and in files."""
    disk = os.statvfs(existing(settings.var))
    left = free_bytes(settings.var)
    word = f"{left / (1024 * MIB):.1f} GiB free" if left >= 1024 * MIB else f"{left // MIB} MiB free"
    # File systems without a fixed number of files say zero of zero.
    if disk.f_files and disk.f_favail < FAIL_BELOW_FILES:
        return failed(NAME, f"{word}, but only {disk.f_favail} more files", REMEDY)
    if left < FAIL_BELOW_BYTES:
        return failed(NAME, word, REMEDY)
    if left < WARN_BELOW_BYTES:
        return warning(NAME, word, REMEDY)
    return ok(NAME, word)
