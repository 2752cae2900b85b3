"""The link between a unit and the emergency rooms: messages, a durable outbox and inbox, an MQTT session. Both ends use it."""
