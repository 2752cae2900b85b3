"""One MQTT session over a durable outbox and inbox. The same code serves the box and the emergency room.

Everything runs in one thread: the socket is driven from here, so there is no network thread that a callback could kill, and a
fault of the store is met where it happens. PUBACK proves only that the broker took a message; the recipient's application
receipt, sent after its commit, is what empties the outbox. A message is acknowledged to the broker after it is durable here.
"""

import logging
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge_app.config import Broker
from edge_app.database import Database, DatabaseError
from edge_app.errors import MessageError
from edge_app.link.messages import MAX_BYTES, Kind, Message, ReceiptBody, decode, encode, new_message, topic_of
from edge_app.link.outbox import Waiting, get_waiting, note_at_broker, note_attempt, note_received, quarantine, waiting_ids
from edge_app.link.state import LinkWord, write_link_state

log = logging.getLogger(__name__)

KEEPALIVE_S = 10
SESSION_EXPIRY_S = 7 * 24 * 3600
CONNECT_TIMEOUT_S = 5.0
WINDOW = 4
FIRST_RETRY_S = 4.0
LONGEST_RETRY_S = 300.0
LONGEST_RECONNECT_S = 8.0
ALIVE_EVERY_S = 5.0
POLL_S = 0.025


class Receiver(Protocol):
    """What an end does with what arrives."""

    def keep(self, message: Message, content: bytes) -> None:
        """Make the message durable, once; return only when it is."""

    def at_broker(self, sent: Waiting) -> None:
        """The broker has taken one of our messages."""

    def at_recipient(self, sent: Waiting) -> None:
        """The recipient has one of our messages durably."""

    def refused(self, word: str) -> None:
        """Something arrived that is no message of ours."""


@dataclass
class _Flight:
    """A message that has been published. From the broker's word on it counts ``pause_s`` without a receipt, until ``again_at``."""

    sent: Waiting
    packet_id: int
    pause_s: float
    again_at: float = math.inf
    at_broker: bool = False


@dataclass
class _Connection:
    """What is known of one connection; gone with it."""

    client: mqtt.Client
    version: int
    up: bool = False
    down: bool = False
    refused: str | None = None
    subscribed: bool = False
    remembered: bool = False
    largest: int = MAX_BYTES
    arrived: list[mqtt.MQTTMessage] = field(default_factory=list)
    acknowledged: list[tuple[int, bool]] = field(default_factory=list)


class _HandshakeFailedError(Exception):
    """The broker was reached but did not take the session."""


def _properties(packet: int, **values: int) -> Properties:
    properties = Properties(packet)  # type: ignore[no-untyped-call]
    for name, value in values.items():
        setattr(properties, name, value)
    return properties


def _let_go(client: mqtt.Client) -> None:
    """Let a client end with its last user: callbacks that know their client would keep it and its sockets until some later collection."""
    client.on_connect = client.on_subscribe = client.on_disconnect = client.on_publish = client.on_message = None


