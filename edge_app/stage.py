"""Everything on one machine: a broker, the box and three emergency rooms, as real processes on loopback. Demo and tests stand on it."""

import functools
import json
import socket
import subprocess
import threading
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from edge_app.clock import now
from edge_app.config import Settings, load_settings
from edge_app.dispatch.choosing import ranked_rooms
from edge_app.dispatch.emergency_rooms import EmergencyRoom, write_directory
from edge_app.dispatch.position import Place, PositionSource
from edge_app.errors import ServiceError
from edge_app.link.brokers import mosquitto, start_broker
from edge_app.services import SERVICES, Service
from edge_app.supervisor import Supervisor, start_process

STOP_WITHIN_S = 8.0
ROOMS = 3
FIRST_PORTS = {"broker": 18830, "dicom": 11112, "kiosk": 8080, "console": 8091}


def free_port(first: int) -> int:
    """The first free loopback port from ``first`` on."""
    for port in range(first, first + 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ServiceError(f"no free port from {first} on")


@dataclass
class Room:
    """One emergency room on the stage."""

    room: EmergencyRoom
    settings_file: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where its console is."""
        return f"http://127.0.0.1:{self.port}/"


def get_json(address: str, timeout_s: float = 3.0) -> Any:
    """The JSON at a loopback address. OSError where it is not to be had."""
    with urllib.request.urlopen(address, timeout=timeout_s) as answer:  # noqa: S310  (our own loopback address)
        return json.loads(answer.read())


def _toml(value: dict[str, Any]) -> str:
    """A settings file of plain values and one level of tables."""
    lines = [f"{key} = {json.dumps(item, ensure_ascii=False)}" for key, item in value.items() if not isinstance(item, dict)]
    for table, items in value.items():
        if isinstance(items, dict):
            lines += ["", f"[{table}]", *(f"{key} = {json.dumps(item, ensure_ascii=False)}" for key, item in items.items())]
    text = "\n".join(lines) + "\n"
    tomllib.loads(text)
    return text


class Stage:
    """Starts, finds and stops the processes of one whole system."""

    def __init__(
        self,
        folder: Path,
        *,
        broker: Literal["external", "embedded"] | None = None,
        language: str = "ko",
        services: tuple[Service, ...] = SERVICES,
        dispatch: Mapping[str, int] | None = None,
        first_ports: Mapping[str, int] = FIRST_PORTS,
        broker_port: int | None = None,
        box_finds_broker_at: int | None = None,
    ) -> None:
        """Lay out settings under ``folder``; nothing runs yet. ``broker`` None takes mosquitto where it is installed.

        The box runs ``services`` only, and its ``dispatch`` settings are the usual ones and these. Ports are the first free ones from
        ``first_ports`` on; ``box_finds_broker_at`` is that of a link which stands between the box and the broker.
        """
        self.folder = folder
        self.broker_kind: Literal["external", "embedded"] = broker or ("external" if mosquitto() else "embedded")
        self.broker_port = broker_port or free_port(first_ports["broker"])
        link = {"host": "127.0.0.1", "port": self.broker_port, "kind": self.broker_kind}
        self.settings_file = folder / "box.toml"
        folder.mkdir(parents=True, exist_ok=True)
        self.settings_file.write_text(
            _toml(
                {
                    "var": str(folder / "box"),
                    "unit": {"id": "unit-31", "name": "구급 31" if language == "ko" else "Unit 31"},
                    "dicom": {"port": free_port(first_ports["dicom"])},
                    "kiosk": {"port": free_port(first_ports["kiosk"]), "language": language},
                    "broker": {**link, "port": box_finds_broker_at or self.broker_port},
                    "dispatch": {"ask": ROOMS, **(dispatch or {})},
                }
            )
        )
        self.settings: Settings = load_settings(self.settings_file)
        self.rooms = self._lay_out_rooms(link, language, first_ports["console"])
        self.broker: subprocess.Popen[bytes] | None = None
        self.services = services
        self.supervisor = Supervisor(services, self.settings, self.settings_file)
        self._stopping = threading.Event()
        self._box: threading.Thread | None = None

    def _lay_out_rooms(self, link: dict[str, Any], language: str, port: int) -> list[Room]:
        position = self.settings.position
        place = Place(position.latitude, position.longitude, PositionSource.SETTINGS)
        ranked = ranked_rooms(None, self.settings, place, frozenset(), now())[:ROOMS]
        # Nobody answers for any other.
        write_directory([choice.room for choice in ranked], self.settings.directory_file)
        rooms = []
        for choice in ranked:
            port = free_port(port)
            name = choice.room.name if language == "ko" else (choice.room.name_en or choice.room.name)
            file = self.folder / f"{choice.room.hpid}.toml"
            console = {"port": port, "language": language}
            values = {
                "var": str(self.folder / choice.room.hpid),
                "hpid": choice.room.hpid,
                "name": name,
                "broker": link,
                "console": console,
            }
            file.write_text(_toml(values))
            rooms.append(Room(choice.room, file, port))
            port += 1
        return rooms

    @property
    def kiosk_address(self) -> str:
        """Where the kiosk is."""
        return f"http://127.0.0.1:{self.settings.kiosk.port}/"

    def start_broker(self) -> None:
        """Start the broker and wait until it listens."""
        self.broker = start_broker(self.folder / "broker", self.broker_port, self.broker_kind)

    def start_room(self, room: Room) -> None:
        """Start one emergency room."""
        room.process = start_process(["er", "--settings", str(room.settings_file)], self.folder / "log" / f"{room.room.hpid}.log")

    def start_box(self) -> None:
        """Start the box's services under supervision."""
        self._box = threading.Thread(target=self.supervisor.run, args=(self._stopping,), name="supervisor")
        self._box.start()

    def start(self) -> None:
        """Start everything, in no particular order of readiness: each part waits for what it needs."""
        self.start_broker()
        for room in self.rooms:
            self.start_room(room)
        self.start_box()

    def wait_until(self, condition: Callable[[], Any], what: str, timeout_s: float = 60.0) -> None:
        """Wait for a condition; a connection that is not there yet counts as no. ServiceError when time is over."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            try:
                if condition():
                    return
            except (OSError, urllib.error.URLError, ValueError):
                pass
            time.sleep(0.1)
        raise ServiceError(f"{what} did not happen within {timeout_s:.0f} s; see the logs under {self.folder}")

    def wait_until_ready(self, timeout_s: float = 120.0) -> None:
        """Wait until every part that is on this stage answers."""
        for room in self.rooms:
            self.wait_until(functools.partial(get_json, f"{room.address}status.json"), f"console of {room.room.hpid}", timeout_s)
        names = {service.name for service in self.services}
        if "kiosk" in names:
            self.wait_until(functools.partial(get_json, f"{self.kiosk_address}status.json"), "kiosk", timeout_s)
        if "dicom" in names:
            self.wait_until(self._door_is_open, "DICOM door", timeout_s)

    def _door_is_open(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1.0)
            return probe.connect_ex(("127.0.0.1", self.settings.dicom.port)) == 0

    def stop(self) -> None:
        """Stop everything."""
        self._stopping.set()
        if self._box is not None:
            self._box.join()
        others = [process for process in (*(room.process for room in self.rooms), self.broker) if process is not None]
        for process in others:
            process.terminate()
        deadline = time.monotonic() + STOP_WITHIN_S
        for process in others:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
