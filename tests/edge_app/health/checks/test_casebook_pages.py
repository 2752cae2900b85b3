"""A casebook damaged inside."""

import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.events import EventKind, record
from edge_app.clock import now
from edge_app.config import Settings
from edge_app.health.casebook_view import file_of
from edge_app.health.check import State
from edge_app.health.checks.casebook_pages import look


def test_a_whole_casebook_is_ok(settings: Settings, casebook: Casebook) -> None:
    assert look(settings).state is State.OK


@pytest.mark.parametrize("garbage", [b"\xff" * 256, b"\0" * 4096])
def test_a_damaged_page_fails(settings: Settings, casebook: Casebook, garbage: bytes) -> None:
    with casebook.database.writing():
        for number in range(200):
            record(casebook.database, EventKind.MESSAGE_REFUSED, now(), None, None, {"word": f"event {number} " * 8})
    casebook.database.tables.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    casebook.database.close()
    size = file_of(settings).stat().st_size
    with file_of(settings).open("r+b") as file:
        # The last pages hold the events just written.
        file.seek(size - 8192)
        file.write(garbage)
    check = look(settings)
    assert check.state is State.FAILED
    assert "damaged" in check.word


def test_without_a_casebook_it_is_not_called_whole(settings: Settings) -> None:
    assert look(settings).state is State.WARNING
