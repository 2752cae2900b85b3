"""Two ends and a real broker between them, each of which can be stopped, killed and started anew."""

import random
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge_app.config import Broker
from edge_app.database import Database, Migration
from edge_app.link.brokers import start_broker
from edge_app.link.messages import AnswerBody, AnswerKind, Body, Message, topic_of
from edge_app.link.outbox import Waiting, keep, put
from edge_app.link.picture_lane import PictureLane
from edge_app.link.second_connection import SecondConnection
from edge_app.link.session import Session
from edge_app.link.state import LinkWord, read_link_state
from edge_app.link.tables import PRESENCE_TABLES, TABLES
from edge_app.link.way import Way
from edge_app.stage import free_port

UNIT, ROOM, OTHER_ROOM = "unit/unit-31", "room/SIM-EAST", "room/SIM-WEST"
Kind = Literal["external", "embedded"]


def answer(number: int = 0, note: str | None = None) -> AnswerBody:
    """A small message; ``number`` tells it from others."""
    return AnswerBody(offer_id=f"{number:032x}", token=0, answer=AnswerKind.ACCEPT, note=note, at_ms=0)


class RealBroker:
    """A broker on a port of its own."""

    def __init__(self, folder: Path, kind: Kind) -> None:
        self.folder = folder
        self.kind: Kind = kind
        # Other tests look for ports at the same time; from the same first one on, two of them would find the same.
        self.port = free_port(random.randrange(21_000, 29_000))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, with what it kept."""
        self._process = start_broker(self.folder, self.port, self.kind)

    def stop(self, *, kill: bool = False) -> None:
        """Stop it, in good order or by a kill."""
        if self._process is not None:
            self._process.kill() if kill else self._process.terminate()
            self._process.wait()
            self._process = None

    def forget(self) -> None:
        """Lose what it kept."""
        for file in self.folder.glob("mosquitto.db*"):
            file.unlink()

    def publish(self, recipient: str, *contents: bytes, client_id: str = "somebody") -> None:
        """Publish raw bytes to an end, as a client of its own; return when the broker has them."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv311)
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        for content in contents:
            client.publish(topic_of(recipient), content, qos=1).wait_for_publish(20)
        client.disconnect()
        client.loop_stop()


@dataclass
class Notes:
    """A receiver that keeps what arrives in an inbox, and notes everything it is told."""

    database: Database
    at_broker_ids: list[str] = field(default_factory=list)
    at_recipient_ids: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    arrivals: list[str] = field(default_factory=list)

    def keep(self, message: Message, content: bytes) -> bool:
        self.arrivals.append(message.id)
        keep(self.database, message, content, offer_id=getattr(message.body, "offer_id", ""), handled=True)
        return True

    def at_broker(self, sent: Waiting) -> None:
        self.at_broker_ids.append(sent.id)

    def at_recipient(self, sent: Waiting) -> None:
        self.at_recipient_ids.append(sent.id)

    def refused(self, word: str) -> None:
        self.refusals.append(word)


class End:
    """One end: its database stays, its session comes and goes."""

    def __init__(
        self,
        name: str,
        folder: Path,
        broker: RealBroker,
        *,
        speaks: Kind | None = None,
        port: int | None = None,
        second_port: int | None = None,
    ) -> None:
        """``port``: where the broker is met, if not at its own. ``second_port``: the same for a second connection; None without one."""
        self.name = name
        self.database = Database(folder / f"{name.replace('/', '-')}.sqlite3", [Migration(1, "link", TABLES + PRESENCE_TABLES)])
        self.notes = Notes(self.database)
        self._broker = Broker(host="127.0.0.1", port=port or broker.port, kind=speaks or broker.kind)
        self._stopping = threading.Event()
        self._way = Way()
        self.second = None
        if second_port is not None:
            self.second = SecondConnection(self.database, Broker(host="127.0.0.1", port=second_port, kind=self._broker.kind), name)
        self._threads: list[threading.Thread] = []

    def start(self) -> "End":
        """Go on line."""
        self._stopping.clear()
        self._threads = [threading.Thread(target=run, name=self.name) for run in (self._run, self._show, self._help)]
        for thread in self._threads:
            thread.start()
        return self

    def _run(self) -> None:
        Session(self.database, self._broker, self.name, self.notes, self._way, self.second).run(self._stopping.is_set)
        self.database.close()

    def _show(self) -> None:
        PictureLane(self.database, self._broker, self.name, self._way).run(self._stopping.is_set)
        self.database.close()

    def _help(self) -> None:
        if self.second is not None:
            self.second.run(self._stopping.is_set)

    def stop(self) -> None:
        """Go off line."""
        self._stopping.set()
        while self._threads:
            self._threads.pop().join()

    def put(self, recipient: str, *bodies: Body) -> list[Message]:
        """Queue messages together."""
        with self.database.writing():
            return [put(self.database, self.name, recipient, getattr(body, "offer_id", ""), body) for body in bodies]

    def inbox(self) -> list[str]:
        """The identifiers of what is durable here, in the order it came."""
        return [row["id"] for row in self.database.rows("SELECT id FROM inbox ORDER BY rowid")]

    def is_connected(self, protocol: str | None = None) -> bool:
        """Whether it hears what is sent to it, on every connection it should have; ``protocol``: and in that one."""
        state = read_link_state(self.database)
        if state is None or not state.connected or protocol not in (None, state.protocol):
            return False
        return self.second is None or self.second.is_up

    def word(self) -> LinkWord | None:
        """What it says of its link."""
        state = read_link_state(self.database)
        return None if state is None else state.word

    def unreceipted(self) -> int:
        """How many messages wait for their receipt."""
        return len(self.database.rows("SELECT id FROM outbox WHERE received_ms IS NULL"))

    def attempts(self) -> list[int]:
        """How often each message was published."""
        return [row["attempts"] for row in self.database.rows("SELECT attempts FROM outbox ORDER BY rowid")]


def quiet_for(seconds: float) -> None:
    """Give what must not happen the time to happen."""
    time.sleep(seconds)
