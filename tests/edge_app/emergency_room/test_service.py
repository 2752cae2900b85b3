"""The emergency room's process: with a real broker and a box at the other end, and when a part of it dies."""

import signal
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge_app.config import Broker, RoomSettings, Web
from edge_app.database import Database, Migration
from edge_app.emergency_room import positions, service
from edge_app.emergency_room.inbox import open_desk
from edge_app.emergency_room.requests import RequestState
from edge_app.errors import ServiceError
from edge_app.link.brokers import mosquitto, start_broker
from edge_app.link.messages import AnswerBody, AnswerKind, Kind, Message, OpenedBody
from edge_app.link.outbox import Waiting, keep, put
from edge_app.link.picture_lane import PictureLane
from edge_app.link.session import Session
from edge_app.link.state import LinkWord, read_link_state
from edge_app.link.tables import PRESENCE_TABLES, TABLES
from edge_app.link.way import Way
from edge_app.processes import module_command, module_environment
from edge_app.stage import get_json
from tests.edge_app.emergency_room.builders import OFFER, ROOM, UNIT, decision, granted, preview
from tests.edge_app.emergency_room.served import free_port
from tests.edge_app.emergency_room.test_positions import comes, where
from tests.edge_app.waiting import wait_until


class Box:
    """The unit's end of the link: keeps what arrives, and what was said of its own messages."""

    def __init__(self, folder: Path, broker: Broker) -> None:
        self.database = Database(folder / "box.sqlite3", (Migration(1, "a unit's outbox and inbox", TABLES + PRESENCE_TABLES),))
        self.arrived: list[Message] = []
        self.received: list[Kind] = []
        self._stopping = threading.Event()
        way = Way()
        ends = (Session(self.database, broker, UNIT, self, way), PictureLane(self.database, broker, UNIT, way))
        self._threads = [threading.Thread(target=end.run, args=(self._stopping.is_set,), daemon=True) for end in ends]
        for thread in self._threads:
            thread.start()

    def keep(self, message: Message, content: bytes) -> bool:
        with self.database.writing():
            if keep(self.database, message, content, offer_id="", handled=True):
                self.arrived.append(message)
        return True

    def at_broker(self, sent: Waiting) -> None:
        pass

    def at_recipient(self, sent: Waiting) -> None:
        self.received.append(sent.kind)

    def refused(self, word: str) -> None:
        raise AssertionError(word)

    def answers(self) -> list[AnswerKind]:
        return [message.body.answer for message in self.arrived if isinstance(message.body, AnswerBody)]

    def close(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(10)
        self.database.close()


class Running:
    """The service in a thread, as its command would run it."""

    def __init__(self, settings: RoomSettings) -> None:
        self.settings = settings
        self.words: list[str] = []
        self.ended_with: ServiceError | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            service.run(self.settings, self._stopping, self.words.append)
        except ServiceError as error:
            self.ended_with = error

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.console.port}"

    def over(self) -> bool:
        return not self._thread.is_alive()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(20)
        assert self.over()


def post(url: str, form: bytes = b"") -> int:
    with urllib.request.urlopen(urllib.request.Request(url, data=form, method="POST"), timeout=10) as response:
        return int(response.status)


@pytest.fixture
def settings(tmp_path: Path) -> RoomSettings:
    """Nobody listens at the broker's port."""
    return RoomSettings(
        var=tmp_path / "room", hpid="SIM-EAST", name="동부병원", broker=Broker(port=free_port()), console=Web(port=free_port())
    )


@pytest.fixture
def start() -> Iterator[Callable[[RoomSettings], Running]]:
    running: list[Running] = []

    def starting(settings: RoomSettings) -> Running:
        running.append(Running(settings))
        return running[-1]

    yield starting
    for one in running:
        one.stop()


