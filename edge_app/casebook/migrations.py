"""The casebook's schema, step by step. A step that has shipped is never edited; a change is a further step."""

from edge_app.database import Migration
from edge_app.link.tables import PRESENCE_TABLES, REMARK_TABLES
from edge_app.link.tables import TABLES as LINK_TABLES
from edge_app.security.tables import TABLES as SIGN_IN_TABLES

_INITIAL = """
CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    study_instance_uid TEXT UNIQUE,
    sex TEXT,
    age_years REAL,
    pre_ktas INTEGER CHECK (pre_ktas BETWEEN 1 AND 5),
    opened_ms INTEGER NOT NULL,
    opened_mono_ms INTEGER NOT NULL,
    opened_boot TEXT NOT NULL,
    state TEXT NOT NULL,
    fencing_token INTEGER NOT NULL DEFAULT 0,
    holder_offer_id TEXT
) STRICT;
CREATE TABLE radiographs (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    sop_instance_uid TEXT UNIQUE,
    sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    door TEXT NOT NULL,
    taken_at TEXT,
    received_ms INTEGER NOT NULL,
    received_mono_ms INTEGER NOT NULL,
    received_boot TEXT NOT NULL,
    protocol TEXT,
    send_unread INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX radiographs_of_case ON radiographs (case_id, received_ms);
CREATE INDEX radiographs_by_hash ON radiographs (sha256);
CREATE TABLE readings (
    id TEXT PRIMARY KEY,
    radiograph_id TEXT NOT NULL REFERENCES radiographs (id),
    protocol TEXT NOT NULL,
    assessed INTEGER NOT NULL,
    body TEXT NOT NULL,
    read_ms INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    dispatched_ms INTEGER,
    UNIQUE (radiograph_id, attempt)
) STRICT;
CREATE TABLE reading_attempts (
    radiograph_id TEXT PRIMARY KEY REFERENCES radiographs (id),
    started INTEGER NOT NULL
) STRICT;
CREATE TABLE renditions (
    radiograph_id TEXT PRIMARY KEY REFERENCES radiographs (id),
    sha256 TEXT NOT NULL,
    rows INTEGER NOT NULL,
    columns INTEGER NOT NULL,
    window_center REAL NOT NULL,
    window_width REAL NOT NULL,
    window_function TEXT NOT NULL,
    row_spacing_mm REAL,
    column_spacing_mm REAL,
    assumptions TEXT NOT NULL
) STRICT;
CREATE TABLE offers (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    reading_id TEXT NOT NULL REFERENCES readings (id),
    hpid TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT,
    phone TEXT,
    rank INTEGER NOT NULL,
    distance_km REAL,
    eta_s INTEGER,
    reasons TEXT NOT NULL,
    state TEXT NOT NULL,
    made_ms INTEGER NOT NULL,
    made_mono_ms INTEGER NOT NULL,
    made_boot TEXT NOT NULL,
    answer TEXT,
    answered_ms INTEGER,
    answered_mono_ms INTEGER,
    answered_boot TEXT,
    token INTEGER,
    asked_token INTEGER NOT NULL DEFAULT 0,
    heard_token INTEGER NOT NULL DEFAULT 0,
    heard_ms INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 1,
    preview_reading_id TEXT,
    UNIQUE (case_id, hpid)
) STRICT;
CREATE TABLE receipts (
    offer_id TEXT NOT NULL REFERENCES offers (id),
    rung TEXT NOT NULL,
    proven_ms INTEGER NOT NULL,
    proven_mono_ms INTEGER NOT NULL,
    proven_boot TEXT NOT NULL,
    PRIMARY KEY (offer_id, rung)
) STRICT;
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    case_id TEXT,
    subject_id TEXT,
    detail TEXT NOT NULL,
    unix_ms INTEGER NOT NULL,
    mono_ms INTEGER NOT NULL,
    boot TEXT NOT NULL,
    clock_source TEXT NOT NULL,
    uncertainty_ms INTEGER,
    previous TEXT NOT NULL,
    digest TEXT NOT NULL
) STRICT;
"""

