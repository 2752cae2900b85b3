"""Heartbeats of the services."""

import subprocess
import sys

import pytest

from edge_app.config import Settings
from edge_app.health.check import State
from edge_app.health.checks.services import look
from edge_app.services import SERVICES, Service
from tests.edge_app.health.conftest import Beat


def test_all_alive_is_ok(settings: Settings, beat: Beat) -> None:
    beat()
    assert look(settings).state is State.OK


def test_a_box_that_does_not_run_is_a_warning(settings: Settings, beat: Beat) -> None:
    assert look(settings).state is State.WARNING
    beat(age_s=3600)
    assert look(settings).state is State.WARNING


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_one_that_is_older_than_its_watchdog_while_the_others_run_fails(settings: Settings, beat: Beat, service: Service) -> None:
    name, watchdog_s = service.name, service.watchdog_s
    beat()
    beat(name, age_s=watchdog_s - 5)
    assert look(settings).state is State.OK
    beat(name, age_s=watchdog_s + 5)
    check = look(settings)
    assert check.state is State.FAILED
    assert f"from {name};" in check.word


def test_one_that_was_killed_a_moment_ago_fails(settings: Settings, beat: Beat) -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    beat()
    beat("kiosk", pid=process.pid)
    assert look(settings).state is State.OK
    process.kill()
    process.wait()
    assert look(settings).state is State.FAILED


def test_one_that_never_beat_fails(settings: Settings, beat: Beat) -> None:
    beat()
    (settings.heartbeat_folder / "uplink.json").unlink()
    check = look(settings)
    assert check.state is State.FAILED
    assert "uplink" in check.word
