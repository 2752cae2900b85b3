"""The firmware notes: what they name is there, what they quote is so, what they tell to type works."""

import argparse
import importlib
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from edge_app.__main__ import COMMANDS
from edge_app.casebook import Casebook
from edge_app.config import REPOSITORY, Dicom, Settings, load_room_settings
from edge_app.health.checks import CHECKS
from edge_app.intake import dicom_listener
from edge_app.intake.dicom_listener import DicomListener
from edge_app.intake.drop_folder import UNFINISHED
from edge_app.services import SERVICES
from edge_app.stage import free_port

NOTES = REPOSITORY / "firmware_notes"
SETTING_UP = (NOTES / "setting-up-a-box.md").read_text(encoding="utf-8")
UNIT = (NOTES / "portable-unit-generic.md").read_text(encoding="utf-8")


def _typed(text: str) -> list[list[str]]:
    """What stands indented in a note, as words."""
    return [shlex.split(line) for line in text.splitlines() if line.startswith("    ") and not line.strip().startswith(("[", "#"))]


def test_every_check_has_its_line_in_the_order_of_the_doctor() -> None:
    assert re.findall(r"^\| ([A-Z][\w ]+) \| [^|]+ \| [^|]+ \|$", SETTING_UP, re.MULTILINE)[1:] == [fault.title for fault in CHECKS]


def test_every_status_the_door_gives_is_explained_and_no_other() -> None:
    given = {value for name, value in vars(dicom_listener).items() if name.isupper() and name in _STATUSES}
    assert {int(code, 16) for code in re.findall(r"^\| `0x([0-9A-F]{4})` \|", UNIT, re.MULTILINE)} == given


_STATUSES = set(re.findall(r"^([A-Z_]+) = 0x[0-9A-F]{4}$", Path(dicom_listener.__file__).read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("note", [SETTING_UP, UNIT], ids=["setting up", "unit"])
def test_every_edge_command_it_shows_is_understood(note: str) -> None:
    shown = [words for words in _typed(note) if words[0] == "/opt/edge/edge"]
    shown += [shlex.split(quoted) for quoted in re.findall(r"`(/opt/edge/edge [^`]+)`", note)]
    assert shown
    for _program, name, *arguments in shown:
        if not arguments:
            assert name in COMMANDS
            continue
        parser = argparse.ArgumentParser()
        importlib.import_module(f"edge_app.commands.{name}").add_arguments(parser)
        parser.parse_args(arguments)


def test_every_service_and_ending_is_named() -> None:
    for service in SERVICES:
        assert f"`edge-{service.name}`" in SETTING_UP or f"edge-{service.name}`" in SETTING_UP
    for ending in UNFINISHED:
        assert f"`{ending}`" in SETTING_UP


def test_the_sample_of_a_console_s_settings_loads(tmp_path: Path) -> None:
    start = SETTING_UP.index('    var = "/var/lib/edge/emergency_room"')
    lines = SETTING_UP[start : SETTING_UP.index("For a console on another machine")].splitlines()
    file = tmp_path / "er.toml"
    file.write_text("\n".join(line.strip() for line in lines), encoding="utf-8")
    assert load_room_settings(file).hpid == "A1100052"


def test_links_between_the_notes_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", SETTING_UP + UNIT):
        assert (NOTES / target).is_file()


@pytest.mark.skipif(shutil.which("echoscu") is None, reason="dcmtk is not installed")
def test_the_echo_it_shows_is_answered_and_fails_where_nobody_listens(tmp_path: Path) -> None:
    (words,) = {tuple(words) for words in [*_typed(SETTING_UP), *_typed(UNIT)] if words[0] == "echoscu"}
    defaults = Settings().dicom
    assert words[1:] == ("-aec", defaults.ae_title, defaults.host, str(defaults.port))
    port = free_port(25000)
    command = [*words[:-1], str(port)]
    listener = DicomListener(Casebook(tmp_path), Dicom(port=port))
    listener.start()
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        assert (done.returncode, done.stdout) == (0, "")
    finally:
        listener.stop()
    assert subprocess.run(command, capture_output=True, check=False, timeout=30).returncode != 0
