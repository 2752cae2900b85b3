"""Fault: the MQTT broker is not there, refuses, or keeps nothing over a restart."""

import secrets
import time
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge_app.config import Broker, Settings
from edge_app.health.check import Check, failed, ok, warning

NAME = "broker"
ANSWER_WITHIN_S = 4.0
_WORDS = {MQTTProtocolVersion.MQTTv5: "MQTT 5", MQTTProtocolVersion.MQTTv311: "MQTT 3.1.1"}


def look(settings: Settings) -> Check:
    """Connect as a stranger and wait for CONNACK, with the newer protocol first."""
    broker = settings.broker
    where = f"{broker.host}:{broker.port}"
    refusals = []
    for version, word in _WORDS.items():
        try:
            refusal = _refusal(broker, version)
        except OSError as error:
            remedy = "Start it (systemctl start mosquitto) and see that [broker] in the settings names its host and port."
            return failed(NAME, f"nothing answers at {where}: {error.strerror or type(error).__name__}", remedy)
        if refusal is not None:
            refusals.append(f"{word}: {refusal}")
        elif broker.kind == "embedded":
            remedy = 'For anything but a demonstration install mosquitto and set kind = "external" in [broker].'
            return warning(NAME, f"{where} answers, {word}, embedded: not durable, demo only", remedy)
        else:
            return ok(NAME, f"{where} answers, {word}; what it carries is not sealed yet")
    return failed(NAME, f"{where} refuses: {'; '.join(refusals)}", "See the broker's log; it must take this box without a password.")


def _refusal(broker: Broker, version: MQTTProtocolVersion) -> str | None:
    """None where the broker takes a session, else why not. OSError where it cannot be reached."""
    said: list[ReasonCode] = []

    def on_connect(_client: mqtt.Client, _data: Any, _flags: mqtt.ConnectFlags, reason: ReasonCode, _extra: Properties | None) -> None:
        said.append(reason)

    # A name of its own: with the box's the broker would throw the box out.
    name = f"edge-doctor-{secrets.token_hex(4)}"
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=version, reconnect_on_failure=False)
    client.connect_timeout = ANSWER_WITHIN_S
    client.on_connect = on_connect
    client.connect(broker.host, broker.port, keepalive=10)
    deadline = time.monotonic() + ANSWER_WITHIN_S
    try:
        while not said:
            if client.loop(0.1) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                break
            if time.monotonic() > deadline:
                return "no answer to the handshake"
    finally:
        client.disconnect()
        client.loop(0.1)
    if not said:
        return "closed the connection"
    return str(said[0]) if said[0].is_failure else None
