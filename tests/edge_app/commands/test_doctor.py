"""`./edge doctor`: its lines, its object, its exit status, and whose eyes it looks with."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.events import EventKind, record
from edge_app.clock import now
from edge_app.commands import doctor
from edge_app.commands.doctor import needs_a_person
from edge_app.config import REPOSITORY
from edge_app.health.check import ok
from edge_app.health.checks import CHECKS
from edge_app.link.brokers import mosquitto, start_broker
from edge_app.stage import free_port
from tests.passable import make_passable

NOTICE = "Research prototype, not a medical device"


@pytest.fixture
def settings_file(tmp_path: Path, box: Path) -> Iterator[Path]:
    """Settings of a box with models and a broker that runs, and a casebook of earlier cases."""
    port = free_port(23000)
    kind = "external" if mosquitto() else "embedded"
    file = tmp_path / "box.toml"
    file.write_text(
        f'var = "{tmp_path / "var"}"\n[dicom]\nport = {free_port(23100)}\n[kiosk]\nport = {free_port(23200)}\n'
        f'[broker]\nport = {port}\nkind = "{kind}"\n'
    )
    casebook = Casebook(tmp_path / "var" / "casebook")
    record(casebook.database, EventKind.MESSAGE_REFUSED, now(), None, None, {"word": "first"})
    record(casebook.database, EventKind.MESSAGE_REFUSED, now(), None, None, {"word": "second"})
    casebook.database.close()
    process = start_broker(tmp_path / "broker", port, "external" if mosquitto() else "embedded")
    yield file
    process.terminate()
    process.wait()


def _doctor(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    doctor.add_arguments(parser)
    return parser.parse_args(arguments)


def test_warnings_alone_need_nobody(settings_file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert doctor.run(_doctor("--settings", str(settings_file))) == 0
    first, *lines = capfd.readouterr().out.splitlines()
    assert first == f"{NOTICE}."
    assert len(lines) == len(CHECKS)
    assert {line.split()[0] for line in lines} == {"ok", "warning"}
    for fault, line in zip(CHECKS, lines, strict=True):
        assert line[9:].startswith(f"{fault.title}: ")
        assert (" – technician: " in line or " – crew: " in line) == line.startswith("warning")


def test_a_failed_check_needs_a_person(settings_file: Path, box: Path, capfd: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(box / "radiograph_gate")
    assert doctor.run(_doctor("--settings", str(settings_file))) == 1
    failed = [line for line in capfd.readouterr().out.splitlines() if line.startswith("FAILED")]
    assert len(failed) == 1
    assert failed[0].startswith("FAILED   Models: radiograph_gate is missing – technician: ")


def test_as_one_object(settings_file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with (settings_file.parent / "var" / "casebook" / "casebook.sqlite3").open("r+b") as file:
        file.write(b"\0" * 100)
    assert doctor.run(_doctor("--settings", str(settings_file), "--json")) == 1
    said = json.loads(capfd.readouterr().out)
    assert said["notice"] == NOTICE
    assert said["needs_a_person"] is True
    assert [check["name"] for check in said["checks"]] == [fault.name for fault in CHECKS]
    assert {tuple(check) for check in said["checks"]} == {("title", "name", "state", "word", "remedy", "who")}
    states = {check["name"]: check["state"] for check in said["checks"]}
    # What stands in a casebook that cannot be opened is unknown, and unknown is not well.
    assert {states[name] for name in ("casebook_schema", "audit_chain", "outbox", "link", "set_aside", "stored_pictures")} == {"failed"}
    assert states["sqlite_build"] == "ok"


def test_no_check_at_all_has_shown_nothing() -> None:
    assert needs_a_person([])
    assert not needs_a_person([ok("disk", "free")])


def _command(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "edge_app", "doctor", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)


def test_the_command_says_so_in_its_help_and_refuses_wrong_settings(tmp_path: Path) -> None:
    shown = _command("--help")
    assert shown.returncode == 0
    assert "warnings alone are 0" in " ".join(shown.stdout.split())
    assert NOTICE in " ".join(shown.stdout.split())
    (tmp_path / "box.toml").write_text("vra = 1\n")
    wrong = _command("--settings", str(tmp_path / "box.toml"))
    assert wrong.returncode == 2
    assert "line 1, key vra" in wrong.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can step down")
def test_started_by_root_it_looks_as_the_owner_of_the_data(settings_file: Path, tmp_path: Path) -> None:
    var = tmp_path / "var"
    make_passable(tmp_path)
    for path in (var, *var.rglob("*")):
        os.chown(path, 65534, 65534)
    whole = _command("--settings", str(settings_file), "--json")
    states = {check["name"]: check for check in json.loads(whole.stdout)["checks"]}
    assert states["durable_folders"]["state"] == "ok", states["durable_folders"]
    assert states["casebook_schema"]["state"] == "ok", states["casebook_schema"]
    assert {path.stat().st_uid for path in (var, *var.rglob("*"))} == {65534}
    # Root could write here; the services could not.
    (var / "casebook" / "pictures").mkdir(exist_ok=True)
    os.chown(var / "casebook" / "pictures", 0, 0)
    seen = {check["name"]: check for check in json.loads(_command("--settings", str(settings_file), "--json").stdout)["checks"]}
    assert seen["durable_folders"]["state"] == "failed"
    assert "Permission denied" in seen["durable_folders"]["word"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
def test_an_account_that_may_not_look_is_told_so(settings_file: Path, tmp_path: Path) -> None:
    make_passable(tmp_path)
    (tmp_path / "var").chmod(0o750)
    # Imported first: the interpreter may lie where only root comes.
    code = (
        "import os, sys; from edge_app.__main__ import main; from edge_app.commands import doctor; "
        f"os.setgroups([]); os.setgid(65534); os.setuid(65534); sys.exit(main(['doctor', '--settings', {str(settings_file)!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "belongs to another account" in done.stderr
