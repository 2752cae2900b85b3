"""Durable folders: a disk without room, a disk for reading only, a file in the way, an account that may not write."""

import os
from pathlib import Path

import pytest

from edge_app.config import Settings
from edge_app.health.check import State
from edge_app.health.checks.durable_folders import look
from tests.edge_app.conftest import Mount
from tests.edge_app.health.conftest import as_nobody
from tests.passable import make_passable


def test_folders_that_take_a_write_are_ok_and_left_as_they_were(settings: Settings) -> None:
    settings.var.mkdir()
    assert look(settings).state is State.OK
    assert list(settings.var.iterdir()) == []


def test_a_full_disk_fails(settings: Settings, mount: Mount) -> None:
    folder = mount("size=64k")
    with pytest.raises(OSError, match="No space"):
        (folder / "filler").write_bytes(b"\0" * 131072)
    check = look(settings.model_copy(update={"var": folder}))
    assert check.state is State.FAILED
    assert "No space left" in check.word
    assert [path.name for path in folder.iterdir()] == ["filler"]


def test_a_disk_for_reading_only_fails(settings: Settings, mount: Mount) -> None:
    check = look(settings.model_copy(update={"var": mount("ro,size=64k")}))
    assert check.state is State.FAILED
    assert "Read-only" in check.word


def test_only_the_drop_folder_being_unwritable_fails_too(settings: Settings, mount: Mount) -> None:
    settings.var.mkdir()
    assert look(settings.model_copy(update={"drop_folder": mount("ro,size=64k")})).state is State.FAILED


def test_a_file_in_the_place_of_a_folder_fails(settings: Settings) -> None:
    settings.var.mkdir()
    settings.casebook_folder.write_text("in the way")
    check = look(settings)
    assert check.state is State.FAILED
    assert "Not a directory" in check.word


def test_an_account_that_may_not_write_fails(settings: Settings, tmp_path: Path) -> None:
    settings.var.mkdir()
    settings.var.chmod(0o555)
    if os.geteuid() == 0:
        # Above it everything must be passable for the account the test steps down to.
        make_passable(tmp_path)
    with as_nobody():
        check = look(settings)
    settings.var.chmod(0o755)
    assert check.state is State.FAILED
    assert "Permission denied" in check.word
