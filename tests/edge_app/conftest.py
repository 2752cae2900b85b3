"""What many rooms' tests need: a casebook of their own, and a disk that fills up."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_app.casebook import Casebook
from edge_app.database import Database


@pytest.fixture
def casebook(tmp_path: Path) -> Iterator[Casebook]:
    """An empty casebook."""
    opened = Casebook(tmp_path)
    yield opened
    opened.database.close()


@pytest.fixture
def database(casebook: Casebook) -> Database:
    """The casebook's rows."""
    return casebook.database


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)
