"""The broker's configuration, read by a real mosquitto as Debian starts it."""

import os
import re
import socket
import subprocess
import time
from pathlib import Path

import pytest

from edge_app.config import Broker, Settings
from edge_app.health.check import State
from edge_app.health.checks.broker import look
from edge_app.link import brokers
from edge_app.stage import free_port
from tests.systemd.conftest import SYSTEMD

# What Debian's mosquitto.conf says before it reads conf.d.
DEBIAN = "persistence true\npersistence_location {folder}/\nlog_dest file {folder}/mosquitto.log\ninclude_dir {folder}/conf.d\n"


def _options(text: str) -> set[str]:
    lines = (line.strip() for line in text.splitlines())
    return {line for line in lines if line and not line.startswith("#") and not re.match(r"listener|persistence_location|log_", line)}


def test_it_says_what_the_demo_s_broker_says() -> None:
    assert _options((SYSTEMD / "mosquitto.conf").read_text()) == _options(brokers._MOSQUITTO)


@pytest.mark.skipif(brokers.mosquitto() is None, reason="mosquitto is not installed")
def test_mosquitto_takes_it_on_top_of_debian_s_own(tmp_path: Path) -> None:
    port = free_port(24600)
    text = (SYSTEMD / "mosquitto.conf").read_text()
    assert "listener 1883 127.0.0.1\n" in text
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/edge.conf").write_text(text.replace("listener 1883", f"listener {port}"))
    main = tmp_path / "mosquitto.conf"
    main.write_text(DEBIAN.format(folder=tmp_path) + ("user root\n" if os.geteuid() == 0 else ""))
    process = subprocess.Popen([str(brokers.mosquitto()), "-c", str(main)], stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        check = look(Settings(broker=Broker(port=port)))
        assert check.state is State.OK, check.word
    finally:
        process.terminate()
        _, complaint = process.communicate(timeout=10)
    assert "Error" not in complaint
