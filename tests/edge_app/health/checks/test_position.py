"""gpsd, as a scripted peer that speaks its protocol."""

import json
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from edge_app.config import Position, Settings
from edge_app.health.check import State
from edge_app.health.checks import position
from edge_app.health.checks.position import look
from edge_app.stage import free_port

VERSION = {"class": "VERSION", "release": "3.22", "proto_major": 3, "proto_minor": 14}
DEVICES = {"class": "DEVICES", "devices": []}
NO_FIX = {"class": "TPV", "device": "/dev/ttyUSB0", "mode": 1}
FIX = {"class": "TPV", "device": "/dev/ttyUSB0", "mode": 3, "lat": 37.5, "lon": 127.0}
Speak = Callable[[list[object], bool], Settings]


@pytest.fixture
def speak(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Speak]:
    """A gpsd that says these things to the first who connects, and then hangs up or stays silent."""
    monkeypatch.setattr(position, "LISTEN_S", 0.5)
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()
    threads: list[threading.Thread] = []

    def talk(reports: list[object], stay: bool) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1024)
            connection.sendall("".join(json.dumps(report, separators=(",", ":")) + "\r\n" for report in reports).encode())
            if stay:
                over.wait(20)

    def speak(reports: list[object], stay: bool) -> Settings:
        threads.append(threading.Thread(target=talk, args=(reports, stay)))
        threads[-1].start()
        return settings.model_copy(update={"position": Position(gpsd_port=server.getsockname()[1])})

    yield speak
    over.set()
    for thread in threads:
        thread.join()
    server.close()


def test_no_gpsd_configured_is_ok(settings: Settings) -> None:
    check = look(settings)
    assert check.state is State.OK
    assert "settings" in check.word


def test_a_fix_is_ok(speak: Speak) -> None:
    assert look(speak([VERSION, DEVICES, NO_FIX, FIX], True)).state is State.OK


@pytest.mark.parametrize("stay", [True, False])
@pytest.mark.parametrize("reports", [[VERSION, DEVICES], [VERSION, DEVICES, NO_FIX, NO_FIX], [VERSION, {**FIX, "mode": 0}]])
def test_no_fix_is_a_warning(speak: Speak, reports: list[object], stay: bool) -> None:
    check = look(speak(reports, stay))
    assert check.state is State.WARNING
    assert "no fix" in check.word


def test_nobody_there_fails(settings: Settings) -> None:
    check = look(settings.model_copy(update={"position": Position(gpsd_port=free_port(22800))}))
    assert check.state is State.FAILED
    assert "ConnectionRefusedError" in check.word


def test_something_else_on_that_port_fails(speak: Speak) -> None:
    assert look(speak(["SSH-2.0"], True)).state is State.FAILED
