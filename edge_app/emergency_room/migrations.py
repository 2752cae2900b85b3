"""The emergency room's schema, step by step. A step that has shipped is never edited; a change is a further step."""

from edge_app.database import Migration
from edge_app.link.tables import PRESENCE_TABLES, REMARK_TABLES
from edge_app.link.tables import TABLES as LINK_TABLES
from edge_app.security.tables import TABLES as SIGN_IN_TABLES

_INITIAL = """
CREATE TABLE requests (
    offer_id TEXT PRIMARY KEY,
    unit TEXT NOT NULL,
    token INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    decision BLOB NOT NULL,
    state TEXT NOT NULL,
    code TEXT,
    received_ms INTEGER NOT NULL,
    received_mono_ms INTEGER NOT NULL,
    received_boot TEXT NOT NULL,
    decided_ms INTEGER NOT NULL,
    decided_mono_ms INTEGER NOT NULL,
    decided_boot TEXT NOT NULL,
    opened_ms INTEGER,
    answered_ms INTEGER,
    answered_mono_ms INTEGER,
    answer TEXT,
    ended_ms INTEGER
) STRICT;
CREATE INDEX requests_by_time ON requests (received_ms);
CREATE TABLE previews (
    offer_id TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    columns INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    content BLOB NOT NULL,
    received_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE early_stand_downs (
    offer_id TEXT PRIMARY KEY,
    token INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE TABLE refusals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    word TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;
"""

_WORDS = """
ALTER TABLE requests ADD COLUMN asking INTEGER NOT NULL DEFAULT 1;
ALTER TABLE requests ADD COLUMN by_phone INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN spoke TEXT;
ALTER TABLE requests ADD COLUMN down_reason TEXT;
ALTER TABLE requests ADD COLUMN reminded_ms INTEGER;
CREATE TABLE early_words (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    offer_id TEXT NOT NULL,
    unit TEXT,
    asking INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX early_words_of_offer ON early_words (offer_id);
INSERT INTO early_words (offer_id, asking, kind, body)
    SELECT offer_id, 1, 'stand_down', json_object('offer_id', offer_id, 'token', token, 'reason', reason) FROM early_stand_downs;
DROP TABLE early_stand_downs;
"""

_PICTURES = """
CREATE TABLE regions (
    offer_id TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    box TEXT NOT NULL,
    columns INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    content BLOB NOT NULL,
    received_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE originals (
    offer_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    revision INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    part_bytes INTEGER NOT NULL,
    whole_ms INTEGER,
    PRIMARY KEY (offer_id, sha256)
) STRICT;
CREATE TABLE original_parts (
    offer_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    number INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (offer_id, sha256, number)
) STRICT;
"""

_SHIFT = """
ALTER TABLE requests ADD COLUMN opened_mono_ms INTEGER;
CREATE TABLE capabilities (
    code TEXT PRIMARY KEY,
    availability TEXT NOT NULL,
    free INTEGER,
    who TEXT,
    set_ms INTEGER NOT NULL,
    set_mono_ms INTEGER NOT NULL,
    set_boot TEXT NOT NULL
) STRICT;
CREATE TABLE told_status (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE duties (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT,
    since_ms INTEGER NOT NULL,
    since_mono_ms INTEGER NOT NULL,
    since_boot TEXT NOT NULL
) STRICT;
CREATE TABLE diagnoses (
    offer_id TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;
"""

_EDITED = """
ALTER TABLE regions ADD COLUMN edited INTEGER NOT NULL DEFAULT 0;
ALTER TABLE previews ADD COLUMN edited INTEGER NOT NULL DEFAULT 0;
"""

_POSITIONS = """
CREATE TABLE positions (
    offer_id TEXT PRIMARY KEY,
    token INTEGER NOT NULL,
    number INTEGER NOT NULL,
    north_m INTEGER,
    east_m INTEGER,
    eta_s INTEGER,
    by_road INTEGER,
    fixed_ms INTEGER NOT NULL,
    fixed_mono_ms INTEGER NOT NULL,
    fixed_boot TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    received_mono_ms INTEGER NOT NULL,
    received_boot TEXT NOT NULL,
    quickest_ms INTEGER NOT NULL
) STRICT;
CREATE TRIGGER positions_end AFTER UPDATE OF state ON requests WHEN NEW.state <> 'granted'
    BEGIN DELETE FROM positions WHERE offer_id = NEW.offer_id; END;
"""

# What came before its times were kept counts as come when its request was last changed.
_ARRIVING = """
ALTER TABLE originals ADD COLUMN announced_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE originals ADD COLUMN announced_mono_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE originals ADD COLUMN announced_boot TEXT NOT NULL DEFAULT '';
UPDATE originals SET (announced_ms, announced_mono_ms, announced_boot) =
    (SELECT decided_ms, decided_mono_ms, decided_boot FROM requests r WHERE r.offer_id = originals.offer_id);
ALTER TABLE original_parts ADD COLUMN received_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE original_parts ADD COLUMN received_mono_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE original_parts ADD COLUMN received_boot TEXT NOT NULL DEFAULT '';
UPDATE original_parts SET (received_ms, received_mono_ms, received_boot) =
    (SELECT decided_ms, decided_mono_ms, decided_boot FROM requests r WHERE r.offer_id = original_parts.offer_id);
"""

# What the page looks for every second, among requests, messages and pictures that are kept for good.
_FOUND_AT_ONCE = """
CREATE INDEX requests_by_state ON requests (state);
CREATE INDEX outbox_by_kind ON outbox (kind);
CREATE INDEX outbox_of_offer ON outbox (offer_id, kind);
CREATE INDEX originals_coming ON originals (offer_id) WHERE whole_ms IS NULL;
CREATE INDEX refusals_by_time ON refusals (at_ms);
CREATE INDEX remarks_by_end ON remarks (mine, seen_ms);
"""

_ADJUSTMENTS = """
CREATE TABLE adjustments (
    id TEXT PRIMARY KEY,
    offer_id TEXT NOT NULL REFERENCES requests (offer_id),
    told TEXT NOT NULL,
    made_by TEXT,
    landmarks TEXT NOT NULL,
    angles TEXT NOT NULL,
    made_ms INTEGER NOT NULL,
    made_mono_ms INTEGER NOT NULL,
    made_boot TEXT NOT NULL
) STRICT;
CREATE INDEX adjustments_of_offer ON adjustments (offer_id);
"""

MIGRATIONS = (
    Migration(1, "requests, previews, refused messages, outbox and inbox", _INITIAL + LINK_TABLES),
    Migration(2, "leases by telephone, and why a request ended", _WORDS),
    Migration(3, "regions and originals, and who this machine is beside its name", _PICTURES + PRESENCE_TABLES),
    Migration(4, "what is open, who is on duty, remarks and diagnoses", _SHIFT + REMARK_TABLES),
    Migration(5, "signing in", SIGN_IN_TABLES),
    Migration(6, "pictures that the crew has edited", _EDITED),
    Migration(7, "where the units are that bring a patient", _POSITIONS),
    Migration(8, "when an original was announced, and when each part of it came", _ARRIVING),
    Migration(9, "what the page looks for found at once", _FOUND_AT_ONCE),
    Migration(10, "landmarks as a doctor has moved them", _ADJUSTMENTS),
)
