"""The drop folder: complete files only, none lost, none taken twice."""

import fcntl
import os
import random
import subprocess
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from edge_app.casebook import Casebook
from edge_app.database import DatabaseError
from edge_app.files import PictureStore
from edge_app.intake import drop_folder, take_in
from edge_app.intake.drop_folder import DropFolder, serve
from edge_app.processes import module_command, module_environment
from tests.edge_app.intake.pictures import chest, chest_file, file_of
from tests.edge_app.waiting import wait_until


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drop_folder, "QUIET_S", 0.05)
    monkeypatch.setattr(drop_folder, "QUIET_WITHOUT_LEASE_S", 0.4)
    monkeypatch.setattr(drop_folder, "AGAIN_AFTER_S", 0.1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "drop"
    place.mkdir()
    return place


@pytest.fixture
def drop(casebook: Casebook, folder: Path) -> DropFolder:
    return DropFolder(casebook, folder)


def entered(casebook: Casebook) -> list[str]:
    return [row["sha256"] for row in casebook.database.rows("SELECT sha256 FROM radiographs ORDER BY rowid")]


def looks(drop: DropFolder, seconds: float = 0.3) -> int:
    """Look for so long; how many files were taken."""
    taken = 0
    done = threading.Event()
    threading.Timer(seconds, done.set).start()
    while not done.wait(0.02):
        taken += drop.look()
    return taken


def test_a_file_whose_writer_has_it_open_is_not_taken_in_whatever_order_its_bytes_come(
    casebook: Casebook, drop: DropFolder, folder: Path
) -> None:
    content = file_of(chest())
    blocks = list(range(0, len(content), 1000))
    random.Random(1).shuffle(blocks)
    with (folder / "chest.dcm").open("wb", buffering=0) as writer:
        writer.truncate(len(content))
        for block in blocks[:4]:
            writer.seek(block)
            writer.write(content[block : block + 1000])
            # Its size is the final one already and it is quiet for long; only that its writer is there tells.
            assert looks(drop, 0.15) == 0
        for block in blocks[4:]:
            writer.seek(block)
            writer.write(content[block : block + 1000])
    wait_until(drop.look, "the taking of the file")
    assert entered(casebook) == [take_in.take_in(casebook, content, drop_folder.Door.UPLOAD).radiograph.sha256]
    assert not (folder / "chest.dcm").exists()


def test_where_the_kernel_does_not_tell_of_writers_a_longer_quiet_does(
    casebook: Casebook, drop: DropFolder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_leases(_handle: int, _command: int, _argument: int) -> int:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(fcntl, "fcntl", no_leases)
    with (folder / "chest.dcm").open("wb", buffering=0) as writer:
        for _ in range(6):
            writer.write(b"x" * 100)
            assert looks(drop, 0.15) == 0
    wait_until(drop.look, "the taking of the file")
    assert len(entered(casebook)) == 1


@pytest.mark.parametrize("name", ["a.dcm.part", "a.PARTIAL", ".a.dcm", ".hidden/a.dcm", "DICOMDIR", "a.tmp"])
def test_what_is_not_finished_or_no_picture_by_its_name_waits_for_its_right_name(
    casebook: Casebook, drop: DropFolder, folder: Path, name: str
) -> None:
    unfinished = folder / name
    unfinished.parent.mkdir(exist_ok=True)
    unfinished.write_bytes(chest_file())
    assert looks(drop) == 0
    assert unfinished.exists()
    unfinished.rename(folder / "a.dcm")
    wait_until(drop.look, "the taking of the file")
    assert len(entered(casebook)) == 1


def test_folders_within_are_looked_into_and_links_are_not_followed(casebook: Casebook, drop: DropFolder, folder: Path) -> None:
    (folder / "of the day" / "series").mkdir(parents=True)
    (folder / "of the day" / "series" / "chest").write_bytes(chest_file())
    outside = folder.parent / "outside.dcm"
    outside.write_bytes(b"not dropped")
    (folder / "link.dcm").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.dcm")
    assert looks(drop) == 1
    assert len(entered(casebook)) == 1
    assert outside.exists()


@pytest.mark.parametrize("content", [b"", b"Dear colleague, " * 50])
def test_what_is_no_picture_is_kept_all_the_same(casebook: Casebook, drop: DropFolder, folder: Path, content: bytes) -> None:
    (folder / "letter.dcm").write_bytes(content)
    wait_until(drop.look, "the taking of the file")
    (digest,) = entered(casebook)
    assert casebook.pictures.path_of(digest).read_bytes() == content


def test_a_file_that_cannot_be_removed_is_taken_once(
    casebook: Casebook, drop: DropFolder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "unlink", lambda _self, **_more: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    file = folder / "chest.dcm"
    file.write_bytes(chest_file())
    assert looks(drop) == 1
    file.write_bytes(file_of(chest()))
    # Another picture under the same name is another picture.
    assert looks(drop) == 1
    assert len(entered(casebook)) == 2
    assert [row["kind"] for row in casebook.database.rows("SELECT kind FROM events")].count("radiograph_repeated") == 0


def test_a_file_written_anew_while_it_is_taken_is_not_removed(
    casebook: Casebook, drop: DropFolder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, second = folder / "chest.dcm", file_of(chest())
    take = drop_folder.take_in

    def meanwhile(*args: object, **more: object) -> object:
        taken = take(*args, **more)  # type: ignore[arg-type]
        if file.read_bytes() != second:
            file.write_bytes(second)
        return taken

    monkeypatch.setattr(drop_folder, "take_in", meanwhile)
    file.write_bytes(file_of(chest()))
    taken = looks(drop)
    while taken < 2:
        taken += looks(drop)
    assert taken == 2
    assert len(entered(casebook)) == 2
    assert not file.exists()


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), DatabaseError("database or disk is full")])
def test_what_could_not_be_stored_stays_and_is_taken_when_it_can_be(
    casebook: Casebook,
    drop: DropFolder,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: Exception,
) -> None:
    def fail(*_args: object, **_more: object) -> None:
        raise fault

    (folder / "chest.dcm").write_bytes(chest_file())
    monkeypatch.setattr(take_in, "add_radiograph", fail)
    assert looks(drop, 0.5) == 0
    assert (folder / "chest.dcm").read_bytes() == chest_file()
    assert len([entry for entry in caplog.records if "stays where it is" in entry.message]) == 1
    monkeypatch.undo()
    wait_until(drop.look, "the taking of the file", 20.0)
    assert len(entered(casebook)) == 1


def test_a_full_disk_loses_nothing(casebook: Casebook, drop: DropFolder, folder: Path, small_disk: Path) -> None:
    store, casebook.pictures = casebook.pictures, PictureStore(small_disk / "pictures")
    (folder / "chest.dcm").write_bytes(chest_file(side=256))
    assert looks(drop) == 0
    assert (folder / "chest.dcm").exists()
    casebook.pictures = store
    wait_until(drop.look, "the taking of the file")


def test_a_folder_that_goes_away_and_comes_back(casebook: Casebook, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder.rmdir()
    folder.write_text("a file stands where the folder was")
    drop = DropFolder(casebook, folder)
    assert looks(drop) == 0
    assert len([entry for entry in caplog.records if "cannot be watched" in entry.message]) == 1
    folder.unlink()
    assert looks(drop, 0.1) == 0
    (folder / "chest.dcm").write_bytes(chest_file())
    wait_until(drop.look, "the taking of the file")


_UNREADABLE = """
import logging, os, sys, time
from pathlib import Path
from edge_app.casebook import Casebook
from edge_app.intake import drop_folder
drop_folder.QUIET_S, drop_folder.QUIET_WITHOUT_LEASE_S = 0.02, 0.1
logging.basicConfig(level=logging.ERROR, stream=sys.stdout)
place = Path(sys.argv[1])
os.chown(place, 65534, 65534)
for path in (place / "drop").iterdir():
    os.chown(path, 65534 if path.name == "ours" else 0, 65534)
os.setgid(65534); os.setuid(65534)
drop = drop_folder.DropFolder(Casebook(place / "box"), place / "drop")
taken = 0
for _ in range(20):
    taken += drop.look()
    time.sleep(0.05)
print("taken", taken)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not read")
def test_somebody_who_may_neither_read_nor_remove_takes_what_he_can_once() -> None:
    with TemporaryDirectory() as name:
        place = Path(name)
        (place / "drop").mkdir(mode=0o555)
        for file, mode in (("theirs", 0o444), ("secret", 0o000), ("ours", 0o644)):
            (place / "drop" / file).write_bytes(file_of(chest()))
            (place / "drop" / file).chmod(mode)
        said = subprocess.run(
            [*module_command("x")[:2], "-c", _UNREADABLE, name], env=module_environment(), capture_output=True, text=True, check=False
        )
        assert said.stdout.splitlines()[-1:] == ["taken 2"], said.stderr
        assert said.stdout.count("stays where it is") == 1
        assert len(list((place / "drop").iterdir())) == 3


_LEASE_BROKEN = """
import contextlib, fcntl, os, sys
from pathlib import Path
from edge_app.intake import drop_folder

file, real = Path(sys.argv[1]), fcntl.fcntl

def with_a_writer(handle, command, argument):
    result = real(handle, command, argument)
    if command == fcntl.F_SETLEASE and argument == fcntl.F_RDLCK:
        print("leased", flush=True)
        with contextlib.suppress(BlockingIOError):
            os.open(file, os.O_WRONLY | os.O_NONBLOCK)
    return result

fcntl.fcntl = with_a_writer
drop_folder._has_writer(file)
print("still here")
"""


def test_a_writer_that_comes_in_the_very_moment_of_the_look_does_not_end_the_service(folder: Path) -> None:
    file = folder / "chest.dcm"
    file.write_bytes(b"x")
    said = subprocess.run(
        [*module_command("x")[:2], "-c", _LEASE_BROKEN, str(file)], env=module_environment(), capture_output=True, text=True, check=False
    )
    if "leased" not in said.stdout:
        pytest.skip("this file system knows no leases")
    assert said.stdout.splitlines()[-1] == "still here", said.returncode


def test_the_service_takes_files_until_told_to_stop(casebook: Casebook, folder: Path) -> None:
    stopping, beats = threading.Event(), []

    def watch() -> None:
        serve(casebook, folder, stopping, lambda: beats.append(1))
        casebook.database.close()

    thread = threading.Thread(target=watch)
    thread.start()
    for number in range(3):
        (folder / f"{number}.dcm").write_bytes(file_of(chest()))
    wait_until(lambda: len(entered(casebook)) == 3, "the taking of all three")
    stopping.set()
    thread.join()
    assert len(beats) >= 3
    assert list(folder.iterdir()) == []
