"""A second connection for the same words: behind a lost segment all of a TCP stream stands still, and the other stream does not.

What the first connection has not got through in time goes out here as well, and what comes for this end comes here too; whichever is first
counts. The broker keeps nothing for this connection: whatever is durable, is so by the first.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from edge_app.config import Broker
from edge_app.database import Database
from edge_app.link.connection import POLL_S, Connection, Dialect, HandshakeFailedError, connect, pause
from edge_app.link.presence import client_id_of, instance_of

log = logging.getLogger(__name__)

KEEPALIVE_S = 10
PAUSE_S = 1.0
LONGEST_PAUSE_S = 8.0

_T = TypeVar("_T")


@dataclass(frozen=True)
class Copy:
    """A message that goes out here as well."""

    message_id: str
    recipient: str
    content: bytes


class SecondConnection:
    """Runs in a thread of its own. The session of words, in its own, gives it copies and takes what came of them."""

    def __init__(self, database: Database, broker: Broker, me: str) -> None:
        self._broker = broker
        self._me = me
        self._client_id = f"{client_id_of(me, instance_of(database))}-second"
        self._dialect = Dialect(broker)
        self._up = threading.Event()
        self._copies: queue.SimpleQueue[Copy] = queue.SimpleQueue()
        self._acknowledged: queue.SimpleQueue[tuple[str, bool]] = queue.SimpleQueue()
        self._arrived: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    @property
    def is_up(self) -> bool:
        """Whether a copy would go out now."""
        return self._up.is_set()

    def send(self, copy: Copy) -> None:
        """Send it while the connection is up; where it ends first, the copy is forgotten."""
        self._copies.put(copy)

    def take_acknowledged(self) -> list[tuple[str, bool]]:
        """Messages of which the broker has acknowledged the copy since, each with whether it has kept it for somebody."""
        return _emptied(self._acknowledged)

    def take_arrived(self) -> list[bytes]:
        """What has come here since."""
        return _emptied(self._arrived)

    def run(self, stopping: Callable[[], bool], beat: Callable[[], None] = lambda: None) -> None:
        """Serve until ``stopping()``; ``beat`` is called whenever the loop has come round."""
        wait_s = PAUSE_S
        while not stopping():
            beat()
            try:
                connection = connect(
                    self._broker, self._dialect.version, self._client_id, keepalive_s=KEEPALIVE_S, stopping=stopping, listen_as=self._me
                )
            except (OSError, HandshakeFailedError) as error:
                log.info("no second connection: %s", type(error).__name__)
                if isinstance(error, HandshakeFailedError):
                    self._dialect.failed(error)
                pause(wait_s, stopping, beat)
                wait_s = min(2 * wait_s, LONGEST_PAUSE_S)
                continue
            self._dialect.worked()
            began_at = time.monotonic()
            self._serve(connection, stopping, beat)
            # Only one that holds is worth coming back to at once.
            wait_s = PAUSE_S if time.monotonic() - began_at > LONGEST_PAUSE_S else min(2 * wait_s, LONGEST_PAUSE_S)
            pause(wait_s, stopping, beat)

    def _serve(self, connection: Connection, stopping: Callable[[], bool], beat: Callable[[], None]) -> None:
        _emptied(self._copies)
        self._up.set()
        under_way: dict[int, str] = {}
        try:
            while not stopping():
                beat()
                if not connection.loop(POLL_S):
                    return
                for copy in _emptied(self._copies):
                    under_way[connection.publish(copy.recipient, copy.content)] = copy.message_id
                for packet_id, kept in connection.take_acknowledged():
                    message_id = under_way.pop(packet_id, None)
                    if message_id is not None:
                        self._acknowledged.put((message_id, kept))
                for packet in connection.take_arrived():
                    self._arrived.put(bytes(packet.payload))
                    connection.ack(packet)
        finally:
            self._up.clear()
            connection.close()


def _emptied(waiting: queue.SimpleQueue[_T]) -> list[_T]:
    taken: list[_T] = []
    while True:
        try:
            taken.append(waiting.get_nowait())
        except queue.Empty:
            return taken
