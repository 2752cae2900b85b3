"""Files that are whole or not there."""

import errno
import hashlib
import os
import threading
from pathlib import Path

import pytest

from edge_app import files
from edge_app.files import PictureStore, write_durably


def everything_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_full_disk_leaves_nothing_and_then_there_is_room_again(small_disk: Path) -> None:
    write_durably(small_disk / "first", b"1" * 20_000)
    with pytest.raises(OSError, match="No space") as caught:
        write_durably(small_disk / "second", b"2" * 200_000)
    assert caught.value.errno == errno.ENOSPC
    assert everything_in(small_disk) == [small_disk / "first"]
    write_durably(small_disk / "third", b"3" * 20_000)
    assert (small_disk / "third").read_bytes() == b"3" * 20_000


def test_a_full_disk_keeps_the_file_that_was_to_be_replaced(small_disk: Path) -> None:
    write_durably(small_disk / "directory", b"old")
    with pytest.raises(OSError, match="No space"):
        write_durably(small_disk / "directory", b"n" * 200_000)
    assert (small_disk / "directory").read_bytes() == b"old"


def test_a_picture_that_finds_no_room_is_not_there(small_disk: Path) -> None:
    store = PictureStore(small_disk / "pictures")
    content = os.urandom(200_000)
    with pytest.raises(OSError, match="No space"):
        store.keep(content)
    assert everything_in(small_disk) == []


@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_a_disk_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def fail(*_args: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path if call == "rename" else files.os, call, fail)
    with pytest.raises(OSError, match="Input/output"):
        write_durably(tmp_path / "picture", b"x")
    monkeypatch.undo()
    assert everything_in(tmp_path) == []


def test_the_file_is_durable_before_it_has_its_name_and_its_name_before_return(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[tuple[str, bool]] = []
    fsync, rename, target = os.fsync, Path.rename, tmp_path / "picture"
    monkeypatch.setattr(
        files.os, "fsync", lambda handle: (steps.append((f"fsync {os.fstat(handle).st_size}", target.exists())), fsync(handle))
    )
    monkeypatch.setattr(Path, "rename", lambda self, to: (steps.append(("rename", target.exists())), rename(self, to)))
    write_durably(target, b"x" * 77)
    assert steps[:2] == [("fsync 77", False), ("rename", False)]
    assert [there for _step, there in steps[2:]] == [True]


def test_the_same_bytes_are_kept_once_under_their_hash(tmp_path: Path) -> None:
    store = PictureStore(tmp_path)
    digest = store.keep(b"picture")
    assert digest == hashlib.sha256(b"picture").hexdigest()
    before = store.path_of(digest).stat().st_ino
    assert store.keep(b"picture") == digest
    assert store.path_of(digest).stat().st_ino == before
    assert everything_in(tmp_path) == [store.path_of(digest)]


@pytest.mark.parametrize("damaged", [b"pictura", b"", b"picture and more"])
def test_a_damaged_picture_is_healed_when_it_comes_again(tmp_path: Path, damaged: bytes) -> None:
    store = PictureStore(tmp_path)
    path = store.path_of(store.keep(b"picture"))
    path.write_bytes(damaged)
    store.keep(b"picture")
    assert path.read_bytes() == b"picture"


def test_a_picture_that_is_there_is_made_durable_before_it_is_acknowledged_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = PictureStore(tmp_path)
    store.keep(b"picture")
    synced: list[int] = []
    monkeypatch.setattr(files.os, "fsync", lambda handle: synced.append(os.fstat(handle).st_ino))
    digest = store.keep(b"picture")
    assert {store.path_of(digest).parent.stat().st_ino, tmp_path.stat().st_ino} <= set(synced)


def test_the_same_picture_at_several_doors_at_once(tmp_path: Path) -> None:
    store, content = PictureStore(tmp_path), os.urandom(300_000)
    threads = [threading.Thread(target=store.keep, args=(content,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (path,) = everything_in(tmp_path)
    assert path.read_bytes() == content