_VITALS = """
CREATE TABLE vitals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id TEXT NOT NULL REFERENCES cases (id),
    entry_id TEXT NOT NULL,
    sign TEXT NOT NULL,
    value REAL,
    entered_ms INTEGER NOT NULL,
    entered_mono_ms INTEGER NOT NULL,
    entered_boot TEXT NOT NULL,
    told_ms INTEGER
) STRICT;
CREATE INDEX vitals_of_case ON vitals (case_id, sign);
CREATE INDEX vitals_untold ON vitals (id) WHERE told_ms IS NULL;
"""

_CREW_WORDS = """
ALTER TABLE offers ADD COLUMN asked_revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE offers ADD COLUMN asked_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE offers ADD COLUMN asked_mono_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE offers ADD COLUMN asked_boot TEXT NOT NULL DEFAULT '';
ALTER TABLE offers ADD COLUMN reminded_ms INTEGER;
UPDATE offers SET asked_ms = made_ms, asked_mono_ms = made_mono_ms, asked_boot = made_boot;
CREATE TABLE crew_words (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    word TEXT NOT NULL,
    offer_id TEXT REFERENCES offers (id),
    hpid TEXT,
    who TEXT,
    said_ms INTEGER NOT NULL,
    said_mono_ms INTEGER NOT NULL,
    said_boot TEXT NOT NULL,
    outcome TEXT,
    handled_ms INTEGER
) STRICT;
CREATE INDEX crew_words_waiting ON crew_words (said_ms) WHERE handled_ms IS NULL;
CREATE INDEX crew_words_of_case ON crew_words (case_id);
"""

_ORIGINALS = """
CREATE INDEX events_of_subject ON events (subject_id, kind);
CREATE INDEX events_of_case ON events (case_id, kind);
CREATE INDEX offers_by_state ON offers (state);
CREATE TABLE rendition_attempts (
    radiograph_id TEXT PRIMARY KEY REFERENCES radiographs (id),
    started INTEGER NOT NULL
) STRICT;
CREATE TABLE originals (
    radiograph_id TEXT PRIMARY KEY REFERENCES radiographs (id),
    started INTEGER NOT NULL,
    sha256 TEXT,
    media_type TEXT,
    size INTEGER
) STRICT;
CREATE TABLE transfers (
    offer_id TEXT NOT NULL REFERENCES offers (id),
    radiograph_id TEXT NOT NULL REFERENCES radiographs (id),
    next_part INTEGER,
    restarts INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (offer_id, radiograph_id)
) STRICT;
"""

_PATIENTS = """
ALTER TABLE cases ADD COLUMN patient_id TEXT NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN known_sex TEXT;
ALTER TABLE cases ADD COLUMN known_age_years REAL;
ALTER TABLE cases ADD COLUMN known_age_about INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN known_pre_ktas INTEGER;
ALTER TABLE cases ADD COLUMN to_tell INTEGER NOT NULL DEFAULT 0;
UPDATE cases SET patient_id = id;
CREATE INDEX cases_of_patient ON cases (patient_id);
CREATE INDEX cases_to_tell ON cases (id) WHERE to_tell = 1;
CREATE TABLE patient_entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id TEXT NOT NULL REFERENCES cases (id),
    field TEXT NOT NULL,
    value TEXT,
    entered_ms INTEGER NOT NULL,
    entered_mono_ms INTEGER NOT NULL,
    entered_boot TEXT NOT NULL
) STRICT;
CREATE INDEX patient_entries_of_case ON patient_entries (case_id, field);
CREATE TABLE merges (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    into_case_id TEXT NOT NULL REFERENCES cases (id),
    made_by TEXT NOT NULL,
    made_ms INTEGER NOT NULL,
    made_mono_ms INTEGER NOT NULL,
    made_boot TEXT NOT NULL,
    undone_by TEXT,
    undone_ms INTEGER,
    undone_mono_ms INTEGER,
    undone_boot TEXT
) STRICT;
CREATE UNIQUE INDEX merges_in_force ON merges (case_id) WHERE undone_ms IS NULL;
"""

_HOSPITAL_WORDS = """
CREATE TABLE told_statuses (
    hpid TEXT PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    body TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    received_mono_ms INTEGER NOT NULL,
    received_boot TEXT NOT NULL
) STRICT;
CREATE TABLE diagnoses (
    offer_id TEXT PRIMARY KEY REFERENCES offers (id),
    at_ms INTEGER NOT NULL,
    body TEXT NOT NULL,
    received_ms INTEGER NOT NULL
) STRICT;
"""

