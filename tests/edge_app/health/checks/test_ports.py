"""The ports of the box, held by real sockets."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from edge_app.config import Dicom, Settings
from edge_app.health.check import State
from edge_app.health.checks.ports import look
from tests.edge_app.health.conftest import Beat

_LISTEN = "import socket,sys,time; s=socket.create_server(('127.0.0.1',int(sys.argv[1]))); print('up',flush=True); time.sleep(60)"


@pytest.fixture
def stranger(settings: Settings) -> Iterator[int]:
    """Another process that listens on the kiosk's port."""
    process = subprocess.Popen([sys.executable, "-c", _LISTEN, str(settings.kiosk.port)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    yield process.pid
    process.kill()
    process.wait()
    process.stdout.close()


def test_free_ports_are_ok(settings: Settings) -> None:
    assert look(settings).state is State.OK


def test_a_port_held_by_a_stranger_fails_and_names_it(settings: Settings, stranger: int) -> None:
    check = look(settings)
    assert check.state is State.FAILED
    assert f"kiosk 127.0.0.1:{settings.kiosk.port}: held by process {stranger} (python" in check.word


def test_a_port_held_by_a_stranger_fails_also_while_our_service_lives(settings: Settings, stranger: int, beat: Beat) -> None:
    beat("kiosk")
    assert look(settings).state is State.FAILED


def test_a_port_held_by_our_own_service_is_ok(settings: Settings, stranger: int, beat: Beat) -> None:
    beat("kiosk", pid=stranger)
    assert look(settings).state is State.OK


def test_a_service_that_lives_but_does_not_listen_fails(settings: Settings, beat: Beat) -> None:
    beat("dicom")
    check = look(settings)
    assert check.state is State.FAILED
    assert "does not listen" in check.word


@pytest.mark.parametrize("host", ["192.0.2.7", "no-such-host.invalid"])
def test_an_address_that_is_not_ours_fails(settings: Settings, host: str) -> None:
    check = look(settings.model_copy(update={"dicom": Dicom(host=host, port=settings.dicom.port)}))
    assert check.state is State.FAILED
    assert host in check.word


def test_a_connection_that_has_just_ended_holds_no_port(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", settings.dicom.port)) as server:
        client = socket.create_connection(("127.0.0.1", settings.dicom.port))
        accepted, _ = server.accept()
        # The side that closes first is the one that stays in TIME_WAIT.
        accepted.close()
        client.close()
    assert look(settings).state is State.OK
