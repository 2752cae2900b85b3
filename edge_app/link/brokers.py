"""The broker a demonstration starts for itself, on loopback: mosquitto where it is installed, else an embedded one."""

import asyncio
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Literal

import psutil
from amqtt.broker import Broker as AmqttBroker

from edge_app.errors import ServiceError
from edge_app.processes import die_with_parent, module_command, module_environment, stop_on_signals

START_WITHIN_S = 15.0
_SBIN = "/usr/sbin:/usr/local/sbin"

# Loopback only, so anyone on this machine may connect. Queues are bounded, and what is queued is on disk within a second.
_MOSQUITTO = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval 1
autosave_on_changes false
max_queued_messages 10000
max_inflight_messages 16
max_packet_size 1048576
persistent_client_expiration 8d
log_dest stderr
log_type error
log_type warning
"""


def mosquitto() -> str | None:
    """Where mosquitto is installed, or None."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:{_SBIN}")


def start_broker(folder: Path, port: int, kind: Literal["external", "embedded"]) -> subprocess.Popen[bytes]:
    """Start a broker on loopback and return when it listens. ServiceError where it does not, its port being taken for instance."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "external":
        program = mosquitto()
        if program is None:
            raise ServiceError("mosquitto is not installed")
        configuration = folder / "mosquitto.conf"
        configuration.write_text(_MOSQUITTO.format(port=port, folder=folder))
        if os.geteuid() == 0:
            # Started by root, mosquitto steps down to a user of its own, which could not write here.
            configuration.write_text(configuration.read_text() + "user root\n")
        command = [program, "-c", str(configuration)]
        guardian = shutil.which("setpriv")
        if guardian is not None:
            # So that it does not outlive a demonstration that was killed.
            command = [guardian, "--pdeathsig", "TERM", "--", *command]
    else:
        command = module_command("edge_app.link.brokers", str(port), str(os.getpid()))
    with (folder / "broker.log").open("ab") as sink:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env=module_environment())
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        if _listens(process.pid, port):
            return process
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise ServiceError(f"the broker does not listen on port {port}; see {folder / 'broker.log'}")


def _listens(pid: int, port: int) -> bool:
    """Whether that very process listens there: a broker of somebody else on the same port would mix up two systems."""
    try:
        sockets = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return False
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in sockets)


async def _serve_embedded(port: int, stopping: threading.Event) -> None:
    configuration = {
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }
    broker = AmqttBroker(configuration)
    await broker.start()
    await asyncio.to_thread(stopping.wait)
    await broker.shutdown()


def main(port: int, parent: int) -> None:
    """Run the embedded broker (MQTT 3.1.1, nothing kept over a restart) until SIGTERM or until ``parent`` is gone."""
    logging.basicConfig(level=logging.ERROR)
    stopping = threading.Event()
    stop_on_signals(stopping)
    die_with_parent(parent)
    asyncio.run(_serve_embedded(port, stopping))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
