"""The audit chain: whatever is changed behind its back is found."""

import json

import pytest

from edge_app.casebook import events
from edge_app.casebook.cases import case_for_study, enter_pre_ktas
from edge_app.casebook.events import EventKind, first_broken_link, record
from edge_app.clock import now
from edge_app.database import Database


@pytest.fixture
def chain(database: Database) -> Database:
    case = case_for_study(database, None, None, None)
    for level in (1, 2, 3):
        enter_pre_ktas(database, case.id, level)
    assert first_broken_link(database) is None
    return database


def test_an_empty_chain_is_whole(database: Database) -> None:
    assert first_broken_link(database) is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("kind", "lease_granted"),
        ("case_id", None),
        ("subject_id", "somebody"),
        ("detail", '{"level": 5}'),
        ("unix_ms", 1),
        ("mono_ms", 1),
        ("boot", "another"),
        ("clock_source", "synchronised by hand"),
        ("uncertainty_ms", 12345),
        ("previous", "0" * 64),
        ("digest", "0" * 64),
    ],
)
def test_a_changed_event_is_found(chain: Database, column: str, value: object) -> None:
    chain.tables.table("events").update(3, {column: value})
    assert first_broken_link(chain) == 3


def test_an_event_that_is_gone_is_found(chain: Database) -> None:
    chain.tables.table("events").delete(2)
    assert first_broken_link(chain) == 3


def test_two_events_that_changed_places_are_found(chain: Database) -> None:
    for old, new in ((2, 99), (3, 2), (99, 3)):
        chain.tables.conn.execute("UPDATE events SET id = ? WHERE id = ?", (new, old))
    assert first_broken_link(chain) == 2


def test_a_changed_event_whose_digest_was_made_to_fit_is_found_at_the_next(chain: Database) -> None:
    forged = dict(chain.row("SELECT * FROM events WHERE id = 3") or {}) | {"detail": '{"level": 5}'}
    chain.tables.table("events").update(3, {"detail": forged["detail"], "digest": events._digest(forged["previous"], forged)})
    assert first_broken_link(chain) == 4


def test_an_event_belongs_to_its_transaction(chain: Database) -> None:
    def fails() -> None:
        with chain.writing():
            record(chain, EventKind.CASE_OPENED, now(), None, None)
            raise ValueError("the rest failed")

    with pytest.raises(ValueError, match="the rest failed"):
        fails()
    assert chain.rows("SELECT count(*) AS n FROM events") == [{"n": 4}]
    record(chain, EventKind.CASE_OPENED, now(), None, None)
    assert first_broken_link(chain) is None


def test_an_event_keeps_its_clock_and_its_uncertainty(chain: Database) -> None:
    stamp = now()
    record(chain, EventKind.CASE_OPENED, stamp, "case", "subject", {"ß": "동"})
    row = chain.row("SELECT * FROM events ORDER BY id DESC")
    assert row is not None
    assert (row["unix_ms"], row["mono_ms"], row["boot"], row["uncertainty_ms"]) == (
        stamp.unix_ms,
        stamp.mono_ms,
        stamp.boot,
        stamp.uncertainty_ms,
    )
    assert (row["clock_source"], json.loads(row["detail"])) == (str(stamp.source), {"ß": "동"})
