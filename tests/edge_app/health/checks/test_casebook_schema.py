"""The casebook: missing, gone, foreign, newer, altered."""

import shutil

import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.migrations import MIGRATIONS
from edge_app.config import Settings
from edge_app.health.casebook_view import file_of
from edge_app.health.check import State
from edge_app.health.checks.casebook_schema import look
from tests.edge_app.health.conftest import Beat


def test_a_casebook_of_this_appliance_is_ok_while_it_is_in_use(settings: Settings, casebook: Casebook) -> None:
    with casebook.database.writing():
        check = look(settings)
    assert check.state is State.OK
    assert f"schema {MIGRATIONS[-1].number}" in check.word


def test_a_box_that_never_ran_has_none_and_that_is_no_failure(settings: Settings) -> None:
    assert look(settings).state is State.WARNING
    assert not settings.var.exists()


def test_a_casebook_that_is_gone_although_the_box_has_run_fails(settings: Settings, casebook: Casebook, beat: Beat) -> None:
    casebook.database.close()
    beat()
    shutil.rmtree(settings.casebook_folder)
    check = look(settings)
    assert check.state is State.FAILED
    assert "gone" in check.word


@pytest.mark.parametrize("content", [b"", b"not a database at all, and longer than a hundred bytes " * 4])
def test_a_file_that_is_no_casebook_fails(settings: Settings, content: bytes) -> None:
    settings.casebook_folder.mkdir(parents=True)
    file_of(settings).write_bytes(content)
    assert look(settings).state is State.FAILED
    assert file_of(settings).read_bytes() == content


@pytest.mark.parametrize("number", [0, MIGRATIONS[-1].number + 1])
def test_another_schema_number_fails_and_is_left_alone(settings: Settings, casebook: Casebook, number: int) -> None:
    casebook.database.tables.conn.execute(f"PRAGMA user_version = {number}")
    check = look(settings)
    assert check.state is State.FAILED
    assert f"schema {number}" in check.word
    assert casebook.database.row("PRAGMA user_version") == {"user_version": number}


@pytest.mark.parametrize("change", ["DROP TABLE receipts", "ALTER TABLE offers ADD COLUMN more TEXT", "DROP INDEX radiographs_by_hash"])
def test_altered_tables_fail_whatever_the_number_says(settings: Settings, casebook: Casebook, change: str) -> None:
    casebook.database.tables.conn.execute(change)
    check = look(settings)
    assert check.state is State.FAILED
    assert "tables are others" in check.word
