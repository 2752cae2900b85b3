"""SQLite through SQLCipher's build, which is newer than Python's and lacks its WAL-reset fault. Every connection is opened here.

Journal in WAL with synchronous=FULL: a committed transaction survives a power cut. Writers take the lock at BEGIN, so a
transaction never has to be upgraded and never fails half-way for a lock.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import sqlite_utils
from sqlcipher3 import dbapi2

from edge_app.errors import CasebookError

log = logging.getLogger(__name__)

LOCK_TIMEOUT_S = 10.0
DatabaseError: type[Exception] = dbapi2.Error
IntegrityError: type[Exception] = dbapi2.IntegrityError
# Of what lies outside the program: a disk that is full or fails, a lock that was held for too long.
StorageError: type[Exception] = dbapi2.OperationalError

Row = Mapping[str, Any]
_T = TypeVar("_T")


@dataclass(frozen=True)
class Migration:
    """One numbered step of a schema. Steps are only ever added."""

    number: int
    title: str
    sql: str


class Database:
    """One SQLite file, one connection a thread."""

    def __init__(self, path: Path, migrations: Sequence[Migration]) -> None:
        """Open the file, creating it and bringing its schema up to date.

        Raises:
            CasebookError: it cannot be opened, or comes from a newer version of the appliance.
        """
        self.path = path
        self._local = threading.local()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._migrate(migrations)
        except dbapi2.Error as error:
            raise CasebookError(f"{path.name} cannot be opened: {error}") from error

    @property
    def tables(self) -> sqlite_utils.Database:
        """This thread's connection, as sqlite-utils sees it."""
        opened: sqlite_utils.Database | None = getattr(self._local, "opened", None)
        if opened is None:
            connection = dbapi2.connect(str(self.path), isolation_level=None, timeout=LOCK_TIMEOUT_S)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            opened = self._local.opened = sqlite_utils.Database(connection)
        return opened

    def close(self) -> None:
        """Close this thread's connection."""
        opened: sqlite_utils.Database | None = getattr(self._local, "opened", None)
        if opened is not None:
            opened.close()
            self._local.opened = None

    @contextmanager
    def writing(self) -> Generator[sqlite_utils.Database, None, None]:
        """A transaction that holds the write lock from its start; committed and durable on leaving, rolled back on an error. Nests."""
        if self._reading:
            raise RuntimeError("what is written while one instant is read would be taken back")
        tables = self.tables
        if tables.conn.in_transaction:
            yield tables
            return
        tables.conn.execute("BEGIN IMMEDIATE")
        try:
            yield tables
            tables.conn.execute("COMMIT")
        except BaseException:
            tables.rollback()
            raise

    @contextmanager
    def reading(self) -> Generator[None, None, None]:
        """Everything that is read inside is as of one instant, whatever others commit meanwhile. Nothing is written inside. Nests."""
        connection = self.tables.conn
        if connection.in_transaction:
            yield
            return
        connection.execute("BEGIN")
        self._local.reading = True
        try:
            yield
        finally:
            self._local.reading = False
            connection.rollback()

    @property
    def _reading(self) -> bool:
        """Whether this thread reads one instant."""
        return getattr(self._local, "reading", False)

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Rows of a query, as mappings from column to value."""
        return list(self.tables.query(sql, dict(parameters or {})))

    def row(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Row | None:
        """The first row of a query, or None."""
        found = self.rows(sql, parameters)
        return found[0] if found else None

    def rows_of(self, sql: str, ids: Iterable[str]) -> list[Row]:
        """Rows of a query about many things at once, whose identifiers it takes as ``(SELECT value FROM json_each(:ids))``."""
        return self.rows(sql, {"ids": json.dumps(list(ids))})

    def grouped(self, sql: str, ids: Iterable[str], by: str, make: Callable[[Row], _T]) -> dict[str, list[_T]]:
        """What ``make`` makes of the rows of such a query, by a column of theirs; a thing without a row is not there."""
        found: dict[str, list[_T]] = {}
        for row in self.rows_of(sql, ids):
            found.setdefault(row[by], []).append(make(row))
        return found

    def version(self) -> int:
        """A number that changes whenever another connection commits."""
        (value,) = self.tables.conn.execute("PRAGMA data_version").fetchone()
        return int(value)

    def wait_for_change(self, seen: int, timeout_s: float, stopping: Callable[[], bool], *, every_s: float = 0.03) -> int:
        """Wait until ``version()`` differs from ``seen``, ``timeout_s`` is over or ``stopping()``; return the version now."""
        deadline = time.monotonic() + timeout_s
        version = self.version()
        while version == seen and time.monotonic() < deadline and not stopping():
            time.sleep(every_s)
            version = self.version()
        return version

    def _migrate(self, migrations: Sequence[Migration]) -> None:
        newest = migrations[-1].number
        with self.writing() as tables:
            (have,) = tables.conn.execute("PRAGMA user_version").fetchone()
            if have > newest:
                raise CasebookError(
                    f"{self.path.name} was written by a newer version of the appliance (schema {have}, this one knows {newest})"
                )
            for migration in migrations:
                if migration.number <= have:
                    continue
                for statement in filter(str.strip, migration.sql.split(";\n")):
                    tables.conn.execute(statement)
                tables.conn.execute(f"PRAGMA user_version = {migration.number}")
                log.info("%s: schema %d, %s", self.path.name, migration.number, migration.title)
