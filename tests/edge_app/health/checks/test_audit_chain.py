"""A broken audit chain."""

import pytest

from edge_app.casebook import Casebook
from edge_app.config import Settings
from edge_app.health.check import State
from edge_app.health.checks.audit_chain import look


def test_a_whole_chain_is_ok(settings: Settings, casebook: Casebook) -> None:
    check = look(settings)
    assert check.state is State.OK
    assert "3 events" in check.word


@pytest.mark.parametrize(
    ("tampering", "event"),
    [
        ("UPDATE events SET detail = '{}' WHERE id = 2", 2),
        ("UPDATE events SET unix_ms = unix_ms - 1 WHERE id = 3", 3),
        ("DELETE FROM events WHERE id = 1", 2),
        ("UPDATE events SET previous = digest WHERE id = 1", 1),
    ],
)
def test_a_changed_or_missing_event_fails_and_is_named(settings: Settings, casebook: Casebook, tampering: str, event: int) -> None:
    casebook.database.tables.conn.execute(tampering)
    check = look(settings)
    assert check.state is State.FAILED
    assert check.word == f"broken at event {event}"


def test_a_chain_that_cannot_be_read_is_not_called_whole(settings: Settings, casebook: Casebook) -> None:
    casebook.database.tables.conn.execute("PRAGMA user_version = 99")
    assert look(settings).state is State.FAILED
