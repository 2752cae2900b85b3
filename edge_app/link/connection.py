"""One MQTT connection, driven by the thread that owns it: no network thread that a callback could kill.

What comes is laid aside (``arrived``, ``acknowledged``) and taken by the owner, so that a fault of its store is met where it happens.
"""

import contextlib
import random
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge_app.config import Broker
from edge_app.link.messages import MAX_BYTES, topic_of

SESSION_EXPIRY_S = 7 * 24 * 3600
CONNECT_TIMEOUT_S = 8.0
POLL_S = 0.025
SESSION_TAKEN_OVER = 0x8E
"""MQTT 5, 3.14.2.1: another client has connected with our identifier."""
V5, V311 = int(mqtt.MQTTv5), int(mqtt.MQTTv311)
SILENCES = 3


class HandshakeFailedError(Exception):
    """The broker was reached but did not take the session. ``refused``: it said so; else there was no answer, or the line broke first."""

    def __init__(self, word: str, *, refused: bool) -> None:
        super().__init__(word)
        self.refused = refused


def pause(about_s: float, stopping: Callable[[], bool], beat: Callable[[], None]) -> None:
    """Wait about that long before the next attempt, spread so that many machines do not come at once; ``beat`` is called meanwhile."""
    until = time.monotonic() + about_s * random.uniform(0.7, 1.3)  # noqa: S311  (spreading reconnects, no secret)
    while time.monotonic() < until and not stopping():
        beat()
        time.sleep(0.05)


def _other(version: int) -> int:
    return V311 if version == V5 else V5


class Dialect:
    """The version of MQTT that one end speaks with its broker, found by trying.

    A broker of the older protocol refuses the newer handshake, closes it or leaves it unanswered; so does a link that fails. Until a
    version has worked the two take turns; after that a silence is taken for the link's, and only each third one asks in the other.
    """

    def __init__(self, broker: Broker) -> None:
        # The embedded broker is known to speak only the older one; asking it in the newer costs a timeout.
        self.version = V311 if broker.kind == "embedded" else V5
        self._worked: int | None = None
        self._silences = 0

    def worked(self) -> None:
        """The broker has taken a session in this version."""
        self._worked, self._silences = self.version, 0

    def failed(self, error: HandshakeFailedError) -> None:
        """It has not; the next attempt speaks ``version`` as it is then."""
        self._silences += 1
        if error.refused or self._worked is None:
            self.version = _other(self.version)
        else:
            asks_anew = self._silences % SILENCES == 0
            self.version = _other(self._worked) if asks_anew else self._worked


def _properties(packet: int, **values: int) -> Properties:
    properties = Properties(packet)  # type: ignore[no-untyped-call]
    for name, value in values.items():
        setattr(properties, name, value)
    return properties


class Connection:
    """A connection that is up.

    ``remembered``: the broker has kept what it took for us before. ``largest``: its largest packet, bytes. ``round_trip_s``: how long a
    question of the handshake took, there and back. ``taken_over``: it ended because another machine has our identifier.
    """

    def __init__(self, client: mqtt.Client, version: int) -> None:
        self.client = client
        self.version = version
        self.down = False
        self.taken_over = False
        self.refused: str | None = None
        self.ready = False
        self.remembered = False
        self.largest = MAX_BYTES
        self.round_trip_s = 0.0
        self.arrived: list[mqtt.MQTTMessage] = []
        self.acknowledged: list[tuple[int, bool]] = []

    def loop(self, timeout_s: float = POLL_S) -> bool:
        """Read and write what there is, for at most ``timeout_s`` where there is nothing; False when the connection has ended."""
        return self.client.loop(timeout_s) == MQTTErrorCode.MQTT_ERR_SUCCESS and not self.down

    def take_acknowledged(self) -> list[tuple[int, bool]]:
        """Packets the broker has acknowledged since, each with whether it has kept them for somebody."""
        taken, self.acknowledged = self.acknowledged, []
        return taken

    def take_arrived(self) -> list[mqtt.MQTTMessage]:
        """Messages that came since; each is still to be acknowledged."""
        taken, self.arrived = self.arrived, []
        return taken

    def publish(self, recipient: str, content: bytes) -> int:
        """Hand a message over, once it is acknowledged by the broker its packet identifier comes back in ``take_acknowledged``."""
        return self.client.publish(topic_of(recipient), content, qos=1).mid

    def ack(self, message: mqtt.MQTTMessage) -> None:
        """The message is done with here; the broker may forget it."""
        self.client.ack(message.mid, message.qos)

    def close(self) -> None:
        """End in good order, as far as the other side takes part."""
        self.client.disconnect()
        self.client.loop(0.05)
        _let_go(self.client)

    def break_off(self) -> None:
        """End at once; what is in the socket and not yet on the wire is never sent."""
        raw = self.client.socket()
        if isinstance(raw, socket.socket):
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                raw.close()
        _let_go(self.client)


