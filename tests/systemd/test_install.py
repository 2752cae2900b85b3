"""install and uninstall, into an empty folder."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from edge_app.config import REPOSITORY, load_settings
from tests.systemd.conftest import SYSTEMD, script

SETTINGS = ("etc/edge/box.toml", "etc/edge/emergency_room.toml", "etc/mosquitto/conf.d/edge.conf")


def _tree(root: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(root)): (stat.S_IMODE(path.stat().st_mode), path.read_bytes() if path.is_file() else b"")
        for path in sorted(root.rglob("*"))
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty folder with the box installed under it once."""
    root = tmp_path / "root"
    root.mkdir()
    done = script("install", root)
    assert (done.returncode, done.stderr) == (0, "")
    return root


def test_twice_is_once(root: Path) -> None:
    before = _tree(root)
    assert script("install", root).returncode == 0
    assert _tree(root) == before


def test_everything_the_command_needs_is_there_and_readable_by_all(root: Path) -> None:
    program = root / "opt/edge"
    for file in ("edge", "edge_app/__main__.py", "requirements.txt", "export/requirements.txt", "tests/requirements.txt", "LICENSE"):
        assert (program / file).read_bytes() == (REPOSITORY / file).read_bytes()
    assert os.access(program / "edge", os.X_OK)
    assert os.access(program / "systemd/pause-after-failures", os.X_OK)
    assert not list(program.rglob("__pycache__"))
    assert [path for path in root.rglob("*") if not path.stat().st_mode & stat.S_IROTH] == []
    assert {path.name for path in program.iterdir() if path.name.startswith(".")} == set()


def test_what_an_older_version_left_is_taken_away(root: Path) -> None:
    (root / "opt/edge/edge_app/older.py").write_text("")
    assert script("install", root).returncode == 0
    assert not (root / "opt/edge/edge_app/older.py").exists()


def test_what_a_person_changed_stays(root: Path) -> None:
    for file in SETTINGS:
        (root / file).write_text("# mine\n")
    script("install", root)
    script("uninstall", root)
    script("install", root)
    for file in SETTINGS:
        assert (root / file).read_text() == "# mine\n"


def test_uninstalling_keeps_settings_and_every_case_and_can_be_repeated(root: Path) -> None:
    cases = [root / "var/lib/edge/casebook/casebook.sqlite3", root / "opt/edge/var/casebook/casebook.sqlite3"]
    for case in cases:
        case.parent.mkdir(parents=True)
        case.write_text("a case")
    for _ in range(2):
        done = script("uninstall", root)
        assert (done.returncode, done.stderr) == (0, "")
    files = {path for path in root.rglob("*") if path.is_file()}
    assert files == {*cases, *(root / file for file in SETTINGS)}


def test_the_settings_it_lays_out_load(root: Path) -> None:
    assert load_settings(root / "etc/edge/box.toml").var == Path("/var/lib/edge")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may install")
def test_without_root_and_without_a_folder_it_refuses() -> None:
    done = subprocess.run([str(SYSTEMD / "install")], capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
    assert done.returncode == 1
    assert "root" in done.stderr


@pytest.mark.parametrize("name", ["install", "uninstall", "pause-after-failures"])
def test_the_scripts_are_plain_sh(name: str) -> None:
    shell = shutil.which("dash") or "/bin/sh"
    done = subprocess.run([shell, "-n", str(SYSTEMD / name)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="systemd is not installed")
def test_account_and_folders_are_made(root: Path) -> None:
    for file in ("passwd", "group"):
        (root / "etc" / file).write_text("")
    done = subprocess.run(["systemd-sysusers", f"--root={root}", "edge.conf"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (root / "etc/passwd").read_text().startswith("edge:")
    if os.geteuid() != 0:
        pytest.skip("folders of another account need root")
    done = subprocess.run(["systemd-tmpfiles", f"--root={root}", "--create", "edge.conf"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    account = int((root / "etc/passwd").read_text().split(":")[2])
    drop = (root / "var/lib/edge/drop").stat()
    assert (drop.st_uid, stat.S_IMODE(drop.st_mode)) == (account, 0o2770)
