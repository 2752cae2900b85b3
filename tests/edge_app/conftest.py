"""What many rooms' tests need: a casebook of their own, and a disk that fills up."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge_app.casebook import Casebook
from edge_app.database import Database
from tests.edge_app.clocks import Clock
from tests.edge_app.full_disk import Disk

Mount = Callable[[str], Path]


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
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mount a small file system of memory with the options given; skips where that is not allowed."""
    mounted: list[Path] = []

    def mount(options: str) -> Path:
        folder = tmp_path / f"mounted-{len(mounted)}"
        folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"a small file system cannot be mounted here: {done.stderr.decode().strip()}")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        # Lazily: a test that failed may have left a file open on it.
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def small_disk(mount: Mount) -> Path:
    """A file system of 64 kB."""
    return mount("size=64k")


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    """The disk under this test's databases, which can be full."""
    return Disk(tmp_path, monkeypatch)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clocks of this process, which can jump."""
    return Clock(monkeypatch)