_EDITED = """
ALTER TABLE radiographs ADD COLUMN edited_from TEXT REFERENCES radiographs (id);
ALTER TABLE radiographs ADD COLUMN edits TEXT;
"""

# Parts of an original that went out before the receipts were kept: all but those that still wait had come.
_PICTURE_RECEIPTS = """
CREATE TABLE picture_receipts (
    message_id TEXT PRIMARY KEY,
    offer_id TEXT NOT NULL REFERENCES offers (id),
    kind TEXT NOT NULL,
    sha256 TEXT,
    number INTEGER,
    size_bytes INTEGER NOT NULL,
    waited INTEGER NOT NULL,
    queue_end INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    received_mono_ms INTEGER NOT NULL,
    received_boot TEXT NOT NULL
) STRICT;
CREATE INDEX picture_receipts_of_offer ON picture_receipts (offer_id, sha256, number);
ALTER TABLE transfers ADD COLUMN had INTEGER NOT NULL DEFAULT 0;
UPDATE transfers SET had = max(0, coalesce(next_part, 0) - (SELECT count(*) FROM outbox o
    WHERE o.offer_id = transfers.offer_id AND o.kind = 'part' AND o.received_ms IS NULL AND o.quarantined IS NULL))
    WHERE (next_part - 1) * 65536 < (SELECT size FROM originals r WHERE r.radiograph_id = transfers.radiograph_id);
"""

_BY_KIND = """
CREATE INDEX outbox_by_kind ON outbox (kind, offer_id);
"""

_TOLD_POSITIONS = """
CREATE TABLE told_positions (
    offer_id TEXT PRIMARY KEY REFERENCES offers (id),
    token INTEGER NOT NULL,
    number INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    received_mono_ms INTEGER NOT NULL,
    received_boot TEXT NOT NULL
) STRICT;
"""

_READ_AGAIN = """
CREATE INDEX radiographs_edited_from ON radiographs (edited_from) WHERE edited_from IS NOT NULL;
"""

_ADJUSTMENTS = """
CREATE TABLE adjustments (
    id TEXT PRIMARY KEY,
    reading_id TEXT NOT NULL REFERENCES readings (id),
    made_by TEXT NOT NULL,
    landmarks TEXT NOT NULL,
    angles TEXT NOT NULL,
    made_ms INTEGER NOT NULL,
    made_mono_ms INTEGER NOT NULL,
    made_boot TEXT NOT NULL
) STRICT;
CREATE INDEX adjustments_of_reading ON adjustments (reading_id);
"""

_FILMS = """
CREATE TABLE films (
    radiograph_id TEXT PRIMARY KEY REFERENCES radiographs (id),
    sha256 TEXT NOT NULL,
    frames INTEGER NOT NULL
) STRICT;
"""

MIGRATIONS = (
    Migration(1, "cases, radiographs, readings, renditions, offers, receipts, events, outbox and inbox", _INITIAL + LINK_TABLES),
    Migration(2, "vital signs", _VITALS),
    Migration(3, "what the crew says of cases and offers", _CREW_WORDS),
    Migration(4, "renditions begun, originals, and who this box is beside its name", _ORIGINALS + PRESENCE_TABLES),
    Migration(5, "who the patient is, and cases of one patient", _PATIENTS),
    Migration(6, "what hospitals say of themselves, remarks and diagnoses", _HOSPITAL_WORDS + REMARK_TABLES),
    Migration(7, "signing in", SIGN_IN_TABLES),
    Migration(8, "pictures that were edited", _EDITED),
    Migration(9, "what of pictures is proven to be at hospitals", _PICTURE_RECEIPTS),
    Migration(10, "messages of one kind found at once", _BY_KIND),
    Migration(11, "where the box is, as its hospital has it", _TOLD_POSITIONS),
    Migration(12, "what was read of one picture found at once", _READ_AGAIN),
    Migration(13, "landmarks as a person has moved them", _ADJUSTMENTS),
    Migration(14, "the frames of videos", _FILMS),
)
