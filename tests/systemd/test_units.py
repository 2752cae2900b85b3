"""The unit files: accepted by systemd without a word, sandboxed, and of one mind with the table of services."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from edge_app.config import load_room_settings, load_settings
from edge_app.services import SERVICES, Service
from tests.systemd.conftest import SYSTEMD

# systemd rates 0 (nothing open) to 10. What it still counts: the host's network where the service needs it, the call that asks
# for the clock's state, and /proc.
HIGHEST_EXPOSURE = 2.0
HIGHEST_EXPOSURE_WITHOUT_NETWORK = 1.0
UNITS = sorted(path.name for path in (SYSTEMD / "units").iterdir())
WITHOUT_NETWORK = ("drop", "reading")
# The hospital's side: on a machine of its own, so no part of the target.
EMERGENCY_ROOM = "edge-emergency-room.service"
LOOPBACK_ONLY = ("dispatch", "kiosk")


class _Unit:
    """A unit file's settings; a key may stand more than once."""

    def __init__(self, name: str) -> None:
        self._lines = (SYSTEMD / "units" / name).read_text(encoding="utf-8").splitlines()

    def all(self, key: str) -> list[str]:
        return [line.partition("=")[2] for line in self._lines if line.partition("=")[0] == key]

    def one(self, key: str) -> str:
        (value,) = self.all(key)
        return value


def unit_of(service: Service) -> _Unit:
    return _Unit(f"edge-{service.name}.service")


every_service = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)


def test_one_unit_a_service_and_the_target_wants_them_all() -> None:
    names = [f"edge-{service.name}.service" for service in SERVICES]
    assert sorted([*names, EMERGENCY_ROOM, "edge.target"]) == UNITS
    assert _Unit("edge.target").one("Wants").split() == names


@pytest.mark.parametrize("name", UNITS)
def test_systemd_accepts_it_without_a_word(installed: Path, name: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", f"--root={installed}", "--man=no", name], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_verify_would_have_said_something(installed: Path, tmp_path: Path) -> None:
    text = (SYSTEMD / "units/edge-drop.service").read_text(encoding="utf-8")
    (tmp_path / "edge-odd.service").write_text(text.replace("WatchdogSec", "WatchdogSeconds"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "edge-odd.service")], capture_output=True, text=True, check=False
    )
    assert "Unknown key" in done.stderr


@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_its_exposure_is_low(installed: Path, name: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", f"--root={installed}", "--no-pager", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found is not None, done.stdout
    without_network = name in [f"edge-{service}.service" for service in WITHOUT_NETWORK]
    limit = HIGHEST_EXPOSURE_WITHOUT_NETWORK if without_network else HIGHEST_EXPOSURE
    assert float(found.group(1)) <= limit
    assert done.stderr == ""


def test_the_emergency_room_runs_with_the_example_settings() -> None:
    unit = _Unit(EMERGENCY_ROOM)
    assert shlex.split(unit.one("ExecStart")) == ["/opt/edge/edge", "er", "--settings", "/etc/edge/emergency_room.toml"]
    settings = load_room_settings(SYSTEMD / "emergency_room.example.toml")
    assert settings.var.is_relative_to("/var/lib/edge")
    assert unit.one("Type") == "notify"


@every_service
def test_it_runs_the_service_of_the_table(service: Service) -> None:
    unit = unit_of(service)
    assert unit.one("ExecStart") == f"/opt/edge/edge run {service.name} --settings /etc/edge/box.toml"
    assert unit.one("PartOf") == "edge.target"
    assert unit.one("User") == "edge"


@every_service
def test_watchdog_and_restarts_are_those_of_the_table(service: Service) -> None:
    unit = unit_of(service)
    assert unit.one("Type") == "notify"
    assert float(unit.one("WatchdogSec")) == service.watchdog_s
    assert float(unit.one("TimeoutStartSec")) == service.start_s
    assert unit.one("Restart") == "always"
    assert unit.one("StartLimitIntervalSec") == "0"
    _script, folder, *numbers = shlex.split(unit.one("ExecStopPost"))
    assert [float(number) for number in numbers] == [service.restarts, service.within_s, service.pause_s]
    assert folder == f"/run/{unit.one('RuntimeDirectory')}"
    # The pause is part of stopping; cut short it would be none.
    assert float(unit.one("TimeoutStopSec")) > service.pause_s


@every_service
def test_it_may_do_no_more_than_it_must(service: Service) -> None:
    unit = unit_of(service)
    assert unit.one("ProtectSystem") == "strict"
    assert unit.one("StateDirectory") == "edge"
    assert unit.one("CapabilityBoundingSet") == ""
    assert unit.one("UMask") == "0077"
    assert unit.one("LimitCORE") == "0"
    assert unit.one("NoNewPrivileges") == "yes"
    assert unit.one("MemoryDenyWriteExecute") == ("no" if service.name == "reading" else "yes")
    assert unit.all("PrivateNetwork") == (["yes"] if service.name in WITHOUT_NETWORK else [])
    assert unit.all("IPAddressAllow") == (["localhost"] if service.name in LOOPBACK_ONLY else [])


def test_the_services_write_where_the_settings_point() -> None:
    settings = load_settings(SYSTEMD / "settings.example.toml")
    assert settings.var == Path("/var/lib") / unit_of(SERVICES[0]).one("StateDirectory")
    assert settings.incoming_folder == settings.var / "drop"
    assert f"d {settings.incoming_folder} 2770 edge edge -" in (SYSTEMD / "tmpfiles.conf").read_text().splitlines()


def test_every_key_of_the_sample_settings_is_the_default_but_where_it_lies() -> None:
    settings = load_settings(SYSTEMD / "settings.example.toml")
    assert settings == load_settings(None).model_copy(update={"var": settings.var})


def test_the_box_starts_with_the_machine() -> None:
    assert _Unit("edge.target").one("WantedBy") == "multi-user.target"
