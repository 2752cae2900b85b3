"""The tables of signing in, the same for the box and for an emergency room. The text is a step of both schemas and is never edited."""

TABLES = """
CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    password TEXT NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE pin (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    hash TEXT NOT NULL
) STRICT;
CREATE TABLE attempts (
    subject TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_mono_ms INTEGER NOT NULL,
    last_boot TEXT NOT NULL
) STRICT;
CREATE TABLE sessions (
    digest TEXT PRIMARY KEY,
    account_id TEXT REFERENCES accounts (id),
    begun_mono_ms INTEGER NOT NULL,
    used_mono_ms INTEGER NOT NULL,
    boot TEXT NOT NULL
) STRICT;
CREATE TABLE sign_ins (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    who TEXT,
    about TEXT,
    role TEXT,
    origin TEXT NOT NULL,
    unix_ms INTEGER NOT NULL,
    mono_ms INTEGER NOT NULL,
    boot TEXT NOT NULL,
    clock_source TEXT NOT NULL,
    uncertainty_ms INTEGER,
    previous TEXT NOT NULL,
    digest TEXT NOT NULL
) STRICT;
CREATE INDEX sign_ins_by_kind ON sign_ins (kind);
CREATE TRIGGER sign_ins_stay BEFORE UPDATE ON sign_ins BEGIN SELECT RAISE(ABORT, 'the record of sign-ins is only added to'); END;
CREATE TRIGGER sign_ins_are_kept BEFORE DELETE ON sign_ins BEGIN SELECT RAISE(ABORT, 'the record of sign-ins is only added to'); END;
"""