def _let_go(client: mqtt.Client) -> None:
    """Let a client end with its last user: callbacks that know their client would keep it and its sockets until some later collection."""
    client.on_connect = client.on_subscribe = client.on_disconnect = client.on_publish = client.on_message = None


def connect(
    broker: Broker,
    version: int,
    client_id: str,
    *,
    keepalive_s: int,
    stopping: Callable[[], bool],
    listen_as: str | None = None,
    kept: bool = False,
    unacknowledged_s: float | None = None,
) -> Connection:
    """A connection whose handshake is done.

    ``listen_as``: the end whose topic is subscribed to; without it nothing comes. ``kept``: in a session that the broker keeps when the
    connection has ended. ``unacknowledged_s``: how long the other side may leave bytes unacknowledged before the system ends it.

    Raises:
        OSError: the broker cannot be reached. HandshakeFailedError: it was reached and did not take us.
    """
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=None if version == V5 else not kept,
        protocol=mqtt.MQTTv5 if version == V5 else mqtt.MQTTv311,
        manual_ack=True,
        reconnect_on_failure=False,
    )
    connection = Connection(client, version)
    _listen(connection, listen_as)
    client.connect_timeout = CONNECT_TIMEOUT_S
    try:
        if version == V5:
            properties = _properties(
                PacketTypes.CONNECT, SessionExpiryInterval=SESSION_EXPIRY_S if kept else 0, MaximumPacketSize=MAX_BYTES, ReceiveMaximum=16
            )
            client.connect(broker.host, broker.port, keepalive_s, clean_start=not kept, properties=properties)
        else:
            client.connect(broker.host, broker.port, keepalive_s)
    except BaseException:
        _let_go(client)
        raise
    raw = client.socket()
    if unacknowledged_s is not None and isinstance(raw, socket.socket):
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(unacknowledged_s * 1000))
    asked_at = time.monotonic()
    deadline = asked_at + CONNECT_TIMEOUT_S
    while not connection.ready:
        if connection.refused or connection.down or time.monotonic() > deadline or stopping():
            connection.close()
            word = connection.refused or "no answer to the handshake"
            raise HandshakeFailedError(word, refused=connection.refused is not None)
        if not connection.loop():
            connection.down = True
    connection.round_trip_s = (time.monotonic() - asked_at) / (1 if listen_as is None else 2)
    return connection


def _listen(connection: Connection, listen_as: str | None) -> None:
    client = connection.client

    def on_connect(_client: mqtt.Client, _data: Any, flags: mqtt.ConnectFlags, reason: ReasonCode, properties: Properties | None) -> None:
        if reason.is_failure:
            connection.refused = str(reason)
            return
        connection.remembered = flags.session_present
        connection.largest = min(MAX_BYTES, getattr(properties, "MaximumPacketSize", None) or MAX_BYTES)
        if listen_as is None:
            connection.ready = True
        else:
            client.subscribe(topic_of(listen_as), qos=1)

    def on_subscribe(_client: mqtt.Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Properties | None) -> None:
        if any(reason.is_failure for reason in reasons):
            connection.refused = "the subscription was refused"
        else:
            connection.ready = True

    def on_disconnect(
        _client: mqtt.Client, _data: Any, _flags: mqtt.DisconnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        connection.down = True
        connection.taken_over = reason.value == SESSION_TAKEN_OVER

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
