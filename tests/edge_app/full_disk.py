"""Databases that may not grow, as on a disk that is full: what no longer fits is a real SQLITE_FULL."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlite_utils

from edge_app.casebook.events import EventKind, record
from edge_app.clock import now
from edge_app.database import Database, StorageError
from edge_app.link.messages import OpenedBody
from edge_app.link.outbox import put

# What SQLite takes for no limit; fewer pages than there are mean as many as there are.
_NO_LIMIT, _NO_MORE = 2**32 - 2, 1


class Disk:
    """The disk under the databases of this process whose files lie in ``folder``. It has room until it is ``full``."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        writing = Database.writing

        @contextmanager
        def limited(database: Database) -> Generator[sqlite_utils.Database, None, None]:
            tables = database.tables
            if database.path.is_relative_to(folder) and not tables.conn.in_transaction:
                # The limit is a connection's own, and every thread has a connection.
                tables.conn.execute(f"PRAGMA max_page_count = {_NO_MORE if self.full else _NO_LIMIT}")
            with writing(database) as same:
                yield same

        monkeypatch.setattr(Database, "writing", limited)

    def fill(self, *databases: Database) -> None:
        """Let the disk be full to the last row: no message and no event fits any more."""
        self.full = True
        for database in databases:
            names = database.tables.table_names()
            if "outbox" in names:
                _until_full(lambda database=database: put(database, "unit/x", "unit/x", "", OpenedBody(offer_id="0" * 32, at_ms=0)))
            if "events" in names:
                _until_full(lambda database=database: record(database, EventKind.CREW_SAID, now(), None, None))

    def free(self) -> None:
        """Let there be room again."""
        self.full = False


def _until_full(write: Callable[[], object]) -> None:
    for _ in range(1000):
        try:
            write()
        except StorageError:
            return
    raise AssertionError("the disk does not fill up")
