"""Every health check, in one table: a fault is one file here of the same name, whose ``look(settings)`` returns a ``Check``."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """What one file of this folder looks for."""

    name: str
    title: str


# What everything else stands on comes first.
CHECKS = (
    Fault("durable_folders", "Durable folders"),
    Fault("free_disk", "Free disk"),
    Fault("memory", "Memory"),
    Fault("sqlite_build", "SQLite build"),
    Fault("casebook_schema", "Casebook"),
    Fault("casebook_pages", "Casebook pages"),
    Fault("audit_chain", "Audit chain"),
    Fault("stored_pictures", "Stored pictures"),
    Fault("decoders", "Picture decoders"),
    Fault("models", "Models"),
    Fault("golden_pictures", "Golden pictures"),
    Fault("triage_rules", "Triage rules"),
    Fault("set_aside", "Readings set aside"),
    Fault("emergency_rooms", "Emergency rooms"),
    Fault("destination", "Destination"),
    Fault("router", "Router"),
    Fault("position", "Position"),
    Fault("clock", "Clock"),
    Fault("kiosk_pin", "Kiosk PIN"),
    Fault("services", "Services"),
    Fault("ports", "Ports"),
    Fault("broker", "Broker"),
    Fault("link", "Link"),
    Fault("outbox", "Outbox"),
    Fault("refused_messages", "Refused messages"),
)