@pytest.mark.skipif(mosquitto() is None, reason="mosquitto is not installed")
def test_a_request_comes_over_a_real_broker_and_its_answer_goes_back(
    tmp_path: Path, settings: RoomSettings, start: Callable[[RoomSettings], Running]
) -> None:
    broker = start_broker(tmp_path / "broker", settings.broker.port, "external")
    box = Box(tmp_path, settings.broker)
    room = start(settings)
    try:
        put(box.database, UNIT, ROOM, OFFER, decision())
        put(box.database, UNIT, ROOM, OFFER, preview())
        wait_until(lambda: {Kind.DECISION, Kind.PREVIEW} <= set(box.received), "the room's receipts")
        (request,) = get_json(f"{room.url}/status.json")["requests"]
        assert (request["state"], request["has_preview"], request["opened"]) == (RequestState.RINGING, True, False)
        assert get_json(f"{room.url}/status.json")["link"]["works"] is True

        assert post(f"{room.url}/requests/{OFFER}/answer", b"answer=accept") == 200
        wait_until(lambda: box.answers() == [AnswerKind.ACCEPT], "the answer")
        assert any(isinstance(message.body, OpenedBody) for message in box.arrived)
        put(box.database, UNIT, ROOM, OFFER, granted(code="4582"))
        wait_until(lambda: get_json(f"{room.url}/status.json")["requests"][0]["code"] == "4582", "the lease")

        broker.kill()
        broker.wait()
        wait_until(lambda: get_json(f"{room.url}/status.json")["link"]["works"] is False, "the loss of the broker")
        assert post(f"{room.url}/requests/{OFFER}/answer", b"answer=withdraw") == 200
        broker = start_broker(tmp_path / "broker", settings.broker.port, "external")
        wait_until(lambda: box.answers() == [AnswerKind.ACCEPT, AnswerKind.WITHDRAW], "the answer kept through the loss")
    finally:
        room.stop()
        box.close()
        broker.kill()
        broker.wait()
    assert (room.words[0], room.words[-1], set(room.words[1:-1])) == ("READY=1", "STOPPING=1", {"WATCHDOG=1"})


def test_a_link_whose_thread_dies_ends_the_service_with_the_link_shown_lost(
    settings: RoomSettings, start: Callable[[RoomSettings], Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise RuntimeError("as no code should")

    monkeypatch.setattr(Session, "run", dies)
    room = start(settings)
    wait_until(room.over, "the service's end")
    assert str(room.ended_with) == "the link's thread has died"
    database = open_desk(settings.var)
    state = read_link_state(database)
    database.close()
    assert state is not None
    assert (state.connected, state.word) == (False, LinkWord.STOPPED)


def test_a_link_that_hangs_ends_the_service(
    settings: RoomSettings, start: Callable[[RoomSettings], Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    monkeypatch.setattr(Session, "run", lambda *_: released.wait(60))
    monkeypatch.setattr(service, "SILENT_LINK_S", 1.0)
    monkeypatch.setattr(service, "STOP_WITHIN_S", 1.0)
    room = start(settings)
    wait_until(room.over, "the service's end")
    released.set()
    assert "has not come round" in str(room.ended_with)
    assert "WATCHDOG=1" in room.words


def test_a_place_that_came_too_long_ago_is_deleted_though_nothing_comes_any_more(
    settings: RoomSettings, start: Callable[[RoomSettings], Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "FORGET_EVERY_S", 0.0)
    monkeypatch.setattr(positions, "KEPT_FOR_S", 0.0)
    database = open_desk(settings.var)
    comes(database, decision(), granted(), where())
    assert positions.positions_of(database) != {}
    start(settings)
    wait_until(lambda: positions.positions_of(database) == {}, "the place is deleted")
    database.close()


def test_a_port_that_is_taken_is_named(settings: RoomSettings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", settings.console.port))
        taken.listen()
        with pytest.raises(ServiceError, match=f"cannot listen on 127.0.0.1:{settings.console.port}"):
            service.run(settings, threading.Event())


@pytest.mark.processes
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_without_a_broker_and_stops_when_told(settings: RoomSettings, tmp_path: Path, stop: signal.Signals) -> None:
    file = tmp_path / "room.toml"
    file.write_text(
        f'var = "{settings.var}"\nhpid = "SIM-EAST"\nname = "동부병원"\n'
        f"[broker]\nport = {settings.broker.port}\n[console]\nport = {settings.console.port}\n"
    )
    process = subprocess.Popen(
        module_command("edge_app", "er", "--settings", str(file)),
        env=module_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{settings.console.port}/status.json"

    def unreachable() -> bool:
        try:
            return bool(get_json(url)["link"]["word"] == "unreachable")
        except OSError:
            return False

    try:
        wait_until(unreachable, "the console, saying that the relay is unreachable", 60.0)
        process.send_signal(stop)
        said, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert "not a medical device" in said.decode()