class Session:
    """Keeps one end connected, its outbox moving and its inbox durable, until told to stop."""

    def __init__(self, database: Database, broker: Broker, me: str, receiver: Receiver) -> None:
        self._database = database
        self._broker = broker
        self._me = me
        self._receiver = receiver
        # The embedded broker is known to speak only the older protocol; asking it in the newer one costs a timeout.
        self._version = int(mqtt.MQTTv311 if broker.kind == "embedded" else mqtt.MQTTv5)
        self._flights: dict[str, _Flight] = {}
        self._attempts: dict[str, int] = {}
        self._alive_at = 0.0

    def run(self, stopping: Callable[[], bool], beat: Callable[[], None] = lambda: None) -> None:
        """Serve until ``stopping()``; ``beat`` is called whenever the loop has come round."""
        wait_s = 0.5
        while not stopping():
            word = LinkWord.UNREACHABLE
            try:
                connection = self._connect(stopping)
            except OSError as error:
                log.info("broker unreachable: %s", type(error).__name__)
            except _HandshakeFailedError as error:
                word = LinkWord.REFUSED
                # A broker of the older protocol closes or refuses the newer handshake; the next attempt speaks the other one.
                self._version = int(mqtt.MQTTv311) if self._version == mqtt.MQTTv5 else int(mqtt.MQTTv5)
                log.info("broker refused the session: %s", error)
            else:
                wait_s = 0.5
                word = self._serve(connection, stopping, beat)
            self._tell(connected=False, word=word)
            until = time.monotonic() + wait_s * random.uniform(0.7, 1.3)  # noqa: S311  (spreading reconnects, no secret)
            while time.monotonic() < until and not stopping():
                beat()
                time.sleep(0.05)
            wait_s = min(wait_s * 2, LONGEST_RECONNECT_S)
        self._tell(connected=False, word=LinkWord.STOPPED)

    def _tell(self, *, connected: bool, word: LinkWord) -> None:
        self._alive_at = time.monotonic()
        try:
            write_link_state(self._database, connected=connected, word=word, protocol="5" if self._version == mqtt.MQTTv5 else "3.1.1")
        except DatabaseError:
            log.exception("the link's state could not be stored")

    def _connect(self, stopping: Callable[[], bool]) -> _Connection:
        v5 = self._version == mqtt.MQTTv5
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._me.replace("/", "-"),
            clean_session=None if v5 else False,
            protocol=mqtt.MQTTv5 if v5 else mqtt.MQTTv311,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        connection = _Connection(client, self._version)
        self._listen(connection)
        client.connect_timeout = CONNECT_TIMEOUT_S
        try:
            if v5:
                properties = _properties(
                    PacketTypes.CONNECT, SessionExpiryInterval=SESSION_EXPIRY_S, MaximumPacketSize=MAX_BYTES, ReceiveMaximum=16
                )
                client.connect(self._broker.host, self._broker.port, KEEPALIVE_S, clean_start=False, properties=properties)
            else:
                client.connect(self._broker.host, self._broker.port, KEEPALIVE_S)
        except BaseException:
            _let_go(client)
            raise
        deadline = time.monotonic() + CONNECT_TIMEOUT_S
        while not connection.subscribed:
            if connection.refused or connection.down or time.monotonic() > deadline or stopping():
                self._close(connection)
                raise _HandshakeFailedError(connection.refused or "no answer to the handshake")
            if client.loop(POLL_S) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                connection.down = True
        return connection

    def _listen(self, connection: _Connection) -> None:
        client = connection.client

        def on_connect(
            _client: mqtt.Client, _data: Any, flags: mqtt.ConnectFlags, reason: ReasonCode, properties: Properties | None
        ) -> None:
            if reason.is_failure:
                connection.refused = str(reason)
                return
            connection.up = True
            connection.remembered = flags.session_present
            connection.largest = min(MAX_BYTES, getattr(properties, "MaximumPacketSize", None) or MAX_BYTES)
            client.subscribe(topic_of(self._me), qos=1)

        def on_subscribe(_client: mqtt.Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Properties | None) -> None:
            if any(reason.is_failure for reason in reasons):
                connection.refused = "the subscription was refused"
            else:
                connection.subscribed = True

        def on_disconnect(
            _client: mqtt.Client, _data: Any, _flags: mqtt.DisconnectFlags, _reason: ReasonCode, _properties: Properties | None
        ) -> None:
            connection.down = True

        def on_publish(_client: mqtt.Client, _data: Any, mid: int, reason: ReasonCode, _properties: Properties | None) -> None:
            # "No matching subscribers" is a success to MQTT, yet the broker keeps nothing for anyone.
            connection.acknowledged.append((mid, not reason.is_failure and reason.value == 0))

        def on_message(_client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
            connection.arrived.append(message)

        client.on_connect = on_connect
        client.on_subscribe = on_subscribe
        client.on_disconnect = on_disconnect
        client.on_publish = on_publish
        client.on_message = on_message

    def _serve(self, connection: _Connection, stopping: Callable[[], bool], beat: Callable[[], None]) -> LinkWord:
        """Run one connection until it ends; return why it ended."""
        # What a broker that remembers us has taken need not go up a thin link again; from any other everything must.
        self._flights = {key: flight for key, flight in self._flights.items() if flight.at_broker and connection.remembered}
        self._tell(connected=True, word=LinkWord.CONNECTED)
        seen = -1
        try:
            while not stopping():
                if connection.client.loop(POLL_S) != MQTTErrorCode.MQTT_ERR_SUCCESS or connection.down:
                    return LinkWord.LOST
                # The broker's word first: with the recipient's receipt the message is done with, and nobody would note it.
                freed = self._take_acknowledged(connection)
                self._take_arrived(connection)
                version = self._database.version()
                if version != seen or freed or self._is_due():
                    seen = version
                    self._send(connection)
                if time.monotonic() - self._alive_at > ALIVE_EVERY_S:
                    self._tell(connected=True, word=LinkWord.CONNECTED)
                beat()
        except (DatabaseError, OSError):
            # Nothing unacknowledged is lost: the broker delivers it again after the reconnect.
            log.exception("the store failed while the link was up")
            return LinkWord.STORAGE_FAILED
        finally:
            self._close(connection)
        return LinkWord.STOPPED

    def _close(self, connection: _Connection) -> None:
        connection.client.disconnect()
        connection.client.loop(0.05)
        _let_go(connection.client)

    def _is_due(self) -> bool:
        now_s = time.monotonic()
        return any(flight.again_at <= now_s for flight in self._flights.values())

    def _take_arrived(self, connection: _Connection) -> None:
        arrived, connection.arrived = connection.arrived, []
        for packet in arrived:
            try:
                message = decode(bytes(packet.payload))
                if message.recipient != self._me:
                    raise MessageError("addressed to another end")
            except MessageError as error:
                log.warning("refused a message: %s", error)
                self._receiver.refused(str(error))
                connection.client.ack(packet.mid, packet.qos)
                continue
            if isinstance(message.body, ReceiptBody):
                # The receipt and the rung it proves stand or fall together: a kill between them must not lose the rung.
                with self._database.writing():
                    sent = note_received(self._database, message.body.of, message.sender)
                    if sent is not None:
                        self._receiver.at_broker(sent)
                        self._receiver.at_recipient(sent)
                if sent is not None:
                    self._flights.pop(sent.id, None)
                    self._attempts.pop(sent.id, None)
            else:
                self._receiver.keep(message, bytes(packet.payload))
                receipt = new_message(self._me, message.sender, int(time.time() * 1000), ReceiptBody(of=message.id))
                connection.client.publish(topic_of(message.sender), encode(receipt), qos=1)
            connection.client.ack(packet.mid, packet.qos)

    def _take_acknowledged(self, connection: _Connection) -> bool:
        """Note what the broker has taken; whether the window has opened by it."""
        acknowledged, connection.acknowledged = connection.acknowledged, []
        for packet_id, taken in acknowledged:
            for flight in self._flights.values():
                if flight.packet_id == packet_id and not flight.at_broker:
                    flight.at_broker = True
                    flight.again_at = time.monotonic() + flight.pause_s
                    if taken:
                        with self._database.writing():
                            if note_at_broker(self._database, flight.sent.id) is not None:
                                self._receiver.at_broker(flight.sent)
        return bool(acknowledged)

    def _send(self, connection: _Connection) -> None:
        """Publish what waits, most urgent first, at most ``WINDOW`` unacknowledged by the broker at once.

        A picture goes only where nothing else is under way, so that whatever becomes urgent has at most one picture before it.
        """
        now_s = time.monotonic()
        order = waiting_ids(self._database)
        still = set(order)
        self._flights = {key: flight for key, flight in self._flights.items() if key in still}
        for message_id in order:
            flight = self._flights.get(message_id)
            if flight is not None and flight.again_at > now_s:
                continue
            sent = get_waiting(self._database, message_id)
            if sent is None:
                continue
            ahead = [other.sent.kind for other in self._flights.values() if not other.at_broker and other is not flight]
            if len(ahead) - ahead.count(Kind.PREVIEW) >= WINDOW or (sent.kind is Kind.PREVIEW and ahead):
                return
            if len(sent.body) + 128 > connection.largest:
                log.error("a %s message of %d bytes is too large for the broker", sent.kind, len(sent.body))
                quarantine(self._database, sent.id, "too_large")
                continue
            attempts = self._attempts[sent.id] = self._attempts.get(sent.id, 0) + 1
            note_attempt(self._database, sent.id)
            published = connection.client.publish(topic_of(sent.recipient), sent.body, qos=1)
            pause_s = min(FIRST_RETRY_S * 2 ** (attempts - 1), LONGEST_RETRY_S) * random.uniform(0.8, 1.2)  # noqa: S311  (jitter)
            # Not again on this connection before the broker has it: on a thin link a copy would only go behind the first one.
            self._flights[sent.id] = _Flight(sent, published.mid, pause_s)
