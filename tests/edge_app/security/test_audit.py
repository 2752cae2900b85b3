"""The record of signing in."""

import pytest

from edge_app.database import Database, DatabaseError
from edge_app.security.audit import Actor, SignInKind, first_broken_sign_in, note, overridden, sign_ins
from tests.edge_app.clocks import DAY_S, Clock

HERE = Actor(None, "127.0.0.1")


def test_it_says_who_what_whom_from_where_and_how_surely_when(database: Database) -> None:
    note(database, SignInKind.ROLE_CHANGED, Actor("이지은", "10.0.0.7"), about="김민수", role="viewer")
    (row,) = sign_ins(database, 10)
    assert (row.kind, row.who, row.about, row.role, row.origin) == (SignInKind.ROLE_CHANGED, "이지은", "김민수", "viewer", "10.0.0.7")
    assert row.at.unix_ms > 0
    assert (row.at.uncertainty_ms is None) == (row.at.source == "unsynchronised")


@pytest.mark.parametrize("sql", ["UPDATE sign_ins SET kind = 'locked'", "DELETE FROM sign_ins"])
def test_it_is_only_added_to(database: Database, sql: str) -> None:
    note(database, SignInKind.OVERRIDDEN, HERE)
    with pytest.raises(DatabaseError, match="only added to"):
        database.tables.conn.execute(sql)
    assert [row.kind for row in sign_ins(database, 10)] == [SignInKind.OVERRIDDEN]


@pytest.mark.parametrize("sql", ["UPDATE sign_ins SET unix_ms = 0 WHERE id = 2", "DELETE FROM sign_ins WHERE id = 1"])
def test_who_changes_it_in_spite_of_that_is_found_out(database: Database, sql: str) -> None:
    for _ in range(3):
        note(database, SignInKind.PIN_WRONG, HERE)
    assert first_broken_sign_in(database) is None
    for trigger in ("sign_ins_stay", "sign_ins_are_kept"):
        database.tables.conn.execute(f"DROP TRIGGER {trigger}")
    database.tables.conn.execute(sql)
    assert first_broken_sign_in(database) == 2


def test_pages_are_the_newest_first_in_the_order_written_whatever_the_clock_says(database: Database, clock: Clock) -> None:
    for kind in (SignInKind.UNLOCKED, SignInKind.LOCKED, SignInKind.PIN_WRONG):
        note(database, kind, HERE)
        clock.jump(-DAY_S)
    assert [row.kind for row in sign_ins(database, 2)] == [SignInKind.PIN_WRONG, SignInKind.LOCKED]
    assert [row.kind for row in sign_ins(database, 2, 2)] == [SignInKind.UNLOCKED]


def test_an_override_stands_until_the_pin_is_entered(database: Database) -> None:
    assert overridden(database) is None
    note(database, SignInKind.OVERRIDDEN, HERE)
    note(database, SignInKind.LOCKED, HERE)
    note(database, SignInKind.PIN_WRONG, HERE)
    assert overridden(database) == sign_ins(database, 10)[-1].at
    note(database, SignInKind.UNLOCKED, HERE)
    assert overridden(database) is None
