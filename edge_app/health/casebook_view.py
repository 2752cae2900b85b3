"""The casebook as the health checks see it: opened for reading only, so that looking creates, migrates and changes nothing."""

from collections.abc import Sequence
from pathlib import Path

import sqlite_utils
from sqlcipher3 import dbapi2

from edge_app.casebook.migrations import MIGRATIONS
from edge_app.config import Settings
from edge_app.database import LOCK_TIMEOUT_S, Database, Migration
from edge_app.errors import CasebookError
from edge_app.health.check import Check, failed, warning

FILE = "casebook.sqlite3"
_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name"


class CasebookView(Database):
    """A casebook that is there already, for reading.

    Raises:
        CasebookError: it cannot be opened, or its schema is not the one this appliance knows.
    """

    @property
    def tables(self) -> sqlite_utils.Database:
        """This thread's connection, read-only."""
        opened: sqlite_utils.Database | None = getattr(self._local, "opened", None)
        if opened is None:
            address = f"{self.path.resolve().as_uri()}?mode=ro"
            opened = self._local.opened = sqlite_utils.Database(dbapi2.connect(address, uri=True, timeout=LOCK_TIMEOUT_S))
        return opened

    def _migrate(self, migrations: Sequence[Migration]) -> None:
        try:
            self._hold_schema(migrations)
        except BaseException:
            self.close()
            raise

    def _hold_schema(self, migrations: Sequence[Migration]) -> None:
        (have,) = self.tables.conn.execute("PRAGMA user_version").fetchone()
        knows = migrations[-1].number
        if have != knows:
            raise CasebookError(f"{self.path.name} has schema {have}, this appliance knows {knows}")
        if schema_of(self.tables.conn) != _schema_after(migrations):
            raise CasebookError(f"{self.path.name} says schema {have}, but its tables are others")


def schema_of(connection: dbapi2.Connection) -> list[tuple[str, ...]]:
    """Every table and index of a database with the statement that made it."""
    return [tuple(row) for row in connection.execute(_SCHEMA)]


def _schema_after(migrations: Sequence[Migration]) -> list[tuple[str, ...]]:
    connection = dbapi2.connect(":memory:")
    try:
        for migration in migrations:
            connection.executescript(migration.sql)
        return schema_of(connection)
    finally:
        connection.close()


def file_of(settings: Settings) -> Path:
    """Where the casebook's database lies."""
    return settings.casebook_folder / FILE


def open_view(settings: Settings, name: str) -> CasebookView | Check:
    """The casebook, or for the check called ``name`` the outcome that it cannot know."""
    if not file_of(settings).is_file():
        return warning(name, "cannot be known: there is no casebook yet", "Start the box once with these settings, then ask again.")
    try:
        return CasebookView(file_of(settings), MIGRATIONS)
    except CasebookError as error:
        return failed(name, f"cannot be known: {error}", "Follow the remedy of the check Casebook.")
