"""One SQLite file under several writers, faults and kills."""

import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from edge_app.casebook import Casebook
from edge_app.casebook.events import first_broken_link
from edge_app.casebook.migrations import MIGRATIONS
from edge_app.database import Database, DatabaseError, Migration
from edge_app.errors import CasebookError
from edge_app.processes import module_command, module_environment

COUNTER = Migration(
    1, "a counter", "CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT;\nINSERT INTO counter VALUES (1, 0);\n"
)
WORDS = Migration(2, "words", "CREATE TABLE words (word TEXT PRIMARY KEY) STRICT;\n")


def count(database: Database) -> int:
    row = database.row("SELECT n FROM counter")
    assert row is not None
    return int(row["n"])


def settings_of(database: Database) -> tuple[str, int, int]:
    connection = database.tables.conn
    (journal,), (synchronous,), (keys,) = (
        connection.execute(f"PRAGMA {name}").fetchone() for name in ("journal_mode", "synchronous", "foreign_keys")
    )
    return journal, synchronous, keys


def test_every_connection_is_in_wal_and_waits_for_the_disk(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.sqlite3", [COUNTER])
    found = [settings_of(database)]
    thread = threading.Thread(target=lambda: found.append(settings_of(database)))
    thread.start()
    thread.join()
    database.close()
    found.append(settings_of(database))
    # synchronous 2 is FULL.
    assert found == [("wal", 2, 1)] * 3


def test_the_sqlite_in_use_lacks_the_wal_reset_fault() -> None:
    assert dbapi2.sqlite_version_info >= (3, 51, 3)


def test_two_writers_that_read_first_never_fail_for_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    Database(path, [COUNTER])
    script = (
        "import sys\nfrom pathlib import Path\nfrom tests.edge_app.test_database import COUNTER, Database, add_one\n"
        "database = Database(Path(sys.argv[1]), [COUNTER])\nfor _ in range(60): add_one(database)\n"
    )
    command = [*module_command("x")[:2], "-c", script, str(path)]
    other = subprocess.Popen(command, env=module_environment())
    threads = [threading.Thread(target=lambda: [add_one(Database(path, [COUNTER])) for _ in range(30)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert other.wait() == 0
    assert count(Database(path, [COUNTER])) == 120


def add_one(database: Database) -> None:
    """Read, then write what follows from it: a transaction that began with a read lock would fail here, or lose counts."""
    with database.writing() as tables:
        tables.table("counter").update(1, {"n": count(database) + 1})


def test_nested_writing_commits_once_at_the_end(tmp_path: Path) -> None:
    ours, theirs = (Database(tmp_path / "x.sqlite3", [COUNTER]) for _ in range(2))
    with ours.writing():
        for _ in range(3):
            add_one(ours)
        assert count(theirs) == 0
    assert count(theirs) == 3


def test_what_is_read_together_is_as_of_one_instant(tmp_path: Path) -> None:
    ours, theirs = (Database(tmp_path / "x.sqlite3", [COUNTER]) for _ in range(2))
    with ours.reading():
        before = count(ours)
        add_one(theirs)
        with ours.reading():
            assert count(ours) == before == 0
    assert count(ours) == 1
    with ours.writing(), ours.reading():
        add_one(ours)
    assert count(theirs) == 2


def test_nothing_is_written_while_one_instant_is_read(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.sqlite3", [COUNTER])
    with database.reading(), pytest.raises(RuntimeError, match="would be taken back"):
        add_one(database)
    add_one(database)
    assert count(database) == 1


def test_an_error_takes_everything_back(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.sqlite3", [COUNTER])

    def interrupted() -> None:
        with database.writing():
            add_one(database)
            with database.writing() as tables:
                tables.table("counter").insert({"id": 2, "n": 5})
                tables.table("counter").upsert({"id": 3, "n": 5}, pk="id")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert count(database) == 0
    assert database.rows("SELECT id FROM counter") == [{"id": 1}]
    add_one(database)
    assert count(database) == 1


def test_a_commit_that_fails_leaves_no_transaction_open(tmp_path: Path) -> None:
    deferred = Migration(2, "deferred", "CREATE TABLE child (id INTEGER REFERENCES counter (id) DEFERRABLE INITIALLY DEFERRED) STRICT;\n")
    database = Database(tmp_path / "x.sqlite3", [COUNTER, deferred])
    with pytest.raises(DatabaseError, match="FOREIGN KEY"), database.writing() as tables:
        tables.table("child").insert({"id": 99})
    assert not database.tables.conn.in_transaction
    add_one(database)
    assert count(database) == 1


def test_a_schema_is_brought_up_to_date_step_by_step_and_only_once(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    add_one(Database(path, [COUNTER]))
    for _ in range(2):
        database = Database(path, [COUNTER, WORDS])
        assert count(database) == 1
        assert database.tables.conn.execute("PRAGMA user_version").fetchone() == (2,)
    database.tables.table("words").insert({"word": "here"})


def test_a_step_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    Database(path, [COUNTER])
    broken = Migration(2, "broken", "CREATE TABLE words (word TEXT) STRICT;\nCREATE NONSENSE;\n")
    with pytest.raises(CasebookError, match=r"x\.sqlite3 cannot be opened"):
        Database(path, [COUNTER, broken])
    database = Database(path, [COUNTER, WORDS])
    assert database.tables.table_names() == ["counter", "words"]


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    Database(path, [COUNTER, WORDS])
    with pytest.raises(CasebookError, match=r"newer version of the appliance \(schema 2, this one knows 1\)"):
        Database(path, [COUNTER])
    assert Database(path, [COUNTER, WORDS]).rows("SELECT * FROM words") == []


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    path.write_bytes(b"not a database, but somebody's file " * 100)
    with pytest.raises(CasebookError, match="cannot be opened"):
        Database(path, [COUNTER])
    assert path.read_bytes() == b"not a database, but somebody's file " * 100


def test_the_casebook_of_the_first_schema_is_taken_along(tmp_path: Path) -> None:
    Database(tmp_path / "casebook.sqlite3", MIGRATIONS[:1])
    fresh = Casebook(tmp_path / "fresh").database
    grown = Casebook(tmp_path).database
    assert grown.tables.schema == fresh.tables.schema


def test_the_version_changes_only_by_others(tmp_path: Path) -> None:
    ours, theirs = (Database(tmp_path / "x.sqlite3", [COUNTER]) for _ in range(2))
    before = ours.version()
    add_one(ours)
    assert ours.version() == before
    with theirs.writing():
        pass
    assert ours.version() == before
    add_one(theirs)
    assert ours.version() != before
    assert ours.wait_for_change(before, 60.0, lambda: False) == ours.version()


def test_waiting_ends_when_told_to_stop(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.sqlite3", [COUNTER])
    stopping = threading.Event()
    threading.Timer(0.1, stopping.set).start()
    version = database.version()
    assert database.wait_for_change(version, 120.0, stopping.is_set) == version


_WRITER = """
import sys
from pathlib import Path
from edge_app.casebook import Casebook
from edge_app.casebook.events import EventKind, record
from edge_app.casebook.cases import case_for_study, enter_pre_ktas
from edge_app.clock import now

database = Casebook(Path(sys.argv[1])).database
for number in range(100000):
    with database.writing():
        case = case_for_study(database, None, None, None)
        enter_pre_ktas(database, case.id, 1 + number % 5)
    print(case.number, flush=True)
"""


def test_a_kill_in_the_middle_of_many_transactions_leaves_a_whole_casebook(tmp_path: Path) -> None:
    acknowledged = 0
    for round_number in range(4):
        command = [*module_command("x")[:2], "-c", _WRITER, str(tmp_path)]
        writer = subprocess.Popen(command, env=module_environment(), stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        for line in writer.stdout:
            acknowledged = int(line)
            if acknowledged >= 25 * (round_number + 1):
                break
        os.kill(writer.pid, signal.SIGKILL)
        rest = writer.stdout.read().split()
        writer.stdout.close()
        writer.wait()
        acknowledged = max([acknowledged, *(int(word) for word in rest)])

        database = Casebook(tmp_path).database
        assert database.tables.conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert first_broken_link(database) is None
        (counts,) = database.rows("SELECT count(*) AS cases, max(number) AS last, count(pre_ktas) AS entered FROM cases")
        # Whatever was acknowledged is there; the one more that may be there is there whole.
        assert counts["cases"] == counts["last"] == counts["entered"]
        assert acknowledged <= counts["cases"] <= acknowledged + 1
        assert database.rows("SELECT count(*) AS n FROM events") == [{"n": 2 * counts["cases"]}]
