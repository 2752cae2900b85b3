"""The outbox and inbox tables, the same at both ends of the link. Each text is a step of both schemas and is never edited."""

TABLES = """
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    offer_id TEXT NOT NULL,
    priority INTEGER NOT NULL,
    body BLOB NOT NULL,
    queued_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    at_broker_ms INTEGER,
    received_ms INTEGER,
    quarantined TEXT
) STRICT;
CREATE INDEX outbox_waiting ON outbox (priority, queued_ms) WHERE received_ms IS NULL AND quarantined IS NULL;
CREATE TABLE inbox (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    sender TEXT NOT NULL,
    offer_id TEXT NOT NULL,
    body BLOB NOT NULL,
    received_ms INTEGER NOT NULL,
    handled_ms INTEGER
) STRICT;
CREATE INDEX inbox_waiting ON inbox (received_ms) WHERE handled_ms IS NULL;
CREATE TABLE link_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    connected INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    alive_ms INTEGER NOT NULL,
    alive_mono_ms INTEGER NOT NULL,
    boot TEXT NOT NULL,
    word TEXT NOT NULL,
    protocol TEXT NOT NULL
) STRICT;
"""

PRESENCE_TABLES = """
CREATE TABLE link_instance (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    instance TEXT NOT NULL,
    namesake_ms INTEGER,
    namesake_mono_ms INTEGER,
    namesake_boot TEXT
) STRICT;
"""

REMARK_TABLES = """
CREATE TABLE remarks (
    id TEXT PRIMARY KEY,
    offer_id TEXT NOT NULL,
    mine INTEGER NOT NULL,
    body TEXT NOT NULL,
    said_ms INTEGER NOT NULL,
    said_mono_ms INTEGER NOT NULL,
    said_boot TEXT NOT NULL,
    seen_ms INTEGER
) STRICT;
CREATE INDEX remarks_of_offer ON remarks (offer_id);
"""
