"""The broker: real ones, none, and one that only seems to be one."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest

from edge_app.config import Broker, Settings
from edge_app.health.check import State
from edge_app.health.checks import broker as check_broker
from edge_app.health.checks.broker import look
from edge_app.link.brokers import mosquitto, start_broker

Start = Callable[[Literal["external", "embedded"]], None]
CONNACK_V311_REFUSED = b"\x20\x02\x00\x05"
CONNACK_V5_REFUSED = b"\x20\x03\x00\x87\x00"


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> Iterator[Start]:
    """Start a real broker on the settings' port."""
    started = []

    def start(kind: Literal["external", "embedded"]) -> None:
        started.append(start_broker(tmp_path / "broker", settings.broker.port, kind))

    yield start
    for process in started:
        process.terminate()
        process.wait()


def _with(settings: Settings, kind: Literal["external", "embedded"]) -> Settings:
    return settings.model_copy(update={"broker": Broker(port=settings.broker.port, kind=kind)})


@pytest.mark.skipif(mosquitto() is None, reason="mosquitto is not installed")
def test_mosquitto_is_ok_and_speaks_mqtt_5(settings: Settings, start: Start) -> None:
    start("external")
    check = look(settings)
    assert check.state is State.OK
    assert "MQTT 5;" in check.word


def test_the_embedded_one_is_a_warning_that_says_not_durable(settings: Settings, start: Start) -> None:
    start("embedded")
    check = look(_with(settings, "embedded"))
    assert check.state is State.WARNING
    assert "not durable" in check.word
    assert "MQTT 3.1.1" in check.word


def test_nobody_there_fails(settings: Settings) -> None:
    check = look(settings)
    assert check.state is State.FAILED
    assert "Connection refused" in check.word


def _answer(server: socket.socket, packets: list[bytes]) -> None:
    for packet in packets:
        connection, _ = server.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(packet)
            connection.recv(4096)


@pytest.mark.parametrize(
    ("packets", "word"),
    [
        ([CONNACK_V5_REFUSED, CONNACK_V311_REFUSED], "Not authorized"),
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"] * 2, "refuses"),
        ([b""] * 2, "refuses"),
    ],
)
def test_what_refuses_or_is_no_broker_fails(settings: Settings, packets: list[bytes], word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_broker, "ANSWER_WITHIN_S", 0.5)
    with socket.create_server(("127.0.0.1", settings.broker.port)) as server:
        thread = threading.Thread(target=_answer, args=(server, packets))
        thread.start()
        check = look(settings)
        thread.join()
    assert check.state is State.FAILED
    assert word in check.word
